"""Every card is recognised before anything is presented: one sentence each, and untouched.

A CPU card hears nothing but SELECT; a memory card is only read, its counter of wrong codes as full
as before.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from card_builders import ChipMemory, repeatable_random
from memory_builders import Card, numbered_card, user_card
from node_world import OPERATOR, World, a_chip, open_with_card
from yika_common.cards.application import CLA_PLAIN, CardState, Ins
from yika_common.cards.errors import (
    CardForeign,
    CardMute,
    CardRetired,
    ChipNotNumbered,
)
from yika_common.cards.memory.layout import STATE_AT
from yika_common.errors import YikaError
from yika_common.readers.port import MemoryKind
from yika_common.simulated.icc import UserCardIcc
from yika_common.simulated.memory_chip import new_content
from yika_node.bootstrap import Node
from yika_node.services.views import CardKind

SELECT = bytes((CLA_PLAIN, Ins.SELECT))
KINDS = list(MemoryKind)


@dataclass
class Watched:
    """A CPU card of whatever firm in the reader, which notes what it is told."""

    answer: Callable[[bytes], bytes]
    heard: list[bytes] = field(default_factory=list)
    atr: bytes = UserCardIcc.atr

    def transmit(self, apdu: bytes) -> bytes:
        self.heard.append(apdu)
        return self.answer(apdu)

    def disconnect(self) -> None:
        pass

    def __enter__(self) -> "Watched":
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def node(tmp_path: Path) -> Iterator[tuple[World, Node]]:
    world = World(tmp_path / "node")
    node = world.enrolled()
    yield world, node
    node.close()


def told(world: World, node: Node, contact: object) -> YikaError:
    """The sentence about a card in the reader."""

    def connect() -> object:
        if isinstance(contact, YikaError):
            raise contact
        return contact

    world.hand.connect = connect  # type: ignore[method-assign, assignment]
    with pytest.raises(YikaError) as caught:
        node.cards.read(OPERATOR)
    return caught.value


def answers(status: bytes) -> Callable[[bytes], bytes]:
    return lambda _apdu: status


FIRMS = {
    "a bank's": answers(bytes.fromhex("6A82")),
    "a SIM": answers(bytes.fromhex("9F1A")),
    "of another class": answers(bytes.fromhex("6E00")),
    "that says yes to all": answers(bytes.fromhex("9000")),
    "with another answer": answers(bytes.fromhex("6F0284009000")),
    "of a later format": answers(
        bytes.fromhex("6F448406F059494B4101853A") + bytes((9, *57 * [0])) + bytes.fromhex("9000")
    ),
}


@pytest.mark.parametrize("firm", FIRMS)
def test_another_firms_cpu_card_hears_nothing_but_select(
    node: tuple[World, Node], firm: str
) -> None:
    card = Watched(FIRMS[firm])
    assert isinstance(told(*node, card), CardForeign)
    assert card.heard
    assert all(apdu.startswith(SELECT) for apdu in card.heard)


def test_a_card_that_does_not_answer_is_told_with_what_to_try(node: tuple[World, Node]) -> None:
    """Upside down, or dead: the reader can't tell one from the other."""
    found = told(*node, CardMute())
    assert isinstance(found, CardMute)
    assert "chip first" in str(found)


def test_a_retired_card_hears_nothing_but_select(node: tuple[World, Node]) -> None:
    world, at = node
    _, chip = open_with_card(world, at)
    memory = chip.load()
    retired = ChipMemory(
        replace(memory, identity=replace(memory.identity, state=CardState.RETIRED))
    )
    icc = UserCardIcc(retired, repeatable_random(3))
    card = Watched(icc.transmit)
    assert isinstance(told(world, at, card), CardRetired)
    assert all(apdu.startswith(SELECT) for apdu in card.heard)


def test_a_blank_card_and_one_that_was_never_finished_hear_nothing_but_select(
    node: tuple[World, Node],
) -> None:
    world, at = node
    half = a_chip(3)
    half.memory = replace(
        half.memory, identity=replace(half.memory.identity, number="860000000099", profile=8)
    )
    for chip, number in ((a_chip(2), ""), (half, "860000000099")):
        card = Watched(UserCardIcc(chip, repeatable_random(3)).transmit)
        world.hand.connect = lambda card=card: card  # type: ignore[method-assign, misc]
        view = at.cards.read(OPERATOR)
        assert (view.kind, view.identity.number) == (CardKind.BLANK, number)
        assert all(apdu.startswith(SELECT) for apdu in card.heard)


def test_a_card_of_another_area_hears_nothing_but_select(node: tuple[World, Node]) -> None:
    world, at = node
    _, chip = open_with_card(world, at)
    memory = chip.load()
    other = ChipMemory(replace(memory, identity=replace(memory.identity, number="990000000001")))
    card = Watched(UserCardIcc(other, repeatable_random(3)).transmit)
    world.hand.connect = lambda: card  # type: ignore[method-assign]
    assert at.cards.read(OPERATOR).kind is CardKind.STRANGER
    assert all(apdu.startswith(SELECT) for apdu in card.heard)


def a_citys(kind: MemoryKind) -> Card:
    content = new_content(kind)
    main = bytearray(content.main)
    main[32:64] = b"CITY TRANSPORT CARD 000000123456"
    return Card(kind, content=replace(content, main=bytes(main)))


def retired(kind: MemoryKind) -> Card:
    card = user_card(kind)
    main = bytearray(card.store.content.main)
    main[STATE_AT] = 0
    card.store.commit(replace(card.store.content, main=bytes(main)))
    return card


MEMORY: list[tuple[Callable[[MemoryKind], Card], type[YikaError]]] = [
    (a_citys, CardForeign),
    (Card, ChipNotNumbered),
    (retired, CardRetired),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("make", "expected"), MEMORY)
def test_no_code_reaches_a_memory_card_that_is_not_for_it(
    node: tuple[World, Node],
    kind: MemoryKind,
    make: Callable[[MemoryKind], Card],
    expected: type[YikaError],
) -> None:
    card = make(kind)
    before = card.store.content
    assert type(told(*node, card.contact())) is expected
    assert card.store.content == before


@pytest.mark.parametrize("kind", KINDS)
def test_no_code_reaches_a_blank_memory_card_that_is_read(
    node: tuple[World, Node], kind: MemoryKind
) -> None:
    world, at = node
    card = numbered_card(kind)
    before = card.store.content
    world.hand.connect = card.contact  # type: ignore[method-assign, assignment]
    assert at.cards.read(OPERATOR).kind is CardKind.BLANK
    assert card.store.content == before


def test_every_sentence_says_that_the_card_was_left_untouched() -> None:
    for error in (CardForeign(), ChipNotNumbered(), CardRetired(number="1")):
        assert "untouched" in str(error)
