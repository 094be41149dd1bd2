"""A card that ends keeps nothing of its customer; pulled anywhere, the chip can be finished."""

import json
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from itertools import count

import pytest

from card_builders import (
    KEYS,
    NODE_KEY,
    NUMBER,
    OTHER_AUTH,
    SLOT,
    VECTORS,
    ChipMemory,
    CutChannel,
    credit_record,
    issued_chip,
    powered,
    repeatable_random,
)
from memory_builders import (
    METER,
    Bits,
    Card,
    each_bit_flickers,
    make_user_card,
    numbered_card,
    record_for,
    until_cut,
    user_card,
    whole_byte_flickers,
)
from meter_builders import new_meter
from yika_common.cards.application import (
    ROLE_ISSUER,
    ROLE_NODE,
    TRANSPORT_KEY,
    CardState,
    Ins,
    meter_role,
)
from yika_common.cards.contact import open_session, personalise, recognise, recycle, retire
from yika_common.cards.dialogue import Dialogue, select
from yika_common.cards.errors import (
    CardBlank,
    CardCodeSpent,
    CardError,
    CardHalfMade,
    CardNotAuthentic,
    CardNotBlank,
    CardRetired,
    CardSwapped,
    CardWriteUncertain,
)
from yika_common.cards.memory import ending
from yika_common.cards.memory.head import read_head
from yika_common.cards.memory.layout import STATE_AT
from yika_common.meters.dialogue import load
from yika_common.readers.port import MemoryKind
from yika_common.simulated.icc import UserCardIcc, blank_memory

KINDS = list(MemoryKind)
ENDS = [recycle, retire]
End = Callable[..., object]


def sold_chip() -> ChipMemory:
    """A CPU card with a record and a write-back."""
    chip = issued_chip()
    session = open_session(powered(chip), repeatable_random(1), NODE_KEY)
    session.write_record(SLOT, credit_record().encode(KEYS.credit))
    load(powered(chip), repeatable_random(2), new_meter()[1], credit_record().time)
    return chip


def sold_card(kind: MemoryKind, bits: Bits | None = None, profile: int = 4) -> Card:
    """A memory card with a record and a write-back."""
    card = user_card(kind, profile, bits)
    session = open_session(card.contact(), repeatable_random(1), NODE_KEY)
    session.write_record(SLOT, record_for(session.cut))
    return card


def ended(
    card: Card | ChipMemory, end: End, number: str = NUMBER, key: bytes = NODE_KEY
) -> object:
    contact = card.contact() if isinstance(card, Card) else powered(card)
    return end(contact, repeatable_random(3), key, number=number)


def test_a_recycled_cpu_card_is_as_its_maker_delivered_it() -> None:
    chip = sold_chip()
    ended(chip, recycle)
    assert chip.memory == blank_memory(chip.memory.identity.serial)
    icc = powered(chip)
    issuer = Dialogue.begin(icc, repeatable_random(4), select(icc), ROLE_ISSUER, TRANSPORT_KEY)
    assert issuer.identity.state is CardState.BLANK


def test_a_retired_cpu_card_keeps_its_number_and_nothing_else() -> None:
    chip = sold_chip()
    ended(chip, retire)
    identity = chip.memory.identity
    assert (identity.state, identity.number, identity.generation) == (
        CardState.RETIRED,
        NUMBER,
        1,
    )
    blank = blank_memory(identity.serial)
    assert (chip.memory.records, chip.memory.keys) == (blank.records, {})
    with pytest.raises(CardRetired):
        open_session(powered(chip), repeatable_random(1), NODE_KEY)
    icc = powered(chip)
    with pytest.raises(CardNotAuthentic):
        Dialogue.begin(icc, repeatable_random(1), select(icc), ROLE_NODE, NODE_KEY)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("taken", [False, True])
def test_a_cpu_card_pulled_at_any_command_of_its_end_is_finished(end: End, taken: bool) -> None:
    whole = sold_chip()
    ended(whole, end)
    for cut in count():
        chip = sold_chip()
        channel = CutChannel(powered(chip), cut, taken=taken)
        try:
            end(channel, repeatable_random(3), NODE_KEY, number=NUMBER)
        except CardError:
            assert chip.memory.identity.state in (CardState.USER, whole.memory.identity.state)
            ended(chip, end)
        else:
            break
        assert chip.memory == whole.memory, cut
    assert cut > 3


