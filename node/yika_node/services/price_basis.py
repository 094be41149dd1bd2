"""What prices rest on at a moment: the program, the settings and the tariffs in force, in a line.

Source: H8 of the catalogue of functions: a part of a shift has one price basis.  The line is
``program/settings/tariffs``: the program's version, and 8 hex digits each of the settings in force
and of the versions of tariffs that have come into force.  It changes whenever one of them does,
whether headquarters sent it just now or it lay ready for its day.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from yika_common.clock import from_timestamp
from yika_common.sync.settings import Settings
from yika_common.tariffs.model import Tariff
from yika_node.services.settings_shelf import SettingsShelf
from yika_node.services.tariff_shelf import TariffShelf

_DIGITS: Final = 8
_PARTS: Final = ("program", "settings", "tariffs")


class PriceBasis:
    """Makes the line; once for each bundle and each tariff's day, not for each sale."""

    def __init__(self, shelf: TariffShelf, settings: SettingsShelf, software: str) -> None:
        self._shelf = shelf
        self._settings = settings
        self._software = software.replace("/", "-")
        self._made: tuple[Sequence[Tariff], Settings, datetime, datetime | None, str] | None = None

    def at(self, moment: int) -> str:
        """The line of a moment, in seconds since 1970.

        Raises:
            NotEnrolled, DatabaseDamaged and their like: what prices rest on can't be read.
        """
        tariffs, settings, now = (
            self._shelf.tariffs(),
            self._settings.settings(),
            from_timestamp(moment),
        )
        made = self._made
        if (
            made is not None
            and made[0] is tariffs
            and made[1] is settings
            and made[2] <= now
            and (made[3] is None or now < made[3])
        ):
            return made[4]
        begun = sorted((one.id, one.version) for one in tariffs if one.effective_from <= now)
        ahead = [one.effective_from for one in tariffs if one.effective_from > now]
        named = "\n".join(f"{tariff} {version}" for tariff, version in begun)
        line = "/".join((self._software, _short(settings.to_bytes()), _short(named.encode())))
        self._made = tariffs, settings, now, min(ahead, default=None), line
        return line


def changed(before: str, after: str) -> tuple[str, ...]:
    """Which of ``program``, ``settings`` and ``tariffs`` differ; all of them if one is unknown."""
    old, new = before.split("/"), after.split("/")
    if len(old) != len(_PARTS) or len(new) != len(_PARTS):
        return _PARTS
    return tuple(name for name, one, other in zip(_PARTS, old, new, strict=True) if one != other)


def _short(data: bytes) -> str:
    return sha256(data).hexdigest()[:_DIGITS]
