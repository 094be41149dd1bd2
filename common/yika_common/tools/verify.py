"""``yika verify``: journals and receipts checked by anyone, without a database or a secret.

Files given by name must be signed files, one or several in a row.  In folders every file is read
that is named like one of ours or begins like one.  Symbolic links and endless files are refused:
the media that carry these files come from strangers.
"""

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from yika_common.errors import N_, Phrase, YikaError
from yika_common.infra.language import said, sentence
from yika_common.infra.system_errors import why_refused
from yika_common.journal.excerpt import read_code
from yika_common.journal.segment import SUFFIX
from yika_common.signing.signed_file import SignedFile, read_many
from yika_common.signing.trust import ROOT_MAX, TrustRoot
from yika_common.sync.audit import Audit
from yika_common.sync.messages import CERTIFICATE_TYPE
from yika_common.sync.receipts import Evidence
from yika_common.tools.telling import (
    COMMAND_LINE_WRONG,
    FAILED,
    answer,
    complain,
    language,
    stopping,
)

FILE_MAX = 256 << 20
"""Bytes of one file."""

FILES_MAX = 100_000

_BEGINNING = b"YIKA1 "
_SUFFIXES = (SUFFIX, ".cert", ".ack", ".manifest", ".keys", ".tariff")
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


@click.command(short_help="Check journals from their files.")
@click.option(
    "--root",
    "root_file",
    metavar="ROOT.json",
    type=click.Path(path_type=Path),
    help="The root keys of headquarters, got by a way you trust; else nothing can be ok.",
)
@click.option(
    "--qr",
    "code",
    metavar="TEXT",
    help="The text of a receipt's code: check the receipt instead of journals.",
)
@click.argument(
    "paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
def verify(root_file: Path | None, code: str | None, paths: tuple[Path, ...]) -> None:
    """Check journals: signatures, chain, gaps and totals, back to the root keys.

    PATH is a file of signed files (segments, certificates, acknowledgements) or a folder in which
    every file of ours is read. One JSON object is printed for each journal:

    \b
    node, epoch  whose journal it is
    from, to     its first and its last record found
    records      how many records were found
    sales        sales paid for, whatever became of them
    open         those of them that no record found here settles; that is not wrong
    amount       the money of all its sales, in hundredths of the currency
    gaps         runs of missing records, both ends included
    head         SHA-256 of the last record and all before it
    trust        "root" if the root keys vouch for the node's certificate, else "none"
    ok           true if the journal is trusted and without a gap or a problem
    problems     what is wrong, one sentence each

    With --qr, PATH holds the certificate of the receipt's node and, if at hand, the signed
    tariffs; the answer gives the figures of the receipt as they follow from its code, "repriced"
    says of each line whether its tariff was there to compute the price from.

    What is refused is named on standard error. Exit status: 0 if every journal, or the receipt, is
    ok and nothing was refused, 1 if not, 2 if a PATH could not be read.
    """  # noqa: D301 - click reads the character itself
    with stopping(COMMAND_LINE_WRONG):
        root = None if root_file is None else TrustRoot.parse(_read(root_file, ROOT_MAX))
        files = tuple(path for named in paths for path in _files(named))
        whole = _judge(root, files) if code is None else _judge_receipt(root, files, code)
    sys.exit(0 if whole else FAILED)


def _judge_receipt(root: TrustRoot | None, files: tuple[Path, ...], code: str) -> bool:
    """Print the verdict on a receipt; whether it is good."""
    evidence = Evidence(root)
    for path in files:
        try:
            for file in read_many(_read(path, FILE_MAX)):
                evidence.take(file)
        except PathUnusable:
            raise
        except YikaError as error:
            _refuse(path, error)
    try:
        verdict = evidence.judge(read_code(code))
    except YikaError as error:
        complain(error)
        return False
    answer(verdict.members(lambda problem: said(problem, language())))
    return verdict.ok


def _judge(root: TrustRoot | None, files: tuple[Path, ...]) -> bool:
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
                        refused |= not _taken(audit, path, file)
            except YikaError as error:
                if certificates:
                    continue
                refused = True
                _refuse(path, error)
    verdicts = audit.verdicts()
    for verdict in verdicts:
        answer(verdict.members(lambda problem: said(problem, language())))
    if not verdicts:
        complain(NothingToVerify())
    return bool(verdicts) and not refused and all(verdict.ok for verdict in verdicts)


def _taken(audit: Audit, path: Path, file: SignedFile) -> bool:
    try:
        audit.take(file)
    except YikaError as error:
        _refuse(path, error)
        return False
    return True


def _refuse(path: Path, error: YikaError) -> None:
    click.echo(f"{path}: {sentence(error, language())}", err=True)


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
