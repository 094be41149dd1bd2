"""What tests of settlement share: an account at two vending points, and purchases that owe."""

from typing import Any

from sqlalchemy import select

from central_builders import HandClock, Pen, _water_price, enrol, publish_water
from journals import an_intent
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Row, table_of
from yika_central.services.debt_office import NewDebt
from yika_central.services.staff import Credential, StaffRole
from yika_common.cards.write_back import MeterReading, MeterStatus
from yika_common.clock import from_timestamp
from yika_common.journal.bodies import REPLACEMENT, CardIssued, DebtPaid, Reading, Sale
from yika_common.numbers import Money, Quantity
from yika_common.services import PROFILES

ACCOUNT = "N0001-000017"
METER = "000000000004"
CARD = "860000000001"
NEW_CARD = "860000000002"
MEI = Credential("mei", "the accountant's password")
BO = Credential("bo", "another accountant's password")


def rows(hq: Headquarters, row: type[Row]) -> list[dict[str, Any]]:
    """All rows of a table, in the order of its key."""
    table = table_of(row)
    with hq.database.reading() as session:
        found = session.execute(select(table).order_by(*table.primary_key)).mappings().all()
    return [dict(values) for values in found]


def a_town(hq: Headquarters, clock: HandClock) -> tuple[Pen, Pen]:
    """Two vending points and two accountants; the first point has opened the account."""
    publish_water(hq)
    hq.stock.take_in_new("A01", PROFILES[4], 2)
    first, second = enrol(hq, clock), enrol(hq, clock, "N0002", seed=2)
    first.open_account(ACCOUNT, [f"{number:012}" for number in range(1, 5)], card=CARD)
    for person in (MEI, BO):
        hq.staff.enter(person, frozenset({StaffRole.ACCOUNTANT}))
    return first, second


def sell(pen: Pen, quantity: int, *, count: int, settle: bool = True, **changes: Any) -> int:
    """Sell water at 5.00 a cubic metre, whatever was bought before; the intent's seq.

    ``changes`` are further fields of the intent: debts, adjusted, kept.
    """
    debts = tuple(DebtPaid(*debt) for debt in changes.pop("debts", ()))
    total, at = changes.pop("total", quantity), changes.pop("at", None)
    card = changes.pop("card", CARD)
    intent = pen.write(
        an_intent(
            account=ACCOUNT,
            card=card,
            meter=METER,
            count=count,
            total=total,
            quantity=quantity,
            debts=debts,
            **(_water_price(quantity) | changes),
        ),
        at=at,
    )
    if settle:
        pen.write(Sale(intent=intent))
    return intent


def deliver(*pens: Pen) -> None:
    """Every pen sends all it has."""
    for pen in pens:
        pen.send(pen.cut())


def bring_up_to_date(hq: Headquarters) -> None:
    """What headquarters' job does."""
    hq.rerating.drain()
    hq.settling.run()


def register(hq: Headquarters, amount: int, **terms: Any) -> str:
    """Register a debt of the account, collected with 30 % of each payment; its number."""
    values: dict[str, Any] = {"zh": "旧欠", "en": "Arrears", "share": 300_000}
    new = NewDebt(account=ACCOUNT, amount=Money(amount), **(values | terms))
    (debt,) = hq.debt_office.register(new, by="mei", reason="Taken over")
    return debt


def replace_card(
    pen: Pen,
    *,
    count: int,
    total: int,
    generation: int = 2,
    card: str = NEW_CARD,
    settle: bool = True,
) -> int:
    """The new card and the record that it begins with; the intent's seq."""
    pen.write(
        CardIssued(
            account=ACCOUNT,
            card=card,
            generation=generation,
            key_version=1,
            serial="0011223344556677",
            replaces=CARD,
            fee=2_000,
            reason="lost",
        )
    )
    intent = pen.write(
        an_intent(
            account=ACCOUNT,
            card=card,
            meter=METER,
            generation=generation,
            count=count,
            total=total,
            before_generation=0,
            before_count=0,
            act=REPLACEMENT,
            **_NOTHING,
        )
    )
    if settle:
        pen.write(Sale(intent=intent))
    return intent


_NOTHING: dict[str, Any] = {
    "quantity": 0,
    "amount": 0,
    "typed": 0,
    "tariff": "",
    "tariff_version": 0,
    "tariff_digest": "",
    "lines": (),
    "used_before": 0,
}


def read_back(
    pen: Pen,
    *,
    count: int,
    total: int,
    generation: int = 1,
    card: str = CARD,
    number: int = 1,
    evidence: str = "",
) -> None:
    """The pen's node reads what the meter itself wrote back: nothing was used yet.

    ``evidence`` is a forger's.
    """
    reading = MeterReading(
        meter_id=METER,
        slot=3,
        key_version=1,
        generation=generation,
        count=count,
        total=Quantity(total),
        balance=Quantity(total),
        lifetime_use=Quantity(0),
        status=MeterStatus(0),
        sequence=number,
        clock=from_timestamp(pen.clock.seconds),
    )
    keys = pen.hq.keys.meter_keys(METER, 1, "A01")
    assert keys.wbq is not None
    pen.write(
        Reading(
            card=card,
            meter=METER,
            slot=3,
            generation=generation,
            count=count,
            total=total,
            balance=total,
            used=0,
            status=0,
            sequence=number,
            meter_time=pen.clock.seconds,
            evidence=evidence or reading.evidence(keys.wbq).hex(),
        )
    )
