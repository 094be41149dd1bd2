"""The configuration file ``central.toml`` of a data folder.

=================  =====================  =====================================================
key                default                meaning
=================  =====================  =====================================================
database_url       "" (``central.db``)    PostgreSQL: ``postgresql://user@host/database``
host               "127.0.0.1"            where the server listens
port               8600
time_zone          "Asia/Shanghai"        the utility's: business days and what pages show
trusted_hosts      []                     further host names the server is reached under
rerate_every       30                     seconds between two looks at the re-rating queue
password_memory    19456                  KiB of memory that one password guess costs
=================  =====================  =====================================================

Every key may be left out; a key that is not in the table is refused, so that a slip is noticed.
"""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from types import GenericAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from yika_central.errors import ConfigurationWrong

FILE = "central.toml"
PORT_MAX = 65535


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration, every value checked."""

    database_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8600
    time_zone: str = "Asia/Shanghai"
    trusted_hosts: tuple[str, ...] = ()
    rerate_every: int = 30
    password_memory: int = 19456

    def __post_init__(self) -> None:
        if not 0 < self.port <= PORT_MAX:
            raise ValueError(f"port is 1 to {PORT_MAX}")
        if self.rerate_every < 1:
            raise ValueError("rerate_every is at least 1")
        if self.password_memory < 8:  # noqa: PLR2004 - Argon2's own floor for one lane
            raise ValueError("password_memory is at least 8")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError) as cause:
            raise ValueError(f"time_zone “{self.time_zone}” is unknown") from cause


def read_config(folder: Path) -> Config:
    """The configuration of a data folder; without a file, every default.

    Raises:
        ConfigurationWrong: names the key and what is wrong with it.
    """
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Config()
    try:
        return _config(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValueError) as cause:
        raise ConfigurationWrong(file=path.name, why=str(cause)) from cause


def _config(table: dict[str, object]) -> Config:
    known = {field.name: field.type for field in fields(Config)}
    values: dict[str, object] = {}
    for name, value in table.items():
        if name not in known:
            raise ValueError(f"the key {name} is unknown")
        if isinstance(known[name], GenericAlias):
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise ValueError(f"{name} is a list of texts")
            values[name] = tuple(value)
        elif type(value) is not known[name]:
            raise ValueError(f"{name} is a {getattr(known[name], '__name__', '')}")
        else:
            values[name] = value
    return Config(**values)  # type: ignore[arg-type]
