"""What only a thief does."""

from dataclasses import replace

from attack_beginning import keys_of
from attack_cards import Pocket
from attack_town import Town
from card_builders import ChipMemory, repeatable_random
from yika_common.cards.record import CreditRecord, RecordWitness
from yika_common.cards.user_card import open_session, personalise
from yika_common.meters.dialogue import load
from yika_common.numbers import Quantity
from yika_common.services import PROFILES
from yika_common.simulated.icc import UserCardIcc, blank_memory
from yika_common.simulated.memory_chip import ChipContent


def forge(town: Town, meter: str, slot: int, quantity: int) -> None:
    """With a meter's own keys anybody makes a card, and credit, for that meter."""
    keys, state = keys_of(town.hq, meter), town.meter(meter).state()
    town.extracted.add(meter)
    icc = UserCardIcc(ChipMemory(blank_memory(b"FORGERY1")), repeatable_random(31))
    personalise(
        icc,
        repeatable_random(32),
        number="869999999999",
        generation=1,
        profile=4,
        key_version=1,
        node_key=bytes(16),
        slot_auth_keys={slot: keys.auth},
    )
    record = CreditRecord(
        meter_id=meter,
        slot=slot,
        service=PROFILES[4][slot],
        key_version=1,
        epoch=1,
        generation=max(1, state.generation),
        count=state.count + 1,
        total=Quantity(state.total + quantity),
        time=town.clock(),
        witness=RecordWitness("N0009", 1, 1, bytes(8)),
    )
    session = open_session(icc, repeatable_random(33), bytes(16))
    session.write_record(slot, record.encode(keys.credit))
    icc.reset()
    report = load(icc, repeatable_random(34), town.meter(meter), town.clock())
    town.happened[f"forged with the meter's keys: {report.outcome.value}"] += 1


def write_over(pocket: Pocket, at: int, data: bytes) -> None:
    """Change bytes of a memory card, protected or not."""
    content = pocket.image
    assert isinstance(content, ChipContent), "only a memory card's bytes can be had"
    at %= len(content.main)
    main = content.main[:at] + data + content.main[at + len(data) :]
    pocket.image = replace(content, main=main)
