"""A simulated Gemplus reader with the production driver on its port."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from reader_builders import QUICK
from wire_traces import Trace
from yika_common.infra.line_speed import line_speed
from yika_common.readers.gemplus import (
    RESTARTED,
    Block,
    BlockDecoder,
    Way,
    information_block,
)
from yika_common.simulated.firmware import Firmware
from yika_common.simulated.pty_link import PtyLink
from yika_common.simulated.reader import Direction, SimulatedReader
from yika_common.simulated.reader_gemplus import Gemplus
from yika_common.simulated.reader_slot import Slot
from yika_node.hardware.connection import ApduConnection
from yika_node.hardware.gemplus import GemplusProtocol
from yika_node.hardware.serial_reader import SerialReader
from yika_node.hardware.timing import Timing


class GemplusReader(SerialReader):
    """The production driver for a Gemplus reader and nothing else."""

    def __init__(self, port: Path | str, timing: Timing = QUICK) -> None:
        super().__init__(str(port), [GemplusProtocol], timing=timing)

    def connect(self) -> ApduConnection:
        connection = super().connect()
        assert isinstance(connection, ApduConnection)
        return connection


@contextmanager
def gemplus(
    folder: Path,
    *,
    timing: Timing = QUICK,
    time_requests: int = 0,
    firmware: Callable[[Slot], Firmware] = Gemplus,
    trace: Trace | None = None,
) -> Iterator[tuple[SimulatedReader, GemplusReader]]:
    """A simulated reader and the production driver on its port."""
    seen: Trace = [] if trace is None else trace
    with SimulatedReader(
        folder / "port",
        firmware=firmware,
        on_line=lambda way, data: seen.append((way, data)),
        time_requests=time_requests,
    ) as simulated:
        driver = GemplusReader(simulated.link, timing)
        try:
            yield simulated, driver
        finally:
            driver.close()


def exchanges(trace: Trace) -> list[tuple[bytes, bytes]]:
    """Each command in a trace and its answer, without what was repeated, refused or restarted."""
    decoders = {
        Direction.TO_READER: BlockDecoder(Way.TO_READER),
        Direction.FROM_READER: BlockDecoder(Way.FROM_READER),
    }
    found: list[tuple[bytes, bytes]] = []
    command = b""
    for way, data in trace:
        for block in decoders[way].feed(data):
            assert isinstance(block, Block)
            if not block.is_information:
                continue
            if way is Direction.TO_READER:
                command = block.data
            elif not found or found[-1] != (command, block.data):
                found.append((command, block.data))
    return found


class TracePlayer:
    """A reader that knows nothing but traces: each command gets the answer it got there.

    Attributes:
        strange: commands that are in no trace.
        speeds: at which each command came.
    """

    def __init__(self, link: Path, trace: Trace) -> None:
        self.strange: list[bytes] = []
        self.speeds: dict[bytes, int] = {}
        self._answers = dict(exchanges(trace))
        self._port = PtyLink(link)
        os.set_blocking(self._port.master, True)
        self._decoder = BlockDecoder(Way.TO_READER)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the port."""
        os.write(os.open(self._port.link, os.O_WRONLY | os.O_NOCTTY), b"\0")
        self._thread.join()
        self._port.close()

    def _run(self) -> None:
        number = 0
        while (data := os.read(self._port.master, 4096))[:1] != b"\0":
            for block in self._decoder.feed(data):
                assert isinstance(block, Block)
                if block.is_restart:
                    number, answer = 0, RESTARTED
                elif block.data in self._answers:
                    assert block.number == number, "a command out of turn"
                    answer = information_block(number, self._answers[block.data])
                    number ^= 1
                else:
                    self.strange.append(block.data)
                    continue
                self.speeds[block.data] = line_speed(self._port.slave)
                self._port.write(answer.encode(Way.FROM_READER))
