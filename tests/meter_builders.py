"""Meters for tests: storage in memory, where any write can stop after any byte."""

from typing import Any

from card_builders import KEYS, METER_ID
from yika_common.cards.keys import MeterKeys
from yika_common.meters.state import MeterPlate
from yika_common.numbers import Quantity
from yika_common.services import Service
from yika_common.simulated.meter_file import StoredMeter, new_meter_pages

CEILING = Quantity(1_000_000)


class PowerCut(BaseException):
    """The meter's supply fails; what was stored so far stays."""


class PageMemory:
    """Pages in memory; with a budget, the supply fails once that many bytes were stored."""

    def __init__(self, pages: bytes) -> None:
        self.pages = bytearray(pages)
        self.budget: int | None = None
        self.stored = 0

    def read(self) -> bytes:
        return bytes(self.pages)

    def write(self, offset: int, data: bytes) -> None:
        if self.budget is not None:
            cut = data[: max(0, self.budget - self.stored)]
            if len(cut) < len(data):
                self.pages[offset : offset + len(cut)] = cut
                raise PowerCut
        self.pages[offset : offset + len(data)] = data
        self.stored += len(data)


def meter_plate(**changes: Any) -> MeterPlate:
    """The plate of the meter that ``card_builders.KEYS`` belong to."""
    held: dict[str, Any] = {
        "meter_id": METER_ID,
        "service": Service.GAS,
        "key_version": 1,
        "ceiling": CEILING,
    }
    return MeterPlate(**{**held, **changes})


def new_meter(keys: MeterKeys = KEYS, **changes: Any) -> tuple[PageMemory, StoredMeter]:
    """A new meter and its memory."""
    memory = PageMemory(new_meter_pages(meter_plate(**changes), keys))
    return memory, StoredMeter(memory)
