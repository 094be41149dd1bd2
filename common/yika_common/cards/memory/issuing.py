"""Numbering a chip, and making a blank card somebody's: with the chip pulled at any byte.

A chip leaves its maker without a number of its own.  It is *numbered* once, where cards are
bought in: a serial is written and frozen (:func:`number_chip`).  Only such a chip is ever shown
the maker's code, ``FF FF`` or ``FF FF FF``; another firm's card is not.

Issuing goes on where it was cut:

1. the state is *being issued*, firmly;
2. all cells are wiped, so that nothing of a previous customer is left;
3. the head is written;
4. for each byte of the code: its step is marked, then the byte is changed.  The byte of the last
   marked step may be the maker's, the card's, or what is written between the two when the change
   is repeated; the codes that can be are tried in that order, as long as two tries are left;
5. the state is *user*.

Where the code was begun to be changed and the head is this one, 2 and 3 were done: they are not
repeated, so that a card in use whose state was torn, and shows now this and now that, keeps what
was sold to it.

A chip whose code nobody finds any more holds no credit: it is set aside.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from yika_common.cards.application import CardIdentity, CardState
from yika_common.cards.errors import (
    CardCodeSpent,
    CardHalfMade,
    CardNotAuthentic,
    CardNotBlank,
    CardReadBackDiffers,
    CardRetired,
)
from yika_common.cards.memory import layout as at
from yika_common.cards.memory.cells import (
    CLEAN,
    DOUBTFUL,
    demand,
    is_steady,
    scrub,
    write_firmly,
)
from yika_common.cards.memory.head import (
    UNWRITTEN,
    USER_MARK,
    CardHead,
    card_code,
    encode_head,
    numbered,
    read_head,
)
from yika_common.cards.memory.layout import ChipLayout
from yika_common.readers.port import MemoryChip

TRIES_KEPT = 1
"""The code is presented only while more wrong ones than this are left."""

BEING_ISSUED = b"\x7f"
_BEGUN = b"\x00"
_MAKERS = 0xFF
_SERIAL_SIZE = at.SERIAL_SIZE


def number_chip(chip: MemoryChip, random: Callable[[int], bytes]) -> CardIdentity:
    """Give a chip as its maker delivers it a serial, for ever.

    Raises:
        CardNotBlank: it is no such chip: numbered already, written to, or its code was tried;
            untouched.
        CardReadBackDiffers: the chip did not keep the serial.
        CardNotAuthentic: it has another code than its maker's.
    """
    facts = chip.kind.facts
    new = chip.read(at.NUMBERED_AT, at.CHECK_AT + at.CHECK_SIZE - at.NUMBERED_AT)
    if chip.tries() != facts.tries or new.strip(b"\xff"):
        raise CardNotBlank(number="")
    if not chip.present(bytes((_MAKERS,)) * facts.code_size):
        raise CardNotAuthentic(number="")
    data = numbered(random(_SERIAL_SIZE))
    write_firmly(chip, at.NUMBERED_AT, data)
    chip.freeze(at.NUMBERED_AT, data)
    return read_head(chip).identity


def issue(
    chip: MemoryChip,
    *,
    number: str,
    generation: int,
    profile: int,
    key_version: int,
    node_key: bytes,
    slot_auth_keys: Mapping[int, bytes],
) -> None:
    """Make a numbered chip the card of that number; a card that already is it stays as it is.

    Raises:
        CardNotBlank: the card belongs to somebody else; untouched.
        CardRetired: the card is out of service; untouched.
        CardForeign: not a card of ours; untouched.
        CardNotAuthentic: another head or code than this issuing gives; untouched.
        CardHalfMade: its code was begun to be changed to another card's; untouched.
        CardCodeSpent: one wrong code more would block the chip; untouched.
        CardReadBackDiffers: the chip does not keep what is written to it.
        CardRemoved, CardMute: the card is blank or whole; repeat the call.
    """
    head = read_head(chip)
    found = head.identity
    if found.state is CardState.RETIRED:
        raise CardRetired(number=found.number)
    if found.state is CardState.USER:
        if (found.number, found.generation) != (number, generation):
            raise CardNotBlank(number=found.number)
        if _is_steady(chip):
            return
    elif found.number not in ("", number):
        raise CardHalfMade(number=found.number)
    wanted = CardIdentity(
        number=number,
        generation=generation,
        state=CardState.USER,
        profile=profile,
        key_version=key_version,
        serial=found.serial,
    )
    layout = ChipLayout(chip.kind, profile)
    code = card_code(node_key, wanted, chip.kind.facts.code_size)
    open_blank(chip, head, code)
    again = not is_steady(chip, at.STATE_AT, bytes((UNWRITTEN,)))
    write_firmly(chip, at.STATE_AT, BEING_ISSUED)
    data = encode_head(wanted, layout, node_key, dict(slot_auth_keys))
    if not (any(head.begun) and chip.read(at.KEY_VERSION_AT, len(data)) == data):
        _wipe(chip, layout, DOUBTFUL if again else CLEAN)
        if again:
            scrub(chip, at.KEY_VERSION_AT, data)
        chip.write(at.KEY_VERSION_AT, data)
        demand(chip, at.KEY_VERSION_AT, data)
    change_code(chip, head.begun, code)
    chip.write(at.STATE_AT, bytes((USER_MARK,)))
    demand(chip, at.STATE_AT, bytes((USER_MARK,)))


def present_code(chip: MemoryChip, code: bytes, number: str) -> None:
    """Present a recognised card's code, if that can't block it.

    Raises:
        CardCodeSpent: one wrong code more would; it was not presented.
        CardNotAuthentic: it is another card's code.
    """
    if chip.tries() <= TRIES_KEPT:
        raise CardCodeSpent(number=number)
    if not chip.present(code):
        raise CardNotAuthentic(number=number)


def open_blank(chip: MemoryChip, head: CardHead, code: bytes) -> None:
    """Present the code of a chip that is blank or half issued, with this code to be.

    Raises:
        CardNotAuthentic, CardCodeSpent: it has none of the codes that it can have.
    """
    failure: CardNotAuthentic | None = None
    for candidate in _candidates(head.begun, code):
        try:
            present_code(chip, candidate, head.identity.serial.hex())
        except CardNotAuthentic as wrong:
            failure = wrong
        else:
            return
    assert failure is not None, "there is a candidate"
    raise failure


def _candidates(begun: tuple[bool, ...], code: bytes) -> Iterator[bytes]:
    """The codes a chip can have, the likeliest first: its bytes are changed in order."""
    last = last_begun(begun)
    if last is None:
        yield _makers(code)
        return
    for value in (code[last], _MAKERS, between(code[last])):
        yield code[:last] + bytes((value,)) + _makers(code[last + 1 :])


def _is_steady(chip: MemoryChip) -> bool:
    """Whether the state is *user* at every look: a state that was torn shows that now and then.

    It is not written again, because a pull then would make a card in use a blank one.
    """
    return is_steady(chip, at.STATE_AT, bytes((USER_MARK,)))


def last_begun(begun: tuple[bool, ...]) -> int | None:
    """The byte of the code that is in doubt; None: the code is the maker's."""
    count = begun.index(False) if False in begun else len(begun)
    return count - 1 if count else None


