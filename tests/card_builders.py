"""Cards, records and chips for tests: small, in memory, with randomness that repeats itself."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from yika_common.cards.application import CardState
from yika_common.cards.errors import CardAbsent, CardRemoved
from yika_common.cards.keys import MeterKeys
from yika_common.cards.record import CreditRecord, RecordWitness
from yika_common.cards.user_card import personalise
from yika_common.numbers import Quantity
from yika_common.services import Service
from yika_common.simulated.icc import CardMemory, CardStore, UserCardIcc, blank_memory

VECTORS = Path(__file__).parent / "vectors" / "cards"
NOW = datetime(2026, 4, 1, 8, 0, tzinfo=UTC)
NUMBER = "860000000017"
NODE_KEY = bytes(range(0x40, 0x50))
SLOT = 2
METER_ID = "M00000000042"
KEYS = MeterKeys(
    credit=bytes(range(0x10)),
    wbn=bytes(range(0x10, 0x20)),
    wbq=bytes(range(0x20, 0x30)),
    auth=bytes(range(0x30, 0x40)),
)
OTHER_AUTH = bytes(range(0x50, 0x60))
OTHER_SLOT = 5


def repeatable_random(seed: int = 0) -> Callable[[int], bytes]:
    """Different bytes at each call, the same ones in each run."""
    state = [seed]

    def take(size: int) -> bytes:
        state[0] += 1
        return (state[0].to_bytes(4, "big") * 8)[:size]

    return take


def credit_record(**changes: Any) -> CreditRecord:
    """The first purchase of 100 units, unless told otherwise."""
    first = CreditRecord(
        meter_id=METER_ID,
        slot=SLOT,
        service=Service.GAS,
        key_version=1,
        epoch=1,
        generation=1,
        count=1,
        total=Quantity(100_000),
        time=NOW,
        witness=RecordWitness("N0001", 1, 1, bytes(8)),
    )
    return replace(first, **changes)


class ChipMemory:
    """A chip's memory that lasts as long as the object."""

    def __init__(self, memory: CardMemory | None = None) -> None:
        self.memory = memory or blank_memory(b"CHIP0001")
        self.commits = 0

    def load(self) -> CardMemory:
        return self.memory

    def commit(self, memory: CardMemory) -> None:
        self.memory = memory
        self.commits += 1

    def copied(self) -> "ChipMemory":
        """Another chip with the same content, keys included."""
        return ChipMemory(self.memory)


class CutChannel:
    """A channel to a chip that is pulled at one command, before or after the chip took it."""

    def __init__(
        self, icc: UserCardIcc, cut_at: int | None = None, *, taken: bool = False
    ) -> None:
        self._icc = icc
        self._cut_at = cut_at
        self._taken = taken
        self.sent: list[bytes] = []
        icc.reset()

    def transmit(self, apdu: bytes) -> bytes:
        if self._cut_at is not None and len(self.sent) > self._cut_at:
            raise CardAbsent
        self.sent.append(apdu)
        if self._cut_at == len(self.sent) - 1:
            if self._taken:
                self._icc.transmit(apdu)
            raise CardRemoved
        return self._icc.transmit(apdu)


def issued_chip(number: str = NUMBER, generation: int = 1) -> ChipMemory:
    """A card in use with two meters: ``KEYS`` in slot 2, another in slot 5."""
    chip = ChipMemory()
    personalise(
        UserCardIcc(chip, repeatable_random(1)),
        repeatable_random(2),
        number=number,
        generation=generation,
        profile=8,
        key_version=1,
        node_key=NODE_KEY,
        slot_auth_keys={SLOT: KEYS.auth, OTHER_SLOT: OTHER_AUTH},
    )
    return chip


def put_out_of_service(chip: CardStore) -> None:
    """The card as one that was retired."""
    memory = chip.load()
    chip.commit(replace(memory, identity=replace(memory.identity, state=CardState.RETIRED)))


def powered(chip: ChipMemory) -> UserCardIcc:
    """The chip in a reader."""
    return UserCardIcc(chip, repeatable_random(7))
