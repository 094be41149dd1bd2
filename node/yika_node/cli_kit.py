"""What every command of ``yika-node`` shares: the vending point it is about, and how it speaks."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from yika_common.errors import YikaError
from yika_common.infra.config import ConfigurationUnreadable, UnknownSetting, WrongSetting
from yika_common.infra.entropy import system_random
from yika_common.infra.language import filled, language_of, said, sentence
from yika_common.infra.system_errors import why_refused
from yika_common.infra.wall_clock import system_clock
from yika_common.sync.errors import TokenMalformed
from yika_node.bootstrap import Node, build
from yika_node.errors import PracticeFolder
from yika_node.services.stick import StickUnusable

FAILED: Final = 1
WRONG_FILE: Final = 2
_WRONG_FILES = (
    ConfigurationUnreadable,
    UnknownSetting,
    WrongSetting,
    TokenMalformed,
    StickUnusable,
)
_WRONG_PLACES: Final = ("nothing_to_keep", "folder_in_use", "no_backup")
"""Codes of failures whose classes are loaded with their command alone."""


@contextmanager
def sentences() -> Iterator[None]:
    """End the program with one sentence when something expected goes wrong inside."""
    try:
        yield
    except YikaError as error:
        complain(error)
        wrong = isinstance(error, _WRONG_FILES) or error.code in _WRONG_PLACES
        sys.exit(WRONG_FILE if wrong else FAILED)
    except OSError as error:
        click.echo(f"{error.filename}: {said(why_refused(error), language())}", err=True)
        sys.exit(WRONG_FILE)


@contextmanager
def opened(data: Path) -> Iterator[Node]:
    """The vending point of a data folder, closed at the end; one of practice is refused."""
    with sentences():
        node = build(data, clock=system_clock, random=system_random)
        try:
            if node.standing.enrolled and node.standing.membership.practice:
                raise PracticeFolder(folder=str(data))
            yield node
        finally:
            node.close()


@contextmanager
def signed_in(data: Path, operator: str, password: str) -> Iterator[Node]:
    """The same, with its keys opened by an operator's password."""
    with opened(data) as node:
        node.staff.sign_in(operator, password)
        yield node


def complain(error: YikaError) -> None:
    """Say on standard error what went wrong."""
    click.echo(sentence(error, language()), err=True)


def say(text: str, **facts: str | int) -> None:
    """Say a sentence with its facts on standard output."""
    click.echo(filled(text, facts, language()))


def language() -> str:
    """The language of this command line, ``en`` or ``zh``."""
    return language_of(os.environ)
