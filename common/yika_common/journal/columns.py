r"""Columns of values as few, and predictable, small numbers.

A column of texts is first turned into numbers, by what all its texts have in common:

=======  ==============================  ===============================================
form     its texts                       its numbers
=======  ==============================  ===============================================
DIGITS   one beginning, then digits,     the digits
         as many in each
HEX      lower-case hex of one length    place among the different ones, kept as bytes
BASE64   base64 of one length            as HEX
PLAIN    anything                        place among the different ones, kept as text
=======  ==============================  ===============================================

Then each number is told relative to a prediction from what stands before it in the journal; the
predictor that costs least is chosen:

=========  ====================================================================
predictor  predicts
=========  ====================================================================
NOTHING    0
PREVIOUS   the number before it in the same column
SAME       the newest number of the related column: what was typed is the amount
KEYED      the number that stood here when the related column last had the value
           it has now: the card of this account
=========  ====================================================================

Which column is related to which is fixed in :data:`RELATED`: part of the format, never changed,
only extended under a new coding number.  Where numbers are places of texts, what is told is 0 for
"as predicted", 1 for "the next new one", and the place and 2 otherwise; else the difference.
"""

import base64
import binascii
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import field
from enum import IntEnum

from yika_common.journal.skeletons import NUMBER, TEXT, ColumnName, Value
from yika_common.values import dataclass


class Form(IntEnum):
    """How the values of a column became numbers."""

    NUMBERS = 0
    DIGITS = 1
    HEX = 2
    BASE64 = 3
    PLAIN = 4


class Predictor(IntEnum):
    """From what a number is predicted."""

    NOTHING = 0
    PREVIOUS = 1
    SAME = 2
    KEYED = 3


def _number(key: str, place: int = 0) -> ColumnName:
    return ColumnName(key, place, NUMBER)


def _text(key: str, place: int = 0) -> ColumnName:
    return ColumnName(key, place, TEXT)


RELATED: dict[ColumnName, tuple[ColumnName, ...]] = {
    _text("c"): (_text("a"),),
    _text("m"): (_text("c"), _text("a")),
    _number("s"): (_text("m"),),
    _text("sv"): (_text("m"), _number("s")),
    _number("g"): (_text("c"),),
    _number("n"): (_text("m"),),
    _number("T"): (_text("m"),),
    _number("x"): (_number("amt"), _number("qty")),
    _text("tid"): (_text("sv"),),
    _number("tv"): (_text("tid"),),
    _text("th"): (_text("tid"),),
    _text("pd"): (_text("tid"),),
    _number("u"): (_text("m"),),
    _number("hp"): (_text("a"),),
    _number("m2"): (_text("a"),),
    _text("ln"): (_text("tid"),),
    _number("ln", 1): (_text("ln"),),
    _number("ln", 2): (_number("qty"),),
    _number("ln", 3): (_text("ln"), _number("ln", 1)),
    _number("ln", 4): (_number("amt"),),
    _number("kv"): (_text("m"),),
    _number("iq"): (_number("q"),),
    _number("to"): (_number("from"),),
}

_DIGITS = re.compile(r"(.*?)([0-9]{1,15})", re.DOTALL)
_HEX = re.compile(r"(?:[0-9a-f]{2})+")
_RAW_MIN = 16
"""Characters of a text that is worth keeping as bytes."""

_NEW = 1
_FIRST_PLACE = 2
"""A place is told plus this: 0 and 1 mean "as predicted" and "new"."""


@dataclass(slots=True)
class Column:
    """The numbers of one column, and what turns them back into its values."""

    form: Form
    numbers: list[int]
    entries: list[str] = field(default_factory=list)
    """The different texts, in order of appearance; for DIGITS their common beginning."""
    width: int = 0
    """Digits, or bytes of an entry."""

    @property
    def places(self) -> bool:
        """Whether the numbers are places among the entries."""
        return self.form >= Form.HEX


def column_of(values: Sequence[Value]) -> Column:
    """The column of these values, which are all numbers or all texts, and at least one."""
    if isinstance(values[0], int):
        return Column(Form.NUMBERS, [value for value in values if isinstance(value, int)])
    texts = [value for value in values if isinstance(value, str)]
    distinct = list(dict.fromkeys(texts))
    return (
        _hex(texts, distinct)
        or _digits(texts, distinct)
        or _base64(texts, distinct)
        or _placed(Form.PLAIN, texts, distinct, 0)
    )


