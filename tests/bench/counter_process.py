"""``yika-node serve`` with a card that lies in a reader inside the process.

Everything is the production program, its command line included; only the serial reader is
replaced, because a card on a real line would take most of the time.  Arguments: the data folder
and the file of the simulated card.
"""

import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from yika_common.infra.entropy import system_random
from yika_common.readers.port import CardConnection, ReaderDescription
from yika_common.simulated.card_file import FileCardStore
from yika_common.simulated.icc import CardMemory, UserCardIcc
from yika_node import __main__, bootstrap
from yika_node.hardware.asedrive import AseDriveProtocol

REPLACED = AseDriveProtocol
"""Loaded as it would be with a reader on the line, because it weighs."""


class Chip:
    """The memory of a chip, read from its file once and then kept here."""

    def __init__(self, path: Path) -> None:
        self._memory = FileCardStore(path).load()

    def load(self) -> CardMemory:
        return self._memory

    def commit(self, memory: CardMemory) -> None:
        self._memory = memory


class InnerReader:
    """A reader whose card always lies in it."""

    def __init__(self, chip: Chip) -> None:
        self._icc = UserCardIcc(chip, system_random)

    def describe(self) -> ReaderDescription:
        return ReaderDescription("inside", "simulated", 0, "")

    def card_present(self) -> bool:
        return True

    def connect(self) -> CardConnection:
        self._icc.reset()
        return _Connection(self._icc)

    def close(self) -> None:
        """Nothing is held."""


class _Connection:
    def __init__(self, icc: UserCardIcc) -> None:
        self._icc = icc
        self.atr = icc.atr

    def transmit(self, apdu: bytes) -> bytes:
        return self._icc.transmit(apdu)

    def disconnect(self) -> None:
        """The card stays."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.disconnect()


if __name__ == "__main__":
    reader = InnerReader(Chip(Path(sys.argv[2])))
    # No patching library: it would weigh in the memory that is measured.
    setattr(bootstrap, "reader_at", lambda *_: reader)  # noqa: B010 - types stay checked
    sys.argv[1:] = ["--data", sys.argv[1], "serve", "--port", "0"]
    __main__.main()
