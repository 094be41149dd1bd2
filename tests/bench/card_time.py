"""How long the card keeps the customer waiting: a sale, and a card that is put in.

The production driver sells over a pseudo terminal to a simulated GemPC Twin that takes the time of
a real line (115200 baud, two stop bits), of the contact at the card's fastest speed and of the
chip (5 ms a command, 5 ms a page written).

Value of a sale: everything from the confirmed amount to the receipt, journal included.  Limit: the
sum of line, contact and chip for the commands that such a sale can't do without.  For a card that
is put in: what reading and showing it takes beyond the same sum for reading it whole, against
300 ms.
"""

import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

from bench.measure import Result, progress, spread
from node_world import OPERATOR, PASSWORD, World, for_money, open_with_card
from reader_builders import GemPcTwinReader
from yika_common.cards.application import AID, MARKS_SIZE, encode_fci
from yika_common.cards.record import RECORD_SIZE
from yika_common.cards.secure_messaging import (
    CHALLENGE_SIZE,
    RESPONSE_SIZE,
    SESSION_MAC_SIZE,
)
from yika_common.cards.write_back import WRITE_BACK_SIZE
from yika_common.infra.wall_clock import system_clock
from yika_common.readers.iso7816 import USER_CARD_ATR
from yika_common.simulated.icc import UserCardIcc
from yika_common.simulated.pace import Pace, Speeds
from yika_common.simulated.reader import SimulatedReader
from yika_node.bootstrap import Node, build

BOUND: Final = 1.15
SCREEN_MS: Final = 300.0
SPEEDS: Final = Speeds()
_ROUNDS: Final = 9
_SUM: Final = 2_000
_METERS: Final = 8
_SOLD: Final = 5
"""Cold water on the card of eight meters: no fee is due first."""

_TA1: Final = 0x96
_CCID: Final = 13
"""Bytes of a frame on the line besides its data; the reader sends each command back first."""

_T1: Final = 4
"""Bytes of a block besides its information."""

_HEADER, _LC, _LE, _STATUS = 4, 1, 1, 2
_INFORMATION: Final = 58


@dataclass(frozen=True, slots=True)
class Apdu:
    """A command and its answer in bytes; ``written``: it changes the chip."""

    sent: int
    received: int
    written: bool = False


def card_time(folder: Path) -> Iterator[Result]:
    """One result for a sale, one for a card that is put in."""
    with _counter(folder) as counter:
        progress(f"card_time: {_ROUNDS} sales")
        sold = [counter.sale(number) for number in range(_ROUNDS)]
        progress(f"card_time: {_ROUNDS} cards read")
        read = [counter.reading() for _ in range(_ROUNDS)]
    needed = 1000 * formula(_session([*_marks(), *_update(), *_record()]))
    yield Result(
        bench="card_sale",
        value=statistics.median(sold),
        unit="ms",
        limit=needed,
        bound=BOUND,
        note=(
            f"one meter of eight sold at 115200 baud, from the amount to the receipt; "
            f"{spread(sold)} ms; limit: line, contact and chip for what the sale needs"
        ),
    )
    whole = 1000 * formula(_session([*_marks(), *[*_record(), *_write_back()] * _METERS]))
    beyond = [taken - whole for taken in read]
    yield Result(
        bench="card_to_screen",
        value=statistics.median(beyond),
        unit="ms",
        limit=SCREEN_MS,
        bound=1.0,
        note=(
            f"a card of eight meters read whole and made ready to be shown, beyond the "
            f"{whole:.0f} ms of line, contact and chip; {spread(beyond)} ms"
        ),
    )


