"""What the pages ask: lists found by key, so that they stay quick however long the history is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping
from sqlmodel import Session

from yika_central.db import enquiry_store as store
from yika_central.db.database import Database
from yika_central.domain.ratings import Cause
from yika_central.reports.rows import SaleRow
from yika_central.services.report_office import day_begins, day_ends, sale_row
from yika_common.clock import Clock, from_timestamp
from yika_common.errors import N_, YikaError

PAGE = 50
_NUMBER_MAX = 2**63 - 1

Item = TypeVar("Item")


class NoSuchSale(YikaError):
    """Nothing was sold at that position."""

    code = "no_such_sale"
    sentence = N_(
        "There is no sale at this position here. Nothing was changed. Look for it in the list."
    )


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of a list begins: the key beside it, and on which side the page lies."""

    key: store.Key
    newer: bool = False

    @property
    def text(self) -> str:
        """The cursor as it stands in an address."""
        return ("+" if self.newer else "-") + "~".join(map(str, self.key))

    @classmethod
    def from_text(cls, text: str) -> "Cursor | None":
        """The cursor of an address; None where it is none, so that the list begins at the top."""
        parts = text[1:].split("~")
        try:
            at, node, epoch, branch, seq = parts
            key = (int(at), node, int(epoch), int(branch), int(seq))
        except ValueError:
            return None
        if any(abs(number) > _NUMBER_MAX for number in key if isinstance(number, int)):
            return None
        return cls(key, newer=text[0] == "+")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Items, newest first, and the cursors of the pages beside; empty where there is none."""

    items: tuple[Item, ...]
    newer: str = ""
    older: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleFilter:
    """Which sales to list; empty fields choose nothing, days are the utility's."""

    node: str = ""
    area: str = ""
    service: str = ""
    operator: str = ""
    account: str = ""
    outcome: str = ""
    first_day: date | None = None
    last_day: date | None = None
    differing: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a sale's price."""

    code: str
    step: int
    quantity: int
    price: int
    amount: int


@dataclass(frozen=True, slots=True)
class PostingView:
    """A change of a difference, as it was posted."""

    number: int
    amount: int
    posted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleDetail:
    """Everything known of one sale."""

    sale: SaleRow
    stamped_at: datetime
    not_before: datetime
    not_after: datetime
    hash: str
    slot: int
    generation: int
    count: int
    total_after: int
    by_money: bool
    typed: int
    residual: int
    refunds: int
    """Seq of the purchase that this refund gives back; 0: it is none."""
    refunded: int
    """Seq of the refund that gave this purchase back; 0: none did."""
    right_period: str
    right_tariff_hash: str
    lines: tuple[Line, ...]
    postings: tuple[PostingView, ...]
    doubts: tuple[str, ...]
    segment: tuple[int, int] | None
    segment_sha256: str
    received_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A record that waits for a person, and why."""

    node: str
    epoch: int
    branch: int
    seq: int
    reason: str
    subject: str
    amount: int
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How much waits for a person or a price, and how much was refused and kept."""

    suspense: int
    queue: int
    quarantine: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """What was sold since midnight, and posted because of earlier sales."""

    sales: int
    amount: int
    posted: int


