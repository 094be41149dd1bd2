"""What a merged account has outstanding, and what it owes, goes over to the surviving one.

Both sides are entered in one transaction, so what customers are owed, and what they owe, is the
same before and after.  What arises for a merged account later (a sale that is priced anew, a debt
that an offline vending point collected meanwhile) follows at the next settlement.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from yika_central.db import settlement_store as store
from yika_central.db.database import add
from yika_central.db.duplicate_store import merges_of
from yika_central.db.household_store import survivors_of
from yika_central.db.tables import Debt, DebtEntry
from yika_central.services.debt_book import DebtBook, DebtState
from yika_common.clock import to_timestamp

Values = dict[str, Any]


def moved_balances(
    connection: Connection, accounts: Sequence[str], booking: Mapping[str, Any]
) -> list[Values]:
    """The parts of adjustments that bring what merged accounts have outstanding to where it goes.

    They name the persons who merged the accounts; ``booking`` has their months.
    """
    survivors = survivors_of(connection, accounts)
    gone = sorted(account for account, survivor in survivors.items() if account != survivor)
    if not gone:
        return []
    merges = {row["account"]: row for row in merges_of(connection, gone)}
    heads = store.heads(connection, gone)
    entries: list[Values] = []
    for account in gone:
        left = heads.get(account, store.Head()).total - store.applied(connection, account)
        if not left:
            continue
        merge, to = merges[account], survivors[account]
        common = {"kind": store.TRANSFER, **booking} | {
            "made_by": merge["made_by"],
            "seconded_by": merge["seconded_by"],
        }
        sides = ((account, -left, f"→ {to}"), (to, left, f"← {account}"))
        entries += [
            common | {"account": one, "amount": amount, "reason": f"{way}: {merge['reason']}"}
            for one, amount, way in sides
        ]
    return entries


def move_debts(
    connection: Connection,
    account: str,
    survivor: str,
    *,
    first: int,
    entered: Mapping[str, Any],
    at: datetime,
    zone: ZoneInfo,
) -> int:
    """Let what is left of the account's debts be owed by the surviving one; how many there are.

    A debt that moves has its late fees in it, and costs no further ones: its payments are counted
    from then on only.  ``first`` is the number of the first debt that is registered, ``entered``
    says by whom, why and in which months.
    """
    owed = [state for state in DebtBook(connection, at, zone).states([account]) if state.owed.left]
    today = at.astimezone(zone).date()
    debts, entries = [], []
    for number, state in enumerate(owed, start=first):
        entries.append(_ending(state, entered, at))
        debts.append(_beginning(state, f"D{number:07}", survivor, entered, at, today))
    add(connection, DebtEntry, entries)
    add(connection, Debt, debts)
    return len(owed)


def _ending(state: DebtState, entered: Mapping[str, Any], at: datetime) -> Values:
    return DebtEntry(
        account=state.row.account,
        debt=state.row.debt,
        number=state.row.entries + 1,
        kind=store.MOVED,
        amount=-int(state.owed.left),
        made_at=to_timestamp(at),
        **entered,
    ).model_dump()


def _beginning(
    state: DebtState,
    number: str,
    survivor: str,
    entered: Mapping[str, Any],
    at: datetime,
    today: date,
) -> Values:
    row = state.row
    return Debt(
        account=survivor,
        debt=number,
        zh=row.zh,
        en=row.en,
        amount=int(state.owed.left),
        share=row.share,
        least=row.least,
        priority=row.priority,
        not_before=row.not_before,
        begun=row.begun,
        due_on=row.due_on,
        month=entered["month"],
        reason=f"← {row.account} {row.debt}: {entered['reason']}",
        registered_by=entered["made_by"],
        seconded_by=entered["seconded_by"],
        registered_at=to_timestamp(at),
    ).model_dump()