def formula(commands: Iterable[Apdu]) -> float:
    """Seconds of line, contact and chip for a card's session with these commands."""
    atr, pps, parameters, status = len(USER_CARD_ATR), 4, 7, 0
    blocks = [Apdu(1 + _T1, 1 + _T1)]
    total = SPEEDS.reset(atr) + 2 * SPEEDS.contact(pps)
    for sent, received in ((0, atr), (pps, pps), (parameters, parameters), (status, 0)):
        total += _line(sent, received)
    for apdu in commands:
        blocks.append(Apdu(apdu.sent + _T1, apdu.received + _T1, apdu.written))
        total += SPEEDS.chip(apdu.sent if apdu.written else 0)
    for block in blocks:
        total += _line(block.sent, block.received)
        total += SPEEDS.contact(block.sent, _TA1) + SPEEDS.contact(block.received, _TA1)
    return total


def _line(sent: int, received: int) -> float:
    return SPEEDS.line(2 * (_CCID + sent) + _CCID + received)


def _session(commands: Iterable[Apdu]) -> list[Apdu]:
    fci = len(encode_fci(bytes(_INFORMATION)))
    return [
        Apdu(_HEADER + _LC + len(AID) + _LE, fci + _STATUS),
        Apdu(_HEADER + _LE, CHALLENGE_SIZE + _STATUS),
        Apdu(_HEADER + _LC + RESPONSE_SIZE + _LE, RESPONSE_SIZE + _STATUS),
        *commands,
    ]


def _protected(data: int, answer: int, *, written: bool = False) -> Apdu:
    sent = _HEADER + _LC + data + SESSION_MAC_SIZE + _LE
    return Apdu(sent, answer + SESSION_MAC_SIZE + _STATUS, written)


def _marks() -> list[Apdu]:
    return [_protected(0, MARKS_SIZE)]


def _record() -> list[Apdu]:
    return [_protected(0, RECORD_SIZE)]


def _write_back() -> list[Apdu]:
    return [_protected(0, WRITE_BACK_SIZE)]


def _update() -> list[Apdu]:
    return [_protected(RECORD_SIZE, 0, written=True)]


class _counter:  # noqa: N801 - a context, used like a function
    """A vending point whose card lies in a reader that takes its time."""

    def __init__(self, folder: Path) -> None:
        self._world = World(folder / "node")
        self._world.now = system_clock()
        self._world.pass_time(seconds=0)
        node = self._world.enrolled()
        account, store = open_with_card(self._world, node)
        assert account.card is not None
        self._card = account.card
        for slot in range(_METERS):
            node.sales.sell(OPERATOR, self._card, [for_money(slot, 90_000)], f"first-{slot}")
            self._world.load(store, account.meters[slot].meter)
        node.close()
        link = folder / "reader"
        self._reader = SimulatedReader(link, pace=Pace(SPEEDS))
        self._driver = GemPcTwinReader(str(link))
        self._icc = UserCardIcc(store, self._world.random)
        self._node: Node | None = None

    def __enter__(self) -> "_counter":
        self._reader.__enter__()
        self._reader.insert(self._icc)
        self._node = build(
            self._world.folder,
            clock=self._world.clock,
            random=self._world.random,
            reader=self._driver,
            uplinks=self._world.headquarters.uplink,
        )
        self._node.staff.sign_in(OPERATOR, PASSWORD)
        self._node.cards.read(OPERATOR)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._node is not None
        self._node.close()
        self._driver.close()
        self._reader.__exit__(None, None, None)

    def sale(self, number: int) -> float:
        """Milliseconds of a sale to one meter, with the card on the screen before."""
        assert self._node is not None
        self._node.cards.read(OPERATOR)
        begin = perf_counter()
        self._node.sales.sell(OPERATOR, self._card, [for_money(_SOLD, _SUM)], f"paced-{number}")
        return 1000 * (perf_counter() - begin)

    def reading(self) -> float:
        """Milliseconds until a card that was put in can be shown."""
        assert self._node is not None
        self._reader.remove()
        self._node.cards.present()
        self._reader.insert(self._icc)
        begin = perf_counter()
        self._node.cards.read(OPERATOR)
        return 1000 * (perf_counter() - begin)
