"""The configuration file ``central.toml`` of a data folder; every key may be left out.

=================  =====================  =====================================================
key                default                meaning
=================  =====================  =====================================================
database_url       "" (``central.db``)    PostgreSQL: ``postgresql://user@host/database``
host               "127.0.0.1"            the IP address the server listens at
port               8600
behind_proxy       false                  listen at other addresses: a proxy there speaks HTTPS
time_zone          "Asia/Shanghai"        the utility's: business days and what pages show
trusted_hosts      127.0.0.1, localhost   host names the server is reached under
rerate_every       30                     seconds between two looks at the re-rating queue
password_memory    19456                  KiB of memory that one password guess costs
two_persons_above  50000                  money (minor units) that needs a second person's name
=================  =====================  =====================================================
"""

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from yika_common.errors import Phrase
from yika_common.infra.config import OutOfRange, load_config

FILE = "central.toml"
PORT_MAX = 65535
MEMORY_MIN = 8
"""KiB; Argon2's own floor for one lane."""


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration, every value checked."""

    database_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8600
    behind_proxy: bool = False
    time_zone: str = "Asia/Shanghai"
    trusted_hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    rerate_every: int = 30
    password_memory: int = 19456
    two_persons_above: int = 50_000

    def __post_init__(self) -> None:
        if not 0 <= self.port <= PORT_MAX:
            raise OutOfRange(
                "port", Phrase("it must be %(least)s to %(most)s", least=0, most=PORT_MAX)
            )
        if self.rerate_every < 1:
            raise OutOfRange("rerate_every", Phrase("it is at least %(least)s", least=1))
        if self.password_memory < MEMORY_MIN:
            raise OutOfRange(
                "password_memory", Phrase("it is at least %(least)s", least=MEMORY_MIN)
            )
        if self.two_persons_above < 0:
            raise OutOfRange("two_persons_above", Phrase("it is at least %(least)s", least=0))
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError) as cause:
            raise OutOfRange("time_zone", Phrase("no time zone has this name")) from cause


def read_config(folder: Path) -> Config:
    """The configuration of a data folder; without a file, every default.

    Raises:
        ConfigurationUnreadable, UnknownSetting, WrongSetting: name the key.
    """
    path = folder / FILE
    return load_config(path, Config) if path.exists() else Config()
