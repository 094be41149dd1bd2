"""What headquarters tells of accounts that others opened, for a node's tests."""

from typing import Any

from little_headquarters import AREA, card_number
from node_world import meters_for
from yika_common.journal.bodies import SlotOpened
from yika_common.services import PROFILES
from yika_common.sync.customers import AccountSheet
from yika_common.sync.personal_data import Person

ELSEWHERE = "N0002-000017"
HOLDER = Person(name="李秀英", phone="010-888", address="东河路 5 号")


def a_sheet(account: str = ELSEWHERE, index: int = 3, **changes: Any) -> AccountSheet:
    """An account with the ``index``-th meters and the card of that index."""
    held: dict[str, Any] = {
        "account": account,
        "area": AREA,
        "node": "N0002",
        "opened": 1_700_000_000,
        "profile": 8,
        "tariff_class": "residential",
        "persons": 4,
        "inner_area": 80_000,
        "meters": tuple(
            SlotOpened(slot, PROFILES[8][slot], meter) for slot, meter in meters_for(8, index)
        ),
        "card": card_number(index),
        "generation": 1,
        "holder": (HOLDER,),
    }
    return AccountSheet(**(held | changes))
