"""``yika printer``: a simulated receipt printer, for programs that expect a real one.

Commands on standard input, one a line; the end of the input is ``quit``::

    paper-out, paper-low, paper     the roll: at its end, near its end, full
    open, close                     the cover
    off, on                         off-line, on-line
    jam, free                       the knife
    quit

Every paper that is cut off is kept: ``NNNN.escpos`` is what the printer got, ``NNNN.txt`` what
stands on it, pictures and codes left out.  Events on standard output, one JSON object a line.
"""

import json
import re
import signal
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import click

from yika_common.errors import N_, YikaError
from yika_common.infra.language import sentence
from yika_common.simulated.escpos_stream import first_of
from yika_common.simulated.receipt_printer import NetworkWire, PtyWire, ReceiptPrinter
from yika_common.tools.telling import COMMAND_LINE_WRONG, language, stopping

_NUMBERED = re.compile(r"(\d{4,9})\.escpos", re.ASCII)


class PrinterCommandWrong(YikaError):
    """A line on standard input that is no command."""

    code = "printer_command_wrong"
    sentence = N_(
        "“%(line)s” is no command. Nothing was done. Commands: paper-out, paper-low, paper, open, "
        "close, off, on, jam, free, quit."
    )


@click.command(short_help="Simulate a receipt printer on a serial port or the network.")
@click.option(
    "--link",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Where its serial port appears; without it, it is on the network.",
)
@click.option(
    "--papers",
    metavar="FOLDER",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Where every paper is kept, as it came and as text.",
)
def printer(link: Path | None, papers: Path) -> None:
    """Simulate a receipt printer until quit or Ctrl-C.

    Commands on standard input, one a line:

    \b
    paper-out, paper-low, paper     the roll: at its end, near its end, full
    open, close                     the cover
    off, on                         off-line, on-line
    jam, free                       the knife
    quit
    """  # noqa: D301 - click reads the character itself
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    with stopping(COMMAND_LINE_WRONG):
        papers.mkdir(parents=True, exist_ok=True)
        wire = NetworkWire() if link is None else PtyWire(link)
        if isinstance(wire, NetworkWire):
            _say("listening", port=wire.port)
        simulated = ReceiptPrinter(wire, lambda paper: _keep(papers, paper))
        try:
            _obey(simulated, sys.stdin)
        finally:
            simulated.close()


def text_of(paper: bytes) -> str:
    """What stands on a paper, as text; pictures and codes are named in brackets."""
    said = ""
    while paper and (part := first_of(paper)):
        paper = paper[len(part) :]
        if part.startswith(b"\x1dv0"):
            said += "" if said.endswith("[picture]\n") else "[picture]\n"
        elif part.startswith(b"\x1d(k") and part[5:7] == b"1Q":
            said += "[code]\n"
        elif part == b"\n" or part[0] >= ord(" "):
            said += part.decode("gb18030", errors="replace")
    return said


def _keep(folder: Path, paper: bytes) -> None:
    numbers = [int(m[1]) for path in folder.iterdir() if (m := _NUMBERED.fullmatch(path.name))]
    name = f"{max(numbers, default=0) + 1:04}"
    (folder / f"{name}.escpos").write_bytes(paper)
    (folder / f"{name}.txt").write_text(text_of(paper), encoding="utf-8")
    _say("printed", paper=name)


def _obey(simulated: ReceiptPrinter, lines: Iterable[str]) -> None:
    """Carry out one command a line until ``quit`` or the end."""
    commands: dict[str, Callable[[], None]] = {
        "paper-out": partial(simulated.paper, out=True),
        "paper-low": partial(simulated.paper, low=True),
        "paper": simulated.paper,
        "open": partial(simulated.cover, is_open=True),
        "close": partial(simulated.cover, is_open=False),
        "off": partial(simulated.switch, online=False),
        "on": partial(simulated.switch, online=True),
        "jam": partial(simulated.jam, stuck=True),
        "free": partial(simulated.jam, stuck=False),
    }
    for line in lines:
        word = line.strip()
        if word == "quit":
            return
        if word in commands:
            commands[word]()
            _say("done", command=word)
        elif word:
            wrong = PrinterCommandWrong(line=word[:80])
            _say("error", code=wrong.code, message=sentence(wrong, language()))


def _say(event: str, **facts: str | int) -> None:
    sys.stdout.write(json.dumps({"event": event, **facts}, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _leave(number: int, frame: object) -> None:
    """Ctrl-C and a friendly kill end the program like ``quit``."""
    sys.exit(0)
