"""What happens to a meter besides credit and use: a battery, a cover, a magnet.

=============  ================================================================================
event          what the meter does
=============  ================================================================================
battery_low    says so; a meter that runs on a battery closes its valve while it still can
battery_new    forgets it, and opens again if nothing else keeps it shut
cover          says that it was opened, until a tool card inspects the meter
magnet         says that a magnet was near, until a tool card inspects the meter
=============  ================================================================================

Whether a meter closes is its maker's choice (:class:`yika_common.meters.state.MeterPlate`).
"""

from dataclasses import replace
from enum import StrEnum

from yika_common.meters.state import MeterPlate, MeterState


class Event(StrEnum):
    """What a person, or time, does to a meter."""

    BATTERY_LOW = "battery_low"
    BATTERY_NEW = "battery_new"
    COVER = "cover"
    MAGNET = "magnet"


def happened(plate: MeterPlate, state: MeterState, event: Event) -> MeterState:
    """The state after an event."""
    match event:
        case Event.BATTERY_LOW | Event.BATTERY_NEW:
            changed = replace(state, battery=event is Event.BATTERY_LOW)
        case Event.COVER:
            changed = replace(state, cover=True)
        case Event.MAGNET:
            changed = replace(state, magnet=True)
    return changed.shut_by(plate)
