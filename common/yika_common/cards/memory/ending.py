"""Taking a memory card out of use, with the chip pulled at any byte.

*Recycling* undoes what issuing did, in the opposite order:

1. the state is *being issued or ended*, firmly;
2. everything after the head is wiped: nothing of the customer is left;
3. for each byte of the code, the last one first: it is the maker's again, then its step is *not
   begun*;
4. the head is wiped, the profile first.

The head says whose code the chip has for as long as it can have it: a chip that was pulled is
finished with the same card's key.  Once no step is begun the code is the maker's, and whoever
issues the chip next wipes it anyway.  The state stays as it is: the next issuing scrubs every
byte, because one of them may be weak.

*Retiring* writes the state firmly, then wipes everything after the head: the number stays.

Both are repeated until they are done, and a chip on which they are done is left alone.
"""

from yika_common.cards.application import CardIdentity, CardState
from yika_common.cards.errors import (
    CardBlank,
    CardNotAuthentic,
    CardReadBackDiffers,
    CardRetired,
    CardSwapped,
)
from yika_common.cards.memory import layout as at
from yika_common.cards.memory.cells import is_steady, write_firmly
from yika_common.cards.memory.head import (
    UNWRITTEN,
    USER_MARK,
    CardHead,
    card_code,
    read_head,
)
from yika_common.cards.memory.issuing import BEING_ISSUED, between, last_begun, open_blank
from yika_common.readers.port import MemoryChip

_RETIRED = b"\x00"
_USER = bytes((USER_MARK,))
_MAKERS = bytes((UNWRITTEN,))
_LOOKS = 4
"""A weak byte that reads as wiped once is not left: it shows its other value in one of these."""


def recycle(chip: MemoryChip, node_key: bytes, *, number: str) -> CardIdentity:
    """Make the card of that number blank, its code the maker's again.

    Raises:
        CardSwapped: another card; untouched.
        CardRetired: the card is out of service for good; untouched.
        CardNotAuthentic, CardCodeSpent, CardForeign: not the card of this key; untouched.
        CardReadBackDiffers: the chip does not keep what is written to it.
        CardRemoved, CardMute: repeat the call with the same chip.
    """
    head = _head(chip)
    if head.identity.state is CardState.RETIRED:
        raise CardRetired(number=head.identity.number)
    if not head.identity.number:
        # No step of the code is begun: whatever is left is wiped with the next issuing.
        return head.identity
    code = _opened(chip, head, node_key, number)
    again = not is_steady(chip, at.STATE_AT, _USER)
    if not is_steady(chip, at.STATE_AT, BEING_ISSUED):
        write_firmly(chip, at.STATE_AT, BEING_ISSUED)
    assert head.layout is not None, "a card with a number has one"
    _wipe(chip, head.layout.records_at, chip.kind.facts.size)
    _give_the_code_back(chip, head.begun, code, again=again)
    write_firmly(chip, at.PROFILE_AT, _MAKERS)
    _wipe(chip, at.KEY_VERSION_AT, head.layout.records_at)
    return read_head(chip).identity


def retire(chip: MemoryChip, node_key: bytes, *, number: str) -> CardIdentity:
    """Put the card of that number out of service for good; raises as :func:`recycle`.

    Raises:
        CardBlank: nobody's card; untouched.
    """
    head = read_head(chip)
    if not head.identity.number:
        raise CardBlank
    assert head.layout is not None, "a card with a number has one"
    _check(head, node_key, number)
    start = head.layout.records_at
    steady = is_steady(chip, at.STATE_AT, _RETIRED)
    if steady and not _written(chip, start, chip.kind.facts.size):
        return head.identity
    _opened(chip, head, node_key, number)
    if not steady:
        write_firmly(chip, at.STATE_AT, _RETIRED)
    _wipe(chip, start, chip.kind.facts.size)
    return read_head(chip).identity


def _head(chip: MemoryChip) -> CardHead:
    """The head; where a step of the code was torn, as one that is begun."""
    for _ in range(_LOOKS):
        head = read_head(chip)
        if head.identity.number:
            break
    return head


def _check(head: CardHead, node_key: bytes, number: str) -> None:
    if head.identity.number != number:
        raise CardSwapped(expected=number, found=head.identity.number)
    if not head.made_under(node_key):
        raise CardNotAuthentic(number=number)


def _opened(chip: MemoryChip, head: CardHead, node_key: bytes, number: str) -> bytes:
    """The card's code, once the chip has accepted it, or what it has of it."""
    _check(head, node_key, number)
    code = card_code(node_key, head.identity, chip.kind.facts.code_size)
    open_blank(chip, head, code)
    return code


def _written(chip: MemoryChip, start: int, stop: int) -> set[int]:
    """The bytes that do not read as wiped, at one of several looks."""
    found: set[int] = set()
    for _ in range(_LOOKS):
        shown = chip.read(start, stop - start)
        found |= {start + place for place, byte in enumerate(shown) if byte != UNWRITTEN}
    return found


def _wipe(chip: MemoryChip, start: int, stop: int) -> None:
    """Set the bytes; one that a pull left weak is written firmly when the call is repeated."""
    for offset in sorted(_written(chip, start, stop)):
        chip.write(offset, _MAKERS)
    for offset in sorted(_written(chip, start, stop)):
        write_firmly(chip, offset, _MAKERS)


def _give_the_code_back(
    chip: MemoryChip, begun: tuple[bool, ...], code: bytes, *, again: bool
) -> None:
    """Undo the change of the code; ``again``: the byte of the last step may have been torn."""
    last = last_begun(begun)
    for place in range(-1 if last is None else last, -1, -1):
        if again and place == last:
            # Two other values than the one it was leaving leave nothing weak.
            chip.change_code(place, bytes((between(code[place]),)))
        chip.change_code(place, _MAKERS)
        write_firmly(chip, at.STEPS_AT + place, _MAKERS)
    if chip.code() != _MAKERS * len(code):
        raise CardReadBackDiffers
