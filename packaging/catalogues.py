"""Compiles the translation catalogues; a malformed or missing translation stops it.

A clerk never meets a sentence in the wrong language because nobody looked.
"""

import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

_PLACEHOLDER = re.compile(r"%\((\w+)\)")


def compile_catalogues(root: Path) -> list[Path]:
    """Write a ``.mo`` beside every ``.po`` below ``root``.

    Raises:
        SystemExit: names every message without a right translation; what could be compiled was.
    """
    compiled, complaints = [], []
    for source in sorted(root.glob("*/yika_*/**/translations/**/*.po")):
        with source.open("rb") as file:
            catalogue = read_po(file, abort_invalid=True)
        complaints += [f"{source.relative_to(root)}: {text}" for text in holes(catalogue)]
        target = source.with_suffix(".mo")
        with target.open("wb") as file:
            write_mo(file, catalogue)
        compiled.append(target)
    if complaints:
        raise SystemExit("\n".join(complaints))
    return compiled


def holes(catalogue: Catalog) -> list[str]:
    """One line for each message that is not translated, only guessed, or names other facts."""
    found = []
    for message in catalogue:
        if not message.id:
            continue
        wanted, given = (" ".join(_texts(part)) for part in (message.id, message.string))
        if not all(_texts(message.string)) or message.fuzzy:
            found.append(f"not translated: {wanted}")
        elif set(_PLACEHOLDER.findall(wanted)) != set(_PLACEHOLDER.findall(given)):
            found.append(f"names other facts than the English: {given}")
    return found


def _texts(part: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (part,) if isinstance(part, str) else tuple(part)


if __name__ == "__main__":
    for path in compile_catalogues(Path(__file__).resolve().parent.parent):
        print(path)
