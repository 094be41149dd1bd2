"""What headquarters tells of the customers of our areas.

The sheets arrive in parts, sealed to this node.  A part that is in force is opened once and its
sheets are kept one by one, each sealed under the vault's key for data: finding one of fifty
thousand is one row and one decryption, nothing of it lies open on the disk, and nothing of it in
memory.  The rows follow from the files: what is missing after a power cut is made again before
the first question is answered.
"""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

from yika_common.infra.entropy import RandomSource
from yika_common.signing import aead
from yika_common.signing.signed_file import SignedFile, read_signed_file
from yika_common.sync.customers import (
    CLOSED,
    CUSTOMERS_ITEM,
    AccountSheet,
    CustomerList,
    open_customers,
)
from yika_node.db.customer_queries import CustomerQueries, HeldFile
from yika_node.db.journal import Journal
from yika_node.db.told import ToldAccount, replace_part
from yika_node.services.errors import KeysNotHeld
from yika_node.services.standing import Standing
from yika_node.vault import Vault

_LABEL = b"yika/sheet/1\0"
_SCAN = 200
SHOWN_OF_PERSON = 4
"""So many characters of a telephone or document are shown to everybody."""


class Customers:
    """Finds sheets; empty-handed while the vault is locked."""

    def __init__(
        self,
        journal: Journal,
        queries: CustomerQueries,
        standing: Standing,
        vault: Vault,
        random: RandomSource,
        personal_key: Callable[[], bytes],
    ) -> None:
        self._personal_key = personal_key
        self._journal = journal
        self._queries = queries
        self._standing = standing
        self._vault = vault
        self._random = random
        self._lock = threading.Lock()
        self._caught_up = False

    def sheet(self, account: str) -> AccountSheet | None:
        """What is told of an account; None if nothing is.

        Raises:
            VaultLocked: nobody is signed in.
            SealBroken, FileMalformed: what is kept of it was changed on the disk.
        """
        self._ready()
        row = self._queries.sheet(account)
        return None if row is None else self._opened(row.account, row.sealed)

    def account_of_card(self, card: str) -> str | None:
        """The account whose newest card this is, as headquarters tells; raises VaultLocked."""
        self._ready()
        return self._queries.account_of_told_card(card)

    def account_of_meter(self, meter: str) -> str | None:
        """The account that a meter belongs to, as headquarters tells; raises VaultLocked."""
        self._ready()
        return self._queries.account_of_told_meter(meter)

    def elsewhere(self, after: str) -> Iterator[AccountSheet]:
        """Sheets of accounts opened elsewhere above a number, in order.

        They are opened one at a time, so that whoever asks for ten waits for no more than that.
        """
        self._ready()
        while True:
            rows = self._queries.sheets_elsewhere(after, _SCAN)
            for row in rows:
                after = row.account
                yield self._opened(row.account, row.sealed)
            if len(rows) < _SCAN:
                return

    def parts(self) -> dict[str, bytes]:
        """The parts in force, each with the hash of its file; raises VaultLocked."""
        self._ready()
        return self._queries.sheet_parts()

    def members(self, part: str = "") -> Iterator[dict[str, Any]]:
        """The JSON objects of all sheets, or of a part's, by the accounts' numbers in order."""
        self._ready()
        for account, sealed in self._queries.sealed_sheets(part):
            yield json.loads(self._decrypted(account, sealed))

    def members_of(self, account: str) -> dict[str, Any] | None:
        """The JSON object of one sheet."""
        self._ready()
        row = self._queries.sheet(account)
        if row is None:
            return None
        members: dict[str, Any] = json.loads(self._decrypted(row.account, row.sealed))
        return members

    def check(self, file: SignedFile, item: str) -> None:
        """Go through a part that came, to its last sheet.

        Raises:
            SignatureInvalid, SealBroken, FileMalformed, MessageForAnother and their like: it can't
                be used.
            VaultLocked: it can't be opened now.
        """
        for _sheet in self._open(file, item).sheets:
            pass

    def catch_up(self) -> None:
        """Bring the rows up to the parts in force; each part is one transaction.

        Raises:
            VaultLocked: nothing was changed.
        """
        with self._lock:
            self._caught_up = False
            made = self._queries.sheet_parts()
            for held in self._queries.newest_held(CUSTOMERS_ITEM):
                if made.get(held.name) != held.sha256:
                    self._take(held)
            self._caught_up = True

    def _ready(self) -> None:
        # A locked vault opens nothing, whatever was made ready before.
        _ = self._vault.data_key()
        if not self._caught_up:
            self.catch_up()

    def _take(self, held: HeldFile) -> None:
        row = self._queries.item(held.sha256)
        assert row is not None, "a held file is among the items"
        key = self._vault.data_key()
        accounts = []
        for line in self._open(read_signed_file(row.file), held.name).lines:
            sheet = AccountSheet.parse(line)
            accounts.append(
                ToldAccount(
                    account=sheet.account,
                    card=sheet.card,
                    meters=tuple(meter.meter for meter in sheet.meters),
                    premises=self._premises(sheet),
                    sealed=aead.encrypt(key, line, sheet_label(sheet.account), self._random),
                )
            )
        self._journal.keep(lambda c: replace_part(c, held.name, held.sha256, accounts))

    def _premises(self, sheet: AccountSheet) -> str:
        """What the account's premises are known by; a closed one has none any more."""
        from yika_common.sync.addresses import premises_key  # noqa: PLC0415 - with the first

        if sheet.person is None or sheet.status == CLOSED:
            return ""
        try:
            key = self._personal_key()
        except KeysNotHeld:
            return ""
        return premises_key(sheet.person, sheet.area, sheet.community, key)

    def _open(self, file: SignedFile, item: str) -> CustomerList:
        membership = self._standing.membership
        return open_customers(
            file,
            membership.root,
            self._vault.seal_key(),
            item=item,
            node=membership.node,
            epoch=membership.epoch,
        )

    def _opened(self, account: str, sealed: bytes) -> AccountSheet:
        return AccountSheet.parse(self._decrypted(account, sealed))

    def _decrypted(self, account: str, sealed: bytes) -> bytes:
        return aead.decrypt(self._vault.data_key(), sealed, sheet_label(account))


def sheet_label(account: str) -> bytes:
    """What a kept sheet is bound to."""
    return _LABEL + account.encode()


def masked(text: str) -> str:
    """A telephone or document with its last four characters alone."""
    return "*" * max(0, len(text) - SHOWN_OF_PERSON) + text[-SHOWN_OF_PERSON:]
