"""A simulated ASEDrive with the production driver on its port."""

import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from memory_builders import ChipStoreInMemory, whole_byte_flickers
from reader_builders import QUICK
from wire_traces import Trace
from yika_common.readers.asedrive import CommandDecoder, Order, command_frame
from yika_common.readers.asedrive_data import ReaderFacts
from yika_common.readers.port import MemoryKind
from yika_common.simulated.memory_chip import SimulatedChip, new_content
from yika_common.simulated.pty_link import PtyLink
from yika_common.simulated.reader import Direction, SimulatedReader
from yika_common.simulated.reader_asedrive import AseDrive
from yika_node.hardware.asedrive import AseDriveProtocol
from yika_node.hardware.connection import ApduConnection, ChipConnection
from yika_node.hardware.serial_reader import SerialReader
from yika_node.hardware.timing import Timing


class AseDriveReader(SerialReader):
    """The production driver for an ASEDrive and nothing else."""

    def __init__(self, port: Path | str, timing: Timing = QUICK) -> None:
        super().__init__(str(port), [AseDriveProtocol], timing=timing)

    def apdu(self) -> ApduConnection:
        """The CPU card in the reader."""
        connection = self.connect()
        assert isinstance(connection, ApduConnection)
        return connection

    def chip(self) -> ChipConnection:
        """The memory card in the reader."""
        connection = self.connect()
        assert isinstance(connection, ChipConnection)
        return connection


@contextmanager
def asedrive(
    folder: Path,
    *,
    timing: Timing = QUICK,
    time_requests: int = 0,
    facts: ReaderFacts | None = None,
    trace: Trace | None = None,
) -> Iterator[tuple[SimulatedReader, AseDriveReader]]:
    """A simulated reader and the production driver on its port."""
    seen: Trace = [] if trace is None else trace
    with SimulatedReader(
        folder / "port",
        firmware=partial(AseDrive, facts=facts),
        on_line=lambda way, data: seen.append((way, data)),
        time_requests=time_requests,
    ) as simulated:
        driver = AseDriveReader(simulated.link, timing)
        try:
            yield simulated, driver
        finally:
            driver.close()


def new_chip(kind: MemoryKind) -> SimulatedChip:
    """A chip as its maker delivers it."""
    return SimulatedChip(ChipStoreInMemory(new_content(kind)), whole_byte_flickers())


class TracePlayer:
    """A reader that knows nothing but a trace: each command gets the answers it got there.

    Attributes:
        strange: commands that are not in the trace.
    """

    def __init__(self, link: Path, trace: Trace) -> None:
        self.strange: list[bytes] = []
        self._answers: dict[bytes, list[bytes]] = defaultdict(list)
        runs = iter(trace)
        for (way, command), (_, answer) in zip(runs, runs, strict=True):
            assert way is Direction.TO_READER
            self._answers[command].append(answer)
        self._port = PtyLink(link)
        os.set_blocking(self._port.master, True)
        self._decoder = CommandDecoder()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the port."""
        os.write(os.open(self._port.link, os.O_WRONLY | os.O_NOCTTY), b"\0")
        self._thread.join()
        self._port.close()

    def _run(self) -> None:
        while (data := os.read(self._port.master, 4096))[:1] != b"\0":
            for order in self._decoder.feed(data):
                assert isinstance(order, Order)
                command = command_frame(order.command, order.data)
                answers = self._answers.get(command)
                if answers is None:
                    self.strange.append(command)
                    continue
                self._port.write(answers.pop(0) if len(answers) > 1 else answers[0])
