"""Values as JSON objects: one dataclass field, one key, one shape.

A document is a frozen dataclass whose every field says, where it is declared, under which key it
travels and what it may hold.  Building one with a wrong value is a ``ValueError``, so whoever
holds one holds a good one.  A field with a default is left out when it holds just that::

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Login(Document):
        outcome: str = text("outcome", among=("ok", "failed", "locked"))
        tries: int = number("tries", default=1)
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import field, fields
from operator import attrgetter, call
from typing import Any, Final, NamedTuple, Self

from yika_common.cards.identifiers import name_to_bytes
from yika_common.errors import Phrase, reason_of
from yika_common.services import Service
from yika_common.signing import strict_json
from yika_common.signing.errors import FileMalformed, FileTooLarge
from yika_common.signing.strict_json import INTEGER_LIMIT, Json

TEXT_MAX = 128
"""Characters of a text, unless its field says otherwise."""

ROWS_MAX = 64
"""Entries of a list, unless its field says otherwise."""

Check = Callable[[object], object]
"""Gives the value in the form a document holds it, or raises ``ValueError`` with the reason, a
phrase."""

_REQUIRED: Final = object()
_IMPLIED: Final = object()
_HEX = re.compile(r"[0-9a-f]*")


class Shape(NamedTuple):
    """How one field travels."""

    name: str
    key: str
    check: Check
    default: object
    """What a field holds that is left out."""
    implied: Callable[[Any], object] | None
    """From the document, whose earlier fields are set, the value of a field left out."""


class _Plan(NamedTuple):
    """The shapes of a document by columns, so that all fields are gone through at once."""

    shapes: tuple[Shape, ...]
    names: tuple[str, ...]
    keys: tuple[str, ...]
    labels: tuple[str, ...]
    """The keys as they stand in JSON, each with its colon."""
    checks: tuple[Check, ...]
    defaults: tuple[object, ...]
    implied: tuple[tuple[int, Callable[[Any], object]], ...]
    """Where a field stands that can be implied, and by what."""
    read: Callable[[object], tuple[Any, ...]]


class Document:
    """The base of every document: checks itself when built, and travels as a JSON object."""

    __slots__ = ()

    def __post_init__(self) -> None:
        # The counter waits for this: defaults passed their checks when they were declared.
        plan = _plan(type(self))
        values = plan.read(self)
        told = zip(plan.names, plan.checks, values, plan.defaults, strict=True)
        try:
            for name, check, value, default in told:
                if value is not default:
                    checked = check(value)
                    if checked is not value:
                        object.__setattr__(self, name, checked)
            for place, implied in plan.implied:
                if values[place] is _IMPLIED:
                    name = plan.names[place]
                    object.__setattr__(self, name, plan.checks[place](implied(self)))
        except ValueError as cause:
            key, why = plan.keys[plan.names.index(name)], reason_of(cause)
            raise ValueError(Phrase("“%(key)s” %(why)s", key=key, why=why)) from cause

    def members(self) -> dict[str, Any]:
        """The JSON object, keys in the order of the fields, what is implied left out."""
        plan = _plan(type(self))
        told = zip(plan.keys, self._told(plan), plan.defaults, strict=True)
        return {key: _plain(value) for key, value, default in told if value != default}

    def _told(self, plan: _Plan) -> Sequence[object]:
        """The values in order; what is implied holds its default."""
        values = plan.read(self)
        if not plan.implied:
            return values
        told = list(values)
        for place, implied in plan.implied:
            if told[place] == implied(self):
                told[place] = _IMPLIED
        return told

    @classmethod
    def from_members(cls, members: dict[str, Json]) -> Self:
        """The document of a JSON object.

        Raises:
            ValueError: a key is unknown or missing, or holds what it may not hold.
        """
        names = {shape.key: shape.name for shape in shapes(cls)}
        for shape in shapes(cls):
            if shape.default is _REQUIRED and shape.key not in members:
                raise ValueError(Phrase("“%(key)s” is missing", key=shape.key))
        for key in members:
            if key not in names:
                raise ValueError(Phrase("“%(key)s” is unknown", key=key[:20]))
        return cls(**{names[key]: value for key, value in members.items()})

    @classmethod
    def parse(cls, data: bytes, *, limit: int = 1 << 20) -> Self:
        """The document these bytes are, ``limit`` bytes at most; its signature was checked before.

        Raises:
            FileTooLarge: more bytes than the limit.
            FileMalformed: no strict JSON object, or not this document.
        """
        if len(data) > limit:
            raise FileTooLarge(limit=limit)
        members = strict_json.parse_object(data)
        try:
            return cls.from_members(members)
        except ValueError as cause:
            raise FileMalformed(why=reason_of(cause)) from cause

    def json_members(self) -> str:
        """The object of :meth:`members` as JSON, in one pass and without its braces."""
        plan = _plan(type(self))
        told = zip(plan.labels, self._told(plan), plan.defaults, strict=True)
        return ",".join(
            [
                f"{label}{value if type(value) is int else _in_json(value)}"
                for label, value, default in told
                if value != default
            ]
        )

    def to_bytes(self) -> bytes:
        """The document as one line of JSON with its line feed."""
        return b"{%b}\n" % self.json_members().encode()


_PLANS: dict[type, _Plan] = {}


def shapes(document: type[Any]) -> tuple[Shape, ...]:
    """The fields of a document, in order."""
    return _plan(document).shapes


def _plan(document: type[Any]) -> _Plan:
    known = _PLANS.get(document)
    if known is None:
        known = _PLANS[document] = _planned(document)
    return known


def _planned(document: type[Any]) -> _Plan:
    declared = tuple(Shape(one.name, *one.metadata["shape"]) for one in fields(document))
    names, keys, checks, defaults, rules = zip(*declared, strict=True)
    return _Plan(
        shapes=declared,
        names=names,
        keys=keys,
        labels=tuple(f"{strict_json.text(key)}:" for key in keys),
        checks=checks,
        defaults=defaults,
        implied=tuple(
            (place, implied) for place, implied in enumerate(rules) if implied is not None
        ),
        read=_reader(names),
    )


def _reader(names: Sequence[str]) -> Callable[[object], tuple[Any, ...]]:
    read = attrgetter(*names)
    # Of a single name it gives the value itself.
    return read if len(names) > 1 else lambda source: (read(source),)


def _plain(value: object) -> object:
    if isinstance(value, str | int):
        return value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.members() if isinstance(value, Document) else value


def _in_json(value: object) -> str:
    return strict_json.quoted(value) if isinstance(value, str) else strict_json.text(_plain(value))


def _declared(
    key: str, check: Check, default: object, implied: object = None, *, secret: bool = False
) -> Any:
    """A dataclass field; typed as anything, as :func:`dataclasses.field` itself is."""
    if implied is not None:
        return field(default=_IMPLIED, metadata={"shape": (key, check, _IMPLIED, implied)})
    if default is _REQUIRED:
        return field(repr=not secret, metadata={"shape": (key, check, _REQUIRED, None)})
    if check(default) is not default:
        raise ValueError(f"the default of {key} does not pass its own check unchanged")
    return field(default=default, metadata={"shape": (key, check, default, None)})


def _or_empty(check: Check, default: object) -> Check:
    """The check, or, where the default is the empty text, also the empty text."""
    if default != "":
        return check
    return lambda value: value if value == "" else check(value)


def is_number(least: int, most: int) -> Check:
    """Integers from ``least`` to ``most``."""

    def check(value: object) -> int:
        if type(value) is int and least <= value <= most:
            return value
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(
                Phrase("is not a whole number from %(least)s to %(most)s", least=least, most=most)
            )
        return value

    return check


def is_text(least: int, most: int, among: Sequence[str] | None = None) -> Check:
    """Printable texts of so many characters, perhaps only certain ones."""

    def check(value: object) -> str:
        if not isinstance(value, str) or not least <= len(value) <= most:
            raise ValueError(
                Phrase("is not a text of %(least)s to %(most)s characters", least=least, most=most)
            )
        if not value.isprintable():
            raise ValueError(Phrase("holds characters that cannot be printed"))
        if among is not None and value not in among:
            raise ValueError(Phrase("is none of %(choices)s", choices=", ".join(among)))
        return value

    return check


def is_hex(size: int | None) -> Check:
    """Lower-case hex of exactly ``size`` bytes, or of any whole number of bytes."""

    def check(value: object) -> str:
        if not isinstance(value, str) or _HEX.fullmatch(value) is None or len(value) % 2:
            raise ValueError(Phrase("is not lower-case hexadecimal"))
        if size is not None and len(value) != 2 * size:
            raise ValueError(Phrase("is not %(size)s bytes in hexadecimal", size=size))
        return value

    return check


def is_name(size: int) -> Check:
    """Names as a card holds them (:mod:`yika_common.cards.identifiers`), 1 to ``size`` long."""

    def check(value: object) -> str:
        if not isinstance(value, str) or not value:
            raise ValueError(Phrase("is not a name"))
        name_to_bytes(value, size)
        return value

    return check


def is_service(value: object) -> Service:
    """One of the nine services, by its name."""
    if isinstance(value, Service):
        return value
    if not isinstance(value, str) or value not in tuple(Service):
        raise ValueError(Phrase("is no service"))
    return Service(value)


def number(
    key: str,
    *,
    least: int = 0,
    most: int = INTEGER_LIMIT - 1,
    default: object = _REQUIRED,
    implied: Callable[[Any], int] | None = None,
) -> Any:
    """A whole number."""
    return _declared(key, is_number(least, most), default, implied)


def text(
    key: str,
    *,
    least: int = 1,
    most: int = TEXT_MAX,
    among: Sequence[str] | None = None,
    default: object = _REQUIRED,
) -> Any:
    """A printable text."""
    return _declared(key, is_text(0 if default == "" else least, most, among), default)


def hexadecimal(
    key: str, size: int | None = None, *, default: object = _REQUIRED, secret: bool = False
) -> Any:
    """Bytes as lower-case hex; a default of "" stands for none; a secret stays out of ``repr``."""
    return _declared(key, _or_empty(is_hex(size), default), default, secret=secret)


def identifier(key: str, size: int, *, default: object = _REQUIRED) -> Any:
    """A name as a card holds it, at most ``size`` long; a default of "" stands for none."""
    return _declared(key, _or_empty(is_name(size), default), default)


def service_name(key: str) -> Any:
    """One of the nine services."""
    return _declared(key, is_service, _REQUIRED)


def rows(
    key: str,
    row: Callable[..., object],
    checks: Sequence[Check],
    *,
    most: int = ROWS_MAX,
    default: object = _REQUIRED,
) -> Any:
    """A list of rows, each a list with one value per check; ``row`` is a named tuple."""

    def check(value: object) -> tuple[object, ...]:
        return tuple(one(item) for item in _listed(value, most))

    def one(item: object) -> object:
        values = _listed(item, len(checks))
        if len(values) != len(checks):
            raise ValueError(
                Phrase("has a row that is not %(size)s values long", size=len(checks))
            )
        return row(*map(call, checks, values))

    return _declared(key, check, default)


def listed(key: str, each: Check, *, most: int = ROWS_MAX, default: object = _REQUIRED) -> Any:
    """A list of values that each pass a check."""

    def check(value: object) -> tuple[object, ...]:
        return tuple(each(item) for item in _listed(value, most))

    return _declared(key, check, default)


def documents(
    key: str, kind: type[Document], *, most: int = ROWS_MAX, default: object = _REQUIRED
) -> Any:
    """A list of documents of one kind."""

    def one(value: object) -> Document:
        if isinstance(value, kind):
            return value
        if not isinstance(value, dict):
            raise ValueError(Phrase("holds something that is no object"))
        return kind.from_members(value)

    return listed(key, one, most=most, default=default)


def _listed(value: object, most: int) -> Sequence[object]:
    if not isinstance(value, list | tuple) or len(value) > most:
        raise ValueError(Phrase("is not a list of at most %(most)s", most=most))
    return value
