"""A price and a payment, told so that a customer can check them with a pocket calculator.

The lines add up to the price; what stands beside them leads from the price to what is paid.
"""

from collections.abc import Iterable, Iterator, Mapping

from flask_babel import gettext

from yika_common.infra.web.faults import language_here
from yika_common.infra.web.formats import grouped
from yika_common.numbers import Money, quantity_to_text
from yika_common.services import Service
from yika_common.tariffs.dues import Bill
from yika_common.tariffs.explanation import Deduction, DeductionKind, Explanation
from yika_common.tariffs.lines import SETTLED_STEPS, QuoteLine
from yika_common.tariffs.model import Tariff
from yika_common.values import dataclass

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
    """One meter's bill in the words of the page's language; ``unit`` is what the meter holds."""

    unit: str
    lines: tuple[Told, ...]
    beside: tuple[Beside, ...]


def tariff_of(tariffs: Iterable[Tariff], tariff_id: str, version: int) -> Tariff | None:
    """That version, if this node still holds it."""
    wanted = (tariff_id, version)
    return next((tariff for tariff in tariffs if (tariff.id, tariff.version) == wanted), None)


def told(
    bill: Bill,
    explanation: Explanation | None,
    service: Service,
    tariff: Tariff | None,
    debts: Mapping[str, str],
) -> ToldBill:
    """The bill of a sale of ``service``, in the current page's language.

    Where it cannot be retraced (no ``explanation``), months and included taxes are left out; where
    this node no longer holds the ``tariff``, codes stand for names.  ``debts`` names the account's
    debts by their ids.
    """
    deductions = () if explanation is None else explanation.deductions
    months = {deduction.code: deduction.months for deduction in deductions if deduction.months}
    unit = service.unit if tariff is None else tariff.unit
    return ToldBill(
        unit=unit,
        lines=tuple(_line(line, unit, tariff, months) for line in bill.quote.lines),
        beside=(*_beside(bill, debts), *_contained(deductions, tariff)),
    )


def _line(
    line: QuoteLine, unit: str, tariff: Tariff | None, months: Mapping[str, tuple[int, ...]]
) -> Told:
    return Told(
        name=_name(line.code, tariff),
        note=_note(line, months.get(line.code, ())),
        quantity=grouped(quantity_to_text(line.quantity)),
        unit=_unit(line, unit, tariff),
        price=line.price_text,
        amount=line.amount,
    )


def _note(line: QuoteLine, months: tuple[int, ...]) -> str:
    if line.step > SETTLED_STEPS:
        step = line.step - SETTLED_STEPS
        return str(gettext("used in step %(number)s, so far paid at the first", number=step))
    if line.step:
        return str(gettext("step %(number)s", number=line.step))
    return _months(months)


def _months(months: tuple[int, ...]) -> str:
    """``2026-07`` or ``2026-07 – 2026-09``."""
    if not months:
        return ""
    first, last = (f"{m // _MONTHS:04}-{m % _MONTHS + 1:02}" for m in (months[0], months[-1]))
    return first if first == last else f"{first} – {last}"


def _beside(bill: Bill, debts: Mapping[str, str]) -> Iterator[Beside]:
    for debt in bill.debts:
        name = gettext("Debt: %(name)s", name=debts.get(debt.id, debt.id))
        yield Beside(name, debt.amount, left=debt.left)
    if bill.adjusted:
        given = bill.adjusted > 0
        name = gettext("Owed to the customer") if given else gettext("Owed by the customer")
        yield Beside(name, Money(-bill.adjusted))
    if bill.rounding:
        yield Beside(gettext("Rounding"), bill.rounding)
    if bill.kept:
        yield Beside(gettext("Kept for the next purchase"), bill.kept)


def _contained(deductions: Iterable[Deduction], tariff: Tariff | None) -> Iterator[Beside]:
    for deduction in deductions:
        if deduction.kind is DeductionKind.TAX_INCLUDED:
            name = gettext("%(tax)s, contained above", tax=_name(deduction.code, tariff))
            yield Beside(name, deduction.amount, contained=True)


def _name(code: str, tariff: Tariff | None) -> str:
    name = {} if tariff is None else tariff.names
    return name[code].text(language_here()) if code in name else code


def _unit(line: QuoteLine, unit: str, tariff: Tariff | None) -> str:
    if line.step:
        return unit
    if tariff is None:
        return ""
    if tariff.heat_basic_fee is not None and line.code == tariff.heat_basic_fee.code:
        return "m²"
    if tariff.free_allocation is not None and line.code == tariff.free_allocation.code:
        return unit
    if any(line.code == charge.code for charge in tariff.fixed_charges):
        return str(gettext("times"))
    return tariff.currency
