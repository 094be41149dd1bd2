"""Compiles the translation catalogues when a wheel or an editable install is built.

A catalogue with a malformed or missing translation stops the build: a clerk never meets a
sentence in the wrong language because nobody looked.
"""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def compile_catalogues(root: Path) -> list[Path]:
    """Write a ``.mo`` beside every ``.po`` below ``root``.

    Raises:
        SystemExit: a message lacks its translation, is marked fuzzy, or does not parse.
    """
    compiled = []
    for source in sorted(root.glob("*/yika_*/**/translations/**/*.po")):
        with source.open("rb") as file:
            catalogue = read_po(file, abort_invalid=True)
        holes = [m.id for m in catalogue if m.id and (not m.string or m.fuzzy)]
        if holes:
            raise SystemExit(f"{source.relative_to(root)} lacks a translation of: {holes[0]!r}")
        target = source.with_suffix(".mo")
        with target.open("wb") as file:
            write_mo(file, catalogue)
        compiled.append(target)
    return compiled


class CustomBuildHook(BuildHookInterface[Any]):
    """Hatchling's door to :func:`compile_catalogues`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before the files are collected."""
        compile_catalogues(Path(self.root))


if __name__ == "__main__":
    for path in compile_catalogues(Path(__file__).resolve().parent.parent):
        print(path)
