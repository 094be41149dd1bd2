"""What headquarters does by itself: it prices again, settles, lets debts fall due, replays."""

import logging

from yika_central.bootstrap import Headquarters
from yika_central.services.reconciliation_review import review
from yika_common.errors import YikaError
from yika_common.infra.scheduling import Schedule

log = logging.getLogger(__name__)

RERATE = "rerate"
REPLAY = "replay"
ACCRUE = "accrue"
ACCRUE_EVERY_S = 3600
"""Late fees change once a day; looking more often, a machine may be off at midnight."""

REPLAY_EVERY_S = 2
"""A person waits for what a draft would have done."""


def schedule(hq: Headquarters) -> Schedule:
    """The jobs of one worker, not started yet; only one process may run them."""
    jobs = Schedule()
    jobs.every(hq.config.rerate_every, RERATE, lambda: rerate(hq))
    jobs.every(REPLAY_EVERY_S, REPLAY, lambda: replay(hq))
    jobs.every(ACCRUE_EVERY_S, ACCRUE, lambda: accrue(hq))
    return jobs


def replay(hq: Headquarters) -> None:
    """Price waiting drafts over past sales; what fails is noted, waits and is tried again."""
    try:
        ran = hq.tariff_office.replays.run_waiting()
    except YikaError as error:
        log.warning("replay failed", extra={"facts": {"code": error.code}})
        return
    if ran:
        log.info("replayed", extra={"facts": {"drafts": ran}})


def rerate(hq: Headquarters) -> None:
    """Review, drain, settle, detect, compare; what fails is noted, waits and is tried again."""
    try:
        review(hq.database, hq.clock())
        done = hq.rerating.drain()
        settled = hq.settling.run()
        cases = hq.detection.run()
        hq.duplicate_finder.run()
    except YikaError as error:
        log.warning("rerate failed", extra={"facts": {"code": error.code}})
        return
    if done.pairs:
        log.info("rerated", extra={"facts": {"pairs": done.pairs, "changed": done.changed}})
    if settled.postings:
        log.info("settled", extra={"facts": {"postings": settled.postings}})
    if cases:
        log.info("detected", extra={"facts": {"cases": cases}})


def accrue(hq: Headquarters) -> None:
    """Let debts begin and enter late fees; what fails is noted and is tried again."""
    try:
        changed = hq.settling.accrue()
        hq.settling.run()
    except YikaError as error:
        log.warning("accrue failed", extra={"facts": {"code": error.code}})
        return
    if changed:
        log.info("accrued", extra={"facts": {"accounts": changed}})
