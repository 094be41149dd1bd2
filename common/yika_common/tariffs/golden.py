"""A tariff brings examples of its own; whoever takes it into use computes them first.

So a program that prices differently from the one its author had refuses the tariff instead of
selling at a wrong price.
"""

from yika_common.errors import YikaError
from yika_common.numbers import money_to_text, quantity_to_text
from yika_common.tariffs.errors import GoldenCaseDiffers
from yika_common.tariffs.model import GoldenCase, Tariff
from yika_common.tariffs.quote import quote_for_money, quote_for_quantity


def check_golden(tariff: Tariff) -> None:
    """Compute every example of the tariff.

    Raises:
        GoldenCaseDiffers: the first that comes out differently, or is refused.
    """
    for number, case in enumerate(tariff.golden, start=1):
        expected = f"{quantity_to_text(case.quantity)} / {money_to_text(case.charged)}"
        computed = _computed(tariff, case)
        if computed != expected:
            raise GoldenCaseDiffers(
                tariff=tariff.id,
                version=tariff.version,
                case=number,
                expected=expected,
                computed=computed,
            )


def _computed(tariff: Tariff, case: GoldenCase) -> str:
    try:
        if case.tendered is None:
            quote = quote_for_quantity(tariff, case.usage, case.quantity)
        else:
            quote = quote_for_money(tariff, case.usage, case.tendered)
    except YikaError as refusal:
        return refusal.code
    return f"{quantity_to_text(quote.quantity)} / {money_to_text(quote.amount)}"
