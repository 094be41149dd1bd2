"""Templates are compiled once, and never served from an entry that does not fit."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from yika_common.infra.web.compiled import CompiledTemplates


class Counting(Environment):
    """Counts what is compiled."""

    compiled = 0

    def _compile(self, source: str, filename: str) -> object:  # type: ignore[override]
        self.compiled += 1
        return super()._compile(source, filename)


Build = Callable[[str], Counting]


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)

    def made(text: str) -> Counting:
        cache = CompiledTemplates(tmp_path / "__pycache__")
        return Counting(loader=DictLoader({"page": text}), bytecode_cache=cache)

    return made


def render(environment: Counting) -> tuple[str, int]:
    text = environment.get_template("page").render(name="Mei")
    return text, environment.compiled


def test_the_next_program_need_not_compile(build: Build) -> None:
    assert render(build("Hello {{ name }}")) == ("Hello Mei", 1)
    assert render(build("Hello {{ name }}")) == ("Hello Mei", 0)


def test_a_changed_template_is_compiled_anew(build: Build) -> None:
    render(build("Hello {{ name }}"))
    assert render(build("Bye {{ name }}")) == ("Bye Mei", 1)


def test_a_damaged_entry_is_compiled_anew(build: Build, tmp_path: Path) -> None:
    render(build("Hello {{ name }}"))
    (entry,) = (tmp_path / "__pycache__").iterdir()
    entry.write_bytes(entry.read_bytes()[:-5])
    assert render(build("Hello {{ name }}")) == ("Hello Mei", 1)


def test_a_folder_that_cannot_be_written_only_costs_time(build: Build, tmp_path: Path) -> None:
    (tmp_path / "__pycache__").symlink_to(tmp_path / "nowhere" / "at all")
    assert render(build("Hello {{ name }}")) == ("Hello Mei", 1)


def test_nothing_is_kept_where_python_may_keep_nothing(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    render(build("Hello {{ name }}"))
    assert not (tmp_path / "__pycache__").exists()