class Enquiries:
    """Reads for the pages; changes nothing."""

    def __init__(self, database: Database, clock: Clock, zone: ZoneInfo) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone

    @property
    def today(self) -> date:
        """The utility's day."""
        return self._clock().astimezone(self._zone).date()

    def sold_today(self) -> Today:
        """The figures of the utility's day."""
        with self._database.reading() as session:
            return Today(**store.sold_since(session, day_begins(self.today, self._zone)))

    def waiting(self) -> Waiting:
        """How much waits; quick, because every open page asks again and again."""
        with self._database.reading() as session:
            return Waiting(**store.waiting(session))

    def sales(self, chosen: SaleFilter, cursor: Cursor | None = None) -> Page[SaleRow]:
        """A page of sales, newest first."""
        with self._database.reading() as session:
            rows = store.sales(session, self._criteria(chosen), most=PAGE + 1, **_sides(cursor))
            page = _paged(rows, cursor, "stamped_at")
            shares = store.shares_of_page(session, [_place(row) for row in page.items])
        causes: dict[store.Place, dict[str, int]] = {}
        for share in shares:
            causes.setdefault(_place(share), {})[share["cause"]] = share["amount"]
        items = tuple(_listed(row, causes.get(_place(row), {})) for row in page.items)
        return Page(items, page.newer, page.older)

    def sale(self, place: store.Place) -> SaleDetail:
        """Everything about one sale.

        Raises:
            NoSuchSale: there is none at that place.
        """
        with self._database.reading() as session:
            row = store.sale(session, place)
            if row is None:
                raise NoSuchSale
            return _detail(session, row, place)

    def suspense(self, cursor: Cursor | None = None) -> Page[Doubt]:
        """A page of what waits for a person, newest first."""
        with self._database.reading() as session:
            rows = store.suspense(session, most=PAGE + 1, **_sides(cursor))
        page = _paged(rows, cursor, "opened_at")
        return Page(tuple(_doubt(row) for row in page.items), page.newer, page.older)

    def differences(self) -> dict[Cause, tuple[int, int]]:
        """For each cause that there is: how many sales, and the sum of its shares."""
        with self._database.reading() as session:
            found = store.differences_by_cause(session)
        return {cause: found[cause.value] for cause in Cause if cause.value in found}

    def operators(self) -> list[str]:
        """Every operator who sold."""
        with self._database.reading() as session:
            return store.operators(session)

    def _criteria(self, chosen: SaleFilter) -> store.Criteria:
        first, last = chosen.first_day, chosen.last_day
        return store.Criteria(
            node=chosen.node,
            area=chosen.area,
            service=chosen.service,
            operator=chosen.operator,
            account=chosen.account,
            outcome=chosen.outcome,
            start=None if first is None else day_begins(first, self._zone),
            end=None if last is None else day_ends(last, self._zone),
            differing=chosen.differing,
        )


def _sides(cursor: Cursor | None) -> Mapping[str, store.Key | None]:
    if cursor is None:
        return {"before": None, "after": None}
    return {
        "before": None if cursor.newer else cursor.key,
        "after": cursor.key if cursor.newer else None,
    }


def _paged(rows: Sequence[RowMapping], cursor: Cursor | None, at: str) -> Page[RowMapping]:
    """One row more than a page was asked for: it says whether the list goes on that way."""
    upwards = cursor is not None and cursor.newer
    more = len(rows) > PAGE
    shown = tuple(rows[1:] if upwards and more else rows[:PAGE])
    if not shown:
        return Page(())
    first, last = (Cursor((row[at], *_place(row))) for row in (shown[0], shown[-1]))
    has_newer = more if upwards else cursor is not None
    has_older = upwards or more
    return Page(
        shown,
        replace(first, newer=True).text if has_newer else "",
        last.text if has_older else "",
    )


def _place(row: RowMapping) -> store.Place:
    return (row["node"], row["epoch"], row["branch"], row["seq"])


def _listed(row: RowMapping, causes: Mapping[str, int]) -> SaleRow:
    named = {f"cause_{cause.value}": causes.get(cause.value) for cause in Cause}
    return sale_row({**row, **named, "at": row["stamped_at"]})


def _detail(session: Session, row: RowMapping, place: store.Place) -> SaleDetail:
    causes = {share["cause"]: share["amount"] for share in store.shares(session, place)}
    segment = store.segment_of(session, place)
    return SaleDetail(
        sale=_listed(row, causes),
        stamped_at=from_timestamp(row["stamped_at"]),
        not_before=from_timestamp(row["not_before"]),
        not_after=from_timestamp(row["not_after"]),
        hash=bytes(row["hash"]).hex(),
        slot=row["slot"],
        generation=row["generation"],
        count=row["count"],
        total_after=row["total_after"],
        by_money=row["by_money"],
        typed=row["typed"],
        residual=row["residual"],
        refunds=row["refunds"],
        refunded=row["refunded"],
        right_period=row["right_period"] or "",
        right_tariff_hash=row["right_tariff_hash"] or "",
        lines=tuple(
            Line(line["code"], line["step"], line["quantity"], line["price"], line["amount"])
            for line in store.lines(session, place)
        ),
        postings=tuple(
            PostingView(post["number"], post["amount"], from_timestamp(post["posted_at"]))
            for post in store.postings(session, place)
        ),
        doubts=tuple(doubt["reason"] for doubt in store.doubts(session, place)),
        segment=(segment["first"], segment["last"]) if segment else None,
        segment_sha256=bytes(segment["sha256"]).hex() if segment else "",
        received_at=from_timestamp(segment["received_at"]) if segment else None,
    )


def _doubt(row: RowMapping) -> Doubt:
    return Doubt(
        node=row["node"],
        epoch=row["epoch"],
        branch=row["branch"],
        seq=row["seq"],
        reason=row["reason"],
        subject=row["subject"],
        amount=row["amount"],
        opened_at=from_timestamp(row["opened_at"]),
    )
