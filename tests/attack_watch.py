"""What meters and cards must be at every moment, beside who paid for what.

=======================  ===================================================================
of a meter               used + balance + what a tool card cleared = taken
what it is set to        headquarters set it so, or its factory; its version never falls
a card of another area   is as its own point and its own meters left it
=======================  ===================================================================
"""

from attack_town import Town
from yika_common.cards.parameters import Levels
from yika_common.meters.state import MeterPlate, MeterState, new_state


class Watch:
    """Looks at everything again and again."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.versions: dict[str, int] = {}

    def found(self) -> list[str]:
        """What is not as it must be."""
        town, found = self.town, []
        for number in town.meters:
            stored = town.meter(number)
            found += self._meter(stored.plate, stored.state())
        for who, image in zip(town.strangers, town.untouched, strict=True):
            if who.pocket.image != image:
                found.append(f"the card of {who.account}, of another area, was changed")
        return found

    def _meter(self, plate: MeterPlate, state: MeterState) -> list[str]:
        number = plate.meter_id
        had = state.lifetime_use + state.balance + self.town.cleared[number]
        before = self.versions.get(number, 0)
        self.versions[number] = state.parameter_version
        made = new_state(plate)
        factory = Levels(made.alarm_level, made.max_stored)
        allowed = [factory, *self.town.levels[number], *self.town.levels[plate.service]]
        alarms = {levels.alarm_level for levels in allowed}
        most = {levels.max_stored for levels in allowed}
        rules = (
            (had == state.total, f"{number} took {state.total} and had {had}"),
            (state.parameter_version >= before, f"{number} was set back to older parameters"),
            (
                state.alarm_level in alarms and state.max_stored in most,
                f"{number} is set to {state.alarm_level}, {state.max_stored}: nobody ordered it",
            ),
        )
        return [wrong for holds, wrong in rules if not holds]
