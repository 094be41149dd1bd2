"""The first hour: what a newcomer does, step by step, seen from the practice journal.

Nobody ticks a step off: it is done when the journal says that it was done.  A step counts once,
in whatever order, and stays done until practice is thrown away.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Final

from yika_common.infra.sqlite import open_for_money
from yika_common.journal import bodies, card_bodies, cash_bodies
from yika_common.journal.record import Record, decode_line
from yika_node.db.store import FILE_NAME

AT_ONCE_S: Final = 2
"""A card that stays in is written within this time; whoever puts one in again takes longer."""

Before = Mapping[int, Record]
"""The intents that came before a record, by their seq."""


class Step(StrEnum):
    """One thing to do, in the order in which the page names them."""

    SIGN_IN = "sign_in"
    OPEN_SHIFT = "open_shift"
    SELL = "sell"
    LOAD = "load"
    SEVERAL = "several"
    PULL = "pull"
    OPEN_ACCOUNT = "open_account"
    ISSUE = "issue"
    REFUND = "refund"
    LOST = "lost"
    REPLACE = "replace"
    CLOSE_SHIFT = "close_shift"


def steps_done(node_folder: Path, after: int) -> frozenset[Step]:
    """The steps that the journal shows as done after record ``after``.

    Raises:
        DatabaseBusy, DatabaseDamaged: the journal can't be read.
    """
    done: set[Step] = set()
    intents: dict[int, Record] = {}
    with closing(open_for_money(node_folder / FILE_NAME, read_only=True)) as connection:
        rows = connection.execute(
            "SELECT line FROM record WHERE epoch = 1 AND seq > ? ORDER BY seq", (after,)
        )
        for (line,) in rows:
            record = decode_line(line)
            done.update(step for step, shows in _SHOWS.items() if shows(record, intents))
            if isinstance(record.body, bodies.Intent):
                intents[record.seq] = record
    return frozenset(done)


def _purchased(record: Record, intents: Before) -> bool:
    """A purchase is on the card."""
    intent = _intent_of(record, intents)
    return intent is not None and intent.act == bodies.PURCHASE


def _several(record: Record, _intents: Before) -> bool:
    """A purchase for more than one meter at once."""
    body = record.body
    return isinstance(body, bodies.Intent) and body.act == bodies.PURCHASE and body.basket > 0


def _again(record: Record, intents: Before) -> bool:
    """A purchase that was paid, and got onto the card only later."""
    if not _purchased(record, intents):
        return False
    assert isinstance(record.body, bodies.Sale)
    return record.ts - intents[record.body.intent].ts > AT_ONCE_S


def _issued(record: Record, _intents: Before) -> bool:
    return isinstance(record.body, bodies.CardIssued) and not record.body.replaces


def _replaced(record: Record, _intents: Before) -> bool:
    return isinstance(record.body, bodies.CardIssued) and bool(record.body.replaces)


def _given_back(record: Record, _intents: Before) -> bool:
    return isinstance(record.body, bodies.Intent) and record.body.act == bodies.REFUND


def _lost(record: Record, _intents: Before) -> bool:
    return isinstance(record.body, card_bodies.CardReported) and (
        record.body.state == card_bodies.LOST
    )


def _intent_of(record: Record, intents: Before) -> bodies.Intent | None:
    if not isinstance(record.body, bodies.Sale) or record.body.intent not in intents:
        return None
    body = intents[record.body.intent].body
    return body if isinstance(body, bodies.Intent) else None


def _any(kind: type) -> Callable[[Record, Before], bool]:
    return lambda record, _intents: isinstance(record.body, kind)


_SHOWS: Final[dict[Step, Callable[[Record, Before], bool]]] = {
    Step.SIGN_IN: _any(bodies.Login),
    Step.OPEN_SHIFT: _any(cash_bodies.ShiftOpened),
    Step.SELL: _purchased,
    Step.LOAD: _any(bodies.Reading),
    Step.SEVERAL: _several,
    Step.PULL: _again,
    Step.OPEN_ACCOUNT: _any(bodies.AccountOpened),
    Step.ISSUE: _issued,
    Step.REFUND: _given_back,
    Step.LOST: _lost,
    Step.REPLACE: _replaced,
    Step.CLOSE_SHIFT: _any(cash_bodies.ShiftClosed),
}
