"""What a serial port hears of bytes that were sent at another speed than its own.

The bits are laid on the line one after the other, a start bit 0, 8 data bits from the lowest on
and a stop bit 1, and sampled as a receiver does: from a falling edge on, in the middle of each of
its own bits.  A start bit that is over before its middle is none; a byte without its stop bit is
a framing error and is dropped.
"""

_DATA_BITS = 8
_BITS = 10


def heard(data: bytes, sent_at: int, heard_at: int) -> bytes:
    """The bytes that come in at ``heard_at`` baud of those sent at ``sent_at`` baud."""
    if sent_at == heard_at:
        return data
    line = [bit for byte in data for bit in _on_the_line(byte)]

    def level(at: int) -> int:
        """The line at a moment, in units of 1 / (sent_at * heard_at) seconds."""
        place = at // heard_at
        return line[place] if place < len(line) else 1

    found = bytearray()
    at = 0
    while at < len(line) * heard_at:
        start, *bits, stop = [level(at + sent_at // 2 + bit * sent_at) for bit in range(_BITS)]
        if level(at) or start:
            at = (at // heard_at + 1) * heard_at
            continue
        if stop:
            found.append(sum(bit << place for place, bit in enumerate(bits)))
        at += (_BITS - 1) * sent_at + sent_at // 2
    return bytes(found)


def _on_the_line(byte: int) -> list[int]:
    return [0, *(byte >> place & 1 for place in range(_DATA_BITS)), 1]
