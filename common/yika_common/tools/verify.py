"""``yika verify``: journals checked from their files, by anyone, without a database or a secret.

Files given by name must be signed files, one or several in a row.  In folders every file is read
that is named like one of ours or begins like one.  Symbolic links and endless files are refused:
the media that carry these files come from strangers.
"""

import json
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from yika_common.errors import N_, Phrase, YikaError
from yika_common.infra.language import language_of, sentence
from yika_common.infra.system_errors import why_refused
from yika_common.journal.segment import SUFFIX
from yika_common.signing.signed_file import SignedFile, read_many
from yika_common.signing.trust import ROOT_MAX, TrustRoot
from yika_common.sync.audit import Audit
from yika_common.sync.messages import CERTIFICATE_TYPE

FILE_MAX = 256 << 20
"""Bytes of one file."""

FILES_MAX = 100_000

_BEGINNING = b"YIKA1 "
_SUFFIXES = (SUFFIX, ".cert", ".ack", ".manifest", ".keys", ".tariff")
_DOES_NOT_HOLD = 1
_COMMAND_LINE_WRONG = 2
_CAREFULLY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
_LINK = Phrase("it is a symbolic link")
_NO_FILE = Phrase("it is not a file")
_TOO_LONG = Phrase("it is longer than any honest file")
_TOO_MANY = Phrase("it holds too many files")


class PathUnusable(YikaError):
    """A file named on the command line cannot be read as one of ours."""

    code = "path_unusable"
    sentence = N_(
        "%(path)s cannot be checked: %(why)s. Nothing was judged. Name files and folders that "
        "hold signed files."
    )


class NothingToVerify(YikaError):
    """No journal was found."""

    code = "nothing_to_verify"
    sentence = N_(
        "No journal was found in the files named. Nothing was judged. "
        "Name the segments together with the certificate of their node."
    )


@click.command()
@click.option("--root", "root_file", metavar="ROOT.json", type=click.Path(path_type=Path))
@click.argument(
    "paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
def verify(root_file: Path | None, paths: tuple[Path, ...]) -> None:
    """Check journals: signatures, chain, gaps and totals, back to the root keys.

    Prints one JSON object per journal.  Without --root nothing is trusted in the end.
    """
    language = language_of(os.environ)
    try:
        root = None if root_file is None else TrustRoot.parse(_read(root_file, ROOT_MAX))
        files = tuple(path for named in paths for path in _files(named))
        whole = _judge(root, files, language)
    except YikaError as error:
        click.echo(sentence(error, language), err=True)
        sys.exit(_COMMAND_LINE_WRONG)
    sys.exit(0 if whole else _DOES_NOT_HOLD)


def _judge(root: TrustRoot | None, files: tuple[Path, ...], language: str) -> bool:
    """Print the verdicts, and the refusals to standard error; whether there was nothing but good.

    The files are read twice, one at a time: certificates first, then what they certify.
    """
    audit = Audit(root)
    refused = False
    for certificates in (True, False):
        for path in files:
            data = _read(path, FILE_MAX)
            try:
                for file in read_many(data):
                    if (file.payload_type == CERTIFICATE_TYPE) == certificates:
                        refused |= not _taken(audit, path, file, language)
            except YikaError as error:
                if certificates:
                    continue
                refused = True
                click.echo(f"{path}: {sentence(error, language)}", err=True)
    verdicts = audit.verdicts()
    for verdict in verdicts:
        click.echo(json.dumps(verdict.members(), ensure_ascii=False))
    if not verdicts:
        click.echo(sentence(NothingToVerify(), language), err=True)
    return bool(verdicts) and not refused and all(verdict.ok for verdict in verdicts)


def _taken(audit: Audit, path: Path, file: SignedFile, language: str) -> bool:
    try:
        audit.take(file)
    except YikaError as error:
        click.echo(f"{path}: {sentence(error, language)}", err=True)
        return False
    return True


def _files(named: Path) -> Iterator[Path]:
    """The file named, or those of ours in the folder named, in the order of their names."""
    if named.is_symlink() or not named.is_dir():
        yield named
        return
    found = 0
    for folder, folders, names in os.walk(named):
        folders.sort()
        for path in (Path(folder, name) for name in sorted([*names, *folders])):
            if path.is_symlink():
                raise PathUnusable(path=str(path), why=_LINK)
            if path.is_file() and (path.suffix in _SUFFIXES or _begins_like_ours(path)):
                found += 1
                if found > FILES_MAX:
                    raise PathUnusable(path=str(named), why=_TOO_MANY)
                yield path


def _begins_like_ours(path: Path) -> bool:
    return _read(path, len(_BEGINNING), cut=True) == _BEGINNING


def _read(path: Path, limit: int, *, cut: bool = False) -> bytes:
    """The file's bytes; when ``cut``, the first ``limit`` of them.

    Raises:
        PathUnusable: a link, no plain file, longer than the limit, or unreadable.
    """
    try:
        with os.fdopen(os.open(path, _CAREFULLY), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise PathUnusable(path=str(path), why=_NO_FILE)
            data = file.read(limit if cut else limit + 1)
    except OSError as cause:
        why = _LINK if path.is_symlink() else why_refused(cause)
        raise PathUnusable(path=str(path), why=why) from cause
    if len(data) > limit:
        raise PathUnusable(path=str(path), why=_TOO_LONG)
    return data
