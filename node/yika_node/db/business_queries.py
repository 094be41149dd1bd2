"""Questions about sales over a period, answered from sums and indexes alone.

Plain SQL, asked by pages and by the process that writes workbooks alike.  A sum reads the rows of
``sold`` that the period is made of, and the sales of less than an hour at either end.  A list
looks in ``sold`` first which days have what is wanted, so that rare sales among many are found
without reading the others.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple, Protocol

from yika_node.db.sold_projections import DAY, OFF, REFUND, SOLD, SPANS, SUPERSEDED

Ask = Callable[[str, Sequence[object]], Iterable[Sequence[object]]]

WRITTEN, PENDING, GIVEN_BACK = "written", "pending", "refund"
STATES: Final = (WRITTEN, PENDING, SUPERSEDED, GIVEN_BACK)
"""What a list of sales may be narrowed to."""

_OUTCOME: Final = (
    f"CASE WHEN act = 'refund' THEN CASE state WHEN 'superseded' THEN '{OFF}' ELSE '{REFUND}' END"
    f" WHEN state = 'superseded' THEN '{SUPERSEDED}' ELSE '{SOLD}' END"
)
_COUNTS: Final = "(act <> 'refund' OR state <> 'superseded')"
_IS_SALE: Final = "act IN ('', 'refund')"
_DIMENSIONS: Final = frozenset({"outcome", "operator", "service", "area", "tariff_class"})
_BY_STATE: Final = {
    WRITTEN: "act = '' AND state = 'written'",
    PENDING: "act = '' AND state = 'pending'",
    SUPERSEDED: "act = '' AND state = 'superseded'",
    GIVEN_BACK: "act = 'refund'",
}
_OUTCOMES: Final = {
    WRITTEN: (SOLD,),
    SUPERSEDED: (SUPERSEDED,),
    GIVEN_BACK: (REFUND, OFF),
}


class Wanted(Protocol):
    """What is asked about: the fields of :class:`yika_node.services.reports.model.Scope`."""

    @property
    def since(self) -> int:
        """The first second."""

    @property
    def until(self) -> int:
        """The second after the last."""

    @property
    def operator(self) -> str:
        """Who sold; empty: anybody."""

    @property
    def area(self) -> str:
        """The accounts' area; empty: any."""

    @property
    def service(self) -> str:
        """What was sold; empty: anything."""

    @property
    def state(self) -> str:
        """One of :data:`STATES`; empty: all of them."""

    @property
    def accounts(self) -> tuple[str, ...] | None:
        """To whom; None: anybody."""


class Part(NamedTuple):
    """Rows of ``sold`` with this span that start from ``first`` to before ``last``.

    A span of 0 stands for the sales themselves, from ``first`` to before ``last``.
    """

    span: int
    first: int
    last: int


class Sum(NamedTuple):
    """The sums of one group: its key, then the figures."""

    key: tuple[str, ...]
    sales: int
    quantity: int
    amount: int
    paid: int


class SaleLine(NamedTuple):
    """A sale as lists show it."""

    at: int
    epoch: int
    seq: int
    basket: int
    account: str
    card: str
    service: str
    meter: str
    quantity: int
    amount: int
    paid: int
    operator: str
    state: str
    act: str
    area: str
    tariff_class: str
    tender: str


_TENDERS: Final = (
    "(SELECT group_concat(tender) FROM tendering WHERE tendering.epoch = intent.epoch"
    " AND tendering.receipt = intent.basket)"
)
_COLUMNS: Final = ", ".join(SaleLine._fields[:-1]) + f", COALESCE({_TENDERS}, 'cash')"


