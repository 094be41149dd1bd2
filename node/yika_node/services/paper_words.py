"""The words and forms that all papers of a vending point share, in its receipts' language."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from yika_common.errors import N_
from yika_common.infra.language import filled
from yika_common.infra.web.formats import money_shown, quantity_shown, time_shown
from yika_common.numbers import Money, Quantity
from yika_common.sync.settings import Settings
from yika_common.values import dataclass
from yika_node.printing.capitals import capitals
from yika_node.printing.columns import printable, width_of
from yika_node.printing.paper import Align, Code, Line, Logo, Part, Rule
from yika_node.services.loading import CHINESE

_PRACTICE: Final = ("练习 非真实", "PRACTICE")
"""In both languages on every paper, whatever its own is."""
_BIG_COLUMNS: Final = 16
"""What fits on a narrow paper in big characters."""


@dataclass(frozen=True, slots=True)
class Words:
    """One language, one clock on the wall, one currency.

    ``practice``: nothing that is printed is real, and every paper says so.
    """

    language: str
    zone: ZoneInfo
    currency: str = "¥"
    practice: bool = False

    def say(self, text: str, **facts: str | int) -> str:
        """The English sentence in the language, its facts filled in."""
        return filled(text, facts, self.language)

    def money(self, amount: Money) -> str:
        """``¥1,234.50``."""
        return money_shown(amount, self.currency)

    def quantity(self, quantity: Quantity, unit: str) -> str:
        """``74.2 m³``."""
        return quantity_shown(quantity, unit)

    def time(self, moment: datetime) -> str:
        """``2026-11-23 14:05:09`` on the clock on the wall."""
        return time_shown(moment, self.zone)

    def total(self, name: str, amount: Money) -> tuple[Part, ...]:
        """The sum of a paper, in Chinese in capitals too, which nobody alters with a pen."""
        line = Line(self.say(name), self.money(amount), bold=True, big=True)
        if self.language != CHINESE:
            return (line,)
        return line, Line(capitals(amount))

    def head(self, settings: Settings, title: str) -> tuple[Part, ...]:
        """The utility, its tax number, and what the paper is."""
        name = printable(settings.receipt_title)
        parts: list[Part] = [Logo()]
        if self.practice:
            parts += [Line(text, align=Align.CENTRE, bold=True, big=True) for text in _PRACTICE]
        if name:
            fits = width_of(name) <= _BIG_COLUMNS
            parts.append(Line(name, align=Align.CENTRE, bold=True, big=fits))
        if settings.receipt_tax_number:
            text = N_("Tax number %(number)s")
            said = self.say(text, number=settings.receipt_tax_number)
            parts.append(Line(said, align=Align.CENTRE))
        parts.append(Line(self.say(title), align=Align.CENTRE, bold=True, big=True))
        return (*parts, Rule("="))

    def copy(self, number: int) -> tuple[Part, ...]:
        """The mark of a copy; the original (0) has none."""
        if not number:
            return ()
        said = self.say(N_("COPY %(number)s"), number=number)
        return (Line(said, align=Align.CENTRE, bold=True, big=True),)

    def foot(self, settings: Settings, code: str) -> tuple[Part, ...]:
        """The code that anybody can check, and what headquarters wants said."""
        parts: list[Part] = []
        if code:
            said = self.say(N_("Anyone can check this receipt with its code."))
            parts += [Rule(), Code(code), Line(said, align=Align.CENTRE)]
        if settings.receipt_note:
            parts += [Rule(), Line(settings.receipt_note, align=Align.CENTRE)]
        return tuple(parts)

    def holder(self, settings: Settings, name: str) -> str:
        """A customer's name, as far as headquarters lets it stand on papers."""
        return masked(name) if settings.receipt_person == "masked" else name

    def place(self, settings: Settings, address: str) -> str:
        """An address, likewise."""
        return masked_place(address) if settings.receipt_person == "masked" else address

    def facts(self, *pairs: tuple[str, str]) -> tuple[Part, ...]:
        """Names at the left edge and what they are at the right one; empty ones are left out."""
        return tuple(Line(self.say(name), value) for name, value in pairs if value)


def masked(name: str) -> str:
    """A name by which only its holder knows himself: ``王**``."""
    return name[:1] + "*" * (len(name) - 1)


def masked_place(address: str) -> str:
    """An address without its numbers: ``东河路*号``."""
    shown = ""
    for char in address:
        star = "*" if char.isdigit() else char
        if star != "*" or not shown.endswith("*"):
            shown += star
    return shown
