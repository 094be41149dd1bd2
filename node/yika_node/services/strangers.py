"""A card whose account is not known here, as far as it can be read (读卡).

A CPU card's records name their meters, so that those of our areas are checked and shown; a memory
card's do not, and only its number is.  Nothing is written.
"""

from collections.abc import Iterator

from yika_common.cards.contact import UserCard
from yika_common.cards.cut import Cut
from yika_common.cards.errors import CardError
from yika_common.cards.identifiers import METER_ID_SIZE, name_from_bytes
from yika_common.cards.record import EMPTY_RECORD, open_record
from yika_common.cards.write_back import EMPTY_WRITE_BACK, WriteBack, open_write_back
from yika_common.services import SLOTS_MAX
from yika_node.services.errors import MeterUnknown
from yika_node.services.keyring import HeldMeter, KeyRing
from yika_node.services.views import SlotView

_METER = slice(6, 6 + METER_ID_SIZE)


def slots_of_stranger(session: UserCard, keyring: KeyRing) -> tuple[SlotView, ...]:
    """The slots that hold records of meters whose keys are held here.

    Raises:
        CardRemoved, CardMute, CardNotAuthentic, ReaderError: the dialogue ended.
    """
    if session.cut is not Cut.WHOLE:
        return ()
    return tuple(_slots(session, keyring))


def _slots(session: UserCard, keyring: KeyRing) -> Iterator[SlotView]:
    for slot in range(SLOTS_MAX):
        raw = session.read_slot(slot)
        held = None if raw == EMPTY_RECORD else _meter(raw, keyring)
        if held is None:
            continue
        try:
            record = open_record(raw, held.keys.credit)
        except CardError:
            continue
        yield SlotView(
            slot=slot,
            service=held.service,
            meter=held.meter,
            record=record,
            write_back=_write_back(session, slot, held),
        )


def _meter(raw: bytes, keyring: KeyRing) -> HeldMeter | None:
    try:
        return keyring.meter(name_from_bytes(raw[_METER]))
    except (MeterUnknown, ValueError):
        return None


def _write_back(session: UserCard, slot: int, held: HeldMeter) -> WriteBack | None:
    data = session.read_write_back(slot)
    if data == EMPTY_WRITE_BACK:
        return None
    try:
        return open_write_back(data, held.keys.wbn)
    except CardError:
        return None
