"""Choosing the printer: looking for one in the background, and writing the choice down.

The choice is the table ``[printer]`` of ``node.toml``.  All else in the file stays as it is, and
the file is replaced whole or not at all.
"""

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path

from yika_common.infra.config import OutOfRange, WrongSetting
from yika_common.infra.files import replace_file
from yika_common.infra.system_errors import why_refused
from yika_node.config import FILE_NAME, PrinterConfig, load
from yika_node.hardware.printer_finding import FoundPrinter
from yika_node.services.paper_errors import ChoiceNotKept

_TABLE = re.compile(r"(?m)^\[printer\][^\n]*\n(?:(?!\[)[^\n]*\n?)*")


class PrinterSearch:
    """One search at a time, begun by a page and looked at by others."""

    def __init__(self, find: Callable[[], Sequence[FoundPrinter]]) -> None:
        self._find = find
        self._running = threading.Lock()
        self.found: Sequence[FoundPrinter] | None = None

    @property
    def running(self) -> bool:
        """A search is under way."""
        return self._running.locked()

    def begin(self) -> None:
        """Begin a search in the background, unless one is under way."""
        if self._running.acquire(blocking=False):
            threading.Thread(target=self._run, name="printer-search", daemon=True).start()

    def _run(self) -> None:
        try:
            self.found = self._find()
        finally:
            self._running.release()


def chosen(values: dict[str, str | int | bool]) -> PrinterConfig:
    """A printer's configuration.

    Raises:
        WrongSetting: names the value that can't be.
    """
    try:
        return PrinterConfig(**values)  # type: ignore[arg-type]  # each is checked there
    except OutOfRange as refusal:
        key = f"printer.{refusal.key}"
        raise WrongSetting(path=FILE_NAME, key=key, why=refusal.why) from refusal


def write_choice(folder: Path, config: PrinterConfig) -> None:
    """Put the printer into the node's configuration file.

    Raises:
        ConfigurationUnreadable, UnknownSetting, WrongSetting: the file is not sound otherwise; it
            is as it was.
        ChoiceNotKept: it cannot be written; it is as it was.
    """
    load(folder)
    path = folder / FILE_NAME
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    kept = _TABLE.sub("", text).rstrip()
    try:
        replace_file(path, f"{kept}\n\n{_table(config)}".lstrip().encode())
    except OSError as cause:
        raise ChoiceNotKept(path=str(path), why=why_refused(cause)) from cause


def _table(config: PrinterConfig) -> str:
    lines = [
        f"{field.name} = {_toml(getattr(config, field.name))}"
        for field in fields(config)
        if getattr(config, field.name) != field.default
    ]
    return "\n".join(["[printer]", *lines]) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{"".join(char for char in escaped if char.isprintable())}"'
