"""System and managing cards on every chip: PIN, approval, copies, burning, and every pull."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from card_builders import issued_chip, powered, repeatable_random
from memory_builders import user_card
from special_builders import (
    DIGEST,
    HOLDER,
    KEYS,
    KINDS,
    MANAGING_NUMBER,
    PIN,
    SYSTEM_NUMBER,
    SYSTEM_PIN,
    VOUCHER,
    AnyChip,
    issued,
    managing_order,
    quick_stretch,
    system_order,
)
from yika_common.cards import contact as customers
from yika_common.cards.errors import (
    CardAbsent,
    CardCodeSpent,
    CardForeign,
    CardKeyBlocked,
    CardNotAuthentic,
    CardNotBlank,
    CardRefused,
    CardRemoved,
    CardTooSmall,
    CardWriteUncertain,
)
from yika_common.cards.special import contact as special
from yika_common.cards.special import cpu
from yika_common.cards.special.contact import ManagingCard, SystemCard
from yika_common.cards.special.errors import (
    ManagingCardNeeded,
    PinBlocked,
    PinLastTry,
    PinUnusable,
    SpecialCardBurnt,
    SystemCardNeeded,
    SystemPinWrong,
    WrongPin,
)
from yika_common.cards.special.face import CardType, Ins, State, pin_block
from yika_common.cards.special.memory_cells import CELLS_AT, Left
from yika_common.cards.special.order import SpecialOrder
from yika_common.readers.port import MemoryKind

SEEDS = count(100)
LOST = (CardAbsent, CardRemoved, CardWriteUncertain)
EITHER = pytest.mark.parametrize("kind", KINDS)
MEMORY = pytest.mark.parametrize("kind", KINDS[1:])


def managing(chip: AnyChip, cut: int | None = None) -> ManagingCard:
    return special.open_managing(
        chip.contact(cut), repeatable_random(next(SEEDS)), KEYS.manage, quick_stretch
    )


def system(chip: AnyChip, pin: str = SYSTEM_PIN, cut: int | None = None) -> SystemCard:
    contact = chip.contact(cut)
    host, _ = special.system_keys(special.system_face(contact), pin, quick_stretch)
    return special.open_system(contact, repeatable_random(9), host)


def expected_proof(counter: int, digest: bytes = DIGEST) -> bytes:
    """The proof as the page of formats says it, without our code."""
    mac = CMAC(AES(KEYS.approve))
    mac.update(
        b"yika/approve/1\0" + MANAGING_NUMBER.encode() + counter.to_bytes(4, "big") + digest
    )
    return mac.finalize()[:8]


@EITHER
def test_an_issued_managing_card_says_who_holds_it(kind: str) -> None:
    face = special.recognise(issued(kind).contact())
    assert (face.number, face.holder, face.type) == (MANAGING_NUMBER, HOLDER, CardType.MANAGING)
    assert (face.state, face.tries) == (State.IN_USE, 3)
    assert face.covers(1_780_000_000)
    assert not face.covers(1_760_000_000)
    assert not face.covers(1_800_000_001)


@EITHER
def test_an_approval_has_the_proof_that_headquarters_expects_and_counts_on(kind: str) -> None:
    chip = issued(kind)
    for number in (1, 2, 3):
        given = managing(chip).approve(PIN, DIGEST)
        assert (given.counter, given.proof) == (number, expected_proof(number))
    other = hashlib.sha256(b"another act").digest()
    assert managing(chip).approve(PIN, other).proof == expected_proof(4, other)


@EITHER
def test_three_wrong_pins_block_the_card_and_a_right_one_gives_the_tries_back(kind: str) -> None:
    chip = issued(kind)
    for left in (2, 1):
        with pytest.raises(WrongPin) as wrong:
            managing(chip).approve("999999", DIGEST)
        assert wrong.value.facts["left"] == left
        assert special.recognise(chip.contact()).tries == left
    assert managing(chip).approve(PIN, DIGEST).counter == 1
    assert special.recognise(chip.contact()).tries == 3
    for _ in range(2):
        with pytest.raises(WrongPin):
            managing(chip).approve("", DIGEST)
    with pytest.raises(PinLastTry):
        special.demand_tries(special.recognise(chip.contact()), last=False)
    special.demand_tries(special.recognise(chip.contact()), last=True)
    with pytest.raises(PinBlocked):
        managing(chip).approve("2718281828459", DIGEST)
    with pytest.raises(PinBlocked):
        managing(chip).approve(PIN, DIGEST)
    with pytest.raises(PinBlocked):
        special.demand_tries(special.recognise(chip.contact()), last=True)


@EITHER
def test_a_system_card_opens_with_its_pin_alone(kind: str) -> None:
    chip = issued(kind, system_order())
    assert system(chip).content() == VOUCHER
    face = special.recognise(chip.contact())
    assert (face.number, face.type, face.holder) == (SYSTEM_NUMBER, CardType.SYSTEM, "")
    with pytest.raises((WrongPin, SystemPinWrong)):
        system(chip, "3141592654")
    assert system(chip).content() == VOUCHER


def test_a_system_card_on_a_cpu_chip_counts_wrong_pins() -> None:
    chip = issued("cpu", system_order())
    for left in (2, 1):
        with pytest.raises(WrongPin) as wrong:
            system(chip, "0000000001")
        assert wrong.value.facts["left"] == left
    assert system(chip).content() == VOUCHER
    for _ in range(2):
        with pytest.raises(WrongPin):
            system(chip, "0000000001")
    with pytest.raises(PinBlocked):
        system(chip, "0000000001")
    with pytest.raises(PinBlocked):
        system(chip)


@EITHER
@pytest.mark.parametrize("order", [managing_order(), system_order()], ids=["managing", "system"])
def test_a_burnt_card_is_good_for_nothing(kind: str, order: SpecialOrder) -> None:
    chip = issued(kind, order)
    is_system = order.type is CardType.SYSTEM
    burn(chip, order)
    assert special.recognise(chip.contact()).state is State.BURNT
    with pytest.raises(SpecialCardBurnt):
        system(chip) if is_system else managing(chip)
    with pytest.raises((SpecialCardBurnt, CardNotBlank)):
        special.issue(chip.contact(), repeatable_random(), order, PIN, quick_stretch)
    with pytest.raises(CardForeign):
        customers.recognise(chip.contact())
    if chip.card is not None:
        # Frozen: whoever knows the code can't bring it back.
        contact = chip.card.contact()
        code = special_code_of(order, chip)
        assert contact.present(code)
        contact.write(27, b"\x56")
        assert contact.read(27, 1) == b"\x00"
        assert all(VOUCHER[at : at + 8] not in chip.card.store.content.main for at in range(143))
        assert order.approval_key == b"" or order.approval_key not in chip.card.store.content.main


def burn(chip: AnyChip, order: SpecialOrder, cut: int | None = None) -> None:
    serial = special.recognise(chip.contact()).serial
    contact = chip.contact(cut)
    special.burn(contact, repeatable_random(), order.host_key, order.number, serial)


def special_code_of(order: SpecialOrder, chip: AnyChip) -> bytes:
    assert chip.card is not None
    face = special.recognise(chip.contact())
    mac = CMAC(AES(order.host_key))
    mac.update(b"yika/code" + order.number.encode() + face.serial)
    return mac.finalize()[: chip.card.kind.facts.code_size]


@EITHER
def test_a_special_card_is_no_customers_card_and_the_other_way_round(kind: str) -> None:
    chip = issued(kind)
    with pytest.raises(CardForeign) as foreign:
        customers.recognise(chip.contact())
    assert foreign.value.code == "card_is_special"
    with pytest.raises(SystemCardNeeded):
        special.system_face(chip.contact())
    with pytest.raises(ManagingCardNeeded):
        special.managing_face(issued(kind, system_order()).contact())
    with pytest.raises(CardForeign):
        customers.personalise(
            chip.contact(),
            repeatable_random(),
            number="860000000001",
            generation=1,
            profile=4,
            key_version=1,
            node_key=bytes(16),
            slot_auth_keys={},
        )
    assert managing(chip).approve(PIN, DIGEST).counter == 1


def test_a_customers_card_can_not_be_made_a_special_one() -> None:
    for contact in (powered(issued_chip()), user_card(MemoryKind.SLE4428).contact()):
        with pytest.raises((CardForeign, CardNotBlank)):
            special.issue(contact, repeatable_random(), managing_order(), PIN, quick_stretch)
        with pytest.raises(ManagingCardNeeded):
            special.managing_face(contact)
        assert customers.recognise(contact).number == "860000000017"


@EITHER
def test_only_the_keys_holder_gets_an_approval(kind: str) -> None:
    chip = issued(kind)
    for _ in range(4):
        with pytest.raises((CardNotAuthentic, CardKeyBlocked)):
            special.open_managing(chip.contact(), repeatable_random(), bytes(16), quick_stretch)
    assert special.recognise(chip.contact()).tries == 3
    assert managing(chip).approve(PIN, DIGEST).counter == 1


def test_a_cpu_card_approves_nothing_without_a_pin_and_one_act_for_one_pin() -> None:
    chip = issued("cpu")
    session = cpu.open_session(powered(chip.memory), repeatable_random(), KEYS.manage)
    with pytest.raises(CardRefused):
        session._do(Ins.APPROVE, 0, 0, DIGEST)
    session = cpu.open_session(powered(chip.memory), repeatable_random(), KEYS.manage)
    assert session.approve(PIN, DIGEST)[0] == 1
    with pytest.raises(CardRefused):
        session._do(Ins.APPROVE, 0, 0, DIGEST)
    session = cpu.open_session(powered(chip.memory), repeatable_random(), KEYS.manage)
    # The right PIN in the clear is none: it travels encrypted.
    assert session._do(Ins.VERIFY, 0, 0, pin_block(PIN))[0] == 0


def test_a_copy_without_the_chips_keys_proves_nothing() -> None:
    chip = issued("cpu")
    special_memory = chip.memory.memory.special
    assert special_memory is not None
    readable = replace(special_memory, keys={}, pin=b"")
    chip.memory.commit(replace(chip.memory.memory, special=readable))
    with pytest.raises(CardNotAuthentic):
        managing(chip)


@MEMORY
@pytest.mark.parametrize("copy_first", [True, False])
def test_the_second_of_two_copies_is_behind_whichever_comes_first(
    kind: str, copy_first: bool
) -> None:
    original = issued(kind)
    managing(original).approve(PIN, DIGEST)
    copy = original.copied()
    first, second = (copy, original) if copy_first else (original, copy)
    left = managing(first).approve(PIN, DIGEST).left
    assert isinstance(left, Left)
    shown = managing(second).left()
    assert shown is not None
    assert left.overtakes(shown)
    # Elsewhere the second one is used as often: then the secrets differ.
    again = managing(second).approve(PIN, DIGEST).left
    assert again is not None
    assert again.counter == left.counter
    assert left.overtakes(again)
    assert again.overtakes(left)


@MEMORY
def test_a_card_used_elsewhere_in_between_is_no_copy(kind: str) -> None:
    chip = issued(kind)
    left = managing(chip).approve(PIN, DIGEST).left
    assert left is not None
    shown = managing(chip).left()
    assert shown is not None
    assert not left.overtakes(shown)
    managing(chip).approve(PIN, DIGEST)
    shown = managing(chip).left()
    assert shown is not None
    assert not left.overtakes(shown)


@MEMORY
def test_the_pin_can_not_be_tried_with_the_content_alone(kind: str) -> None:
    """Whoever copied the card and knows the PIN lacks K_manage, and gets nothing."""
    chip = issued(kind)
    assert chip.card is not None
    main = chip.card.store.content.main
    assert KEYS.approve not in main
    assert KEYS.manage not in main
    assert PIN.encode() not in main


@MEMORY
def test_a_changed_face_is_not_believed(kind: str) -> None:
    chip = issued(kind)
    assert chip.card is not None
    content = chip.card.store.content
    for offset in (31, 35, 41, 49, 53, 57, 73, 80, 105, 112):
        main = bytearray(content.main)
        main[offset] ^= 1
        chip.card.store.commit(replace(content, main=bytes(main)))
        tries = chip.card.contact().tries()
        with pytest.raises((CardNotAuthentic, CardForeign, ManagingCardNeeded)):
            managing(chip)
        assert chip.card.contact().tries() == tries
    chip.card.store.commit(content)
    main = bytearray(content.main)
    main[CELLS_AT[0] + 5] ^= 1
    chip.card.store.commit(replace(content, main=bytes(main)))
    with pytest.raises(CardNotAuthentic):
        managing(chip).approve(PIN, DIGEST)


@pytest.mark.parametrize("pin", ["", "12345", "1234567890123", "111111", "12345a", "１２３４５６"])
def test_what_is_no_pin_is_not_set(pin: str) -> None:
    chip = AnyChip("cpu")
    with pytest.raises(PinUnusable):
        special.issue(chip.contact(), repeatable_random(), managing_order(), pin, quick_stretch)
    assert special.recognise(chip.contact()).state is State.BLANK


def test_a_voucher_that_does_not_fit_an_sle4442_is_refused_before_anything_is_written() -> None:
    chip = AnyChip("sle4442")
    assert chip.card is not None
    before = chip.card.store.content
    with pytest.raises(CardTooSmall):
        special.issue(
            chip.contact(),
            repeatable_random(),
            system_order(content=bytes(200)),
            "",
            quick_stretch,
        )
    assert chip.card.store.content == before


def steps_until_done(act: Callable[[int], object], most: int = 6000) -> int:
    """Let power fail at each step until the act ends before; how many failed."""
    for cut in range(most):
        try:
            act(cut)
        except LOST:
            continue
        return cut
    raise AssertionError("it never ends")


@EITHER
@pytest.mark.parametrize("order", [managing_order(), system_order()], ids=["managing", "system"])
def test_issuing_is_repeated_after_a_pull_at_any_step(kind: str, order: SpecialOrder) -> None:
    set_aside = []

    def act(cut: int) -> None:
        chip = AnyChip(kind)
        try:
            special.issue(chip.contact(cut), repeatable_random(), order, PIN, quick_stretch)
        except LOST:
            try:
                special.issue(chip.contact(), repeatable_random(), order, PIN, quick_stretch)
            except (CardNotAuthentic, CardCodeSpent):
                # Pulled in the middle of the very phase that changes a byte of the code.
                set_aside.append(cut)
                raise CardRemoved from None
            if order.type is CardType.SYSTEM:
                assert system(chip).content() == VOUCHER
            else:
                assert managing(chip).approve(PIN, DIGEST).counter == 1
            raise

    assert steps_until_done(act) > 10
    assert len(set_aside) <= {"cpu": 0, "sle4428": 2, "sle4442": 3}[kind]


@EITHER
def test_an_approval_pulled_at_any_step_leaves_the_card_before_or_after_it(kind: str) -> None:
    def act(cut: int) -> None:
        chip = issued(kind)
        left = managing(chip).approve(PIN, DIGEST).left
        try:
            given = managing(chip, cut).approve(PIN, DIGEST)
            assert given.counter == 2
        except LOST:
            for _ in range(3):
                shown = managing(chip).left()
                if left is not None and shown is not None:
                    assert not left.overtakes(shown)
            assert special.recognise(chip.contact()).tries >= 2
            again = managing(chip).approve(PIN, DIGEST)
            assert again.counter in (2, 3)
            assert again.proof == expected_proof(again.counter)
            assert managing(chip).approve(PIN, DIGEST).counter == again.counter + 1
            raise

    assert steps_until_done(act) > 10


@EITHER
@pytest.mark.parametrize("order", [managing_order(), system_order()], ids=["managing", "system"])
def test_burning_is_finished_after_a_pull_at_any_step(kind: str, order: SpecialOrder) -> None:
    def act(cut: int) -> None:
        chip = issued(kind, order)
        serial = special.recognise(chip.contact()).serial
        try:
            burn(chip, order, cut)
        except LOST:
            key = order.host_key
            special.burn(chip.contact(), repeatable_random(), key, order.number, serial)
            assert special.recognise(chip.contact()).state is State.BURNT
            special.burn(chip.contact(), repeatable_random(), key, order.number, serial)
            raise

    assert steps_until_done(act) >= 1


def test_the_longest_voucher_is_burnt_to_its_end() -> None:
    order = system_order(content=bytes(range(1, 255)))
    chip = issued("sle4428", order)
    burn(chip, order)
    assert chip.card is not None
    main = chip.card.store.content.main
    assert main[81 : 82 + 254] == bytes(255)
