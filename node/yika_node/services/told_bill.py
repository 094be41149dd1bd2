"""A price and a payment, told so that a customer can check them with a pocket calculator.

The lines add up to the price; what stands beside them leads from the price to what is paid.  The
language is the reader's: the page's, or that of the receipts.
"""

from collections.abc import Iterable, Iterator, Mapping

from yika_common.errors import N_
from yika_common.infra.language import filled
from yika_common.infra.web.formats import grouped
from yika_common.numbers import Money, quantity_to_text
from yika_common.services import Service
from yika_common.tariffs.dues import Bill
from yika_common.tariffs.explanation import Deduction, DeductionKind, Explanation
from yika_common.tariffs.lines import SETTLED_STEPS, QuoteLine
from yika_common.tariffs.mixture import NamedBeside
from yika_common.tariffs.model import Tariff
from yika_common.values import dataclass
from yika_node.services.views import Account

_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Told:
    """One line: ``quantity`` times ``price`` is ``amount``, rounded half up to the minor unit.

    ``note`` says which step it is, or which months it is for; the texts are decimals, with
    ``unit`` empty where the quantity is a number of times.
    """

    name: str
    note: str
    quantity: str
    unit: str
    price: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Beside:
    """Money that was taken or given besides the price; ``note`` says what is left to pay."""

    name: str
    amount: Money
    left: Money | None = None
    contained: bool = False
    """Part of the lines already: it changes nothing of what is paid."""


@dataclass(frozen=True, slots=True)
class ToldBill:
    """One meter's bill in the words of a language; ``unit`` is what the meter holds."""

    unit: str
    lines: tuple[Told, ...]
    beside: tuple[Beside, ...]


def tariff_of(
    tariffs: Iterable[Tariff], tariff_id: str, version: int, beside: NamedBeside | None = None
) -> Tariff | None:
    """That version, if this node still holds it; with one ``beside`` it, the two as one price."""
    held = {(tariff.id, tariff.version): tariff for tariff in tariffs}
    first = held.get((tariff_id, version))
    if first is None or beside is None:
        return first
    from yika_common.tariffs.mixing import mixed  # noqa: PLC0415 - few meters are shared

    second = held.get((beside.id, beside.version))
    return None if second is None else mixed(first, second, beside.percent)


def debt_names(account: Account | None, language: str) -> dict[str, str]:
    """The names of the account's debts by their ids, as far as headquarters has told them."""
    if account is None or account.told is None:
        return {}
    chinese = language.startswith("zh")
    return {debt.id: debt.zh if chinese else debt.en for debt in account.told.debts}


def told(
    bill: Bill,
    explanation: Explanation | None,
    service: Service,
    tariff: Tariff | None,
    debts: Mapping[str, str],
    language: str,
) -> ToldBill:
    """The bill of a sale of ``service``, in that language.

    Where it cannot be retraced (no ``explanation``), months and included taxes are left out; where
    this node no longer holds the ``tariff``, codes stand for names.  ``debts`` names the account's
    debts by their ids.
    """
    deductions = () if explanation is None else explanation.deductions
    months = {deduction.code: deduction.months for deduction in deductions if deduction.months}
    unit = service.unit if tariff is None else tariff.unit
    words = _Words(tariff, language)
    return ToldBill(
        unit=unit,
        lines=tuple(
            Told(
                name=words.name(line.code),
                note=words.note(line, months.get(line.code, ())),
                quantity=grouped(quantity_to_text(line.quantity)),
                unit=words.unit(line, unit),
                price=line.price_text,
                amount=line.amount,
            )
            for line in bill.quote.lines
        ),
        beside=(*words.beside(bill, debts), *words.contained(deductions)),
    )


@dataclass(frozen=True, slots=True)
class _Words:
    """The names that a tariff gives, and the program's words, in one language."""

    tariff: Tariff | None
    language: str

    def note(self, line: QuoteLine, months: tuple[int, ...]) -> str:
        """Which step a line is of, or which months it is for."""
        if line.step > SETTLED_STEPS:
            step = line.step - SETTLED_STEPS
            return self._say(N_("used in step %(number)s, so far paid at the first"), number=step)
        if line.step:
            return self._say(N_("step %(number)s"), number=line.step)
        return _months(months)

    def beside(self, bill: Bill, debts: Mapping[str, str]) -> Iterator[Beside]:
        """What leads from the price to what is paid."""
        for debt in bill.debts:
            name = self._say(N_("Debt: %(name)s"), name=debts.get(debt.id, debt.id))
            yield Beside(name, debt.amount, left=debt.left)
        if bill.adjusted:
            given = bill.adjusted > 0
            text = N_("Owed to the customer") if given else N_("Owed by the customer")
            yield Beside(self._say(text), Money(-bill.adjusted))
        if bill.rounding:
            yield Beside(self._say(N_("Rounding")), bill.rounding)
        if bill.kept:
            yield Beside(self._say(N_("Kept for the next purchase")), bill.kept)

    def contained(self, deductions: Iterable[Deduction]) -> Iterator[Beside]:
        """Taxes that the lines contain."""
        for deduction in deductions:
            if deduction.kind is DeductionKind.TAX_INCLUDED:
                name = self._say(N_("%(tax)s, contained above"), tax=self.name(deduction.code))
                yield Beside(name, deduction.amount, contained=True)

    def name(self, code: str) -> str:
        """What the tariff calls it; its code where the tariff is not at hand."""
        name = {} if self.tariff is None else self.tariff.names
        return name[code].text(self.language) if code in name else code

    def unit(self, line: QuoteLine, unit: str) -> str:
        """What a line counts in; empty for a number of times."""
        tariff = self.tariff
        if line.step:
            return unit
        if tariff is None:
            return ""
        if tariff.heat_basic_fee is not None and line.code == tariff.heat_basic_fee.code:
            return "m²"
        if tariff.free_allocation is not None and line.code == tariff.free_allocation.code:
            return unit
        if any(line.code == charge.code for charge in tariff.fixed_charges):
            return self._say(N_("times"))
        return tariff.currency

    def _say(self, text: str, **facts: str | int) -> str:
        return filled(text, facts, self.language)


def _months(months: tuple[int, ...]) -> str:
    """``2026-07`` or ``2026-07 – 2026-09``."""
    if not months:
        return ""
    first, last = (f"{m // _MONTHS:04}-{m % _MONTHS + 1:02}" for m in (months[0], months[-1]))
    return first if first == last else f"{first} – {last}"
