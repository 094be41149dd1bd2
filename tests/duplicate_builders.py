"""What tests of merged accounts share: one flat that two vending points opened, and its sales."""

from itertools import count
from typing import Any

from central_builders import HandClock, Pen, _water_price, enrol, publish_water
from journals import an_intent
from settlement_builders import BO, MEI
from yika_central.bootstrap import Headquarters
from yika_central.services.staff import StaffRole
from yika_common.journal.bodies import AccountOpened, CardIssued, Sale, SlotOpened
from yika_common.services import PROFILES
from yika_common.sync.addresses import premises_key
from yika_common.sync.personal_data import Person, seal_person

FIRST, SECOND, THIRD = "N0001-000017", "N0002-000001", "N0002-000002"
CARDS = {FIRST: "860000000001", SECOND: "860000000002", THIRD: "860000000003"}
METERS = {FIRST: 1, SECOND: 5, THIRD: 9}
"""The first of an account's four meters; its water meter is the fourth."""

FLAT = Person(
    name="王小明", phone="010-1234 5678", document="110101199001011234",
    building="3", unit="2", room="501",
)  # fmt: skip
_NUMBERS = count(1)


def two_points(hq: Headquarters, clock: HandClock) -> tuple[Pen, Pen]:
    """Two vending points of one area, water's tariff, cards and meters, and two accountants."""
    publish_water(hq)
    hq.stock.take_in_new("A01", PROFILES[4], 3)
    for person in (MEI, BO):
        hq.staff.enter(person, frozenset({StaffRole.ACCOUNTANT}))
    return enrol(hq, clock), enrol(hq, clock, "N0002", seed=2)


def open_flat(
    pen: Pen, account: str, person: Person = FLAT, *, area: str = "A01", **changes: Any
) -> None:
    """Open an account as a vending point does, its holder sealed under the point's own key."""
    key = pen.hq.keys.personal_data_key(pen.node)
    community = changes.pop("community", "东河小区")
    first = changes.pop("meters_from", 0) or METERS[account]
    with_card = changes.pop("with_card", True)
    card = changes.pop("card", "") or CARDS[account]
    meters = [f"{number:012}" for number in range(first, first + 4)]
    slots = enumerate(zip(PROFILES[4], meters, strict=True))
    opened = {
        "account": account,
        "area": area,
        "tariff_class": "residential",
        "profile": 4,
        "persons": 3,
        "meters": tuple(SlotOpened(slot, *meter) for slot, meter in slots),
        "who": seal_person(person, key, account, _random),
        "community": community,
        "premises": premises_key(person, area, community, key),
    }
    pen.write(AccountOpened(**(opened | changes)))
    if with_card:
        pen.write(CardIssued(account=account, card=card, generation=1, key_version=1))


def sell_water(pen: Pen, account: str, quantity: int, *, count: int, **changes: Any) -> int:
    """Sell water at the price of the first step, as after nothing; the intent's seq."""
    settle, total = changes.pop("settle", True), changes.pop("total", quantity)
    price = _water_price(quantity)
    intent = pen.write(
        an_intent(
            **(
                {
                    "account": account,
                    "card": CARDS[account],
                    "meter": f"{METERS[account] + 3:012}",
                    "count": count,
                    "total": total,
                    "quantity": quantity,
                }
                | price
                | changes
            )
        )
    )
    if settle:
        pen.write(Sale(intent=intent))
    return intent


def _random(size: int) -> bytes:
    return next(_NUMBERS).to_bytes(size, "big")
