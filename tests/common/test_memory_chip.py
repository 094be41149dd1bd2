"""The simulated chips keep to their data sheets: code, counter, freezing, phases, time."""

import pytest

from memory_builders import Card, numbered_card, until_cut
from yika_common.cards.errors import CardAbsent
from yika_common.readers.port import MemoryConnection, MemoryKind
from yika_common.simulated.memory_chip import PHASE_US

KINDS = list(MemoryKind)
MAKERS = {MemoryKind.SLE4428: b"\xff\xff", MemoryKind.SLE4442: b"\xff\xff\xff"}
SLE4442, SLE4428 = MemoryKind.SLE4442, MemoryKind.SLE4428


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_written_before_the_code_and_the_chip_does_not_say_so(kind: MemoryKind) -> None:
    contact = Card(kind).contact()
    assert isinstance(contact, MemoryConnection)
    contact.write(40, b"\x11\x22")
    assert contact.read(40, 2) == b"\xff\xff"
    assert contact.present(MAKERS[kind])
    contact.write(40, b"\x11\x22")
    assert contact.read(40, 2) == b"\x11\x22"


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_codes_are_counted_and_the_right_one_gives_all_tries_back(kind: MemoryKind) -> None:
    card = Card(kind)
    wrong = bytes(kind.facts.code_size)
    for left in range(kind.facts.tries - 1, 0, -1):
        assert not card.contact().present(wrong)
        assert card.contact().tries() == left
    assert card.contact().present(MAKERS[kind])
    assert card.contact().tries() == kind.facts.tries


@pytest.mark.parametrize("kind", KINDS)
def test_after_the_last_try_the_right_code_opens_nothing(kind: MemoryKind) -> None:
    card = Card(kind)
    for _ in range(kind.facts.tries):
        card.contact().present(bytes(kind.facts.code_size))
    assert card.contact().tries() == 0
    contact = card.contact()
    assert not contact.present(MAKERS[kind])
    contact.write(40, b"\x00")
    assert contact.read(40, 1) == b"\xff"


@pytest.mark.parametrize("kind", KINDS)
def test_rights_end_with_the_power(kind: MemoryKind) -> None:
    card = Card(kind)
    contact = card.contact()
    contact.present(MAKERS[kind])
    contact.disconnect()
    with pytest.raises(CardAbsent):
        contact.read(0, 1)
    again = card.contact()
    again.write(40, b"\x00")
    assert again.read(40, 1) == b"\xff"


@pytest.mark.parametrize("kind", KINDS)
def test_the_code_is_shown_and_changed_after_it_was_presented(kind: MemoryKind) -> None:
    card = Card(kind)
    contact = card.contact()
    code = bytes(range(0x31, 0x31 + kind.facts.code_size))
    assert contact.code() == bytes(len(code))
    contact.present(MAKERS[kind])
    assert contact.code() == MAKERS[kind]
    contact.change_code(0, code)
    assert contact.code() == code
    assert not card.contact().present(MAKERS[kind])
    assert card.contact().present(code)


@pytest.mark.parametrize("kind", KINDS)
def test_a_frozen_byte_never_changes_and_only_an_equal_one_is_frozen(kind: MemoryKind) -> None:
    contact = Card(kind).contact()
    contact.present(MAKERS[kind])
    contact.write(8, b"\x01\x02")
    contact.freeze(8, b"\x01\x03")
    contact.write(8, b"\x55\x55")
    assert contact.read(8, 2) == b"\x01\x55"
    contact.write(0, bytes(8))
    assert contact.read(0, 4) == kind.facts.atr


def test_the_sle4442_freezes_only_its_first_32_bytes() -> None:
    contact = Card(SLE4442).contact()
    contact.present(MAKERS[SLE4442])
    contact.write(32, b"\x01")
    contact.freeze(32, b"\x01")
    contact.write(32, b"\x02")
    assert contact.read(32, 1) == b"\x02"


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_has_to_be_programmed_takes_time(kind: MemoryKind) -> None:
    card = Card(kind)
    contact = card.contact()
    contact.present(MAKERS[kind])

    def phases(data: bytes) -> int:
        before = card.chip.phases, card.chip.busy_us
        contact.write(40, data)
        spent = card.chip.phases - before[0]
        assert card.chip.busy_us - before[1] >= spent * PHASE_US
        return spent

    assert phases(b"\x11") == 1
    assert phases(b"\x11") == 0
    assert phases(b"\x22") == 2
    assert phases(b"\xff") == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_torn_byte_reads_now_as_one_and_now_as_the_other(kind: MemoryKind) -> None:
    for phase, values in ((1, {b"\x11", b"\xff"}), (2, {b"\xff", b"\x22"})):
        card = Card(kind)
        contact = card.contact()
        contact.present(MAKERS[kind])
        contact.write(40, b"\x11")
        card.cut(phase, within=True)
        assert not until_cut(lambda contact=contact: contact.write(40, b"\x22"))  # type: ignore[misc]
        assert {card.contact().read(40, 1) for _ in range(40)} == values


def test_the_commands_of_the_sle4442_are_those_of_its_data_sheet() -> None:
    chip = Card(SLE4442).chip
    assert chip.power_up() == bytes.fromhex("A2131091")
    assert chip.command(0x31, 0, count=4) == b"\x07\0\0\0"
    chip.command(0x33, 1, 0xFF)
    chip.command(0x39, 0, 0x06)
    for address in (1, 2, 3):
        chip.command(0x33, address, 0xFF)
    chip.command(0x39, 0, 0xFF)
    assert chip.command(0x31, 0, count=4) == b"\x07\xff\xff\xff"
    chip.command(0x38, 100, 0x5A)
    assert chip.command(0x30, 100) == b"\x5a"


def test_the_commands_of_the_sle4428_are_those_of_its_data_sheet() -> None:
    chip = Card(SLE4428).chip
    assert chip.power_up() == bytes.fromhex("92231091")
    assert chip.command(0x0E, 1021, count=3) == b"\xff\0\0"
    chip.command(0x32, 1021, 0xFE)
    chip.command(0x0D, 1022, 0xFF)
    chip.command(0x0D, 1023, 0xFF)
    chip.command(0x33, 1021, 0xFF)
    assert chip.command(0x0E, 1021, count=3) == b"\xff\xff\xff"
    chip.command(0x31, 900, 0x5A)
    chip.command(0x33, 900, 0x00)
    assert chip.command(0x0E, 900) == b"\x5a"
    assert chip.command(0x0C, 899, count=2) == b"\0\1"


@pytest.mark.parametrize("kind", KINDS)
def test_a_pull_while_the_code_is_presented_costs_a_try_at_most(kind: MemoryKind) -> None:
    card = numbered_card(kind)
    card.cut(1, within=False)
    assert not until_cut(lambda: card.contact().present(MAKERS[kind]))
    assert card.contact().tries() == kind.facts.tries - 1
    card.cut(2, within=True)
    assert not until_cut(lambda: card.contact().present(MAKERS[kind]))
    assert card.contact().tries() == kind.facts.tries - 2
