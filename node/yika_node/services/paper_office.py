"""Receipts and slips to the printer: the original once, then copies that say so.

The original is noted in the journal when it has come out, so that after a print that failed the
next one is the original still; a copy is noted before it is printed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from yika_common.clock import Clock
from yika_common.values import dataclass
from yika_node.printing.paper import Paper
from yika_node.services.card_views import Slip
from yika_node.services.charge_views import Charge
from yika_node.services.paper_words import Words
from yika_node.services.payments import Receipt
from yika_node.services.printer_desk import PrinterDesk
from yika_node.services.receipt_codes import ReceiptCodes
from yika_node.services.receipt_paper import ReceiptPaper
from yika_node.services.refund_views import RefundView
from yika_node.services.reprints import Printing
from yika_node.services.sales_days import Total
from yika_node.services.settings_shelf import SettingsShelf
from yika_node.services.shift_views import BankingView, ZReport
from yika_node.services.slip_papers import card_paper, refund_paper, trial_paper
from yika_node.services.tariff_shelf import TariffShelf
from yika_node.services.till_papers import Papers, charge_paper, shift_paper
from yika_node.services.total_papers import banking_paper, total_paper
from yika_node.services.views import Account

if TYPE_CHECKING:
    from yika_node.services.closing import ClosingReceipt

DRAWER: Final = "drawer"
"""The name of a paper that only opens the drawer."""


@dataclass(frozen=True, slots=True)
class PaperOffice:
    """What is printed at one vending point.

    Attributes:
        drawer: whether the cash drawer opens with each receipt.
    """

    desk: PrinterDesk
    words: Words
    settings: SettingsShelf
    tariffs: TariffShelf
    codes: ReceiptCodes
    printing: Printing
    clock: Clock
    drawer: bool = False

    def receipt(self, operator: str, receipt: Receipt, reason: str = "") -> int:
        """Let a receipt be printed; the number of the copy, 0 for the original.

        Raises:
            CopyReasonMissing: it was printed before, and nobody said why once more.
            PrinterBusy: too many papers wait.
            VaultLocked, DiskFull and their like: nothing is printed.
        """
        papers = ReceiptPaper(
            self.words, self.settings.settings(), self.tariffs.tariffs(), drawer=self.drawer
        )
        code = self.codes.code(receipt)
        till, place = self.printing.till, (receipt.epoch, receipt.basket)
        tenders = till.tenders(*place)
        corrected = till.corrections(*place) if tenders else ()
        shift = self.printing.shift(*place, receipt.operator)
        return self._print(
            operator,
            place,
            lambda copy: papers.paper(receipt, code, copy, tenders, corrected, shift),
            reason,
        )

    def refund(
        self,
        operator: str,
        refund: RefundView,
        receipts: tuple[Receipt, Receipt],
        reason: str = "",
    ) -> int:
        """Let a refund's slip be printed; see :meth:`receipt`."""
        settings, code = self.settings.settings(), self.codes.code(receipts[0])
        place = refund.sale.epoch, refund.sale.seq
        shift = self.printing.shift(*place, refund.sale.operator)
        return self._print(
            operator,
            place,
            lambda copy: refund_paper(self.words, settings, refund, receipts, code, copy, shift),
            reason,
        )

    def charge(
        self, operator: str, charge: Charge, account: Account | None, reason: str = ""
    ) -> int:
        """Let the receipt of a fee, deposit or guarantee be printed; see :meth:`receipt`."""
        settings, code = self.settings.settings(), self.codes.of(charge.epoch, charge.seq)
        place = (charge.epoch, charge.seq)
        corrected = self.printing.till.corrections(*place) if charge.tenders else ()
        shift = self.printing.shift(*place, charge.operator)
        return self._print(
            operator,
            place,
            lambda copy: charge_paper(
                self.words, settings, charge, account, Papers(code, copy, corrected, shift)
            ),
            reason,
        )

    def closing(self, operator: str, ended: ClosingReceipt, reason: str = "") -> int:
        """Let the receipt of an account's end be printed; see :meth:`receipt`."""
        from yika_node.services.closing_paper import closing_paper  # noqa: PLC0415 - seldom

        settings = self.settings.settings()
        place = ended.epoch, ended.seq
        code = self.codes.of(*place, 1 + len(ended.charges))
        shift = self.printing.shift(*place, ended.operator)
        return self._print(
            operator,
            place,
            lambda copy: closing_paper(self.words, settings, ended, Papers(code, copy, (), shift)),
            reason,
        )

    def shift(self, report: ZReport) -> None:
        """Let a Z or X report be printed; raises PrinterBusy."""
        self.desk.submit(shift_paper(self.words, self.settings.settings(), report))

    def total(self, operator: str, total: Total, reason: str = "") -> int:
        """Let a sales day, month or year be printed; see :meth:`receipt`."""
        settings = self.settings.settings()
        return self._print(
            operator,
            (total.epoch, total.seq),
            lambda copy: total_paper(self.words, settings, total, copy),
            reason,
        )

    def banking(self, operator: str, banking: BankingView, reason: str = "") -> int:
        """Let a deposit slip be printed; see :meth:`receipt`."""
        settings = self.settings.settings()
        return self._print(
            operator,
            (banking.epoch, banking.seq),
            lambda copy: banking_paper(self.words, settings, banking, copy),
            reason,
        )

    def open_drawer(self) -> None:
        """Open the cash drawer, if the printer has one, and print nothing."""
        if self.drawer:
            self.desk.submit(Paper(DRAWER, (), drawer=True))

    def card(self, slip: Slip) -> None:
        """Let a new card's slip be printed; raises PrinterBusy."""
        self.desk.submit(card_paper(self.words, self.settings.settings(), slip))

    def test_page(self) -> None:
        """Let the test page be printed; raises PrinterBusy."""
        settings, profile = self.settings.settings(), self.desk.profile
        self.desk.submit(trial_paper(self.words, settings, profile, self.clock()))

    def _print(
        self,
        operator: str,
        place: tuple[int, int],
        make: Callable[[int], Paper],
        reason: str,
    ) -> int:
        epoch, seq = place
        if not self.printing.papers(epoch, seq).original:
            self.desk.submit(make(0), lambda: self.printing.first(operator, epoch, seq))
            return 0
        copy = self.printing.copy(operator, epoch, seq, reason)
        self.desk.submit(make(copy))
        return copy
