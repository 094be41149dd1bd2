"""JSON as we accept it: one meaning per text, no surprises.

Objects, arrays, strings and integers only.  Refused: duplicate keys (two readers could see two
values), floats, ``NaN``, ``true``, ``false``, ``null``, integers of 2**53 or more (not every
language keeps them exact), lone surrogates, byte order marks.
"""

import json
from collections.abc import Callable, Iterable
from typing import NoReturn, TypeAlias, cast

from yika_common.errors import Phrase
from yika_common.signing.errors import FileMalformed

Json: TypeAlias = "str | int | list[Json] | dict[str, Json]"

INTEGER_LIMIT = 1 << 53
"""Integers are smaller than this and larger than its negative."""

_DIGITS_MAX = 17
_DEPTH_MAX = 16

quoted: Callable[[str], str] = json.encoder.encode_basestring
"""A text as JSON: what the encoder below calls for each, without the way there."""

_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _refuse_number(text: str) -> NoReturn:
    raise FileMalformed(why=Phrase("“%(text)s” is not a whole number", text=text[:20]))


def _integer(text: str) -> int:
    if len(text) > _DIGITS_MAX or abs(int(text)) >= INTEGER_LIMIT:
        raise FileMalformed(why=Phrase("a number is too large"))
    return int(text)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise FileMalformed(why=Phrase("a key stands twice"))
    return members


def _check(value: object, depth: int) -> None:
    if depth > _DEPTH_MAX:
        raise FileMalformed(why=Phrase("it is nested too deeply"))
    inner: Iterable[object] = ()
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise FileMalformed(why=Phrase("a text is not Unicode"))
    elif isinstance(value, dict):
        inner = (*value.keys(), *value.values())
    elif isinstance(value, list):
        inner = value
    elif value is None or isinstance(value, bool):
        raise FileMalformed(why=Phrase("it holds a value that is neither text nor number"))
    for item in inner:
        _check(item, depth + 1)


def parse(data: bytes) -> Json:
    """The value of a strict JSON text in UTF-8; the caller has bounded its size.

    Raises:
        FileMalformed: anything refused above, or no JSON at all.
    """
    try:
        value: object = json.loads(
            data.decode(),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except (UnicodeDecodeError, json.JSONDecodeError) as cause:
        raise FileMalformed(why=Phrase("it is not JSON in UTF-8")) from cause
    except RecursionError as cause:
        raise FileMalformed(why=Phrase("it is nested too deeply")) from cause
    _check(value, 0)
    return cast("Json", value)


def parse_object(data: bytes) -> dict[str, Json]:
    """As :func:`parse`, for a text that must be an object.

    Raises:
        FileMalformed: see :func:`parse`, or the value is not an object.
    """
    value = parse(data)
    if not isinstance(value, dict):
        raise FileMalformed(why=Phrase("it is not a JSON object"))
    return value


def text(value: object) -> str:
    """The value as compact JSON, without a line feed."""
    return _COMPACT.encode(value)


def write(value: object) -> bytes:
    """As :func:`text`, in UTF-8."""
    return text(value).encode()
