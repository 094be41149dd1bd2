"""The node's configuration: ``node.toml``, read once at the start, every key checked.

==============  ================  =======================================================
table           key               meaning (default)
==============  ================  =======================================================
headquarters    url               where headquarters is reached; the token fills it ("")
sync            interval_s        seconds between exchanges (300)
reader          port              path of the reader's port, or its name in PC/SC; auto: it
                                  is found ("auto")
reader          protocol          how the reader is spoken to; auto: it is found ("auto")
reader          parallel_mode     how a reader on a parallel port sends: byte, nibble; auto:
                                  bytes if it can ("auto")
printer         kind              how the receipt printer is connected: none, serial, usb,
                                  network, file; none: the browser prints ("none")
printer         port              path of the serial port, of the USB printer's device or of a
                                  file; HOST or HOST:PORT of a printer on the network ("")
printer         speed             bits a second on a serial port (9600)
printer         flow              who holds a serial printer back that is too slow: none,
                                  rtscts, xonxoff ("none")
printer         answers           it answers questions; false for a one-way cable (true)
printer         profile           what it can do: gb18030, gb18030-basic, raster ("gb18030")
printer         width             of its paper in millimetres, 58 or 80 (80)
printer         language          of receipts, en or zh; empty: the place's ("")
printer         cut               it has a knife (true)
printer         drawer            it opens the cash drawer with each receipt (false)
printer         logo              a PNG picture for the head of receipts ("")
cash            shifts            money is taken in an open shift only (true)
cash            second_from       cash from which on a movement beside sales needs a second
                                  person, minor units; 0: none does (0)
backup          every_s           seconds between backups (3600)
backup          second            folder on a second medium, a stick or another disk, where
                                  backups go too ("")
web             host              address the pages are served on ("127.0.0.1")
web             port              port the pages are served on (8631)
lan             host              address on the local network that the pages are served on as
                                  well, over TLS and to other machines; empty: to none ("")
lan             port              port of those pages (8632)
place           time_zone         zone of the clock on the wall ("Asia/Shanghai")
place           language          language before anybody chose one, en or zh ("zh")
==============  ================  =======================================================

A file that is missing means the defaults; a key that is not in the table is an error.
"""

from ipaddress import ip_address
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from yika_common.errors import Phrase
from yika_common.infra.config import OutOfRange, load_config
from yika_common.journal.bodies import FIGURE_MAX
from yika_common.values import dataclass

FILE_NAME: Final = "node.toml"
AUTO: Final = "auto"
PROTOCOLS: Final = (AUTO, "gempc-twin", "asedrive", "gemplus", "pcsc")
PARALLEL_PORTS: Final = "/dev/parport"
PARALLEL_PROTOCOLS: Final = (AUTO, "gempc-twin", "asedrive")
PARALLEL_MODES: Final = (AUTO, "byte", "nibble")
LANGUAGES: Final = ("en", "zh")
NO_PRINTER: Final = "none"
PRINTER_KINDS: Final = (NO_PRINTER, "serial", "usb", "network", "file")
PRINTER_FLOWS: Final = ("none", "rtscts", "xonxoff")
PRINTER_PROFILES: Final = ("gb18030", "gb18030-basic", "raster")
PRINTER_WIDTHS: Final = (58, 80)
PRINTER_SPEEDS: Final = (1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200)
_PORT_MAX = 65535
_INTERVAL_MIN, _INTERVAL_MAX = 5, 86_400
_BACKUP_MIN = 60


@dataclass(frozen=True, slots=True)
class HeadquartersConfig:
    """How headquarters is reached."""

    url: str = ""

    def __post_init__(self) -> None:
        if self.url and not self.url.startswith(("http://", "https://")):
            raise OutOfRange("url", Phrase("it begins with http:// or https://"))


@dataclass(frozen=True, slots=True)
class SyncConfig:
    """How often the node talks to headquarters by itself."""

    interval_s: int = 300

    def __post_init__(self) -> None:
        if not _INTERVAL_MIN <= self.interval_s <= _INTERVAL_MAX:
            raise OutOfRange("interval_s", _between(_INTERVAL_MIN, _INTERVAL_MAX))


@dataclass(frozen=True, slots=True)
class ReaderConfig:
    """Which card reader is connected."""

    port: str = AUTO
    protocol: str = AUTO
    parallel_mode: str = AUTO

    def __post_init__(self) -> None:
        on_parallel = self.port.startswith(PARALLEL_PORTS)
        known = PARALLEL_PROTOCOLS if on_parallel else PROTOCOLS
        if self.protocol not in known:
            raise OutOfRange("protocol", _among(known))
        if self.parallel_mode not in PARALLEL_MODES:
            raise OutOfRange("parallel_mode", _among(PARALLEL_MODES))


