"""Complaints: written down as they were said, with everything that bears on them.

A complaint is of a receipt or of an account as a whole, and is named by its own record.  It goes
to headquarters like every record and is answered there; the answer comes back as a notice about
the customer's card.  What it rests on is gathered from the journal when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from yika_common.clock import Clock, from_timestamp
from yika_common.errors import N_, YikaError
from yika_common.journal.complaint_bodies import ABOUT, Complained
from yika_common.signing.errors import SealBroken
from yika_common.sync.personal_data import WORDS_MAX, open_words, seal_words
from yika_node.db import complaint_queries as queries
from yika_node.services.errors import ComplaintUnknown

if TYPE_CHECKING:
    from yika_node.db.journal import Journal
    from yika_node.db.store import Store
    from yika_node.services.account_desk import AccountDesk
    from yika_node.services.enquiries import Enquiries
    from yika_node.services.keyring import KeyRing
    from yika_node.services.standing import Standing

PAGE: Final = 50


class ComplaintUnusable(YikaError):
    """A complaint that nobody could answer."""

    code = "complaint_unusable"
    sentence = N_(
        "No complaint was written down: “%(field)s” is missing, or too long for one line of "
        "%(most)s characters. Correct it."
    )


class ReceiptOfAnother(YikaError):
    """The receipt belongs to another account."""

    code = "receipt_of_another"
    sentence = N_(
        "Receipt %(receipt)s is not one of account %(account)s. No complaint was written down. "
        "Begin at the receipt itself."
    )


class Complaint(NamedTuple):
    """A complaint; ``receipt`` is empty where it is of the account as a whole."""

    epoch: int
    seq: int
    number: str
    at: datetime
    operator: str
    account: str
    about: str
    words: str
    of_epoch: int
    receipt: int


class ComplaintDesk:
    """Writes complaints down, and finds them."""

    def __init__(
        self,
        journal: Journal,
        store: Store,
        accounts: AccountDesk,
        enquiries: Enquiries,
        standing: Standing,
        keyring: KeyRing,
        clock: Clock,
        random: Callable[[int], bytes],
    ) -> None:
        self._journal = journal
        self._store = store
        self._accounts = accounts
        self._enquiries = enquiries
        self._standing = standing
        self._keyring = keyring
        self._clock = clock
        self._random = random

    def open(
        self,
        operator: str,
        account: str,
        about: str,
        words: str,
        receipt: tuple[int, int] | None = None,
    ) -> Complaint:
        """Write a complaint down; ``receipt`` is its epoch and first record.

        Raises:
            AccountUnknown, SaleUnknown, ReceiptOfAnother, ComplaintUnusable: nothing was written.
            VaultLocked, KeysNotHeld, NotEnrolled, NodeRestored, DiskFull: see their sentences.
        """
        words = " ".join(words.split())
        good = {N_("What it is about"): about in ABOUT, N_("What was said"): _usable(words)}
        for field, usable in good.items():
            if not usable:
                raise ComplaintUnusable(field=field, most=WORDS_MAX)
        number = self._accounts.get(account).number
        if receipt is not None:
            found = self._enquiries.receipt(*receipt)
            if found.account_number != number:
                raise ReceiptOfAnother(receipt=found.number, account=number)
        of_epoch, first = receipt or (0, 0)
        body = Complained(
            account=number,
            about=about,
            words=seal_words(words, self._keyring.personal_key(), number, self._random),
            receipt=first,
            epoch=0 if of_epoch == self._standing.membership.epoch else of_epoch,
        )
        (entry,) = self._journal.append([body], at=self._clock(), operator=operator)
        return self.get(self._standing.membership.epoch, entry.seq)

    def get(self, epoch: int, seq: int) -> Complaint:
        """One of them.

        Raises:
            ComplaintUnknown: there is none at that place.
        """
        row = queries.complaint(self._store, epoch, seq) if max(epoch, seq) < 10**18 else None
        if row is None:
            raise ComplaintUnknown(number=f"{epoch}-{seq}")
        return self._complaint(row)

    def listed(
        self, before: tuple[int, int] | None = None, account: str | None = None
    ) -> Sequence[Complaint]:
        """The next complaints, newest first, at most :data:`PAGE`."""
        rows = queries.complaints(self._store, before, PAGE, account)
        return [self._complaint(row) for row in rows]

    def _complaint(self, row: queries.Complaint) -> Complaint:
        return Complaint(
            epoch=row.epoch,
            seq=row.seq,
            number=f"{self._standing.membership.node}-{row.epoch}-{row.seq:06}",
            at=from_timestamp(row.at),
            operator=row.operator,
            account=row.account,
            about=row.about,
            words=self._words(row),
            of_epoch=row.of_epoch,
            receipt=row.receipt,
        )

    def _words(self, row: queries.Complaint) -> str:
        try:
            return open_words(row.words, self._keyring.personal_key(), row.account)
        except SealBroken:
            return ""


def _usable(words: str) -> bool:
    return 0 < len(words) <= WORDS_MAX and words.isprintable()
