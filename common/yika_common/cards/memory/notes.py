"""What an SLE4442 tells of a meter, for display alone: nothing is ever built on it.

======  ====  =====================================================================
offset  size  field
======  ====  =====================================================================
0       1     count n last taken, low byte
1       4     balance, signed, kept within what 4 bytes hold
5       1     check: first byte of the SHA-256 of the slot's number and bytes 0 to 4
======  ====  =====================================================================
"""

import hashlib

from yika_common.numbers import Quantity
from yika_common.values import dataclass

_COUNT, _BALANCE = slice(18, 22), slice(28, 34)
_MOST = 2**31 - 1
_BODY_SIZE = 5


@dataclass(frozen=True, slots=True)
class Note:
    """The low byte of the count last taken, and the balance, as the meter noted them."""

    count: int
    balance: Quantity


def encode_note(slot: int, write_back: bytes) -> bytes:
    """The 6 bytes of a slot's note, from the write-back that has no room."""
    balance = int.from_bytes(write_back[_BALANCE], "big", signed=True)
    kept = max(-_MOST - 1, min(balance, _MOST))
    body = write_back[_COUNT][-1:] + kept.to_bytes(4, "big", signed=True)
    return body + _check(slot, body)


def open_note(slot: int, data: bytes) -> Note | None:
    """The note in these bytes; None where none was written, or not wholly."""
    body, check = data[:_BODY_SIZE], data[_BODY_SIZE:]
    if check != _check(slot, body):
        return None
    balance = int.from_bytes(body[1:], "big", signed=True)
    return Note(body[0], Quantity(balance))


def _check(slot: int, body: bytes) -> bytes:
    return hashlib.sha256(bytes((slot,)) + body).digest()[:1]
