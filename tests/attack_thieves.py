"""What only a thief does."""

from dataclasses import replace

from attack_beginning import card_key_of, key_place_of, keys_of
from attack_books import GAS, Household
from attack_cards import CPU, Pocket, number_of
from attack_town import Town
from card_builders import ChipMemory, repeatable_random
from yika_common.cards.ciphers import MAC_SIZE, mac8
from yika_common.cards.contact import cut_of, open_session, personalise
from yika_common.cards.record import CreditRecord, RecordWitness
from yika_common.errors import YikaError
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


def can_be_copied(who: Household) -> bool:
    """Whether the household's card is a memory card, or one whose keys were extracted."""
    return who.kind != CPU or number_of(who.pocket) in who.opened


def write_as_a_point(town: Town, pocket: Pocket, slot: int, record: bytes) -> None:
    """With a card's own key, or its code, a record is written to it as a point would."""
    number = number_of(pocket)
    try:
        session = open_session(
            pocket.contact(), repeatable_random(35), card_key_of(town.hq, number), number=number
        )
        session.write_record(slot, session.cut.record(record[:-MAC_SIZE]) + record[-MAC_SIZE:])
        town.happened["record written by a thief"] += 1
    except YikaError as refused:
        town.happened[f"thief: {refused.code}"] += 1


def record_under_old_keys(town: Town, who: Household, slot: int, quantity: int) -> bytes:
    """New credit as whoever kept the keys makes it that the meter had before its present ones."""
    meter, cut = who.meters[slot], cut_of(who.pocket.contact(), 4)
    version, _ = key_place_of(town.hq, meter=meter)
    keys, state = keys_of(town.hq, meter, version - 1), town.meter(meter).state()
    record = CreditRecord(
        meter_id=meter,
        slot=slot,
        service=PROFILES[4][slot],
        key_version=version - 1,
        epoch=1,
        generation=state.generation + 1,
        count=state.count + 1,
        total=Quantity(state.total + quantity),
        time=town.clock(),
        witness=RecordWitness("N0009", 1, 1, bytes(8)),
    )
    return record.body() + mac8(keys.credit, cut.record(record.body()))


def card_under_an_old_key(town: Town, who: Household) -> Pocket | None:
    """A card of the household's number as whoever kept that number's old key makes it."""
    number = number_of(who.pocket)
    if not number or key_place_of(town.hq, card=number)[0] == 1:
        return None
    town.serial += 1
    pocket = Pocket(CPU, town.serial)
    personalise(
        pocket.contact(),
        repeatable_random(36),
        number=number,
        generation=1,
        profile=4,
        key_version=1,
        node_key=card_key_of(town.hq, number, 1),
        slot_auth_keys={slot: keys_of(town.hq, m, 1).auth for slot, m in who.meters.items()},
    )
    if who.old_record:
        session = open_session(
            pocket.contact(), repeatable_random(37), card_key_of(town.hq, number, 1)
        )
        session.write_record(GAS, who.old_record)
    return pocket


def write_over(pocket: Pocket, at: int, data: bytes) -> None:
    """Change bytes of a memory card, protected or not."""
    content = pocket.image
    assert isinstance(content, ChipContent), "only a memory card's bytes can be had"
    at %= len(content.main)
    main = content.main[:at] + data + content.main[at + len(data) :]
    pocket.image = replace(content, main=main)
