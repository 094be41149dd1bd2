"""The node's configuration: ``node.toml``, read once at the start, every key checked.

==============  ================  =======================================================
table           key               meaning (default)
==============  ================  =======================================================
headquarters    url               where headquarters is reached; the token fills it ("")
sync            interval_s        seconds between exchanges (300)
reader          port              serial port of the card reader ("/dev/ttyUSB0")
reader          protocol          how the reader is spoken to ("gempc-twin")
web             host              address the pages are served on ("127.0.0.1")
web             port              port the pages are served on (8631)
place           time_zone         zone of the clock on the wall ("Asia/Shanghai")
place           language          language before anybody chose one, en or zh ("zh")
==============  ================  =======================================================

A file that is missing means the defaults; a key that is not in the table is an error.
"""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from yika_node.errors import ConfigInvalid

FILE_NAME: Final = "node.toml"
PROTOCOLS: Final = ("gempc-twin",)
LANGUAGES: Final = ("en", "zh")
_PORT_MAX = 65535
_INTERVAL_MIN, _INTERVAL_MAX = 5, 86_400


@dataclass(frozen=True, slots=True)
class HeadquartersConfig:
    """How headquarters is reached."""

    url: str = ""

    def __post_init__(self) -> None:
        if self.url and not self.url.startswith(("http://", "https://")):
            raise ValueError("headquarters.url begins with http:// or https://")


@dataclass(frozen=True, slots=True)
class SyncConfig:
    """How often the node talks to headquarters by itself."""

    interval_s: int = 300

    def __post_init__(self) -> None:
        if not _INTERVAL_MIN <= self.interval_s <= _INTERVAL_MAX:
            raise ValueError(f"sync.interval_s is {_INTERVAL_MIN} to {_INTERVAL_MAX}")


@dataclass(frozen=True, slots=True)
class ReaderConfig:
    """Which card reader is connected."""

    port: str = "/dev/ttyUSB0"
    protocol: str = "gempc-twin"

    def __post_init__(self) -> None:
        if self.protocol not in PROTOCOLS:
            raise ValueError("reader.protocol is one of " + ", ".join(PROTOCOLS))


@dataclass(frozen=True, slots=True)
class WebConfig:
    """Where the pages are served."""

    host: str = "127.0.0.1"
    port: int = 8631

    def __post_init__(self) -> None:
        if not 0 <= self.port <= _PORT_MAX:
            raise ValueError(f"web.port is 0 to {_PORT_MAX}")


@dataclass(frozen=True, slots=True)
class PlaceConfig:
    """Where the vending point is."""

    time_zone: str = "Asia/Shanghai"
    language: str = "zh"

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError) as cause:
            raise ValueError("place.time_zone is not a known time zone") from cause
        if self.language not in LANGUAGES:
            raise ValueError("place.language is one of " + ", ".join(LANGUAGES))

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
    web: WebConfig = WebConfig()
    place: PlaceConfig = PlaceConfig()


def load(folder: Path) -> Config:
    """The configuration of a data folder.

    Raises:
        ConfigInvalid: the file is no TOML, or names an unknown key or an unusable value.
    """
    path = folder / FILE_NAME
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Config()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        raise ConfigInvalid(file=FILE_NAME, why=str(cause)) from cause
    try:
        return _config(document)
    except ValueError as cause:
        raise ConfigInvalid(file=FILE_NAME, why=str(cause)) from cause


def _config(document: dict[str, Any]) -> Config:
    tables = {member.name: type(member.default) for member in fields(Config)}
    _refuse_unknown(document, tables, "")
    parts = {name: _table(name, tables[name], value) for name, value in document.items()}
    return Config(**parts)


def _table(name: str, kind: type[Any], value: object) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{name} is a table: write [{name}]")
    known = {member.name: type(member.default) for member in fields(kind)}
    _refuse_unknown(value, known, f"{name}.")
    for key, found in value.items():
        if type(found) is not known[key]:
            raise ValueError(f"{name}.{key} is {_KIND_NAMES[known[key]]}")
    return kind(**value)


_KIND_NAMES = {str: "a text", int: "a whole number"}


def _refuse_unknown(found: dict[str, Any], known: dict[str, type[Any]], prefix: str) -> None:
    for key in found:
        if key not in known:
            raise ValueError(f"{prefix}{key} is not a known key")
