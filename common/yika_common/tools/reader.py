"""``yika reader``: a simulated card reader, for programs that expect a real one.

Commands on standard input, one a line; the end of the input is ``quit``::

    insert FILE             put in the simulated card kept in FILE
    remove                  take the card out
    pull-after N            tear: pull the card after N bytes of the next write command
    pull-answer             tear: the card takes the next write, its answer is lost
    disturb KIND [COUNT]    spoil the line for the next commands: nak, silence, lost-answer,
                            bad-lrc, noise, chatter, parity, cut
    calm                    spoil nothing from now on
    unplug, plug            the reader's own plug
    quit

Events on standard output, one JSON object a line: ``{"event": NAME, ...facts}``; the names are
those of :mod:`yika_common.simulated.reader`, and ``error`` with ``code`` and ``message`` for a
command that could not be done.
"""

import json
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from yika_common.errors import N_, YikaError
from yika_common.infra.entropy import system_random
from yika_common.infra.language import said, sentence
from yika_common.readers.ieee1284 import Mode
from yika_common.simulated.card_hold import CardHold
from yika_common.simulated.chip_file import open_any_card_file
from yika_common.simulated.firmware import Disturbance, Firmware
from yika_common.simulated.parallel_link import ParallelLink
from yika_common.simulated.reader import SimulatedReader, Wire
from yika_common.simulated.reader_asedrive import AseDrive
from yika_common.simulated.reader_gempc_twin import GemPcTwin
from yika_common.simulated.reader_gemplus import Gemplus
from yika_common.simulated.reader_slot import Slot
from yika_common.simulated.serial_wire import SerialWire
from yika_common.tools.telling import COMMAND_LINE_WRONG, language, stopping

COUNT_DIGITS_MAX = 6
FIRMWARES: dict[str, Callable[[Slot], Firmware]] = {
    "gempc-twin": GemPcTwin,
    "asedrive": AseDrive,
    "gemplus": Gemplus,
}
"""The simulated readers, by the protocols that they speak."""
PARALLEL: dict[str, tuple[Mode, ...]] = {
    "byte": tuple(Mode),
    "nibble": (Mode.NIBBLE, Mode.NIBBLE_ID),
}
"""What a reader on a parallel port takes, by the widest way in which it sends."""


_GONE = frozenset({"removed", "torn"})
"""Events after which no card is in the slot."""


class ReaderCommandWrong(YikaError):
    """A line on standard input that is no command."""

    code = "reader_command_wrong"
    sentence = N_(
        "“%(line)s” is no command. Nothing was done. Commands: insert FILE, remove, "
        "pull-after N, pull-answer, disturb KIND [COUNT], calm, unplug, plug, quit."
    )


@click.command(short_help="Simulate a card reader on a serial or parallel port.")
@click.option(
    "--protocol",
    required=True,
    type=click.Choice(list(FIRMWARES)),
    help="How the reader is spoken to.",
)
@click.option(
    "--link",
    required=True,
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Where the port appears; name it to the program that expects a reader.",
)
@click.option(
    "--parallel",
    type=click.Choice(list(PARALLEL)),
    help="The reader is on a parallel port: PATH becomes a socket for packaging/dev/parport.c. "
    "It sends whole bytes, or half bytes only.",
)
@click.option(
    "--card",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The simulated card that is in at the start.",
)
@click.option(
    "--time-requests",
    default=0,
    show_default=True,
    type=click.IntRange(0, 20),
    help="How often cards ask for more time before each answer.",
)
def reader(
    protocol: str, link: Path, parallel: str | None, card: Path | None, time_requests: int
) -> None:
    """Simulate a card reader whose port appears at PATH, until quit or Ctrl-C.

    Commands on standard input, one a line:

    \b
    insert FILE           put in the simulated card kept in FILE
    remove                take the card out
    pull-after N          pull the card after N bytes of the next write command
    pull-answer           let the card take the next write and pull it before the answer
    disturb KIND [COUNT]  spoil the line for the next COUNT commands (1): nak, silence,
                          lost-answer, bad-lrc, noise, chatter, parity or cut
    calm                  spoil nothing from now on
    unplug, plug          pull the reader's own plug, put it back
    quit

    Events on standard output, one JSON object a line: "event" and what belongs to it.
    """  # noqa: D301 - click reads the character itself
    say, slot = _Events(), _Slot()

    def heard(event: str, facts: dict[str, str | int]) -> None:
        slot.happened(event)
        say(event, facts)

    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    with (
        stopping(COMMAND_LINE_WRONG),
        SimulatedReader(
            link,
            on_event=heard,
            firmware=FIRMWARES[protocol],
            time_requests=time_requests,
            wire=SerialWire if parallel is None else _parallel(parallel),
        ) as simulated,
    ):
        if card is not None:
            slot.insert(simulated, card)
        _obey(simulated, slot, sys.stdin, say)


