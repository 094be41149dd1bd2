"""A memory card is recognised before it sees a code, and issuing ends well wherever it is torn."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from card_builders import (
    KEYS,
    METER_ID,
    NODE_KEY,
    NOW,
    NUMBER,
    OTHER_AUTH,
    SLOT,
    repeatable_random,
)
from memory_builders import (
    METER,
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
from yika_common.cards.application import CardState, slot_tag
from yika_common.cards.contact import open_session, personalise, recognise
from yika_common.cards.errors import (
    CardBlank,
    CardCodeSpent,
    CardError,
    CardForeign,
    CardNotAuthentic,
    CardNotBlank,
    CardRetired,
    CardSwapped,
)
from yika_common.cards.memory.issuing import number_chip
from yika_common.cards.memory.layout import STATE_AT
from yika_common.cards.record import EMPTY_RECORD
from yika_common.errors import YikaError
from yika_common.meters.dialogue import load
from yika_common.meters.errors import MeterNotOnCard
from yika_common.readers.port import MemoryKind
from yika_common.simulated.memory_chip import new_content

KINDS = list(MemoryKind)


def session(card: Card, key: bytes = NODE_KEY, number: str | None = None) -> object:
    return open_session(card.contact(), repeatable_random(1), key, number=number)


def visit(card: Card, meter: object = None) -> object:
    return load(card.contact(), repeatable_random(2), new_meter()[1], NOW)


def another_firms_card(kind: MemoryKind) -> Card:
    content = new_content(kind)
    main = bytearray(content.main)
    main[32:64] = b"CITY TRANSPORT CARD 000000123456"
    return Card(
        kind, content=replace(content, main=bytes(main), code=b"\x12\x34\x56"[: len(content.code)])
    )


def a_maker_s_card(kind: MemoryKind) -> Card:
    return Card(kind)


def half_numbered(kind: MemoryKind) -> Card:
    card = Card(kind)
    card.cut(12, within=False)
    until_cut(lambda: number_chip(card.contact(), repeatable_random(5)))
    card.cut(None)
    return card


def of_another_key(kind: MemoryKind) -> Card:
    """A card of ours by its looks, whose head another utility wrote."""
    card = numbered_card(kind)
    personalise(
        card.contact(),
        repeatable_random(2),
        number=NUMBER,
        generation=1,
        profile=8,
        key_version=1,
        node_key=bytes(16),
        slot_auth_keys={SLOT: OTHER_AUTH},
    )
    return card


def put_on_another_chip(kind: MemoryKind) -> Card:
    """The head of a card in use, written to a chip of another serial."""
    card, other = user_card(kind), numbered_card(kind, seed=9)
    main = (
        card.store.content.main[:8] + other.store.content.main[8:21] + card.store.content.main[21:]
    )
    other.store.commit(replace(other.store.content, main=main))
    return other


def retired(kind: MemoryKind) -> Card:
    card = user_card(kind)
    main = bytearray(card.store.content.main)
    main[STATE_AT] = 0
    card.store.commit(replace(card.store.content, main=bytes(main)))
    return card


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("make", "by_node", "by_meter"),
    [
        (another_firms_card, CardForeign, CardForeign),
        (a_maker_s_card, CardForeign, CardForeign),
        (half_numbered, CardForeign, CardForeign),
        (numbered_card, CardBlank, CardBlank),
        (retired, CardRetired, CardRetired),
        (of_another_key, CardNotAuthentic, MeterNotOnCard),
        (put_on_another_chip, CardNotAuthentic, None),
    ],
)
def test_no_code_is_presented_to_a_card_that_is_not_for_it(
    kind: MemoryKind,
    make: Callable[[MemoryKind], Card],
    by_node: type[YikaError],
    by_meter: type[YikaError] | None,
) -> None:
    card = make(kind)
    before = card.store.content
    with pytest.raises(by_node):
        session(card)
    if by_meter is not None:
        with pytest.raises(by_meter):
            visit(card)
    assert card.store.content == before


@pytest.mark.parametrize("kind", KINDS)
def test_another_card_than_the_one_the_work_began_with_sees_no_code(kind: MemoryKind) -> None:
    card = user_card(kind)
    before = card.store.content
    with pytest.raises(CardSwapped):
        session(card, number="860000000099")
    assert card.store.content == before


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_try_is_never_used(kind: MemoryKind) -> None:
    card = user_card(kind)
    size = kind.facts.code_size
    while card.contact().tries() > 1:
        assert not card.contact().present(bytes(size))
    before = card.store.content
    with pytest.raises(CardCodeSpent):
        session(card)
    assert card.store.content == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_code_costs_one_try_a_visit_and_never_the_card(kind: MemoryKind) -> None:
    card = user_card(kind)
    content = card.store.content
    card.store.commit(replace(content, code=bytes(len(content.code))))
    refused = []
    for _ in range(12):
        with pytest.raises(CardError) as caught:
            session(card)
        refused.append(type(caught.value))
    assert card.contact().tries() == 1
    assert refused[-1] is CardCodeSpent


@pytest.mark.parametrize("kind", KINDS)
def test_a_meter_presents_the_code_to_its_own_card_alone(kind: MemoryKind) -> None:
    card = user_card(kind)
    opened = open_session(card.contact(), repeatable_random(1), NODE_KEY)
    opened.write_record(SLOT, record_for(opened.cut))
    stranger = replace(KEYS, auth=bytes(16), credit=bytes(16))
    before = card.store.content
    with pytest.raises(MeterNotOnCard):
        load(card.contact(), repeatable_random(2), new_meter(keys=stranger)[1], NOW)
    assert card.store.content == before
    visit(card)
    assert card.contact().tries() == kind.facts.tries


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("profile", [4, 6, 8])
def test_an_issued_card_tells_its_face_and_opens_under_its_key(
    kind: MemoryKind, profile: int
) -> None:
    card = user_card(kind, profile)
    found = recognise(card.contact())
    assert (found.number, found.generation, found.profile) == (NUMBER, 1, profile)
    assert found.state is CardState.USER
    if kind is MemoryKind.SLE4428:
        assert found.slots_of(KEYS.auth) == (SLOT,)
        assert found.slot_tags[SLOT] == slot_tag(KEYS.auth, NUMBER)
    opened = open_session(card.contact(), repeatable_random(1), NODE_KEY, number=NUMBER)
    assert all(opened.read_slot(slot, METER) == EMPTY_RECORD for slot in range(profile))
    assert make_user_card(card, profile) is card


def issue(card: Card, number: str = NUMBER) -> None:
    make_user_card(card, number=number)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("flicker", [whole_byte_flickers, each_bit_flickers])
def test_issuing_goes_on_wherever_it_was_torn(
    kind: MemoryKind, flicker: Callable[[int], Callable[[int], bytes]]
) -> None:
    phases = _phases(kind)
    assert phases > 40
    set_aside = 0
    for phase in range(1, phases + 1):
        for within in (False, True):
            card = numbered_card(kind, flicker(phase))
            card.cut(phase, within=within)
            assert not until_cut(lambda card=card: issue(card))  # type: ignore[misc]
            card.cut(None)
            assert recognise(card.contact()).number in ("", NUMBER)
            try:
                issue(card)
            except (CardNotAuthentic, CardCodeSpent):
                # Only a torn byte of the code, which shows now this and now that, ends a chip.
                assert card.store.content.weak_code
                set_aside += 1
                continue
            opened = open_session(card.contact(), repeatable_random(1), NODE_KEY)
            opened.write_record(SLOT, record_for(opened.cut))
            assert visit(card)
            assert card.contact().tries() == kind.facts.tries
    assert set_aside <= kind.facts.code_size


def _phases(kind: MemoryKind) -> int:
    card = numbered_card(kind)
    before = card.chip.phases
    issue(card)
    return card.chip.phases - before


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_of_somebody_is_not_issued_again_and_a_blank_one_is_numbered_once(
    kind: MemoryKind,
) -> None:
    card = user_card(kind)
    before = card.store.content
    with pytest.raises(CardNotBlank):
        issue(card, "860000000099")
    with pytest.raises(CardNotBlank):
        number_chip(card.contact(), repeatable_random(6))
    assert card.store.content == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_serial_never_changes_again(kind: MemoryKind) -> None:
    card = user_card(kind)
    contact = card.contact()
    opened = open_session(contact, repeatable_random(1), NODE_KEY)
    contact.write(8, bytes(13))
    assert recognise(contact) == opened.identity


def test_the_meter_id_is_not_on_the_card() -> None:
    card = user_card(MemoryKind.SLE4428, 4)
    opened = open_session(card.contact(), repeatable_random(1), NODE_KEY)
    opened.write_record(SLOT, record_for(opened.cut))
    assert METER_ID.encode() not in card.store.content.main


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_whose_last_byte_of_issuing_was_torn_keeps_what_was_sold_to_it(
    kind: MemoryKind,
) -> None:
    card = numbered_card(kind)
    presenting_the_code = 2
    card.cut(_phases(kind) - presenting_the_code, within=True)
    assert not until_cut(lambda: issue(card))
    card.cut(None)
    looks = {recognise(card.contact()).state for _ in range(40)}
    assert looks == {CardState.BLANK, CardState.USER}
    opened = None
    while opened is None:
        with suppress(CardBlank):
            opened = open_session(card.contact(), repeatable_random(1), NODE_KEY)
    data = record_for(opened.cut)
    opened.write_record(SLOT, data)
    issue(card)
    assert {recognise(card.contact()).state for _ in range(40)} == {CardState.USER}
    again = open_session(card.contact(), repeatable_random(1), NODE_KEY)
    assert again.read_slot(SLOT, METER) == data
