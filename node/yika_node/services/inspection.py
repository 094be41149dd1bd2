"""Whether a vending point is fit to open: each part is tried, and said in one sentence.

One service with two faces, the command line's and the page's.  Nothing is changed, and nothing
needs a network.  While the program runs, the reader is its own, and it is the one to test it.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from yika_common.clock import Clock
from yika_common.errors import N_, YikaError
from yika_common.readers.port import NamedReader
from yika_common.values import dataclass
from yika_node.config import load
from yika_node.services import inspected_keeping as keeping
from yika_node.services import inspected_machine as machine
from yika_node.services.backup_state import Safekeeping
from yika_node.services.findings import Finding, failed, good
from yika_node.services.inspected_printer import printer as printer_found
from yika_node.services.printer_desk import PrinterView
from yika_node.services.reader_test import way_of

ReaderAt = Callable[[str, str, str], NamedReader]
"""Gives the driver for a port, a protocol and a parallel port's mode, as they are configured."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """Looks at the data folder of a node, and at what is connected.

    Attributes:
        running: whether the node's own program has the folder, and with it the reader.
        live: whether it asks itself: what takes long is then not done again.
        printer: what the running program knows of the receipt printer.
        ahead_s: by how much the clock was ahead of headquarters' at the last exchange, if known.
    """

    folder: Path
    reader_at: ReaderAt
    clock: Clock
    running: bool = False
    live: bool = False
    ahead_s: int | None = None
    printer: PrinterView | None = None

    def findings(self) -> Iterator[Finding]:
        """What was found, part by part, as it is found."""
        folder, clock = self.folder, self.clock
        state = Safekeeping(folder).state()
        looks: tuple[tuple[str, Callable[[], Finding | None]], ...] = (
            (N_("Configuration"), self._configuration),
            (N_("Registration"), lambda: keeping.registration(folder)),
            (N_("Database"), lambda: keeping.database(folder, state, live=self.live)),
            (N_("Journal"), lambda: keeping.journal(folder)),
            (N_("Keys"), lambda: keeping.keys(folder)),
            (N_("Backup"), lambda: keeping.backups(folder, clock)),
            (N_("Headquarters"), lambda: keeping.unsent(folder, clock)),
            (N_("Prices"), lambda: keeping.tariffs(folder, clock)),
            (N_("Card reader"), self._card_reader),
            (N_("Printer"), self._printer),
            (N_("Local network"), self._local_network),
            (N_("Clock"), lambda: machine.wall_clock(folder, clock, self.ahead_s)),
            (N_("Disk"), lambda: machine.disk(_existing(folder))),
            (N_("Memory"), lambda: machine.memory(running=self.live)),
            (N_("Program"), lambda: machine.software(folder)),
        )
        for part, look in looks:
            try:
                found = look()
            except YikaError as problem:
                found = failed(part, problem)
            if found is not None:
                yield found

    def _configuration(self) -> Finding:
        config = load(self.folder)
        return good(
            N_("Configuration"),
            N_("The configuration is sound; the pages are served on port %(port)s."),
            port=config.web.port,
        )

    def _card_reader(self) -> Finding:
        part = N_("Card reader")
        if self.running:
            return good(
                part,
                N_(
                    "The program runs and has the card reader: “Card reader” on its page Office "
                    "(F10) tests it."
                ),
            )
        configured = load(self.folder).reader
        reader = self.reader_at(configured.port, configured.protocol, configured.parallel_mode)
        try:
            found = reader.describe()
            present = reader.card_present()
        finally:
            reader.close()
        text = (
            N_("The card reader at %(port)s answers as %(way)s; a card is in it.")
            if present
            else N_("The card reader at %(port)s answers as %(way)s; it is empty.")
        )
        return good(part, text, port=found.port, way=way_of(found))

    def _printer(self) -> Finding:
        config = load(self.folder).printer
        return printer_found(
            self.folder, config, (self.printer or PrinterView()) if self.live else None
        )

    def _local_network(self) -> Finding | None:
        """The pages for other machines, where there are any."""
        host = load(self.folder).lan.host
        if not host:
            return None
        from yika_node.services.inspected_lan import local_network  # noqa: PLC0415 - seldom

        return local_network(self.folder, host, self.clock())


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that there is."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
