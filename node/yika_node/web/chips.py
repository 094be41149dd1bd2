"""The status line under every page: card, pending sales, what waits to be sent, headquarters."""

from collections.abc import Iterator
from datetime import timedelta

from flask_babel import gettext

from yika_common.clock import Clock, from_timestamp
from yika_common.infra.web.site import Chip, Mood
from yika_node.hardware.errors import ReaderSought
from yika_node.services.backup_state import OLD, TOO_OLD, age_of
from yika_node.services.state_views import SyncState
from yika_node.services.views import Age
from yika_node.web.front import front, node
from yika_node.web.labels import age
from yika_node.web.watch import Presence, Seen

LONG_UNSENT = timedelta(days=1)
"""Records older than this that no acknowledgement covers are worth a second look."""

JUST_NOW = timedelta(minutes=1)
"""What is younger has no age worth telling."""


def chips_with(clock: Clock) -> tuple[Chip, ...]:
    """What every signed-in page shows."""
    return tuple(_chips(clock))


def _chips(clock: Clock) -> Iterator[Chip]:
    state = node().state()
    yield _card(front().watch.seen())
    if state.refusal is not None:
        yield Chip(gettext("Selling"), gettext("stopped"), "bad", "record.sync")
    if state.pending:
        yield Chip(gettext("Pending sales"), str(state.pending), "warn", "sale.pending")
    if state.tariffs is not Age.FRESH:
        yield _prices(state.tariffs)
    if state.enrolled:
        yield from _backup(clock)
    if state.sync is not None:
        yield _waiting(state.sync, clock)
        yield _headquarters(state.sync, clock)


def _card(seen: Seen) -> Chip:
    name = gettext("Card")
    if isinstance(seen.problem, ReaderSought):
        return Chip(gettext("Reader"), gettext("is looked for"), "busy", "reader.page")
    if seen.presence is Presence.TROUBLE:
        return Chip(gettext("Reader"), gettext("does not answer"), "bad", "reader.page")
    if seen.presence is Presence.CARD:
        return Chip(name, gettext("in the reader"), "good", "counter.card")
    return Chip(name, gettext("none"), "idle")


def _prices(age_: Age) -> Chip:
    expired = age_ is Age.EXPIRED
    text = gettext("expired") if expired else gettext("should be newer")
    return Chip(gettext("Prices"), text, "bad" if expired else "warn", "record.tariffs")


def _backup(clock: Clock) -> Iterator[Chip]:
    """A word, once the last good backup is so old that a day would be lost with the disk."""
    held, here = node().safekeeping.state(), node().standing.membership
    since = age_of(held, clock(), lambda: from_timestamp(here.certificate.issued))
    if since > OLD:
        text = gettext("%(age)s old", age=age(since)) if held.good else gettext("none yet")
        mood: Mood = "bad" if since > TOO_OLD else "warn"
        yield Chip(gettext("Backup"), text, mood, "health.page")


def _waiting(sync: SyncState, clock: Clock) -> Chip:
    name = gettext("Waiting to send")
    if not sync.waiting or sync.oldest is None:
        return Chip(name, "0", "good", "record.sync")
    since = clock() - sync.oldest
    if since < JUST_NOW:
        return Chip(name, str(sync.waiting), "busy", "record.sync")
    text = gettext("%(count)s, oldest %(age)s", count=sync.waiting, age=age(since))
    return Chip(name, text, "warn" if since > LONG_UNSENT else "busy", "record.sync")


def _headquarters(sync: SyncState, clock: Clock) -> Chip:
    name = gettext("Headquarters")
    if sync.last_contact is None:
        return Chip(name, gettext("not reached yet"), "idle", "record.sync")
    since = clock() - sync.last_contact
    text = gettext("just now") if since < JUST_NOW else gettext("%(age)s ago", age=age(since))
    return Chip(name, text, "idle" if sync.problem else "good", "record.sync")
