"""When which tariff holds for a customer, and when each quota period begins and ends.

Both ways of re-rating read time off the same line: spans without a gap, in each of which one
version and one period hold (or none does, and why).  A purchase whose bracket reaches out of its
span straddles an edge of price or period.

A **cut** is an edge over which no quota is carried: no quota period spans it, and none before it
has a name that returns after it.  What was sold since a cut can be priced without what was sold
before, if it is known which fees and free units were taken until then.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final

from yika_common.errors import YikaError
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.period import Period, period_of

EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Before every record."""


@dataclass(frozen=True, slots=True)
class Span:
    """From ``start`` to before ``end``; without a tariff, ``problem`` says why there is none."""

    start: datetime
    end: datetime
    tariff: Tariff | None
    period: Period | None
    problem: YikaError | None = None

    @property
    def name(self) -> str:
        """The name of its quota period."""
        return "" if self.period is None else self.period.id

    def holds(self, first: datetime, last: datetime) -> bool:
        """Whether all of a bracket lies in it."""
        return self.start <= first and last < self.end

    def continues(self, before: "Span") -> bool:
        """Whether it differs from the span before it in nothing but its place."""
        same = self.period is not None and before.period is not None
        return (
            self.tariff is before.tariff
            and (self.period == before.period if same else self.period is before.period)
            and (self.tariff is not None or _code(self) == _code(before))
        )


@dataclass(frozen=True, slots=True)
class Timeline:
    """The spans from :data:`EVER` to a moment behind everything that is looked up."""

    spans: tuple[Span, ...]
    starts: tuple[datetime, ...]

    @classmethod
    def of(
        cls,
        in_force: Callable[[datetime], Tariff],
        edges: Sequence[datetime],
        until: datetime,
        opened_on: date | None = None,
    ) -> "Timeline":
        """The line up to ``until``.

        ``in_force`` gives the version at a moment and changes its answer at ``edges`` only.
        """
        spans: list[Span] = []
        for span in _pieces(in_force, sorted({EVER, *edges}), until, opened_on):
            if spans and span.continues(spans[-1]):
                spans.append(replace(spans.pop(), end=span.end))
            else:
                spans.append(span)
        return cls(tuple(spans), tuple(span.start for span in spans))

    def at(self, moment: datetime) -> Span:
        """The span that holds at a moment."""
        return self.spans[max(0, bisect_right(self.starts, moment) - 1)]

    def straddles(self, first: datetime, last: datetime, at: datetime) -> bool:
        """Whether a bracket reaches out of the span that holds at ``at``."""
        return not self.at(at).holds(first, last)

    def cuts(self) -> tuple[datetime, ...]:
        """The cuts, rising; the beginning of the line is the first."""
        found = [self.starts[0]]
        names = [span.name for span in self.spans]
        for index in range(1, len(self.spans)):
            before = self.spans[index - 1].period
            ended = before is None or before.end <= self.starts[index]
            returning = set(names[:index]) & set(names[index:]) - {""}
            if ended and not returning:
                found.append(self.starts[index])
        return tuple(found)

    def cut_before(self, moment: datetime) -> datetime:
        """The last cut at or before a moment."""
        cuts = self.cuts()
        return cuts[max(0, bisect_right(cuts, moment) - 1)]


def _pieces(
    in_force: Callable[[datetime], Tariff],
    edges: Sequence[datetime],
    until: datetime,
    opened_on: date | None,
) -> Iterator[Span]:
    for edge, following in zip(edges, [*edges[1:], until], strict=True):
        at, end = edge, max(following, edge)
        while at < end:
            span = _span(in_force, at, end, opened_on)
            yield span
            at = span.end


def _span(
    in_force: Callable[[datetime], Tariff], at: datetime, end: datetime, opened_on: date | None
) -> Span:
    try:
        tariff = in_force(at)
        period = period_of(tariff, at, opened_on)
    except YikaError as error:
        return Span(at, end, None, None, error)
    return Span(at, min(end, period.end), tariff, period)


def _code(span: Span) -> str:
    return span.problem.code if span.problem is not None else ""
