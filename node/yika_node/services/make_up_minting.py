"""The record that loads a quantity which is owed to a meter, and its intent.

It is made like a record that a new card carries (:mod:`.carried_minting`), with the slot's next
count and a total that is higher by the quantity: nothing is bought, no quota moves.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from yika_common.journal.bodies import BY_QUANTITY, Intent
from yika_common.numbers import Quantity
from yika_common.values import dataclass
from yika_node.db.journal import Position
from yika_node.services.carried_minting import CarriedMinting


@dataclass(frozen=True, slots=True)
class MakeUpMinting:
    """One load, decided; ``before`` is the generation and count that the slot shows.

    ``number`` is that of headquarters' order, 0 before it gave one.
    """

    record: CarriedMinting
    before: tuple[int, int]
    quantity: Quantity
    number: int

    def trial(self, at: datetime) -> bytes:
        """The record's body before the cut, at no place of a journal in particular."""
        return self.record.trial(at)

    @property
    def draft(self) -> Callable[[Position], Intent]:
        """What makes the intent at its place."""
        made = self.record.draft(0)

        def at(position: Position) -> Intent:
            generation, count = self.before
            return replace(
                made(position),
                before_generation=generation,
                before_count=count,
                adjusted_quantity=self.quantity,
                adjusted_quantity_number=self.number,
                typed_by=BY_QUANTITY,
                typed=self.quantity,
            )

        return at
