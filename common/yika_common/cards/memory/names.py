"""Short names in fewer bytes: a number in base 38.

A name's padded bytes are digits, the first one the most significant: the zero byte 0, hyphen 1,
``0`` to ``9`` 2 to 11, ``A`` to ``Z`` 12 to 37.  12 characters need 8 bytes, 8 characters 6.
"""

from yika_common.cards.identifiers import name_from_bytes

_ALPHABET = b"\0-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BASE = len(_ALPHABET)
_DIGITS = {byte: digit for digit, byte in enumerate(_ALPHABET)}


def packed_size(size: int) -> int:
    """Bytes that a packed name of that many characters needs."""
    most: int = _BASE**size - 1
    return (most.bit_length() + 7) // 8


def pack_name(padded: bytes) -> bytes:
    """A padded name, packed.

    Raises:
        ValueError: the bytes are not a padded name.
    """
    name_from_bytes(padded)
    number = 0
    for byte in padded:
        number = number * _BASE + _DIGITS[byte]
    return number.to_bytes(packed_size(len(padded)), "big")


def unpack_name(data: bytes, size: int) -> bytes:
    """The padded name of ``size`` characters in these bytes.

    Raises:
        ValueError: no name has these bytes.
    """
    number = int.from_bytes(data, "big")
    padded = bytearray(size)
    for at in reversed(range(size)):
        number, digit = divmod(number, _BASE)
        padded[at] = _ALPHABET[digit]
    if number:
        raise ValueError(f"{data.hex()} is not a packed name")
    name_from_bytes(bytes(padded))
    return bytes(padded)
