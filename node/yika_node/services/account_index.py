"""The text of all accounts in memory, in which a few letters find the accounts that hold them.

Each account is one line of UTF-8, case-folded, its fields between separators.  Lines stand in
blocks of :data:`BLOCK`; a filter says of each block which *grams* may occur in it, so that of
fifty thousand accounts only the few blocks that may hold what is wanted are looked at.

======================  =========================================
grams                   of
======================  =========================================
four characters         three digits or hyphens and what is beside
three or four           one or two of them between others
two characters          neither of them a digit or a hyphen
one character           what is no ASCII
======================  =========================================

A gram falls into one of :data:`BUCKETS` by its hash; a wanted text with no gram (three digits, one
letter) is found in the first blocks, because it is in many.  Memory: the text, about 130 bytes an
account with three meters, and a bit for each bucket and block: 14 MiB for fifty thousand.  The
bits of a bucket lie together in each group of :data:`GROUP` blocks, as a search reads them.
Lines that changed stand beside the blocks, until there are :data:`LOOSE_MAX` of them.
"""

import heapq
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import reduce
from itertools import chain
from operator import and_
from typing import Final

BLOCK: Final = 16
BUCKETS: Final = 16384
GROUP: Final = 256
_ROW: Final = GROUP // 8
LOOSE_MAX: Final = 512

SEPARATOR: Final = "\x1f"
_END: Final = b"\n"
_NUMBERS: Final = re.compile(
    r"(?=([0-9-]{3}[^\x1f\n]|[^\x1f\n][0-9-]{3}|[^0-9\x1f\n-][0-9-]{1,2}[^0-9\x1f\n-]))"
)
_PAIRS: Final = re.compile(r"(?=([^0-9\x1f\n-]{2}))")


def grams(text: str) -> set[str]:
    """The grams of a case-folded text."""
    found = {char for char in {*text} if not char.isascii()}
    found.update(_NUMBERS.findall(text))
    found.update(_PAIRS.findall(text))
    return found


class AccountIndex:
    """Lines by their accounts' numbers; one thread at a time."""

    def __init__(self, lines: Iterable[tuple[str, str]] = ()) -> None:
        """Take the lines of these accounts, in the order of their numbers."""
        self._loose: dict[str, str] = {}
        """What changed since the blocks were made; empty: the account has no line any more."""
        self._pack(lines)

    def __len__(self) -> int:
        return sum(1 for _ in self._lines())

    @property
    def size(self) -> int:
        """Bytes that the text and its filter take."""
        return sum(map(len, chain(self._blocks, self._filter)))

    def put(self, number: str, line: str) -> None:
        """Let this be the account's line; an empty one takes it out."""
        self._loose[number] = line
        if len(self._loose) > LOOSE_MAX:
            self._pack(sorted(self._lines()))
            self._loose.clear()

    def find(self, words: Sequence[str], after: str = "") -> Iterator[str]:
        """The lines that hold all the case-folded words, above a number, by number."""
        packed = self._packed(words)
        if after or self._loose:
            packed = (
                line
                for line in packed
                if (number := number_of(line)) > after and number not in self._loose
            )
        if not self._loose:
            return packed
        loose = (
            line
            for number, line in sorted(self._loose.items())
            if line and number > after and all(word in line for word in words)
        )
        return heapq.merge(loose, packed, key=number_of)

    def holding(self, numbers: Container[str]) -> dict[str, str]:
        """The lines of these accounts."""
        return {number: line for number, line in self._lines() if number in numbers}

    def _packed(self, words: Sequence[str]) -> Iterator[str]:
        masks = {word: self._blocks_with(word) for word in words or ("",)}
        # A line is looked for by the word that the fewest blocks hold.
        first, *others = (
            word.encode() for word in sorted(masks, key=lambda w: masks[w].bit_count())
        )
        for block in _bits(reduce(and_, masks.values())):
            text, end = self._blocks[block], 0
            while (at := text.find(first, end)) >= 0 and end < len(text):
                begin, end = text.rfind(_END, 0, at) + 1, text.find(_END, at) + 1
                line = text[begin:end]
                if all(word in line for word in others):
                    yield line[:-1].decode()

    def _blocks_with(self, word: str) -> int:
        """The blocks, as bits, in which the filter can't rule the word out."""
        found = (1 << len(self._blocks)) - 1
        for begin in {_row_of(gram) for gram in grams(word)}:
            rows = (group[begin : begin + _ROW] for group in self._filter)
            found &= int.from_bytes(b"".join(rows), "little")
        return found

    def _lines(self) -> Iterator[tuple[str, str]]:
        for text in self._blocks:
            for line in text.decode().split("\n"):
                if line and number_of(line) not in self._loose:
                    yield number_of(line), line
        yield from ((number, line) for number, line in self._loose.items() if line)

    def _pack(self, lines: Iterable[tuple[str, str]]) -> None:
        self._blocks: list[bytes] = []
        self._filter: list[bytearray] = []
        """For each group of blocks a row of bits for each bucket: which may hold its grams."""
        held = iter(lines)
        while block := [line for _, (_, line) in zip(range(BLOCK), held, strict=False)]:
            byte, bit = divmod(len(self._blocks) % GROUP, 8)
            if not byte and not bit:
                self._filter.append(bytearray(BUCKETS * _ROW))
            group = self._filter[-1]
            for gram in grams("\n".join(block)):
                group[_row_of(gram) + byte] |= 1 << bit
            self._blocks.append(_END.join(line.encode() for line in block) + _END)


def line_of(fields: Iterable[str]) -> str:
    """One account's line; the first field is its number."""
    return SEPARATOR.join(field.replace("\n", " ").replace(SEPARATOR, " ") for field in fields)


def number_of(line: str) -> str:
    """The account that a line is of."""
    return line.partition(SEPARATOR)[0]


def fields_of(line: str) -> list[str]:
    """The fields that a line was made of."""
    return line.split(SEPARATOR)


def _row_of(gram: str) -> int:
    """Where the bits of a gram's bucket begin in each group."""
    return hash(gram) % BUCKETS * _ROW


def _bits(mask: int) -> Iterator[int]:
    """The places of the bits that are set, from the lowest."""
    return chain.from_iterable(
        (at * 8 + bit for bit in range(8) if byte >> bit & 1)
        for at, byte in enumerate(mask.to_bytes((mask.bit_length() + 7) // 8, "little"))
        if byte
    )
