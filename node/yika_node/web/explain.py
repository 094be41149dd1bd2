"""A price and a payment, told in the language of the page."""

from collections.abc import Mapping

from yika_common.infra.web.faults import language_here
from yika_common.services import Service
from yika_common.tariffs.dues import Bill
from yika_common.tariffs.explanation import Explanation
from yika_common.tariffs.model import Tariff
from yika_node.services import told_bill
from yika_node.services.told_bill import ToldBill, tariff_of

__all__ = ["ToldBill", "tariff_of", "told"]


def told(
    bill: Bill,
    explanation: Explanation | None,
    service: Service,
    tariff: Tariff | None,
    debts: Mapping[str, str],
) -> ToldBill:
    """See :func:`yika_node.services.told_bill.told`."""
    return told_bill.told(bill, explanation, service, tariff, debts, language_here())
