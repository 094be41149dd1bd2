"""One statement that prices every sale of many accounts again, and keeps what differs.

A plan is a line of time (:mod:`yika_central.domain.timeline`) as SQL.  Windows over the sales of
each pair give the order, the time and the quantity used, CASE expressions the prices, and only a
sale that is not right as it was written leaves a row in ``rerate_found``.  A sale outside the
common shape leaves a row marked ``odd``; its whole pair is then priced in Python, by
:mod:`yika_central.domain.rerating`.

Odd are: a purchase that was superseded, paid a basic fee, tells of charges or free units taken or
names two tariffs; another meter than the purchase before; a purchase count that does not rise with
the time; no version in force, and a version in force or named that is of another shape.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from yika_central.db.rating_sql import QUANTITY_MAX, by_time, choice, is_common, price
from yika_central.domain.published import named
from yika_central.domain.purchases import TariffUsed
from yika_central.domain.timeline import Span, Timeline
from yika_common.clock import to_timestamp
from yika_common.tariffs.model import Tariff

CLAMPED: Final = (
    "CASE WHEN s.stamped_at < s.not_before THEN s.not_before"
    " WHEN s.stamped_at > s.not_after THEN s.not_after ELSE s.stamped_at END"
)
"""The time of a sale ``s`` by its stamp and bracket."""

COUNTS: Final = "s.act = '' AND s.refunded = 0"
"""What a sale ``s`` fulfils that is priced at all: a purchase that was not given back."""

_UNKNOWN, _STRANGE = -1, -2
"""In place of a tariff's number: nobody published it; it is none that is priced here."""

_GENERATION: Final = 2**32
"""More than the highest purchase count: generation and count become one number."""

_ALL_BEFORE: Final = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
"""The frame of LAG on SQLite, and of sums here: windows with one frame are one pass."""

_SUMS_MOST: Final = 4

_SOLD: Final = f"""
    SELECT p.n, p.persons AS persons_true, s.node, s.epoch, s.branch, s.seq, s.meter,
        s.generation * {_GENERATION} + s."count" AS purchase, {CLAMPED} AS at,
        s.stamped_at, s.not_before, s.not_after, s.amount, s.used_before, s.persons,
        CASE WHEN s.quantity > {QUANTITY_MAX} THEN 0 ELSE s.quantity END AS quantity,
        s.period, s.tariff_id, s.tariff_version, s.tariff_hash,
        CASE WHEN s.outcome = 'SUPERSEDED' OR s.heating_year IS NOT NULL
            OR s.charged_through <> 0 OR s.free_day <> 0
            OR s.mixed <> '' OR s.quantity > {QUANTITY_MAX} THEN 1 ELSE 0 END AS odd
    FROM rerate_pair p CROSS JOIN sale s
    WHERE p.plan = :plan AND s.account = p.account AND s.service = p.service AND {COUNTS}
        AND s.not_after >= p.start AND {CLAMPED} >= p.start"""  # noqa: S608 - no input


