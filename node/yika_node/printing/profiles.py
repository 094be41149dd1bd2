"""What a printer can do, by the name of its profile.

===============  ==========================  =====================================
profile          text                        QR code
===============  ==========================  =====================================
gb18030          its own Chinese characters  its own (GS ( k)
gb18030-basic    its own Chinese characters  sent as a picture
raster           sent as a picture           sent as a picture
===============  ==========================  =====================================

A receipt of three meters is 3 KB as text, three seconds at 9600 baud; as a picture it is 110 KB:
for USB, the network, and serial ports at their fastest.
"""

from pathlib import Path
from typing import Final

from yika_common.values import dataclass

_DOTS_A_COLUMN: Final = 12
_COLUMNS: Final = {58: 32, 80: 48}


@dataclass(frozen=True, slots=True)
class Profile:
    """One printer: its paper's width in millimetres and what it does by itself.

    Attributes:
        chinese: it has Chinese characters of its own.
        codes: it draws QR codes itself.
        cuts: it has a knife.
        logo: the utility's picture, a PNG file; None: there is none.
    """

    mm: int = 80
    chinese: bool = True
    codes: bool = True
    cuts: bool = True
    logo: Path | None = None

    @property
    def columns(self) -> int:
        """How many ASCII characters stand in a line."""
        return _COLUMNS[self.mm]

    @property
    def dots(self) -> int:
        """How many dots a line is wide."""
        return self.columns * _DOTS_A_COLUMN


PROFILES: Final[dict[str, tuple[bool, bool]]] = {
    "gb18030": (True, True),
    "gb18030-basic": (True, False),
    "raster": (False, False),
}
"""By name: Chinese characters of its own, QR codes of its own."""

WIDTHS: Final = tuple(_COLUMNS)


def profile_of(name: str, mm: int, *, cuts: bool, logo: Path | None) -> Profile:
    """The profile of that name for paper of that width (58 or 80)."""
    chinese, codes = PROFILES[name]
    return Profile(mm, chinese, codes, cuts, logo)
