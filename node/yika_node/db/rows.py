"""The rows that a sale reads, as plain values, and one way to read them.

A class of SQLModel takes 150 KiB in a server and SQLModel itself 11 MiB, so what a counter asks
all day is read without: each row here has columns of the table of its name in
:mod:`yika_node.db.tables`, which stays the only place where that table is declared.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

if TYPE_CHECKING:
    from sqlalchemy import Connection

_WORD: Final = re.compile(r"(?<!^)(?=[A-Z])")
AnyRow = TypeVar("AnyRow", bound=NamedTuple)


def table_name(kind: str) -> str:
    """``HeldItem`` lives in the table ``held_item``."""
    return _WORD.sub("_", kind).lower()


def all_rows(
    connection: Connection, kind: type[AnyRow], rest: str, *values: object
) -> list[AnyRow]:
    """The rows of a kind for which the rest of the statement, from its WHERE on, holds."""
    return [kind._make(row) for row in connection.exec_driver_sql(_select(kind) + rest, values)]


def first_row(
    connection: Connection, kind: type[AnyRow], rest: str, *values: object
) -> AnyRow | None:
    """The first of those, if there is one."""
    found = connection.exec_driver_sql(_select(kind) + rest, values).first()
    return None if found is None else kind._make(found)


@cache
def _select(kind: type[NamedTuple]) -> str:
    table = table_name(kind.__name__)
    columns = ", ".join(f"{table}.{name}" for name in kind._fields)
    return f"SELECT {columns} FROM {table} "  # noqa: S608 - own names


class Record(NamedTuple):
    """One journal record: its exact line and the hash of the chain up to it."""

    epoch: int
    seq: int
    line: bytes
    head: bytes


class Tip(NamedTuple):
    """The end of an epoch's chain, signed by the node."""

    epoch: int
    seq: int
    head: bytes
    signature: bytes
    at: int


class Item(NamedTuple):
    """A file that headquarters signed."""

    sha256: bytes
    name: str
    version: int
    file: bytes


class Acknowledgement(NamedTuple):
    """The newest verified acknowledgement of an epoch."""

    epoch: int
    n: int
    upto: int
    headquarters_at: int
    status: str
    file: bytes


class Operator(NamedTuple):
    """Who may sign in."""

    name: str
    level: str
    added_at: int
    disabled_at: int
    temporary: int
    last_at: int
    staff_number: str


class Attempt(NamedTuple):
    """Wrong passwords in a row."""

    operator: str
    failures: int
    last_at: int
    console: int


class Account(NamedTuple):
    """An account that was opened here."""

    number: str
    area: str
    tariff_class: str
    profile: int
    persons: int
    heated_area: int
    who: str
    opened_at: int
    operator: str


class AccountMeter(NamedTuple):
    """The meter in a slot of an account's card."""

    account: str
    slot: int
    service: str
    meter: str


class Card(NamedTuple):
    """A card that was issued here."""

    number: str
    account: str
    generation: int
    key_version: int
    serial: str
    issued_at: int
    operator: str
    replaces: str
    fee: int
    reason: str


class Intent(NamedTuple):
    """One meter's sale."""

    epoch: int
    seq: int
    basket: int
    at: int
    operator: str
    account: str
    card: str
    slot: int
    service: str
    meter: str
    generation: int
    count: int  # type: ignore[assignment]  # instead of the tuple's own method
    total: int
    quantity: int
    amount: int
    paid: int
    tariff: str
    tariff_version: int
    state: str
    resolved_at: int | None
    period: str
    counted: int
    heating_year: int
    charged_through: int
    free_day: int
    money_number: int
    money_total: int
    quantity_number: int
    quantity_total: int
    debts: int
    act: str
    area: str
    tariff_class: str


class Reading(NamedTuple):
    """A meter's write-back."""

    epoch: int
    seq: int
    at: int
    card: str
    slot: int
    meter: str
    generation: int
    count: int  # type: ignore[assignment]  # instead of the tuple's own method
    total: int
    balance: int
    used: int
    status: int
    sequence: int
    meter_time: int


class Bundle(NamedTuple):
    """The newest manifest that was switched to."""

    version: int
    digest: str
    at: int


class AccountFacts(NamedTuple):
    """What sets an account's prices, as it was last amended here."""

    account: str
    at: int
    operator: str
    tariff_class: str
    persons: int
    persons_until: int
    inner_area: int
    gross_area: int
    heat_class: str
    heat_from: int
    suspended: str
    equipment: str
    reason: str
    quota_from: int
    mixed: str


class OwnLimit(NamedTuple):
    """An account's own limits of a service, as they were last set here."""

    account: str
    service: str
    at: int
    operator: str
    per_sale: int
    per_day: int
    per_month: int
    per_cycle: int
    until: int
    reason: str


class Sheet(NamedTuple):
    """What headquarters tells of an account of our areas, sealed."""

    account: str
    item: str
    card: str
    sealed: bytes
    premises: str


class SheetPart(NamedTuple):
    """The file that the sheets of a part were made from."""

    item: str
    sha256: bytes


class Form(NamedTuple):
    """Which basket a form's token became."""

    token: str
    epoch: int
    basket: int


class Witness(NamedTuple):
    """A place in another journal that a card named."""

    node: str
    epoch: int
    seq: int
    head: str
    card: str
    slot: int


class SpecialCard(NamedTuple):
    """A system, managing or tool card that was issued here."""

    number: str
    kind: str
    holder: str
    serial: str
    state: str
    valid_until: int
    issued_at: int
    operator: str
    ended_at: int | None


class Refund(NamedTuple):
    """A purchase given back."""

    epoch: int
    seq: int
    purchase: int
    reason: str
    paid_at: int | None
    paid_by: str
    write_back: int
