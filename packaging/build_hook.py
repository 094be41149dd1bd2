"""Compiles the translation catalogues when a wheel or an editable install is built.

A catalogue with a malformed or missing translation, or a vendored file that differs from its lock,
stops the build: a clerk never meets a sentence in the wrong language because nobody looked.
"""

import re
import runpy
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

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
        if not message.string or message.fuzzy:
            found.append(f"not translated: {wanted}")
        elif set(_PLACEHOLDER.findall(wanted)) != set(_PLACEHOLDER.findall(given)):
            found.append(f"names other facts than the English: {given}")
    return found


def _texts(part: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (part,) if isinstance(part, str) else tuple(part)


class CustomBuildHook(BuildHookInterface[Any]):
    """Hatchling's door to :func:`compile_catalogues`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Check and compile before the files are collected."""
        vendor = runpy.run_path(str(Path(self.root) / "packaging" / "vendor.py"))
        complaints = vendor["check"](Path(self.root))
        if complaints:
            raise SystemExit("\n".join(complaints))
        compile_catalogues(Path(self.root))


if __name__ == "__main__":
    for path in compile_catalogues(Path(__file__).resolve().parent.parent):
        print(path)
