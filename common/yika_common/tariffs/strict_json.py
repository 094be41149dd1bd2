"""JSON in which every departure from the expected shape is refused with the path of its key.

Refused besides broken JSON: more bytes than the limit, text that is not UTF-8, doubled keys, keys
nobody asked for, numbers with a fraction or an exponent, NaN and Infinity, integers of more than
15 digits, text with control characters or half a surrogate pair.  Depth needs no rule of its own:
a value nested where none is expected has the wrong shape.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

from yika_common.errors import Phrase
from yika_common.numbers import NotANumber, scaled_from_text
from yika_common.tariffs.errors import Unsound
from yika_common.values import dataclass

WHOLE = Phrase("the whole text")
"""The path of the outermost value."""

_INTEGER_DIGITS_MAX = 15

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Pairs:
    """A JSON object before anybody has looked for doubled keys."""

    pairs: tuple[tuple[str, object], ...]


@dataclass(frozen=True, slots=True)
class _Refused:
    """A JSON number that no format of ours holds; the reader of its key complains."""

    text: str


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value and the path that leads to it."""

    path: str
    value: object

    def refusal(self, why: Phrase) -> Unsound:
        """The error to raise about this value."""
        return Unsound(self.path or WHOLE, why)

    def members(self, required: Iterable[str], nullable: Iterable[str] = ()) -> dict[str, "Node"]:
        """The members of an object that are there and not null.

        Raises:
            Unsound: not an object, a key doubled, unknown or missing, or null where the key is
                not among ``nullable``.
        """
        if not isinstance(self.value, _Pairs):
            raise self.refusal(Phrase("it must be an object in braces"))
        optional = frozenset(nullable)
        known = optional.union(required)
        found: dict[str, Node] = {}
        for key, value in self.value.pairs:
            member = Node(f"{self.path}.{_shown(key)}".lstrip("."), value)
            if key not in known:
                raise member.refusal(Phrase("this key is not known"))
            if key in found:
                raise member.refusal(Phrase("this key is there twice"))
            if value is None and key not in optional:
                raise member.refusal(Phrase("it must not be null"))
            found[key] = member
        for key in required:
            if key not in found:
                raise Unsound(f"{self.path}.{key}".lstrip("."), Phrase("this key is missing"))
        return {key: node for key, node in found.items() if node.value is not None}

    def texts(self, languages: re.Pattern[str]) -> tuple[tuple[str, str], ...]:
        """An object of one text for each language, at least one."""
        if not isinstance(self.value, _Pairs) or not self.value.pairs:
            raise self.refusal(
                Phrase(
                    "it must be an object of texts by language, such as %(example)s",
                    example='{"en": "Water"}',
                )
            )
        keys = tuple(key for key, _ in self.value.pairs)
        for key in keys:
            if languages.fullmatch(key) is None:
                raise self.refusal(Phrase("“%(key)s” is not a language code", key=_shown(key)))
        nodes = self.members(keys)
        return tuple((key, nodes[key].text(80)) for key in keys)

    def named(self, most: int) -> dict[str, "Node"]:
        """The members of an object whose keys are free to choose: 1 to ``most``, each once."""
        if not isinstance(self.value, _Pairs):
            raise self.refusal(Phrase("it must be an object in braces"))
        if not 1 <= len(self.value.pairs) <= most:
            raise self.refusal(
                Phrase(
                    "it must have %(least)s to %(most)s items and has %(found)s",
                    least=1,
                    most=most,
                    found=len(self.value.pairs),
                )
            )
        return self.members(tuple(key for key, _ in self.value.pairs))

    def items(self, least: int, most: int) -> list["Node"]:
        """The items of a list of that many."""
        if not isinstance(self.value, list):
            raise self.refusal(Phrase("it must be a list in brackets"))
        if not least <= len(self.value) <= most:
            raise self.refusal(
                Phrase(
                    "it must have %(least)s to %(most)s items and has %(found)s",
                    least=least,
                    most=most,
                    found=len(self.value),
                )
            )
        return [Node(f"{self.path}[{index}]", item) for index, item in enumerate(self.value)]

    def text(self, longest: int) -> str:
        """A text of 1 to ``longest`` printable characters without outer spaces."""
        if not isinstance(self.value, str):
            raise self.refusal(Phrase("it must be a text in quotes"))
        if not 1 <= len(self.value) <= longest:
            raise self.refusal(Phrase("it must have 1 to %(most)s characters", most=longest))
        if not self.value.isprintable() or self.value != self.value.strip():
            raise self.refusal(Phrase("it has outer spaces or characters that cannot be printed"))
        return self.value

    def matching(self, pattern: re.Pattern[str], otherwise: Phrase) -> str:
        """A text of the given form; ``otherwise`` says of any other text what it must be."""
        if not isinstance(self.value, str) or pattern.fullmatch(self.value) is None:
            raise self.refusal(otherwise)
        return self.value

    def integer(self, least: int, most: int) -> int:
        """An integer within bounds; ``true`` is none."""
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            raise self.refusal(Phrase("it must be an integer without quotes"))
        if not least <= self.value <= most:
            raise self.refusal(Phrase("it must be %(least)s to %(most)s", least=least, most=most))
        return self.value

    def boolean(self) -> bool:
        """``true`` or ``false``."""
        if not isinstance(self.value, bool):
            raise self.refusal(Phrase("it must be true or false"))
        return self.value

    def decimal(self, places: int, *, least: int = 0) -> int:
        """A decimal text as an integer of ``10**-places``, at least ``least``."""
        if not isinstance(self.value, str):
            raise self.refusal(
                Phrase(
                    "it must be a number in quotes, with at most %(places)s decimals",
                    places=places,
                )
            )
        try:
            number = scaled_from_text(self.value, places)
        except NotANumber as cause:
            raise self.refusal(
                Phrase("it is not a plain number with at most %(places)s decimals", places=places)
            ) from cause
        if number < least:
            raise self.refusal(
                Phrase("it must be above zero") if least else Phrase("it must not be negative")
            )
        return number

    def build(self, make: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """``make(...)``; a rule it finds broken is reported under this value's path."""
        try:
            return make(*args, **kwargs)
        except Unsound as found:
            raise Unsound(f"{self.path}.{found.key}".lstrip("."), found.why) from found


def read_strict(data: bytes, size_max: int) -> Node:
    """The outermost value of a JSON text.

    Raises:
        Unsound: too many bytes, not UTF-8, or not JSON.
    """
    if len(data) > size_max:
        raise Unsound(
            WHOLE,
            Phrase(
                "it has %(size)s bytes, and %(most)s are allowed", size=len(data), most=size_max
            ),
        )
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=lambda pairs: _Pairs(tuple(pairs)),
            parse_float=_Refused,
            parse_constant=_Refused,
            parse_int=_integer,
        )
    except UnicodeDecodeError as cause:
        raise Unsound(WHOLE, Phrase("it is not UTF-8 text")) from cause
    except json.JSONDecodeError as cause:
        why = Phrase(
            "it is not JSON at line %(line)s, column %(column)s",
            line=cause.lineno,
            column=cause.colno,
        )
        raise Unsound(WHOLE, why) from cause
    except RecursionError as cause:
        raise Unsound(WHOLE, Phrase("it is nested too deeply")) from cause
    return Node("", value)


def _integer(text: str) -> int | _Refused:
    return int(text) if len(text.lstrip("-")) <= _INTEGER_DIGITS_MAX else _Refused(text)


def _shown(key: str) -> str:
    """A key as it can be printed: a stranger chose it."""
    return ascii(key)[1:-1][:40] if not key.isprintable() else key[:40]
