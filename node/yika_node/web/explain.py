"""The lines of a price, told so that a customer can check them with a pocket calculator."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask_babel import gettext

from yika_common.infra.web.faults import language_here
from yika_common.infra.web.formats import grouped
from yika_common.numbers import Money, quantity_to_text
from yika_common.services import Service
from yika_common.tariffs.model import TAX_CODE, Tariff
from yika_common.tariffs.quote import QuoteLine


@dataclass(frozen=True, slots=True)
class Told:
    """One line: ``quantity`` times ``price`` is ``amount``, rounded half up to the minor unit.

    ``step`` is 1 and up, 0 for what is no step (a fee, a tax); the texts are decimals, with
    ``unit`` empty where the quantity is a number of times.
    """

    name: str
    step: int
    quantity: str
    unit: str
    price: str
    amount: Money


def tariff_of(tariffs: Iterable[Tariff], tariff_id: str, version: int) -> Tariff | None:
    """That version, if this node still holds it."""
    wanted = (tariff_id, version)
    return next((tariff for tariff in tariffs if (tariff.id, tariff.version) == wanted), None)


def told(lines: Sequence[QuoteLine], service: Service, tariff: Tariff | None) -> tuple[Told, ...]:
    """The lines in the current page's language; without the tariff their codes are their names."""
    return tuple(_told(line, service, tariff) for line in lines)


def _told(line: QuoteLine, service: Service, tariff: Tariff | None) -> Told:
    names = {} if tariff is None else tariff.names
    name = names.get(line.code)
    return Told(
        name=line.code if name is None else name.text(language_here()),
        step=line.step,
        quantity=grouped(quantity_to_text(line.quantity)),
        unit=_unit(line, service, tariff),
        price=line.price_text,
        amount=line.amount,
    )


def _unit(line: QuoteLine, service: Service, tariff: Tariff | None) -> str:
    if line.step:
        return service.unit
    if tariff is None:
        return ""
    if tariff.heat_basic_fee is not None and line.code == tariff.heat_basic_fee.code:
        return "m²"
    return tariff.currency if line.code == TAX_CODE else gettext("times")
