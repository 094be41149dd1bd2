"""What is owed between headquarters and accounts, as it is told to the nodes."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from yika_common.sync.customers import DebtSheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Dues:
    """What is owed between headquarters and an account.

    ``adjustment`` is the cumulative total of money, above zero to the customer's favour, under its
    ``adjustment_number``.  ``debts`` are after all that was collected, which is ``collected``.
    ``quantities`` gives, per slot, number and total of what the meter's quantity is adjusted by.
    """

    adjustment_number: int = 0
    adjustment: int = 0
    debts: tuple[DebtSheet, ...] = ()
    collected: int = 0
    quantities: tuple[tuple[int, int, int], ...] = ()


NO_DUES = Dues()


def dues_of(connection: Connection, accounts: tuple[str, ...]) -> Mapping[str, Dues]:
    """The dues of those of the accounts that have any.

    Whoever changes one says so with :func:`yika_central.db.sheet_changes.note_changed`.
    """
    return {}