@pytest.mark.parametrize("ins", [Ins.RETIRE, Ins.RECYCLE])
def test_only_a_node_ends_a_cpu_card(ins: Ins) -> None:
    chip = sold_chip()
    before = chip.memory
    for role, key in ((meter_role(SLOT), KEYS.auth), (meter_role(5), OTHER_AUTH)):
        icc = powered(chip)
        dialogue = Dialogue.begin(icc, repeatable_random(4), select(icc), role, key)
        with pytest.raises(CardWriteUncertain):
            dialogue.change(ins, 0, 0, b"")
    blank = ChipMemory()
    icc = powered(blank)
    issuer = Dialogue.begin(icc, repeatable_random(4), select(icc), ROLE_ISSUER, TRANSPORT_KEY)
    with pytest.raises(CardWriteUncertain):
        issuer.change(ins, 0, 0, b"")
    assert chip.memory == before


@pytest.mark.parametrize("end", ENDS)
def test_the_session_is_over_with_the_end_of_the_card(end: End) -> None:
    chip = sold_chip()
    session = open_session(powered(chip), repeatable_random(1), NODE_KEY)
    (session.recycle if end is recycle else session.retire)()  # type: ignore[attr-defined]
    with pytest.raises(CardError):
        session.read_slot(SLOT)


@pytest.mark.parametrize(
    "make", [sold_chip, *(lambda kind=kind: sold_card(kind) for kind in KINDS)]
)
@pytest.mark.parametrize("end", ENDS)
def test_a_card_that_is_not_meant_is_left_untouched(
    make: Callable[[], Card | ChipMemory], end: End
) -> None:
    card = make()
    before = card.store.content if isinstance(card, Card) else card.memory
    with pytest.raises(CardSwapped):
        ended(card, end, number="860000000099")
    with pytest.raises(CardNotAuthentic):
        ended(card, end, key=bytes(16))
    assert (card.store.content if isinstance(card, Card) else card.memory) == before


@pytest.mark.parametrize("kind", [None, *KINDS])
def test_the_end_is_the_same_however_often_it_is_asked_for(kind: MemoryKind | None) -> None:
    for end in ENDS:
        card = sold_chip() if kind is None else sold_card(kind)
        ended(card, end)
        before = card.store.content if isinstance(card, Card) else card.memory
        ended(card, end)
        assert (card.store.content if isinstance(card, Card) else card.memory) == before
    with pytest.raises(CardRetired):
        ended(card, recycle)
    blank = ChipMemory() if kind is None else numbered_card(kind)
    with pytest.raises(CardBlank):
        ended(blank, retire)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("profile", [4, 6, 8])
def test_a_recycled_memory_card_is_empty_and_has_its_maker_s_code(
    kind: MemoryKind, profile: int
) -> None:
    card = sold_card(kind, profile=profile)
    ended(card, recycle)
    content = card.store.content
    assert not content.main[STATE_AT + 1 :].strip(b"\xff")
    assert content.code.strip(b"\xff") == b""
    assert recognise(card.contact()).state is CardState.BLANK
    make_user_card(card, profile, number="860000000025", generation=3)
    assert recognise(card.contact()).number == "860000000025"
    session = open_session(card.contact(), repeatable_random(1), NODE_KEY)
    session.write_record(SLOT, record_for(session.cut, generation=3))
    assert session.read_slot(SLOT, METER)[-8:] == record_for(session.cut, generation=3)[-8:]


@pytest.mark.parametrize("kind", KINDS)
def test_a_retired_memory_card_is_empty_and_keeps_its_number(kind: MemoryKind) -> None:
    card = sold_card(kind)
    ended(card, retire)
    identity = recognise(card.contact())
    assert (identity.state, identity.number) == (CardState.RETIRED, NUMBER)
    layout = read_head(card.contact()).layout
    assert layout is not None
    assert not card.store.content.main[layout.records_at :].strip(b"\xff")
    with pytest.raises(CardRetired):
        personalised(card)


