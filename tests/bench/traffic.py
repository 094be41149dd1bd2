"""The sales of a made-up town: real prices, varied households, amounts and hours.

Every household has a card of four, six or eight meters.  Somebody comes in, has a round sum put on
one meter, and is priced by the shipped tariffs exactly as at the counter; the decision that comes
out is the one that the sales desk hands to its journal.  The same seed gives the same sales.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from yika_common.accounts import account_number
from yika_common.cards.keys import MeterKeys
from yika_common.cards.record import CreditRecord, QuotaState, RecordWitness
from yika_common.numbers import Money, Quantity
from yika_common.services import PROFILES, Service
from yika_common.tariffs.book import TariffBook
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.dues import Dues, Policy
from yika_common.tariffs.errors import AboveMaximum, BelowMinimum
from yika_common.tariffs.explanation import explain
from yika_common.tariffs.period import heating_year_of, period_of
from yika_common.tariffs.shipped import shipped
from yika_common.tariffs.usage import Usage
from yika_common.tariffs.waterfall import bill_for_money
from yika_node.services.basket import PricedLine
from yika_node.services.keyring import HeldMeter
from yika_node.services.minting import Minting
from yika_node.services.payments import SlotQuote
from yika_node.services.premises import quantum_of
from yika_node.services.views import Account, By

NODE = "N0042"
OPENING = datetime(2026, 1, 5, 0, 30, tzinfo=UTC)
CLERKS = ("王芳", "李静", "zhang.wei")
_SUMS_YUAN = (20, 30, 50, 50, 100, 100, 100, 150, 200, 300)


@dataclass(slots=True)
class Meter:
    """A meter as the town knows it; ``used`` counts in the quota period ``period``."""

    held: HeldMeter
    slot: int
    count: int
    total: Quantity
    period: str = ""
    used: int = 0
    heating_year: int = 0


@dataclass(frozen=True, slots=True)
class Household:
    """An account, its card and its meters."""

    account: Account
    card: str
    meters: tuple[Meter, ...] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Sale:
    """One meter's sale as it was decided, when, and who sold it."""

    minting: Minting
    at: datetime
    operator: str


class Town:
    """So many households, coming in one after the other."""

    def __init__(self, households: int, seed: int = 1) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a town, not a secret
        self._book = TariffBook(parse_tariff(data) for data in shipped().values())
        self._at = OPENING
        self._households = [self._household(number) for number in range(1, households + 1)]
        self.meters = {
            meter.held.meter: meter for home in self._households for meter in home.meters
        }

    def sales(self) -> Iterator[Sale]:
        """Sales without end, one to four minutes apart."""
        while True:
            self._at += timedelta(seconds=self._random.randrange(60, 240))
            household = self._random.choice(self._households)
            try:
                minting = self._decide(household, self._random.choice(household.meters))
            except (AboveMaximum, BelowMinimum):
                continue
            yield Sale(minting, self._at, self._random.choice(CLERKS))

    def _household(self, number: int) -> Household:
        draw = self._random
        profile = draw.choice((4, 6, 6, 8))
        meters = tuple(
            self._meter(f"M{number:07d}{slot:04d}", slot, service)
            for slot, service in enumerate(PROFILES[profile])
        )
        account = Account(
            number=account_number(NODE, 1, number),
            area=draw.choice(("A01", "A02", "A03")),
            tariff_class="residential",
            profile=profile,
            persons=draw.randrange(1, 7),
            area_m2=Quantity(draw.randrange(40_00, 180_00) * 10),
            meters=(),
            person=None,
            card=None,
            opened_at=OPENING,
            operator=CLERKS[0],
        )
        return Household(account, f"86{number:010d}", meters)

    def _meter(self, name: str, slot: int, service: Service) -> Meter:
        draw = self._random
        keys = MeterKeys(
            credit=draw.randbytes(16), wbn=draw.randbytes(16), wbq=None, auth=draw.randbytes(16)
        )
        count, total = draw.randrange(0, 60), Quantity(draw.randrange(0, 9_000) * 1000)
        return Meter(HeldMeter(name, service, 1, keys), slot, count, total)

    def _decide(self, household: Household, meter: Meter) -> Minting:
        """Price a round sum on the meter and move the meter on, as the counter does."""
        account, service = household.account, meter.held.service
        tariff = self._book.in_force(service, account.tariff_class, account.area, self._at)
        before = record_of(meter) if meter.count else None
        typed = Money(self._random.choice(_SUMS_YUAN) * 100)
        year = None if tariff.heat_basic_fee is None else heating_year_of(tariff, self._at)
        if year is not None and meter.heating_year < year:
            typed = Money(typed + 500_000)
        else:
            year = None
        period = period_of(tariff, self._at)
        used = meter.used if meter.period == period.id else 0
        usage = Usage(
            used=Quantity(used),
            quantum=quantum_of(tariff),
            persons=account.persons,
            area_m2=account.area_m2,
            heating_year_paid=year is None,
        )
        bill = bill_for_money(tariff, usage, typed, Dues(), Policy())
        facts = account.pricing_facts(tariff.zone)
        quote = bill.quote
        meter.count, meter.total = meter.count + 1, Quantity(meter.total + quote.quantity)
        meter.period, meter.used = period.id, used + quote.quantity
        meter.heating_year = max(meter.heating_year, year or 0)
        line = SlotQuote(
            slot=meter.slot,
            service=service,
            meter=meter.held.meter,
            by=By.MONEY,
            typed=typed,
            tariff_id=tariff.id,
            tariff_version=tariff.version,
            tariff_digest=tariff.digest,
            period=period.id,
            heating_year=year,
            generation=1,
            count=meter.count,
            total=meter.total,
            adjusted_number=0,
            ordered=Quantity(0),
            ordered_number=0,
            usage=usage,
            bill=bill,
            explanation=explain(tariff, facts, usage, bill, period),
        )
        priced = PricedLine(line, before, _quota(meter))
        return Minting(account, household.card, priced, meter.held)


def _quota(meter: Meter) -> QuotaState:
    return QuotaState(meter.period, Quantity(meter.used), meter.heating_year)


def record_of(meter: Meter) -> CreditRecord:
    """What the card shows before the sale."""
    return CreditRecord(
        meter_id=meter.held.meter,
        slot=meter.slot,
        service=meter.held.service,
        key_version=1,
        epoch=1,
        generation=1,
        count=meter.count,
        total=meter.total,
        time=OPENING,
        quota=_quota(meter),
        witness=RecordWitness(NODE, 1, 1, bytes(8)),
    )
