"""Lost, and found again (挂失, 解挂): what the holder says of a card, by telephone or in person.

It holds at this vending point at once, and elsewhere as soon as headquarters has told: each point
says as of when it knows.
"""

from yika_common.clock import Clock, from_timestamp
from yika_common.journal.card_bodies import FOUND, LOST, CardReported
from yika_common.values import dataclass
from yika_node.db.card_queries import CardQueries
from yika_node.db.journal import Journal
from yika_node.services.account_desk import AccountDesk
from yika_node.services.card_errors import CardNotLost, checked_reason
from yika_node.services.card_views import CardHistory, CardRow
from yika_node.services.errors import AccountUnknown

_SHOWN = 100


@dataclass(frozen=True, slots=True)
class CardReports:
    """Records what holders say."""

    journal: Journal
    accounts: AccountDesk
    book: CardQueries
    clock: Clock

    def lose(self, operator: str, account_number: str, reason: str) -> str:
        """The account's card is lost: nothing is sold to it from now on; returns its number.

        ``reason`` says how the caller was recognised.

        Raises:
            AccountUnknown: there is no such account, or it has no card.
            ReasonMissing: nothing was recorded.
        """
        return self._report(operator, account_number, LOST, reason)

    def find(self, operator: str, account_number: str, reason: str) -> str:
        """The holder has the account's card again.

        Raises:
            CardNotLost: nobody said here that it was lost.
            those of :meth:`lose`.
        """
        return self._report(operator, account_number, FOUND, reason)

    def history(self, card: str) -> CardHistory:
        """What this vending point knows of a card's life."""
        issued, report = self.book.card(card), self.book.report(card)
        end, next_ = self.book.end(card), self.book.replacing(card)
        lost = report is not None and report.state == LOST
        return CardHistory(
            card=card,
            issued_at=None if issued is None else from_timestamp(issued.issued_at),
            generation=0 if issued is None else issued.generation,
            replaces="" if issued is None else issued.replaces,
            replaced_by="" if next_ is None else next_.number,
            lost_since=from_timestamp(report.at) if report is not None and lost else None,
            ended_at=None if end is None else from_timestamp(end.at),
            how="" if end is None else end.how,
        )

    def lost(self) -> tuple[CardRow, ...]:
        """The cards reported lost here and not found since, newest first."""
        return tuple(
            CardRow(row.card, row.account, from_timestamp(row.at), row.operator, LOST, row.reason)
            for row in self.book.lost()
        )

    def ended(self) -> tuple[CardRow, ...]:
        """The cards that ended here lately, newest first."""
        return tuple(
            CardRow(
                row.card, row.account, from_timestamp(row.at), row.operator, row.how, row.reason
            )
            for row in self.book.ends(_SHOWN)
        )

    def _report(self, operator: str, account_number: str, state: str, reason: str) -> str:
        reason = checked_reason(reason)
        account = self.accounts.get(account_number)
        if account.card is None:
            raise AccountUnknown(number=account_number)
        known = self.book.report(account.card)
        is_lost = known is not None and known.state == LOST
        if state == FOUND and not is_lost:
            raise CardNotLost(number=account.card)
        if not (state == LOST and is_lost):
            body = CardReported(
                account=account.number, card=account.card, state=state, reason=reason
            )
            self.journal.append([body], at=self.clock(), operator=operator)
        return account.card