@dataclass(frozen=True, slots=True)
class _Place:
    """A span as the statement knows it: the number of its version, and of its count."""

    begin: int
    end: int
    period: str
    version: int
    count: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A line of time for accounts of one class, and the versions that its sales may name."""

    timeline: Timeline
    published: tuple[Tariff, ...]
    common: tuple[Tariff, ...]
    places: tuple[_Place, ...]

    @classmethod
    def of(cls, timeline: Timeline, published: Iterable[Tariff]) -> "Plan":
        """The plan for a line of time, knowing every version ever published."""
        known = sorted(published, key=lambda tariff: tariff.effective_from, reverse=True)
        common = tuple(tariff for tariff in known if is_common(tariff))
        used = {span.tariff for span in timeline.spans}
        in_use = [tariff for tariff in common if tariff in used]
        scopes = {(tariff.service, tariff.tariff_class) for tariff in in_use}
        nameable = tuple(t for t in common if (t.service, t.tariff_class) in scopes)
        return cls(timeline, tuple(known), nameable, tuple(_places(timeline, nameable)))

    @property
    def pays(self) -> bool:
        """Whether any sale could be priced by it."""
        return any(place.version >= 0 for place in self.places)

    def between(self, first: int, last: int) -> "Plan":
        """The same plan for sales of a time in which it changes less often; both ends included."""
        places = tuple(p for p in self.places if p.end > first and p.begin <= last)
        return replace(self, places=places)

    def start(self, since: str) -> str:
        """The cut from which on sales are priced again that changed since ``since`` (SQL)."""
        cuts = [to_timestamp(cut) for cut in self.timeline.cuts()]
        return by_time(since, [(cut, str(cut)) for cut in cuts])

    def statement(self, fence: str) -> str:
        """The INSERT into ``rerate_found``; its parameters are ``plan`` and :attr:`names`.

        ``fence`` ends a query that the database must not flatten into the one around it, or it
        would compute each price as often as it is used.
        """
        return f"""
            INSERT INTO rerate_found (n, node, epoch, branch, seq, odd, counted_at, period,
                tariff_id, tariff_version, tariff_hash, used_before, amount, difference,
                straddles, wrong_price, unknown_tariff, stale_tariff, wrong_facts, quota_split)
            SELECT n, node, epoch, branch, seq, odd, at, {self._at(_period)},
                {choice("version", [f":id_{number:d}" for number in range(len(self.common))])},
                {choice("version", [f"{tariff.version:d}" for tariff in self.common])},
                {choice("version", [f":digest_{number:d}" for number in range(len(self.common))])},
                used, COALESCE(fair, 0), COALESCE(fair - amount, 0), straddles, {self._rungs()}
            FROM (SELECT priced.*, marks / 2 % 2 AS straddles, marks / 4 - 2 AS named
                FROM ({self._priced()} {fence}) AS priced
                WHERE odd = 1 OR marks % 2 = 1 OR used <> used_before OR fair <> amount
            ) AS differing"""  # noqa: S608 - no texts of tariffs

    @property
    def names(self) -> dict[str, str]:
        """The parameters of :meth:`statement` that come from tariff files: ids and digests."""
        names = {}
        for number, used in enumerate(self._known()):
            names[f"id_{number}"], names[f"digest_{number}"] = used.id, used.digest
        return names

    def _known(self) -> dict[TariffUsed, int]:
        """Every version that a sale may name, the priced ones first, to its number."""
        numbers = {named(tariff): number for number, tariff in enumerate(self.common)}
        return numbers | {
            name: _STRANGE for name in map(named, self.published) if name not in numbers
        }

    def _priced(self) -> str:
        """Every sale with what it should have cost."""
        fair = self._price("version", used="used", persons="persons_true")
        return f"""
            SELECT counted.*, CASE WHEN odd = 1 THEN NULL ELSE {fair} END AS fair
            FROM ({self._counted()}) AS counted"""  # noqa: S608 - no input

    def _counted(self) -> str:
        """Every sale with the quantity used before it; what is odd is known from here on.

        What goes through the windows is sorted, so it is kept narrow.
        """
        used, windows = self._windows()
        return f"""
            SELECT n, node, epoch, branch, seq, at, amount, quantity, used_before, persons,
                persons_true, version, marks, CAST({used} - quantity AS BIGINT) AS used,
                CASE WHEN odd = 1 OR LAG(meter) OVER bought <> meter
                    OR LAG(purchase) OVER bought >= purchase THEN 1 ELSE 0 END AS odd
            FROM ({self._placed()}) AS placed
            WINDOW bought AS (PARTITION BY n ORDER BY at, purchase {_ALL_BEFORE}){windows}"""  # noqa: S608 - no input

    def _windows(self) -> tuple[str, str]:
        """The sum of the quantities of one count, and the windows it needs beside ``bought``.

        A window less is a sort less: few counts have a sum each in the one that is there anyway.
        """
        counts = sorted({place.count for place in self.places})
        if len(counts) > _SUMS_MOST:
            counted = f"(PARTITION BY n, counts_in ORDER BY at, purchase {_ALL_BEFORE})"
            return "SUM(quantity) OVER counted", f", counted AS {counted}"
        sums = " ".join(
            f"WHEN {count} THEN SUM(CASE counts_in WHEN {count} THEN quantity ELSE 0 END)"
            " OVER bought"
            for count in counts
        )
        return f"CASE counts_in {sums} END", ""

    def _placed(self) -> str:
        """Every sale with its place on the line of time, and whether it says so itself.

        ``marks`` packs whether it says something else about itself (1), whether its bracket
        reaches over an edge (2), and the number of the version named (from 4 on).
        """
        begin, end = self._at(lambda place: place.begin), self._at(lambda place: place.end)
        households = any(tariff.household is not None for tariff in self.common)
        persons = "persons, persons_true" if households else "0 AS persons, 0 AS persons_true"
        return f"""
            SELECT n, node, epoch, branch, seq, meter, purchase, at, amount, quantity,
                used_before, {persons}, version, counts_in,
                CASE WHEN odd = 1 OR version < 0 OR named = {_STRANGE} THEN 1 ELSE 0 END AS odd,
                (named + 2) * 4 + CASE WHEN not_before < {begin} OR not_after >= {end} THEN 3
                    WHEN at <> stamped_at OR named <> version
                        OR period <> {self._at(_period)} THEN 1 ELSE 0 END AS marks
            FROM (SELECT sold.*, {self._at(lambda place: place.version)} AS version,
                    {self._at(lambda place: place.count)} AS counts_in, {self._named()} AS named
                FROM ({_SOLD}) AS sold) AS timed"""  # noqa: S608 - no input

    def _rungs(self) -> str:
        """The shares of the ladder, for the few sales that differ."""
        assumed = self._price("named", used="used_before", persons="persons")
        claimed = self._price("version", used="used_before", persons="persons")
        facts = self._price("version", used="used_before", persons="persons_true")
        rungs = (
            f"CASE WHEN named < 0 THEN 0 ELSE {assumed} - amount END",
            f"CASE WHEN named < 0 THEN {claimed} - amount ELSE 0 END",
            f"CASE WHEN named < 0 THEN 0 ELSE {claimed} - {assumed} END",
            f"{facts} - {claimed}",
            f"fair - {facts}",
        )
        return ", ".join(f"CASE WHEN odd = 1 THEN 0 ELSE {rung} END" for rung in rungs)

    def _price(self, version: str, *, used: str, persons: str) -> str:
        prices = [
            price(tariff, used=used, quantity="quantity", persons=persons)
            for tariff in self.common
        ]
        return choice(version, prices)

    def _named(self) -> str:
        """The number of the version that a sale names."""
        branches = " ".join(
            f"WHEN tariff_hash = :digest_{place:d} AND tariff_version = {name.version:d}"
            f" AND tariff_id = :id_{place:d} THEN {number:d}"
            for place, (name, number) in enumerate(self._known().items())
        )
        return f"CASE {branches} ELSE {_UNKNOWN} END"

    def _at(self, what: "Callable[[_Place], int | str]") -> str:
        """What the line of time says at the time of a sale."""
        return by_time("at", [(place.begin, str(what(place))) for place in self.places])


def _period(place: _Place) -> str:
    return f"'{place.period}'"


def _places(timeline: Timeline, common: Sequence[Tariff]) -> Iterable[_Place]:
    count, odd = 0, False
    seen: set[str] = set()
    before: Span | None = None
    for span in timeline.spans:
        if before is not None and span.name != before.name:
            count += 1
            odd = span.name in seen or _goes_on(span, before)
        seen.add(span.name)
        priced = span.tariff is not None and span.tariff in common and not odd
        yield _Place(
            begin=to_timestamp(span.start),
            end=to_timestamp(span.end),
            period=span.name,
            version=common.index(span.tariff) if span.tariff and priced else _STRANGE,
            count=count,
        )
        before = span


def _goes_on(span: Span, before: Span) -> bool:
    """Whether a period under another name, that has begun already, may go on counting."""
    return span.period is not None and before.period is not None and span.period.start < span.start
