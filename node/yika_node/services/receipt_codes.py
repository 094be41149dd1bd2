"""The code on a receipt: the payment's own journal records, signed, for anyone to check."""

from yika_common.clock import to_timestamp
from yika_common.journal.excerpt import build_excerpt, excerpt_code
from yika_common.values import dataclass
from yika_node.db.queries import Queries
from yika_node.errors import JournalDamaged
from yika_node.services.payments import Receipt
from yika_node.services.standing import Standing
from yika_node.vault import Vault


@dataclass(frozen=True, slots=True)
class ReceiptCodes:
    """Makes the text of a receipt's QR code; the same text each time, as signatures repeat."""

    queries: Queries
    standing: Standing
    vault: Vault

    def code(self, receipt: Receipt) -> str:
        """The text for the receipt of a payment.

        Empty for a payment of an earlier epoch: this epoch's key cannot vouch for it.

        Raises:
            VaultLocked: nothing can be signed now.
            JournalDamaged: the records are not there.
        """
        account = receipt.account
        opened = 0 if account is None else to_timestamp(account.opened_at)
        holders = account is not None and account.facts is not None and account.facts.quota_from
        return self.of(
            receipt.epoch, receipt.basket, len(receipt.lines), opened, holders=bool(holders)
        )

    def of(
        self, epoch: int, first: int, count: int = 1, opened: int = 0, *, holders: bool = False
    ) -> str:
        """The same for so many records from one on: a fee, deposit or guarantee is one."""
        membership = self.standing.membership
        if epoch != membership.epoch:
            return ""
        records = self.queries.records(epoch, first, count)
        before = self.queries.head_at(epoch, first - 1, membership.certificate_payload)
        if before is None or len(records) != count:
            raise JournalDamaged
        file = build_excerpt(
            [record.line for record in records],
            self.vault.signing_key(),
            node=membership.node,
            epoch=epoch,
            first=first,
            prev=before,
            opened=opened,
            holders=holders,
        )
        return excerpt_code(file)