def personalised(card: Card, number: str = NUMBER) -> object:
    return personalise(
        card.contact(),
        repeatable_random(2),
        number=number,
        generation=2,
        profile=4,
        key_version=1,
        node_key=NODE_KEY,
        slot_auth_keys={SLOT: KEYS.auth},
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bits", [whole_byte_flickers, each_bit_flickers])
@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize("end", ENDS)
def test_a_memory_card_pulled_at_any_phase_of_its_end_is_finished(
    kind: MemoryKind, bits: Callable[[], Bits], within: bool, end: End
) -> None:
    """Only a chip torn in the very byte of its code may have to be set aside."""
    start = sold_card(kind, bits())
    set_aside = runs = 0
    for phase in count(1):
        card = start.copied()
        card.cut(phase, within=within)
        if until_cut(lambda card=card: ended(card, end)):  # type: ignore[misc]
            break
        card.cut(None)
        runs += 1
        torn_code = dict(card.store.content.weak_code)
        if not finished(card, end):
            assert torn_code, phase
            set_aside += 1
            continue
        identity = recognise(card.contact())
        if end is retire:
            assert (identity.state, identity.number) == (CardState.RETIRED, NUMBER), phase
            continue
        assert identity.state is CardState.BLANK, phase
        assert made_again(card), phase
    assert runs > 20
    assert set_aside <= 4 * kind.facts.code_size


def finished(card: Card, end: End) -> bool:
    for _ in range(3):
        with suppress(CardNotAuthentic, CardCodeSpent):
            ended(card, end)
            return True
    return False


def made_again(card: Card) -> bool:
    """The chip serves another customer: a record is written and read back."""
    make_user_card(card, 4, number="860000000025", generation=1)
    session = open_session(card.contact(), repeatable_random(1), NODE_KEY)
    session.write_record(SLOT, record_for(session.cut))
    again = open_session(card.contact(), repeatable_random(1), NODE_KEY)
    return again.read_slot(SLOT, METER)[-8:] == record_for(session.cut)[-8:]


@pytest.mark.parametrize("kind", KINDS)
def test_a_half_ended_chip_is_never_shown_another_card_s_code(kind: MemoryKind) -> None:
    for phase in count(1, 7):
        card = sold_card(kind)
        card.cut(phase)
        if until_cut(lambda card=card: ended(card, recycle)):  # type: ignore[misc]
            break
        card.cut(None)
        before = card.chip.content.counter
        identity = recognise(card.contact())
        with suppress(CardHalfMade, CardNotBlank):
            personalised(card, "860000000033")
            assert identity.number == "", phase
        assert card.chip.content.counter == before, phase


@pytest.mark.parametrize("kind", KINDS)
def test_giving_the_code_back_without_the_steps_would_lose_chips(
    kind: MemoryKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a recycling that wipes the head first leaves chips whose code nobody knows."""

    def head_first(chip: object, *_rest: object, **_options: object) -> None:
        ending._wipe(chip, 28, 43)  # type: ignore[arg-type]

    monkeypatch.setattr(ending, "_give_the_code_back", head_first)
    lost = 0
    for phase in count(1):
        card = sold_card(kind)
        card.cut(phase)
        done = until_cut(lambda card=card: ended(card, recycle))  # type: ignore[misc]
        card.cut(None)
        with suppress(CardError):
            made_again(card)
            continue
        lost += 1
        if done or lost:
            break
    assert lost


PUBLISHED = json.loads((VECTORS / "endings.json").read_text())


def test_the_script_makes_the_published_commands() -> None:
    if shutil.which("xxd") is None:
        pytest.fail("xxd is not installed", pytrace=False)
    script = ["sh", str(VECTORS / "endings.sh")]
    made = subprocess.run(script, capture_output=True, check=True, timeout=60)
    assert json.loads(made.stdout) == PUBLISHED


@pytest.mark.parametrize("end", ENDS)
def test_the_dialogue_has_the_published_bytes(end: End) -> None:
    drawn = [bytes.fromhex(PUBLISHED[name]) for name in ("rnd_b", "ti")]
    chip = sold_chip()
    icc = UserCardIcc(chip, lambda _size: drawn.pop(0))
    channel = CutChannel(icc)
    end(channel, lambda _size: bytes.fromhex(PUBLISHED["rnd_a"]), NODE_KEY, number=NUMBER)
    sent = [apdu.hex().upper() for apdu in channel.sent]
    command = "recycle" if end is recycle else "retire"
    assert sent[2:5] == [PUBLISHED[name] for name in ("authenticate", "continue", command)]
