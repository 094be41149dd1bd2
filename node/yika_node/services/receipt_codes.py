"""The code on a receipt: the payment's own journal records, signed, for anyone to check."""

from dataclasses import dataclass

from yika_common.journal.excerpt import build_excerpt, excerpt_code
from yika_node.db.queries import Queries
from yika_node.errors import JournalDamaged
from yika_node.services.standing import Standing
from yika_node.vault import Vault


@dataclass(frozen=True, slots=True)
class ReceiptCodes:
    """Makes the text of a receipt's QR code; the same text each time, as signatures repeat."""

    queries: Queries
    standing: Standing
    vault: Vault

    def code(self, epoch: int, basket: int, lines: int) -> str:
        """The text for the payment of so many lines whose first record is ``basket``.

        Empty for a payment of an earlier epoch: this epoch's key cannot vouch for it.

        Raises:
            VaultLocked: nothing can be signed now.
            JournalDamaged: the records are not there.
        """
        membership = self.standing.membership
        if epoch != membership.epoch:
            return ""
        records = self.queries.records(epoch, basket, lines)
        before = self.queries.head_at(epoch, basket - 1, membership.certificate_payload)
        if before is None or len(records) != lines:
            raise JournalDamaged
        file = build_excerpt(
            [record.line for record in records],
            self.vault.signing_key(),
            node=membership.node,
            epoch=epoch,
            first=basket,
            prev=before,
        )
        return excerpt_code(file)
