"""How two versions of a tariff differ: every key, in words.

The files are compared as they are written, not as a program reads them, so that no key can change
unnoticed.  A key that is null and one that is left out are the same; lines are told apart by their
codes, steps by their number; numbers are equal when their values are.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from yika_central.domain.tariff_words import (
    KEYS,
    NOTHING,
    ORDER,
    OTHER_CASES,
    TIMES,
    VALUES,
    WORDED,
    Kind,
)
from yika_common.errors import Phrase

_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_PERMILLE = 1000

Leaf = tuple[str, ...]
"""A path: ``("components", "water", "steps", "2", "price")``."""


@dataclass(frozen=True, slots=True)
class Change:
    """One key that differs.

    ``permille`` says by how much a number rose or fell; None where that makes no sense.
    """

    path: str
    what: Phrase
    before: str
    after: str
    permille: int | None = None
    kind: Kind = Kind.TEXT

    @property
    def percent(self) -> str:
        """``+9.8``, or empty."""
        if self.permille is None:
            return ""
        sign = "-" if self.permille < 0 else "+"
        return f"{sign}{abs(self.permille) // 10}.{abs(self.permille) % 10}"


def compare(before: bytes, after: bytes, language: str) -> tuple[Change, ...]:
    """The keys in which two sound tariff files differ, in the order of the later file.

    ``language`` chooses the names of the lines.
    """
    old, new = json.loads(before), json.loads(after)
    old_leaves, new_leaves = dict(_leaves(old)), dict(_leaves(new))
    names = _line_names(old, language) | _line_names(new, language)
    changes = []
    for leaf in dict.fromkeys((*new_leaves, *old_leaves)):
        key = _key(leaf)
        kind = KEYS[key][1] if key in KEYS else Kind.TEXT
        then, now = old_leaves.get(leaf), new_leaves.get(leaf)
        if not _equal(then, now, kind):
            changes.append(_change(leaf, key, kind, then, now, names))
    changes += _orders(old, new)
    return tuple(changes)


def every_key(document: bytes, language: str) -> tuple[Change, ...]:
    """Every key of a sound tariff file, with its value as ``after``."""
    return compare(b"{}", document, language)


def _change(
    leaf: Leaf, key: str, kind: Kind, then: object, now: object, names: Mapping[str, str]
) -> Change:
    permille = None
    if kind is not Kind.TEXT and _number(then) and _number(now):
        permille = _permille(_value(then), _value(now))
    return Change(
        path=_path(leaf),
        what=_words(leaf, key, names),
        before=_shown(key, then),
        after=_shown(key, now, then),
        permille=permille,
        kind=kind,
    )


def _leaves(value: Any, path: Leaf = ()) -> Iterator[tuple[Leaf, object]]:
    """Every key that is there and not null, with its plain value."""
    if path == ("golden",):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            # A line's code is where it stands, not what it says.
            if not (key == "code" and path[:-1] in _BY_CODE):
                yield from _leaves(inner, (*path, key))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for number, item in enumerate(value, start=1):
            place = item.get("code", str(number)) if path in _BY_CODE else str(number)
            yield from _leaves(item, (*path, place))
    elif isinstance(value, list):
        yield path, ", ".join(map(str, value)) or None
    elif value is not None:
        yield path, value


_BY_CODE = (("components",), ("fixed_charges",), ("taxes",), ("rebates",))
_ONE_LINE = ("heat_basic_fee", "free_allocation")


def _key(leaf: Leaf) -> str:
    """The path without the parts that count or name: what :data:`KEYS` knows."""
    kept = list(leaf)
    if leaf[:1] in _BY_CODE:
        del kept[1:2]
    kept = [part for part in kept if not part.isdigit()]
    for holder in ("name", "coefficients"):
        if holder in kept:
            kept = kept[: kept.index(holder) + 1]
    return ".".join(kept)


def _path(leaf: Leaf) -> str:
    """The path as the reader of files writes it, with codes in the place of numbers."""
    text = ""
    for above, part in zip(("", *leaf), leaf, strict=False):
        bracketed = part.isdigit() or (above,) in _BY_CODE
        text += f"[{part}]" if bracketed else f".{part}" if text else part
    return text


def _words(leaf: Leaf, key: str, names: Mapping[str, str]) -> Phrase:
    if key not in KEYS:
        return Phrase("key %(path)s", path=_path(leaf))
    line = leaf[1] if leaf[:1] in _BY_CODE else leaf[0]
    facts = {
        "line": names.get(line, line),
        "step": next((part for part in leaf[2:] if part.isdigit()), ""),
        "language": leaf[-1],
        "key": leaf[-1],
    }
    words = KEYS[key][0]
    return Phrase(words, **{name: fact for name, fact in facts.items() if f"%({name})s" in words})


def _line_names(document: Mapping[str, Any], language: str) -> dict[str, str]:
    """The names of the lines, by code; of a line that there is once, by its key."""
    lines = [(key, document.get(key)) for key in _ONE_LINE]
    for (key,) in _BY_CODE:
        lines += [(line["code"], line) for line in document.get(key) or ()]
    named = {}
    for place, line in lines:
        texts = line.get("name", {}) if isinstance(line, dict) else {}
        if texts:
            named[place] = texts.get(language) or texts.get("en") or next(iter(texts.values()))
    return named


def _shown(key: str, value: object, other: object = None) -> str:
    if value is None:
        return NOTHING
    if key == "golden" and isinstance(value, list):
        count = len(value)
        same_count = isinstance(other, list) and len(other) == count
        return Phrase(OTHER_CASES, count=count) if same_count else str(count)
    if key in WORDED and value in VALUES:
        return VALUES[value]
    if key in TIMES:
        return str(value).replace("T", " ")
    return str(value)


def _orders(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """Lines are charged in their order: a sum of money pays the first ones first."""
    for (key,) in _BY_CODE:
        then, now = ([line["code"] for line in side.get(key) or ()] for side in (old, new))
        both = set(then) & set(now)
        if [code for code in then if code in both] != [code for code in now if code in both]:
            yield Change(key, ORDER, ", ".join(then), ", ".join(now))


def _equal(then: object, now: object, kind: Kind) -> bool:
    if kind is not Kind.TEXT and _number(then) and _number(now):
        return _value(then) == _value(now)
    return type(then) is type(now) and then == now


def _number(value: object) -> bool:
    return isinstance(value, str) and _PLAIN.fullmatch(value) is not None


def _value(value: object) -> Fraction:
    return Fraction(str(value))


def _permille(then: Fraction, now: Fraction) -> int | None:
    """The change in thousandths, halves away from zero: a rise and its reverse look alike."""
    if not then:
        return None
    ratio = Fraction(_PERMILLE * (now - then), abs(then))
    magnitude = (2 * abs(ratio) + 1) // 2
    return -magnitude if ratio < 0 else magnitude