def _hex(texts: Sequence[str], distinct: Sequence[str]) -> Column | None:
    width = len(distinct[0])
    if width < _RAW_MIN or any(
        len(text) != width or not _HEX.fullmatch(text) for text in distinct
    ):
        return None
    return _placed(Form.HEX, texts, distinct, width // 2)


def _digits(texts: Sequence[str], distinct: Sequence[str]) -> Column | None:
    match = _DIGITS.fullmatch(distinct[0])
    if match is None:
        return None
    start, width = match[1], len(match[2])
    if any(
        len(text) != len(start) + width
        or not text.startswith(start)
        or not (text[len(start) :].isascii() and text[len(start) :].isdigit())
        for text in distinct
    ):
        return None
    numbers = [int(text[len(start) :]) for text in texts]
    return Column(Form.DIGITS, numbers, [start], width)


def _base64(texts: Sequence[str], distinct: Sequence[str]) -> Column | None:
    width = len(distinct[0])
    if width < _RAW_MIN or any(len(text) != width for text in distinct):
        return None
    try:
        raw = [base64.b64decode(text, validate=True) for text in distinct]
    except (binascii.Error, ValueError):
        return None
    if any(
        base64.b64encode(data).decode() != text for data, text in zip(raw, distinct, strict=True)
    ):
        return None
    return _placed(Form.BASE64, texts, distinct, len(raw[0]))


def _placed(form: Form, texts: Sequence[str], distinct: Sequence[str], width: int) -> Column:
    place = {text: index for index, text in enumerate(distinct)}
    return Column(form, [place[text] for text in texts], list(distinct), width)


def to_raw(form: Form, text: str) -> bytes:
    """An entry of a HEX or BASE64 column as bytes."""
    return bytes.fromhex(text) if form is Form.HEX else base64.b64decode(text)


def from_raw(form: Form, data: bytes) -> str:
    """The entry again."""
    return data.hex() if form is Form.HEX else base64.b64encode(data).decode()


def value_of(column: Column, number: int) -> Value:
    """The value that a number of the column stands for.

    Raises:
        ValueError: no value does.
    """
    if column.form is Form.NUMBERS:
        return number
    if column.form is Form.DIGITS:
        digits = str(number).zfill(column.width)
        if number < 0 or len(digits) != column.width:
            raise ValueError("a number has too many digits")
        return column.entries[0] + digits
    if not 0 <= number < len(column.entries):
        raise ValueError("no text has this place")
    return column.entries[number]


@dataclass(slots=True)
class Teller:
    """Tells a column's numbers relative to their predictions, and understands what was told.

    Both ends run one for each column over the same numbers in the same order.
    """

    predictor: Predictor
    places: bool
    _previous: int = 0
    _new: int = 0
    _seen: dict[int, int] = field(default_factory=dict)

    def tell(self, number: int, related: int) -> int:
        """What is told of the number when the related column last had ``related``."""
        predicted = self._predict(related)
        told = number - predicted
        if self.places:
            new = _NEW if number == self._new else number + _FIRST_PLACE
            told = new if told else 0
        self._learn(number, related)
        return told

    def understand(self, told: int, related: int) -> int:
        """The number of which this was told."""
        number = told + self._predict(related)
        if self.places and told:
            number = self._new if told == _NEW else told - _FIRST_PLACE
        self._learn(number, related)
        return number

    def _predict(self, related: int) -> int:
        match self.predictor:
            case Predictor.NOTHING:
                return 0
            case Predictor.PREVIOUS:
                return self._previous
            case Predictor.SAME:
                return related
            case Predictor.KEYED:
                return self._seen.get(related, self._previous)

    def _learn(self, number: int, related: int) -> None:
        self._previous = number
        self._new = max(self._new, number + 1)
        if self.predictor is Predictor.KEYED:
            self._seen[related] = number


def cost(told: Sequence[int]) -> float:
    """About how many bits it takes to tell these numbers."""
    counts = Counter(told)
    total = len(told)
    return sum(
        times * math.log2(total / times) + number.bit_length() + 1
        for number, times in counts.items()
    )
