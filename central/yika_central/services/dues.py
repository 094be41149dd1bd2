"""What is owed between headquarters and accounts, as it is told to the nodes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Connection, Row

from yika_central.db import make_up_store
from yika_central.db import settlement_store as store
from yika_central.db.charge_store import debts_paid, guarantees
from yika_central.domain.debts import Paid
from yika_central.services.debt_book import state_of
from yika_common.clock import from_timestamp, to_timestamp
from yika_common.journal.bodies import FIGURE_MAX, TOTAL_MAX
from yika_common.numbers import Money
from yika_common.sync.customers import (
    GUARANTEES_MAX,
    MADE_UP_MAX,
    DebtSheet,
    HeldGuarantee,
    MadeUp,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dues:
    """What is owed between headquarters and an account.

    ``adjustment`` is the cumulative total of money, above zero to the customer's favour, under its
    ``adjustment_number``.  ``debts`` are after all that was collected, which is ``collected``.
    ``quantities`` gives, per slot, number and total of what the meter's quantity is adjusted by;
    ``made_up`` says what of it is owed since meters were replaced.
    ``guarantees`` says which vending points hold money as security.
    """

    adjustment_number: int = 0
    adjustment: int = 0
    debts: tuple[DebtSheet, ...] = ()
    due: tuple[int, ...] = ()
    collected: int = 0
    quantities: tuple[tuple[int, int, int], ...] = ()
    made_up: tuple[MadeUp, ...] = ()
    guarantees: tuple[HeldGuarantee, ...] = ()


NO_DUES = Dues()

DEBTS_TOLD_MAX = 16
"""Of an account's debts, so many are collected at a time: they must fit one record and one
receipt.  The others follow when these are paid."""


def dues_of(connection: Connection, accounts: tuple[str, ...]) -> Mapping[str, Dues]:
    """The dues of those of the accounts that have any.

    Whoever changes one says so with :func:`yika_central.db.sheet_changes.note_changed`.
    """
    heads = store.heads(connection, accounts)
    owed, collected = _debts(connection, accounts)
    quantities: dict[str, list[tuple[int, int, int]]] = {}
    for row in store.quantities(connection, accounts):
        quantities.setdefault(row.account, []).append((row.slot, row.number, int(row.total)))
    made_up: dict[str, list[MadeUp]] = {}
    for row in make_up_store.entered(connection, accounts):
        owed_to = MadeUp(row.slot, row.meter, row.amount, row.holds)
        made_up.setdefault(row.account, []).append(owed_to)
    held: dict[str, list[HeldGuarantee]] = {}
    for one in guarantees(connection, accounts):
        if one.amount > 0:
            sheet = HeldGuarantee(one.node, min(one.amount, FIGURE_MAX))
            held.setdefault(one.account, []).append(sheet)
    return {
        account: Dues(
            adjustment_number=heads.get(account, _NO_HEAD).number,
            adjustment=max(-TOTAL_MAX, min(TOTAL_MAX, heads.get(account, _NO_HEAD).total)),
            **_debts_told(owed.get(account, ())),
            collected=min(collected.get(account, 0), TOTAL_MAX),
            quantities=tuple(quantities.get(account, ())),
            made_up=tuple(made_up.get(account, ())[-MADE_UP_MAX:]),
            guarantees=tuple(held.get(account, ())[:GUARANTEES_MAX]),
        )
        for account in accounts
        if any(account in known for known in (heads, collected, owed, quantities, held))
    }


_NO_HEAD = store.Head()


def _debts_told(debts: Sequence[tuple[DebtSheet, int]]) -> dict[str, Any]:
    """Those that are collected first, and since when each is owed."""
    told = sorted(debts, key=lambda one: (one[0].priority, one[0].id))[:DEBTS_TOLD_MAX]
    return {"debts": tuple(debt for debt, _ in told), "due": tuple(due for _, due in told)}


def _debts(
    connection: Connection, accounts: Sequence[str]
) -> tuple[dict[str, list[tuple[DebtSheet, int]]], dict[str, int]]:
    """What is left of each account's debts that have begun, and since when; what was collected."""
    paid: dict[tuple[str, str], list[Paid]] = {}
    collected: dict[str, int] = {}
    for taken in store.collections(connection, accounts):
        on = from_timestamp(taken.sold_at).date()
        paid.setdefault((taken.account, taken.debt), []).append(Paid(on, taken.amount))
        collected[taken.account] = collected.get(taken.account, 0) + taken.amount
    # Not through a slot of the card: a vending point reckons with what its slots collected.
    for at_counter in debts_paid(connection, accounts):
        on = from_timestamp(at_counter.sold_at).date()
        key = at_counter.account, at_counter.debt
        paid.setdefault(key, []).append(Paid(on, Money(at_counter.amount)))
    owed: dict[str, list[tuple[DebtSheet, int]]] = {}
    for row in store.debts_of(connection, accounts):
        left = state_of(row, paid.get((row.account, row.debt), ())).owed.left
        if row.begun and left:
            sheet = DebtSheet(
                id=row.debt,
                zh=row.zh,
                en=row.en,
                left=min(left, FIGURE_MAX),
                share=row.share,
                least=row.least,
                priority=row.priority,
            )
            owed.setdefault(row.account, []).append((sheet, _due(row)))
    return owed, collected


def _due(row: Row[Any]) -> int:
    """Since when the debt is owed: the day it was due, else its registration."""
    if not row.due_on:
        return int(row.registered_at)
    return to_timestamp(datetime.combine(date.fromisoformat(row.due_on), time(), UTC))
