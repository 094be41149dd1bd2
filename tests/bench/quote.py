"""A price at the counter, as each key typed asks for one: by the worst of the published tariffs.

Value: :meth:`yika_node.services.pricing.Pricing.price` for one line on the eight-meter card of a
household of the town, with what the journal and the card say of it and a limit of its own for the
month, by each of the published tariffs that are shipped; the one with the highest median counts.
Limit: 2 ms.  The line about depth compares the long journal with the short one, asked in turns:
history must not matter.
"""

import shutil
import sqlite3
import statistics
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from time import perf_counter_ns
from typing import Final

from bench.measure import Result, interleaved, progress, spread
from bench.stored_sales import store_sales
from bench.traffic import Town, record_of
from yika_common.cards.application import CardIdentity, CardState
from yika_common.clock import from_timestamp
from yika_common.journal.bodies import AccountFacts
from yika_common.numbers import MONEY_PLACES, PRICE_PLACES
from yika_common.services import PROFILES
from yika_common.sync.customers import OwnLimit
from yika_common.sync.settings import Settings
from yika_common.tariffs.book import TariffBook
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.shipped import shipped
from yika_node.db.queries import Queries
from yika_node.db.store import FILE_NAME, open_store
from yika_node.services.pricing import Pricing
from yika_node.services.settings_shelf import SettingsShelf
from yika_node.services.standing import Standing
from yika_node.services.tariff_shelf import TariffShelf
from yika_node.services.views import Account, By, SaleEntry, SlotView

SIZES: Final = (10, 1_000_000)
LIMIT_MS: Final = 2.0
DEPTH_BOUND: Final = 1.5
HOUSEHOLDS: Final = 1_000
PUBLISHED: Final = tuple(
    parse_tariff(data) for name, data in shipped().items() if not name.startswith("example-")
)

_ROUNDS: Final = 100
_WARM_UP: Final = 10
_PROFILE: Final = 8
_UNITS: Final = 300
_TO_MONEY: Final[int] = 10 ** (PRICE_PLACES - MONEY_PLACES)
_HEAT: Final = 300_000
_AREA: Final = 96_400


def quote(folder: Path) -> Iterator[Result]:
    """One result for each number of stored sales, and one for their ratio."""
    yield from measure_quotes(folder, SIZES, _ROUNDS)


def measure_quotes(folder: Path, sizes: tuple[int, int], rounds: int) -> Iterator[Result]:
    """The same with other numbers of stored sales: few, and many."""
    few, many = (_Counter.opened(folder / str(stored), stored) for stored in sizes)
    progress(f"quote: pricing by {len(PUBLISHED)} tariffs")
    timed = [_timed(few, many, tariff, rounds) for tariff in PUBLISHED]
    for stored, worst in zip(
        sizes,
        (
            max(((times.few, times.tariff) for times in timed), key=_median),
            max(((times.many, times.tariff) for times in timed), key=_median),
        ),
        strict=True,
    ):
        note = f"{worst[1]}, the slowest of {len(timed)}; {spread(worst[0])} ms"
        yield Result(f"quote_{stored}", _median(worst), "ms", LIMIT_MS, note, 1.0)
    yield _depth(timed, sizes)
    for stored in sizes:
        shutil.rmtree(folder / str(stored))


@dataclass(frozen=True, slots=True)
class _Times:
    """Milliseconds of one tariff with few and with many sales stored."""

    tariff: str
    few: list[float]
    many: list[float]


def _median(worst: tuple[list[float], str]) -> float:
    return statistics.median(worst[0])


def _depth(timed: list[_Times], sizes: tuple[int, int]) -> Result:
    """All tariffs together, so that no single one's noise decides."""
    few = statistics.median(statistics.median(times.few) for times in timed)
    many = statistics.median(statistics.median(times.many) for times in timed)
    note = f"the middle tariff's price with {sizes[1]:,} stored sales by that with {sizes[0]:,}"
    return Result("quote_depth", many, "ms", few, note, DEPTH_BOUND)


