"""Looking things up: receipts, sales, what is pending, meter readings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from yika_common.clock import from_timestamp
from yika_common.errors import YikaError
from yika_common.journal.bodies import PURCHASE, Intent
from yika_common.journal.record import decode_line, txn_id
from yika_common.numbers import Quantity
from yika_common.tariffs.mixture import named_beside
from yika_common.values import dataclass
from yika_node.db.queries import Queries
from yika_node.services.account_desk import AccountDesk
from yika_node.services.errors import AccountUnknown, SaleUnknown
from yika_node.services.payments import Receipt, ReceiptLine
from yika_node.services.retracing import bill_of, explanation_of, tariff_of
from yika_node.services.rows import reading_row, sale_row
from yika_node.services.standing import Standing
from yika_node.services.tariff_shelf import TariffShelf
from yika_node.services.views import Account, By, Page, ReadingRow, SaleEntry, SaleRow

if TYPE_CHECKING:
    from yika_node.db import rows

NUMBER_MAX: Final = 10**18 - 1
"""No record has a larger number; the database could not be asked for one much larger."""

_KEY: Final = re.compile(r"([0-9]{1,18})-([0-9]{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Enquiries:
    """Reads; changes nothing."""

    queries: Queries
    standing: Standing
    accounts: AccountDesk
    shelf: TariffShelf

    def receipt(self, epoch: int, basket: int, problem: YikaError | None = None) -> Receipt:
        """The receipt of a basket, as its lines stand now; ``problem`` is passed on.

        Raises:
            SaleUnknown: no basket has that number.
        """
        if max(epoch, basket) > NUMBER_MAX:
            raise SaleUnknown(number="?")
        rows = self.queries.basket(epoch, basket)
        if not rows:
            raise SaleUnknown(number=f"{epoch}-{basket}")
        node = self.standing.membership.node
        first = rows[0]
        account = self._account(first.account)
        return Receipt(
            number=f"{node}-{epoch}-{basket:06}",
            node=node,
            epoch=epoch,
            basket=basket,
            at=from_timestamp(first.at),
            operator=first.operator,
            account=account,
            account_number=first.account,
            card=first.card,
            lines=tuple(self._line(row, account) for row in rows),
            problem=problem,
        )

    def sale(self, epoch: int, seq: int) -> SaleRow:
        """One meter's sale.

        Raises:
            SaleUnknown: there is none.
        """
        row = self.queries.intent(epoch, seq)
        if row is None:
            raise SaleUnknown(number=f"{epoch}-{seq}")
        return self._marked([row])[0]

    def sales(
        self,
        *,
        before: str | None = None,
        limit: int = 50,
        account: str | None = None,
        carried: bool = True,
    ) -> Page[SaleRow]:
        """Sales, newest first; ``before`` is the ``next`` of the page before.

        A replaced card and a replaced meter are no sale, but stand among them, because a record
        carries on what was bought; with ``carried`` False they are left out.

        Raises:
            SaleUnknown: ``before`` is no such key.
        """
        rows = self.queries.sales(_key(before), limit, account, carried=carried)
        return Page(self._marked(rows), _next(rows, limit))

    def pending(self) -> tuple[SaleRow, ...]:
        """The sales still waiting for their card, oldest first."""
        return tuple(sale_row(row) for row in self.queries.pending())

    def readings(
        self, *, before: str | None = None, limit: int = 50, meter: str | None = None
    ) -> Page[ReadingRow]:
        """Meter readings, newest first; see :meth:`sales`."""
        rows = self.queries.readings(_key(before), limit, meter)
        return Page(tuple(reading_row(row) for row in rows), _next(rows, limit))

    def _line(self, row: rows.Intent, account: Account | None) -> ReceiptLine:
        record = self.queries.record(row.epoch, row.seq)
        assert record is not None, "a projection has its record"
        intent = decode_line(record.line).body
        assert isinstance(intent, Intent), "the projection says so"
        tariff = tariff_of(self.shelf, intent)
        bill = bill_of(intent, tariff)
        explanation = None
        if tariff is not None and account is not None and intent.act == PURCHASE:
            at = from_timestamp(row.at)
            explanation = explanation_of(intent, bill, tariff, account, at)
        return ReceiptLine(
            sale=self._marked([row])[0],
            entry=SaleEntry(row.slot, By(intent.typed_by), intent.typed),
            txn_id=txn_id(record.head),
            bill=bill,
            used=Quantity(intent.used_before),
            period=intent.period,
            tariff_digest=intent.tariff_digest,
            ordered=Quantity(intent.adjusted_quantity),
            explanation=explanation,
            mixed=named_beside(intent.mixed),
        )

    def _marked(self, rows: Sequence[rows.Intent]) -> tuple[SaleRow, ...]:
        """The rows as the faces show them; what was given back says so."""
        refunds = self.queries.given_back((row.epoch, row.seq) for row in rows)
        return tuple(sale_row(row, refunds.get((row.epoch, row.seq), 0)) for row in rows)

    def _account(self, number: str) -> Account | None:
        try:
            return self.accounts.get(number)
        except AccountUnknown:
            return None


def _key(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    key = _KEY.fullmatch(text)
    if key is None:
        raise SaleUnknown(number=text[:20])
    return int(key[1]), int(key[2])


def _next(rows: Sequence[rows.Intent] | Sequence[rows.Reading], limit: int) -> str | None:
    return f"{rows[-1].epoch}-{rows[-1].seq}" if len(rows) == limit else None
