"""How the command line says what went wrong: one sentence on standard error, then the status."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, NoReturn

import click

from yika_common.errors import N_, YikaError
from yika_common.infra.language import language_of, sentence
from yika_common.infra.system_errors import why_refused

FAILED: Final = 1
COMMAND_LINE_WRONG: Final = 2


class FileUnusable(YikaError):
    """The system refuses to read or write a file that the command line names."""

    code = "file_unusable"
    sentence = N_("%(path)s can't be used (%(why)s). Nothing was changed. Name another file.")


def answer(fields: Mapping[str, object]) -> None:
    """One JSON object as a line on standard output."""
    click.echo(json.dumps(fields, ensure_ascii=False).encode())


def language() -> str:
    """The language of this command line, ``en`` or ``zh``."""
    return language_of(os.environ)


def complain(error: YikaError) -> None:
    """The error's sentence on standard error, in the command line's language."""
    click.echo(sentence(error, language()), err=True)


def stop(error: YikaError, status: int) -> NoReturn:
    """Say the sentence and end the program."""
    complain(error)
    sys.exit(status)


@contextmanager
def stopping(status: int) -> Iterator[None]:
    """Whatever the program expects to go wrong inside ends it, with that status."""
    try:
        yield
    except YikaError as error:
        stop(error, status)
    except OSError as error:
        stop(FileUnusable(path=str(error.filename), why=why_refused(error)), status)
