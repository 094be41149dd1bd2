"""What is known of an account's credit, slot by slot, when its card is replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from yika_common.cards.record import CreditRecord
from yika_common.values import dataclass
from yika_node.db.card_queries import CardQueries
from yika_node.db.queries import Queries
from yika_node.services.carrying import (
    Carried,
    Moved,
    Sources,
    Total,
    carried,
    newest,
    with_moved,
)
from yika_node.services.minting import record_of
from yika_node.services.settlement import Settlement
from yika_node.services.views import Account, CardView, MeterView, SlotView

if TYPE_CHECKING:
    from yika_node.db import rows

_NOTHING_MOVED: Mapping[int, Moved] = {}


@dataclass(frozen=True, slots=True)
class KnownCredit:
    """Joins the old card, our journal and headquarters' sheet; changes nothing."""

    queries: Queries
    book: CardQueries
    settlement: Settlement

    def carried(
        self,
        account: Account,
        old: CardView | None,
        moved: Mapping[int, Moved] = _NOTHING_MOVED,
    ) -> tuple[Carried, ...]:
        """What a new card of the account says; ``old`` is its old card as it was read, if it was.

        ``moved`` are slots whose meter was exchanged.
        """
        shown = {} if old is None else {slot.slot: slot for slot in old.slots}
        sources = [self._sources(account, meter, shown) for meter in account.meters]
        return with_moved(carried(sources), account.meters, moved)

    def newest(self, account: Account, old: CardView | None, meter: MeterView) -> Total | None:
        """The newest purchase that is known of one of the account's meters; None: none is."""
        shown = {} if old is None else {slot.slot: slot for slot in old.slots}
        return newest(self._sources(account, meter, shown))

    def _sources(
        self, account: Account, meter: MeterView, shown: Mapping[int, SlotView]
    ) -> Sources:
        slot = shown.get(meter.slot)
        if slot is not None and slot.meter != meter.meter:
            slot = None
        return Sources(
            meter=meter,
            shown=None if slot is None else slot.record,
            own=self._own(account.number, meter.meter),
            totals=tuple(self._totals(meter.meter, slot)),
            told=None if account.told is None else account.told.slot(meter.slot),
            lowered=account.told is not None and meter.slot in account.told.lowered,
            bare=slot is not None and slot.bare,
        )

    def _own(self, account: str, meter: str) -> CreditRecord | None:
        row: rows.Intent | None = self.book.newest_intent(account, meter)
        return None if row is None else record_of(*self.settlement.committed(row))

    def _totals(self, meter: str, slot: SlotView | None) -> Iterator[Total]:
        if slot is not None and slot.write_back is not None:
            reading = slot.write_back.reading
            yield Total(reading.position, reading.total)
        row = self.queries.last_reading(meter)
        if row is not None:
            yield Total((row.generation, row.count), row.total)