def parts_of(since: int, until: int, spans: Sequence[int] = SPANS) -> Iterator[Part]:
    """The period as the fewest rows of sums, and sales at its ends; in order of time."""
    if since >= until:
        return
    if not spans:
        yield Part(0, since, until)
        return
    span, finer = spans[0], spans[1:]
    first, last = -(-since // span) * span, until // span * span
    if first >= last:
        yield from parts_of(since, until, finer)
        return
    yield from parts_of(since, first, finer)
    yield Part(span, first, last)
    yield from parts_of(last, until, finer)


def sums(ask: Ask, wanted: Wanted, by: Sequence[str]) -> list[Sum]:
    """The sums of all sales wanted, grouped by columns of ``sold``, in the order of their keys."""
    found: dict[tuple[str, ...], list[int]] = {}

    def add(rows: Iterable[Sequence[object]], sign: int = 1) -> None:
        for row in rows:
            key = tuple(str(part) for part in row[: len(by)])
            held = found.setdefault(key, [0, 0, 0, 0])
            for place, figure in enumerate(row[len(by) :]):
                assert isinstance(figure, int), "every figure is a sum"
                held[place] += sign * figure

    if wanted.accounts is not None or wanted.state == PENDING:
        add(_summed_sales(ask, wanted, by, wanted.since, wanted.until, wanted.state))
    else:
        for part in parts_of(wanted.since, wanted.until):
            if part.span:
                add(_summed_rows(ask, wanted, by, part))
            else:
                add(_summed_sales(ask, wanted, by, part.first, part.last, wanted.state))
        if wanted.state == WRITTEN:
            # Edges hold written ones alone; rows of sums hold those that wait as well.
            for part in parts_of(wanted.since, wanted.until):
                if part.span:
                    add(_summed_sales(ask, wanted, by, part.first, part.last, PENDING), -1)
    return [Sum(key, *figures) for key, figures in sorted(found.items()) if any(figures)]


def days_sold(ask: Ask, since: int, until: int, offset: int) -> list[tuple[int, str, int, int]]:
    """By day of a clock that is ``offset`` seconds ahead of UTC, and service: sales, and money.

    Whole hours alone are counted; days are numbered from 1970.
    """
    rows = ask(
        "SELECT (start + ?) / ?, service, SUM(count), SUM(paid) FROM sold WHERE span = ?"  # noqa: S608
        f" AND start >= ? AND start < ? AND outcome <> '{OFF}' GROUP BY 1, 2 ORDER BY 1, 2",
        (offset, DAY, SPANS[-1], since, until),
    )
    return [tuple(row) for row in rows]  # type: ignore[misc]  # as the statement says


def sales(
    ask: Ask, wanted: Wanted, before: tuple[int, int, int] | None, limit: int
) -> Iterator[SaleLine]:
    """Sales wanted, newest first, below (time, epoch, seq); ``limit`` 0: all."""
    until = wanted.until if before is None else min(wanted.until, before[0] + 1)
    if wanted.accounts is not None or wanted.state in (PENDING, SUPERSEDED):
        yield from _listed(ask, wanted, (wanted.since, until), before, limit)
        return
    left = limit
    for first, last in _days(ask, wanted, until):
        for line in _listed(ask, wanted, (first, last), before, left):
            yield line
            left -= 1
        if limit and left <= 0:
            return


def _days(ask: Ask, wanted: Wanted, until: int) -> Iterator[tuple[int, int]]:
    """The days within the period that have what is wanted, the newest first."""
    where, values = _narrowed(wanted)
    starts = ask(
        f"SELECT DISTINCT start FROM sold WHERE span = ? AND start > ? AND start < ?{where}"  # noqa: S608 - own names
        " ORDER BY start DESC",
        (DAY, wanted.since - DAY, until, *values),
    )
    for (start,) in starts:
        assert isinstance(start, int), "a time"
        yield max(start, wanted.since), min(start + DAY, until)


def _listed(
    ask: Ask,
    wanted: Wanted,
    period: tuple[int, int],
    before: tuple[int, int, int] | None,
    limit: int,
) -> Iterator[SaleLine]:
    where, values = _narrowed_sales(wanted, wanted.state)
    below = "" if before is None else " AND (at, epoch, seq) < (?, ?, ?)"
    index = _index(wanted, wanted.state)
    rows = ask(
        f"SELECT {_COLUMNS} FROM intent{index} WHERE {_IS_SALE} AND at >= ? AND at < ?{where}"  # noqa: S608
        f"{below} ORDER BY at DESC, epoch DESC, seq DESC{' LIMIT ?' if limit else ''}",
        (*period, *values, *(before or ()), *((limit,) if limit else ())),
    )
    for row in rows:
        yield SaleLine(*row)  # type: ignore[arg-type]  # as the statement says


def _summed_rows(
    ask: Ask, wanted: Wanted, by: Sequence[str], part: Part
) -> Iterable[Sequence[object]]:
    where, values = _narrowed(wanted)
    return ask(
        f"SELECT {_keys(by)} SUM(count), SUM(quantity), SUM(amount), SUM(paid) FROM sold"  # noqa: S608
        f" WHERE span = ? AND start >= ? AND start < ?{where}{_grouped(by)}",
        (*part, *values),
    )


def _summed_sales(
    ask: Ask, wanted: Wanted, by: Sequence[str], since: int, until: int, state: str
) -> Iterable[Sequence[object]]:
    where, values = _narrowed_sales(wanted, state)
    keys = _keys([_OUTCOME if name == "outcome" else name for name in _checked(by)])
    figures = ", ".join(
        f"COALESCE(SUM({name} * {_COUNTS}), 0)" for name in ("quantity", "amount", "paid")
    )
    return ask(
        f"SELECT {keys} COUNT(*), {figures} FROM intent{_index(wanted, state)}"  # noqa: S608
        f" WHERE {_IS_SALE} AND at >= ? AND at < ?{where}{_grouped(by)}",
        (since, until, *values),
    )


def _narrowed(wanted: Wanted) -> tuple[str, list[object]]:
    """What narrows the rows of ``sold``, and its values."""
    where, values = _same(wanted)
    outcomes = _OUTCOMES.get(wanted.state)
    if outcomes:
        where += f" AND outcome IN ({', '.join('?' * len(outcomes))})"
        values += outcomes
    return where, values


def _narrowed_sales(wanted: Wanted, state: str) -> tuple[str, list[object]]:
    """What narrows the sales themselves, and its values."""
    where, values = _same(wanted)
    if wanted.accounts is not None:
        where += f" AND account IN ({', '.join('?' * len(wanted.accounts)) or 'NULL'})"
        values += wanted.accounts
    if state:
        where += f" AND {_BY_STATE[state]}"
    return where, values


def _same(wanted: Wanted) -> tuple[str, list[object]]:
    named = [(name, getattr(wanted, name)) for name in ("operator", "area", "service")]
    given = [(name, value) for name, value in named if value]
    return "".join(f" AND {name} = ?" for name, _ in given), [value for _, value in given]


def _index(wanted: Wanted, state: str) -> str:
    """By which index: SQLite has no statistics and would guess."""
    if wanted.accounts is not None:
        return " INDEXED BY intent_account" if wanted.accounts else ""
    if state == PENDING:
        return " INDEXED BY intent_pending"
    return " INDEXED BY intent_superseded" if state == SUPERSEDED else " INDEXED BY intent_at"


def _checked(by: Sequence[str]) -> Sequence[str]:
    assert _DIMENSIONS.issuperset(by), "columns of the table"
    return by


def _keys(by: Sequence[str]) -> str:
    return "".join(f"{name}, " for name in by)


def _grouped(by: Sequence[str]) -> str:
    places = ", ".join(str(place) for place in range(1, len(by) + 1))
    return f" GROUP BY {places}" if by else " HAVING COUNT(*) > 0"