@dataclass(frozen=True, slots=True)
class PrinterConfig:
    """Which receipt printer is connected."""

    kind: str = NO_PRINTER
    port: str = ""
    speed: int = 9600
    flow: str = "none"
    answers: bool = True
    profile: str = "gb18030"
    width: int = 80
    language: str = ""
    cut: bool = True
    drawer: bool = False
    logo: str = ""

    def __post_init__(self) -> None:
        for key, known in (
            ("kind", PRINTER_KINDS),
            ("flow", PRINTER_FLOWS),
            ("profile", PRINTER_PROFILES),
            ("language", ("", *LANGUAGES)),
        ):
            if getattr(self, key) not in known:
                raise OutOfRange(key, _among(known))
        if self.width not in PRINTER_WIDTHS:
            raise OutOfRange("width", _among(tuple(map(str, PRINTER_WIDTHS))))
        if self.speed not in PRINTER_SPEEDS:
            raise OutOfRange("speed", _among(tuple(map(str, PRINTER_SPEEDS))))
        if self.kind != NO_PRINTER and not self.port:
            raise OutOfRange("port", Phrase("it is missing"))


@dataclass(frozen=True, slots=True)
class CashConfig:
    """How the drawers of this vending point are kept."""

    shifts: bool = True
    second_from: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.second_from <= FIGURE_MAX:
            raise OutOfRange("second_from", _between(0, FIGURE_MAX))


@dataclass(frozen=True, slots=True)
class BackupConfig:
    """How often backups are made, and where they go besides the data folder."""

    every_s: int = 3600
    second: str = ""

    def __post_init__(self) -> None:
        if not _BACKUP_MIN <= self.every_s <= _INTERVAL_MAX:
            raise OutOfRange("every_s", _between(_BACKUP_MIN, _INTERVAL_MAX))
        if self.second and not Path(self.second).is_absolute():
            raise OutOfRange("second", Phrase("it must be a whole path, from / on"))

    @property
    def second_place(self) -> Path | None:
        """The second medium's folder, if one is configured."""
        return Path(self.second) if self.second else None


@dataclass(frozen=True, slots=True)
class WebConfig:
    """Where the pages are served."""

    host: str = "127.0.0.1"
    port: int = 8631

    def __post_init__(self) -> None:
        if not 0 <= self.port <= _PORT_MAX:
            raise OutOfRange("port", _between(0, _PORT_MAX))


@dataclass(frozen=True, slots=True)
class LanConfig:
    """Where the pages are served to other machines, if anywhere."""

    host: str = ""
    port: int = 8632

    def __post_init__(self) -> None:
        if not 0 <= self.port <= _PORT_MAX:
            raise OutOfRange("port", _between(0, _PORT_MAX))
        if self.host and not _is_ip(self.host):
            raise OutOfRange("host", Phrase("it must be an IP address"))


@dataclass(frozen=True, slots=True)
class PlaceConfig:
    """Where the vending point is."""

    time_zone: str = "Asia/Shanghai"
    language: str = "zh"

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError) as cause:
            raise OutOfRange("time_zone", Phrase("no time zone has this name")) from cause
        if self.language not in LANGUAGES:
            raise OutOfRange("language", _among(LANGUAGES))

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the clock on the wall."""
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration; whoever holds one holds a good one."""

    headquarters: HeadquartersConfig = HeadquartersConfig()
    sync: SyncConfig = SyncConfig()
    reader: ReaderConfig = ReaderConfig()
    printer: PrinterConfig = PrinterConfig()
    cash: CashConfig = CashConfig()
    backup: BackupConfig = BackupConfig()
    web: WebConfig = WebConfig()
    lan: LanConfig = LanConfig()
    place: PlaceConfig = PlaceConfig()


def load(folder: Path) -> Config:
    """The configuration of a data folder.

    Raises:
        ConfigurationUnreadable, UnknownSetting, WrongSetting: name the key.
    """
    path = folder / FILE_NAME
    return load_config(path, Config) if path.exists() else Config()


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _between(least: int, most: int) -> Phrase:
    return Phrase("it must be %(least)s to %(most)s", least=least, most=most)


def _among(choices: tuple[str, ...]) -> Phrase:
    return Phrase("it must be one of %(choices)s", choices=", ".join(choices))
