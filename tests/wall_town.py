"""A table with cards, a wall with meters, and a reader: what tests of the meter wall share."""

from datetime import UTC, datetime
from pathlib import Path

from card_builders import KEYS, METER_ID, NODE_KEY, NUMBER, SLOT, credit_record
from yika_common.cards.user_card import open_session, personalise
from yika_common.infra.entropy import system_random
from yika_common.meters.catalogue import fitted, model_of
from yika_common.meters.state import MeterPlate
from yika_common.numbers import Quantity
from yika_common.readers.port import MemoryKind
from yika_common.services import Service
from yika_common.simulated.card_file import new_card_file, open_card_file
from yika_common.simulated.card_hold import CardHold
from yika_common.simulated.chip_file import new_chip_file
from yika_common.simulated.meter_file import new_meter_file

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)
CARD = "10000017"


class Slot:
    """A reader on the table that holds the card as a real one does."""

    def __init__(self) -> None:
        self.card: Path | None = None
        self._hold: CardHold | None = None

    def insert(self, card: Path) -> None:
        self._hold, self.card = CardHold(card), card

    def remove(self) -> None:
        assert self._hold is not None
        self._hold.release()
        self.card = None


def wall_town(tmp_path: Path) -> Path:
    """One household's card with credit for its gas meter, and other people's things."""
    (tmp_path / "cards").mkdir()
    (tmp_path / "meters").mkdir()
    card = tmp_path / "cards" / CARD
    new_card_file(card, system_random)
    personalise(
        open_card_file(card, system_random),
        system_random,
        number=NUMBER,
        generation=1,
        profile=8,
        key_version=1,
        node_key=NODE_KEY,
        slot_auth_keys={SLOT: KEYS.auth},
    )
    sell(tmp_path, 1, 100_000)
    new_card_file(tmp_path / "cards" / "10000025", system_random)
    new_chip_file(tmp_path / "cards" / "10000033", MemoryKind.SLE4428, system_random)
    (tmp_path / "cards" / "letter.txt").write_text("no card")
    plate = fitted(MeterPlate(METER_ID, Service.GAS, 1, Quantity(0)), model_of("G4"))
    new_meter_file(tmp_path / "meters" / METER_ID, plate, KEYS)
    other = fitted(MeterPlate("000000000001", Service.HEAT, 1, Quantity(0)), model_of("H20"))
    others = type(KEYS)(credit=b"c" * 16, wbn=b"n" * 16, wbq=b"q" * 16, auth=b"a" * 16)
    new_meter_file(tmp_path / "meters" / "000000000001", other, others)
    return tmp_path


def sell(town: Path, count: int, total: int) -> None:
    icc = open_card_file(town / "cards" / CARD, system_random)
    record = credit_record(count=count, total=Quantity(total)).encode(KEYS.credit)
    open_session(icc, system_random, NODE_KEY).write_record(SLOT, record)