def _parallel(widest: str) -> Callable[[Path, Firmware], Wire]:
    return lambda link, _: ParallelLink(link, modes=PARALLEL[widest])


def _leave(number: int, frame: object) -> None:
    """Ctrl-C and a friendly kill end the program like ``quit``."""
    sys.exit(0)


class _Slot:
    """The card that is in: while it is, it is in no other reader or meter."""

    def __init__(self) -> None:
        self._hold: CardHold | None = None
        self._card: Path | None = None

    def insert(self, simulated: SimulatedReader, card: Path) -> None:
        """Put the card in, in the place of one that is in.

        Raises:
            CardFileWrong, CardElsewhere: the slot is as it was.
        """
        chip = open_any_card_file(card, system_random)
        if card == self._card:
            self._put_down()
        hold = CardHold(card)
        simulated.insert(chip)
        self._hold, self._card = hold, card

    def happened(self, event: str) -> None:
        """A card that was taken out or pulled is free for others."""
        if event in _GONE:
            self._put_down()

    def _put_down(self) -> None:
        if self._hold is not None:
            self._hold.release()
        self._hold = self._card = None


class _Events:
    """Prints events, whole lines whichever thread they come from."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __call__(self, event: str, facts: dict[str, str | int]) -> None:
        told = {
            name: said(fact, language()) if isinstance(fact, str) else fact
            for name, fact in facts.items()
        }
        line = json.dumps({"event": event, **told}, ensure_ascii=False)
        with self._lock:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()


def _obey(simulated: SimulatedReader, slot: _Slot, lines: Iterable[str], say: _Events) -> None:
    """Carry out one command a line until ``quit`` or the end."""
    for line in lines:
        words = line.split(maxsplit=1)
        if words == ["quit"]:
            return
        try:
            if words:
                _command(simulated, slot, words[0], words[1].strip() if len(words) > 1 else "")
        except YikaError as error:
            say("error", {"code": error.code, "message": sentence(error, language())})


def _command(simulated: SimulatedReader, slot: _Slot, word: str, rest: str) -> None:
    """Carry out one command.

    Raises:
        ReaderCommandWrong: there is no such command, or it lacks something.
        CardFileWrong, CardElsewhere: the file to insert holds no card, or the card is in another
            slot; this one is as it was.
    """
    plain: dict[str, Callable[[], None]] = {
        "remove": simulated.remove,
        "pull-answer": simulated.pull_answer,
        "calm": simulated.calm,
        "unplug": simulated.unplug,
        "plug": simulated.plug,
    }
    if word in plain and not rest:
        plain[word]()
    elif word == "insert" and rest:
        slot.insert(simulated, Path(rest))
    elif word == "pull-after":
        simulated.pull_after(_count(rest, word))
    elif word == "disturb" and (kind := rest.split(" ", maxsplit=1)[0]) in set(Disturbance):
        count = rest[len(kind) :].strip()
        simulated.disturb(Disturbance(kind), _count(count or "1", word))
    else:
        raise ReaderCommandWrong(line=f"{word} {rest}".strip()[:80])


def _count(text: str, word: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= COUNT_DIGITS_MAX):
        raise ReaderCommandWrong(line=f"{word} {text}"[:80])
    return int(text)