def _timed(few: "_Counter", many: "_Counter", tariff: Tariff, rounds: int) -> _Times:
    def times(counter: _Counter) -> float:
        account, slots, entry = counter.asked(tariff)
        begin = perf_counter_ns()
        counter.pricing.price(account, counter.identity, slots, [entry], counter.at)
        return (perf_counter_ns() - begin) / 1_000_000

    values, limits = interleaved(lambda: times(few), lambda: times(many), rounds + _WARM_UP)
    return _Times(tariff.id, values[_WARM_UP:], limits[_WARM_UP:])


@dataclass(frozen=True, slots=True)
class _Counter:
    """A household at the counter of a point with so many sales behind it."""

    pricing: Pricing
    account: Account
    identity: CardIdentity
    slots: tuple[SlotView, ...]
    at: datetime

    @classmethod
    def opened(cls, room: Path, stored: int) -> "_Counter":
        progress(f"quote: storing {stored:,} sales")
        room.mkdir()
        town = Town(HOUSEHOLDS)
        store_sales(room, town, stored)
        sale = next(sale for sale in town.sales() if sale.minting.account.profile == _PROFILE)
        queries, nobody = Queries(open_store(room)), Standing(None)
        at = _newest(room)
        shelf = _Shelf(queries, nobody, lambda: at)
        pricing = Pricing(queries, shelf, _DefaultSettings(queries, nobody))
        card = CardIdentity(
            number=sale.minting.card,
            generation=1,
            state=CardState.USER,
            profile=_PROFILE,
            key_version=1,
            serial=bytes(8),
        )
        home = sale.minting.meter.meter[:8]
        slots = tuple(
            SlotView(
                slot=meter.slot,
                service=meter.held.service,
                meter=name,
                record=record_of(meter) if meter.count else None,
                write_back=None,
            )
            for name, meter in town.meters.items()
            if name.startswith(home)
        )
        assert tuple(slot.service for slot in slots) == PROFILES[_PROFILE]
        return cls(pricing, sale.minting.account, card, slots, at)

    def asked(self, tariff: Tariff) -> tuple[Account, tuple[SlotView, ...], SaleEntry]:
        """A line by that tariff: the household moves to where the tariff holds."""
        place = tariff.area or self.account.area
        account = replace(
            self.account,
            area=place,
            tariff_class=tariff.tariff_class,
            facts=AccountFacts(
                account=self.account.number,
                tariff_class=tariff.tariff_class,
                persons=7,
                inner_area=_AREA,
                gross_area=_AREA,
                reason="bench",
            ),
            limits=(_month_limit(tariff),),
        )
        slot = next(slot for slot in self.slots if slot.service is tariff.service)
        return account, self.slots, SaleEntry(slot.slot, By.MONEY, _enough(tariff))


def _newest(room: Path) -> datetime:
    """When the last of the stored sales was made."""
    with closing(sqlite3.connect(room / FILE_NAME)) as connection:
        (at,) = connection.execute("SELECT MAX(at) FROM intent").fetchone()
        return from_timestamp(int(at))


def _month_limit(tariff: Tariff) -> OwnLimit:
    """So much that it holds back nothing: but what was sold in the month must be looked up."""
    return OwnLimit(tariff.service, 0, 0, per_month=10**9, per_cycle=0, at=0, until=2**31)


def _enough(tariff: Tariff) -> int:
    """Money for a few hundred units at the last prices, and for what comes first."""
    dearest = sum(int(component.steps[-1].price) for component in tariff.components)
    charges = sum(int(charge.amount) * charge.catch_up_months for charge in tariff.fixed_charges)
    heat = 0 if tariff.heat_basic_fee is None else _HEAT
    return _UNITS * dearest // _TO_MONEY + 2 * charges + heat


class _Shelf(TariffShelf):
    """The shipped tariffs, as if all of them had been published."""

    def _read(self) -> tuple[tuple[Tariff, ...], TariffBook]:
        tariffs = tuple(parse_tariff(data) for data in shipped().values())
        return tariffs, TariffBook(tariffs)


class _DefaultSettings(SettingsShelf):
    """No settings were ever published."""

    def _read(self) -> Settings:
        return Settings()
