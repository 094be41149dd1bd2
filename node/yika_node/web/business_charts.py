"""A few honest charts: bars from zero, each with its number, drawn by the server as SVG.

Sizes and places are attributes of the drawing, so no style is needed that the pages' policy would
refuse; each chart stands beside a table of the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from flask_babel import gettext

from yika_common.clock import to_timestamp
from yika_common.errors import N_
from yika_common.infra.language import translate
from yika_common.infra.web.faults import language_here
from yika_common.infra.web.formats import money_shown
from yika_common.numbers import Money
from yika_common.values import dataclass
from yika_node.db import business_queries as business
from yika_node.db.sold_projections import DAY, HOUR
from yika_node.services.reports import words
from yika_node.services.reports.desk import BusinessDesk
from yika_node.services.reports.model import Scope, Source

DAYS: Final = 30
_WIDTH, _HEIGHT, _GAP = 720, 160, 2
_SIDE, _LINE, _LABEL = 400, 26, 250


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it stands for, its number as text, its place and size in the drawing."""

    label: str
    text: str
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars that stand up or, where ``flat``, lie; ``alternative`` says the drawing in words."""

    name: str
    title: str
    alternative: str
    unit: str
    bars: Sequence[Bar]
    width: int
    height: int
    flat: bool
    most: str


def charts_of(desk: BusinessDesk, currency: str) -> list[Chart]:
    """The money of the last thirty days, of services, of today's hours; cards and meters."""
    now = desk.clock().astimezone(desk.zone)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    since = midnight - timedelta(days=DAYS - 1)
    with desk.source() as source:
        return [
            _days(source, desk, since, now, currency),
            _services(source, since, now, currency),
            _hours(source, midnight, now, currency),
            _attention(source, since, now),
        ]


def _days(
    source: Source, desk: BusinessDesk, since: datetime, now: datetime, currency: str
) -> Chart:
    offset = since.utcoffset() or timedelta()
    ahead = int(offset.total_seconds())
    found: dict[int, int] = {}
    for day, _service, _sales, paid in business.days_sold(
        source.ask, to_timestamp(since) // HOUR * HOUR, to_timestamp(now) + 1, ahead
    ):
        found[day] = found.get(day, 0) + paid
    first = (to_timestamp(since) + ahead) // DAY
    days = [(since + timedelta(days=number)).strftime("%m-%d") for number in range(DAYS)]
    figures = [found.get(first + number, 0) for number in range(DAYS)]
    title = gettext("Money from sales, the last %(days)s days", days=DAYS)
    return _standing("days", title, days, figures, currency)


def _hours(source: Source, midnight: datetime, now: datetime, currency: str) -> Chart:
    hours, figures = [], []
    for number in range(24):
        since = to_timestamp(midnight) + number * HOUR
        hour = Scope(since=since, until=min(since + HOUR, to_timestamp(now) + 1))
        sums = business.sums(source.ask, hour, ()) if hour.since < hour.until else []
        hours.append(f"{number:02}")
        figures.append(sum(each.paid for each in sums))
    return _standing("hours", gettext("Money from sales today, by hour"), hours, figures, currency)


def _services(source: Source, since: datetime, now: datetime, currency: str) -> Chart:
    scope = Scope(since=to_timestamp(since), until=to_timestamp(now) + 1)
    sums = business.sums(source.ask, scope, ("service",))
    named = [(_said(words.word(words.SERVICES, each.key[0])), each.paid) for each in sums]
    lines = [(name, paid, money_shown(Money(paid), currency)) for name, paid in named]
    title = gettext("Money by service, the last %(days)s days", days=DAYS)
    return _lying("services", title, lines, currency)


_ATTENTION: Final = (
    (
        N_("Sales that wait for their card"),
        "SELECT COUNT(*) FROM intent WHERE state = 'pending'",
        False,
    ),
    (
        N_("Cards reported lost"),
        "SELECT COUNT(*) FROM card_report WHERE state = 'lost' AND at >= ? AND at < ?",
        True,
    ),
    (N_("Cards issued"), "SELECT COUNT(*) FROM card WHERE issued_at >= ? AND issued_at < ?", True),
    (
        N_("Write-backs with an alarm"),
        "SELECT COUNT(*) FROM reading INDEXED BY reading_alarm WHERE status & 252 <> 0"
        " AND at >= ? AND at < ?",
        True,
    ),
    (
        N_("Sales that another point's came before"),
        "SELECT COUNT(*) FROM intent INDEXED BY intent_superseded WHERE state = 'superseded'"
        " AND at >= ? AND at < ?",
        True,
    ),
)


def _attention(source: Source, since: datetime, now: datetime) -> Chart:
    lines = []
    for name, statement, dated in _ATTENTION:
        period = (to_timestamp(since), to_timestamp(now) + 1) if dated else ()
        ((number,),) = source.ask(statement, period)
        assert isinstance(number, int), "a count"
        lines.append((_said(name), number, f"{number:,}"))
    title = gettext("Cards and meters, the last %(days)s days", days=DAYS)
    return _lying("attention", title, lines, gettext("number"))


def _standing(
    name: str, title: str, labels: Sequence[str], figures: Sequence[int], currency: str
) -> Chart:
    most = max([*figures, 1])
    pitch = _WIDTH // len(labels)
    bars = []
    for place, (label, figure) in enumerate(zip(labels, figures, strict=True)):
        height = _HEIGHT * max(figure, 0) // most
        text = money_shown(Money(figure), currency)
        bars.append(Bar(label, text, place * pitch, _HEIGHT - height, pitch - _GAP, height))
    return Chart(
        name=name,
        title=title,
        alternative=_alternative(title, bars, figures),
        unit=currency,
        bars=bars,
        width=_WIDTH,
        height=_HEIGHT,
        flat=False,
        most=money_shown(Money(most), currency) if any(figures) else "",
    )


def _lying(name: str, title: str, lines: Sequence[tuple[str, int, str]], unit: str) -> Chart:
    figures = [figure for _label, figure, _text in lines]
    most = max([*figures, 1])
    bars = [
        Bar(label, text, _LABEL, place * _LINE, _SIDE * max(figure, 0) // most, _LINE - 8)
        for place, (label, figure, text) in enumerate(lines)
    ]
    return Chart(
        name=name,
        title=title,
        alternative=_alternative(title, bars, figures),
        unit=unit,
        bars=bars,
        width=_LABEL + _SIDE + 130,
        height=_LINE * len(lines),
        flat=True,
        most="",
    )


def _alternative(title: str, bars: Sequence[Bar], figures: Sequence[int]) -> str:
    """The drawing in words: its highest bar; the table beside it has every number."""
    if not any(figures):
        return str(gettext("%(title)s: nothing.", title=title))
    highest = bars[max(range(len(bars)), key=lambda place: figures[place])]
    return str(
        gettext(
            "%(title)s. The most: %(label)s, %(text)s. The table beside it has every number.",
            title=title,
            label=highest.label,
            text=highest.text,
        )
    )


def _said(text: str) -> str:
    return translate(text, language_here())