def _makers(code: bytes) -> bytes:
    return bytes((_MAKERS,)) * len(code)


def between(byte: int) -> int:
    """Neither the byte nor the maker's, so that a change through it leaves nothing weak."""
    return byte ^ 0x55 if byte ^ 0x55 != _MAKERS else byte ^ 0x0F


def change_code(chip: MemoryChip, begun: tuple[bool, ...], code: bytes) -> None:
    """Change a blank chip's code, or go on with it; ``begun`` says which bytes were begun.

    Raises:
        CardReadBackDiffers: the chip has another code now.
    """
    last = last_begun(begun)
    for place in range(0 if last is None else last, len(code)):
        if place != last:
            write_firmly(chip, at.STEPS_AT + place, _BEGUN)
        elif code[place] != _MAKERS:
            chip.change_code(place, bytes((between(code[place]),)))
        chip.change_code(place, code[place : place + 1])
    if chip.code() != code:
        raise CardReadBackDiffers


def _wipe(chip: MemoryChip, layout: ChipLayout, mark: int) -> None:
    """Nothing of a previous customer is left, and every cell is free.

    Where the chip was pulled before, a byte may be weak: what does not read as wiped is wiped
    firmly, and ``mark`` says that contents are to be scrubbed before they are written.
    """
    start, size = layout.records_at, chip.kind.facts.size
    write = chip.write if mark == CLEAN else partial(write_firmly, chip)
    for offset, byte in enumerate(chip.read(start, size - start), start=start):
        if byte != _MAKERS:
            write(offset, bytes((_MAKERS,)))
    for offset in layout.cells:
        write_firmly(chip, offset, bytes((mark,)))
