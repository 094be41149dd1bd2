"""What a report is: columns of a kind each, a question, and what it is asked about.

A report is shown by one page, printed by one style sheet and written by one workbook writer; none
of them knows any report.  Its rows are plain values, read straight from the tables:

=========  ==============================================  =========================
kind       value                                           in a workbook
=========  ==============================================  =========================
text       words as they were typed                        text
ident      a number that is a name                         text, keeps its zeros
word       an English word of the program, translated      text
account    an account's number                             text
receipt    ``epoch-seq`` of a receipt's first record       text
time       seconds since 1970, 0 for never                 date and time of the place
count      a whole number                                  number
quantity   thousandths of a unit                           number
money      minor units                                     number
share      ten-thousandths                                 number, percent
=========  ==============================================  =========================

None is an empty cell.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from yika_common.errors import N_, YikaError
from yika_common.values import dataclass

Ask = Callable[[str, Sequence[object]], Iterable[Sequence[object]]]
"""Runs one SQL question with its values; gives the rows."""

Cells = tuple[object, ...]

_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)


class FilterUnusable(YikaError):
    """What a report was narrowed to, or its page's key, makes no sense."""

    code = "filter_unusable"
    sentence = N_(
        "What is asked for is not among the choices. Nothing was looked up. Choose again."
    )


def numbers_of(key: str, count: int) -> tuple[int, ...]:
    """The numbers that a page's key is made of; as many zeros for the first page.

    Raises:
        FilterUnusable: no report gave such a key.
    """
    if not key:
        return (0,) * count
    parts = key.split("-")
    if len(parts) != count or not all(_NUMBER.fullmatch(part) for part in parts):
        raise FilterUnusable
    return tuple(int(part) for part in parts)


class Kind(StrEnum):
    """What the values of a column are; see above."""

    TEXT = "text"
    IDENT = "ident"
    WORD = "word"
    ACCOUNT = "account"
    RECEIPT = "receipt"
    TIME = "time"
    COUNT = "count"
    QUANTITY = "quantity"
    MONEY = "money"
    SHARE = "share"


NUMBERS: Final = frozenset({Kind.COUNT, Kind.QUANTITY, Kind.MONEY, Kind.SHARE})


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, its heading, and what its values are.

    ``total`` sums it up; quantities are summed up by service.  ``wide`` is its width on paper and
    in a workbook, in characters.
    """

    name: str
    heading: str
    kind: Kind = Kind.TEXT
    total: bool = False
    wide: int = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a report is asked about: from ``since`` (seconds) to before ``until``.

    What is empty is not asked for.  ``accounts`` None means all; an empty tuple means that nobody
    was found by that name.
    """

    since: int
    until: int
    operator: str = ""
    area: str = ""
    service: str = ""
    state: str = ""
    accounts: tuple[str, ...] | None = None
    days: int = 0
    year: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A row, and the key from which the next page goes on."""

    key: str
    cells: Cells


class Holder(NamedTuple):
    """Who an account's holder is, as far as it may be seen now, and what the account owes.

    ``debts`` are pairs of since when (seconds, 0: not told) and what is left; ``credit`` is what
    headquarters owes the customer, below zero: is owed.
    """

    name: str = ""
    address: str = ""
    phone: str = ""
    owed: int = 0
    debts: tuple[tuple[int, int], ...] = ()
    credit: int = 0


People = Callable[[str], Holder]
"""The holder of an account; an empty one where nothing is known."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where reports read: the tables, the holders, the place's clock and name."""

    ask: Ask
    people: People
    zone: ZoneInfo
    node: str
    now: int


Rows = Callable[[Source, Scope, str, int], Iterator[Line]]
"""Rows after a key, about so many at least (0: all of them), in the report's order."""

Size = Callable[[Source, Scope], int]
"""How many rows there are, before they are read."""

Totals = Callable[[Source, Scope], Iterator[Cells]]
"""Rows of totals over everything asked for, the label in the first column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report by name; ``filters`` are the fields of :class:`Scope` that it heeds.

    ``totals`` None sums up the rows themselves: then all of them are shown at once.  A ``paged``
    report shows a page of rows at a time.  ``counter`` reports are open to whoever sells.
    A report that ``reads_sales`` reads every sale of its period: where there are too many of them
    for a page, it is made as a workbook alone.  Paper of a ``signed`` one has lines to sign on.
    """

    name: str
    title: str
    family: str
    about: str
    columns: tuple[Column, ...]
    rows: Rows
    totals: Totals | None = None
    size: Size | None = None
    filters: frozenset[str] = frozenset({"period"})
    paged: bool = False
    counter: bool = False
    reads_sales: bool = False
    signed: bool = False
    days: int = 0
    """What :attr:`Scope.days` is before anybody chose."""

    def place(self, name: str) -> int:
        """Where a column stands, from 0."""
        return next(place for place, column in enumerate(self.columns) if column.name == name)


def nobody(_account: str) -> Holder:
    """No holder may be seen."""
    return Holder()
