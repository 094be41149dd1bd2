"""The meter of a slot, as whoever reads the slot knows it."""

from dataclasses import field

from yika_common.services import Service
from yika_common.values import dataclass


@dataclass(frozen=True, slots=True)
class SlotMeter:
    """What a memory card leaves out of a record, and the key that tells which record is whole."""

    meter_id: str
    service: Service
    credit_key: bytes = field(repr=False)
