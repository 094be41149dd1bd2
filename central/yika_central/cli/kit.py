"""What every command shares: the headquarters it is about, and how it speaks."""

import functools
import json
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import click

from yika_central.bootstrap import Headquarters, build
from yika_central.config import read_config
from yika_central.services.stock import StockListMalformed
from yika_common.errors import Phrase, YikaError
from yika_common.infra.config import ConfigurationUnreadable, UnknownSetting, WrongSetting
from yika_common.infra.language import language_of, sentence
from yika_common.tariffs.errors import TariffMalformed

FAILED, WRONG = 1, 2
"""Exit statuses: what was asked for failed; the command line or a file it names is wrong."""

FOLDER = click.Path(file_okay=False, path_type=Path)
EXISTING_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

_WRONG_FILES = (
    TariffMalformed,
    StockListMalformed,
    ConfigurationUnreadable,
    UnknownSetting,
    WrongSetting,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Which headquarters a command is about."""

    folder: Path
    database_url: str | None

    def open(self) -> Headquarters:
        """The headquarters, wired; it is closed when the command ends."""
        hq = build(self.folder, database_url=self.database_url)
        click.get_current_context().call_on_close(hq.close)
        return hq

    @property
    def url(self) -> str:
        """The database's URL in force; empty for SQLite in the folder."""
        if self.database_url is not None:
            return self.database_url
        return read_config(self.folder).database_url


def command(function: Callable[..., None]) -> click.Command:
    """A command whose expected failures are one sentence and an exit status."""

    @functools.wraps(function)
    def run(*arguments: Any, **options: Any) -> None:
        try:
            function(*arguments, **options)
        except YikaError as error:
            wrong = isinstance(error, _WRONG_FILES)
            _fail(sentence(error, language()), WRONG if wrong else FAILED)

    return click.command(function.__name__.rstrip("_").replace("_", "-"))(click.pass_obj(run))


def password(name: str, *, confirm: bool = False) -> str:
    """The password of a person, from the environment or from the terminal.

    Raises:
        click.UsageError: neither has it.
    """
    variable = "YIKA_PASSWORD_" + re.sub(r"\W", "_", name).upper()
    for key in (variable, "YIKA_PASSWORD"):
        if os.environ.get(key):
            return os.environ[key]
    if not sys.stdin.isatty():
        raise click.UsageError(f"Set {variable} to the password of {name}.")
    typed: str = click.prompt(f"Password of {name}", hide_input=True, confirmation_prompt=confirm)
    return typed


def text_of(path: Path) -> str:
    """The text of a list in UTF-8.

    Raises:
        StockListMalformed: it is in another encoding.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as cause:
        raise StockListMalformed(line=1, why=Phrase("it is not UTF-8 text")) from cause


def language() -> str:
    """The language of this command line, ``en`` or ``zh``."""
    return language_of(os.environ)


def say(**facts: object) -> None:
    """Print one JSON line."""
    click.echo(json.dumps(facts, ensure_ascii=False))


def _fail(text: str, status: int) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(status)
