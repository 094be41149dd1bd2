"""A stored receipt on paper: what was bought, why it cost that, what is left, how to load it.

Everything on it comes from the stored payment; nothing is computed again.  A line that is not on
the card says so in bold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from yika_common.errors import N_
from yika_common.sync.settings import Settings
from yika_common.tariffs.explanation import Explanation
from yika_common.tariffs.model import Tariff
from yika_common.values import dataclass
from yika_node.db.till_queries import TenderRow
from yika_node.printing.paper import Line, Paper, Part, Rule
from yika_node.services.loading import loading
from yika_node.services.paper_words import Words
from yika_node.services.payments import Receipt, ReceiptLine
from yika_node.services.service_names import SERVICE_NAMES
from yika_node.services.till_papers import tender_parts
from yika_node.services.told_bill import ToldBill, debt_names, tariff_of, told
from yika_node.services.views import Account, SaleState

if TYPE_CHECKING:
    from yika_node.db.correction_queries import Correction

_STATES: Mapping[SaleState, str] = {
    SaleState.PENDING: N_("NOT ON THE CARD YET: bring this card back, it is paid."),
    SaleState.SUPERSEDED: N_("Becomes an adjustment: the next purchase counts it."),
}


@dataclass(frozen=True, slots=True)
class ReceiptPaper:
    """Sets receipts for one vending point, in one language.

    Attributes:
        tariffs: those that the node holds, for the names of lines.
        drawer: whether the cash drawer opens with an original.
    """

    words: Words
    settings: Settings
    tariffs: tuple[Tariff, ...]
    drawer: bool = False

    def paper(
        self,
        receipt: Receipt,
        code: str,
        copy: int = 0,
        tenders: Sequence[TenderRow] = (),
        corrected: Sequence[Correction] = (),
        shift: str = "",
    ) -> Paper:
        """The receipt.

        Args:
            receipt: the stored payment.
            code: its signed text.
            copy: its number as a copy, 0: it is the original.
            tenders: how it was paid; none: exactly, in cash.
            corrected: how that was set right.
            shift: number of the shift in which it was sold.
        """
        say = self.words.say
        parts = (
            *self.words.head(self.settings, N_("Receipt")),
            *self.words.copy(copy),
            *self._facts(receipt, shift),
            *(part for line in receipt.lines for part in self._line(receipt.account, line)),
            Rule("="),
            *self.words.total(N_("Paid"), receipt.paid),
            *(tender_parts(self.words, tenders, corrected) or self._change(receipt)),
            Rule(),
            Line(say(N_("Put the card into each meter to load the credit."))),
            *self._loading(receipt),
            *self.words.foot(self.settings, code),
        )
        return Paper(receipt.number, parts, drawer=self.drawer and not copy)

    def _loading(self, receipt: Receipt) -> Iterator[Part]:
        sold = (line.sale for line in receipt.lines)
        at_meters = loading(self.settings, sold, self.words.say, self.words.language)
        for one in at_meters.told:
            names = ", ".join(self.words.say(SERVICE_NAMES[of]) for of in one.services)
            yield Line(f"{names}: {one.text}")
        yield from map(Line, at_meters.in_general)

    def _facts(self, receipt: Receipt, shift: str) -> tuple[Part, ...]:
        return (
            *self.words.facts(
                (N_("Number"), receipt.number),
                (N_("Time"), self.words.time(receipt.at)),
                (N_("Vending point"), receipt.node),
                (N_("Operator"), receipt.operator),
                (N_("Shift"), shift),
                (N_("Account number"), receipt.account_number),
                *self._holder(receipt.account),
                (N_("Card"), receipt.card),
            ),
        )

    def _holder(self, account: Account | None) -> tuple[tuple[str, str], ...]:
        person = None if account is None else account.person
        if person is None:
            return ()
        return (
            (N_("Account holder"), self.words.holder(self.settings, person.name)),
            (N_("Address"), self.words.place(self.settings, person.address)),
        )

    def _line(self, account: Account | None, line: ReceiptLine) -> Iterator[Part]:
        """One meter's part: its quantity and price, and how it came about."""
        words, sale = self.words, line.sale
        tariff = tariff_of(self.tariffs, line.tariff_id, line.tariff_version, line.mixed)
        debts = debt_names(account, words.language)
        bill = told(line.bill, line.explanation, sale.service, tariff, debts, words.language)
        yield Rule()
        yield Line(words.say(SERVICE_NAMES[sale.service]), bold=True)
        yield Line(words.quantity(sale.quantity, bill.unit), words.money(sale.amount), bold=True)
        if sale.state in _STATES:
            yield Line(words.say(_STATES[sale.state]), bold=True)
        yield Line(words.say(N_("Meter")), sale.meter)
        yield from self._bill(bill)
        yield from self._ordered(line, bill.unit)
        yield from words.facts(
            (N_("Purchase number"), str(sale.count)),
            (N_("Bought so far"), words.quantity(sale.total, bill.unit)),
        )
        if line.explanation is not None:
            yield from self._left(line.explanation, bill.unit)
        yield Line(words.say(N_("Tariff")), f"{line.tariff_id} v{line.tariff_version}")
        if line.mixed is not None:
            beside = f"{line.mixed.id} v{line.mixed.version}"
            yield Line(
                words.say(N_("Second class, %(share)s %%"), share=line.mixed.percent), beside
            )
        yield Line(words.say(N_("Transaction")), line.txn_id)

    def _bill(self, bill: ToldBill) -> Iterator[Part]:
        words = self.words
        for part in bill.lines:
            yield Line(f"{part.name} {part.note}".strip())
            factors = f"  {part.quantity} {part.unit}".rstrip() + f" x {part.price}"
            yield Line(factors, words.money(part.amount))
        for beside in bill.beside:
            yield Line(beside.name, words.money(beside.amount))
            if beside.left is not None:
                left = words.say(N_("%(money)s left to pay"), money=words.money(beside.left))
                yield Line(f"  {left}")

    def _ordered(self, line: ReceiptLine, unit: str) -> Iterator[Part]:
        if line.ordered > 0:
            text = N_("Headquarters gives %(quantity)s more with this purchase.")
        else:
            text = N_("Headquarters withholds %(quantity)s of this purchase.")
        if line.ordered:
            quantity = self.words.quantity(type(line.ordered)(abs(line.ordered)), unit)
            yield Line(self.words.say(text, quantity=quantity))

    def _left(self, explained: Explanation, unit: str) -> Iterator[Part]:
        """What the customer has counted this period, and what is left at this price."""
        words = self.words
        yield Line(
            words.say(N_("Counted this period")), words.quantity(explained.used_after, unit)
        )
        if explained.left_in_step is not None:
            left = words.quantity(explained.left_in_step, unit)
            yield Line(words.say(N_("Left in step %(number)s"), number=explained.step), left)

    def _change(self, receipt: Receipt) -> Iterator[Part]:
        if receipt.change:
            yield from self.words.facts(
                (N_("Tendered"), self.words.money(receipt.tendered)),
                (N_("Too little for more, given back"), self.words.money(receipt.change)),
            )
