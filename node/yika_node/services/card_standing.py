"""Whether a card may be sold to: what its holder said of it, whether it ended, whether it is old.

Asked of our own journal, of headquarters' sheet (which names the account's newest card), and of
headquarters' list of notices.  The first that holds is told:

1. the card was taken out of use here;
2. its holder reported it lost here, and has not found it again;
3. headquarters' list refuses it: reported lost elsewhere, revoked;
4. the account has a newer card.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from yika_common.clock import from_timestamp
from yika_common.errors import YikaError
from yika_node.db.queries import Queries
from yika_node.db.store import Store
from yika_node.services.errors import CardReplaced

if TYPE_CHECKING:
    from yika_node.db.card_queries import CardQueries
    from yika_node.services.views import Account, NoticeView

_DAY = "%Y-%m-%d"


class CardNotices(Protocol):
    """What headquarters' list says of single cards."""

    def refusal(self, card: str, meters: Sequence[str] = ()) -> YikaError | None:
        """Why nothing may be sold to the card, or to these meters on it, if the list says so."""
        ...

    def shown(self, account: Account | None, card: str, operator: str) -> tuple[NoticeView, ...]:
        """What the clerk is to be told of the card that was read."""
        ...


class NoNotices:
    """A list that says nothing."""

    def refusal(self, card: str, meters: Sequence[str] = ()) -> YikaError | None:
        """Nothing is refused."""

    def shown(self, account: Account | None, card: str, operator: str) -> tuple[NoticeView, ...]:
        """Nothing is told."""
        return ()


class CardStandings:
    """Says why a card is sold nothing; ``notices`` may be replaced when a list is held."""

    def __init__(self, store: Store, queries: Queries, notices: CardNotices | None = None) -> None:
        self._store = store
        self._queries = queries
        self.notices: CardNotices = notices or NoNotices()

    @cached_property
    def book(self) -> CardQueries:
        """The lives of cards in our journal; loaded when somebody asks for one."""
        from yika_node.db.card_queries import CardQueries  # noqa: PLC0415 - see above

        return CardQueries(self._store)

    def refusal(
        self, card: str, newest: str | None = None, meters: Sequence[str] = ()
    ) -> YikaError | None:
        """Why the card is sold nothing.

        ``newest`` is its account's newest card, and ``meters`` are those on it, if known.
        """
        checks: tuple[Callable[[], YikaError | None], ...] = (
            lambda: self.ended(card),
            lambda: self._lost(card),
            lambda: self.notices.refusal(card, meters),
            lambda: None if newest in (None, card) else CardReplaced(number=card),
        )
        return next((found for check in checks if (found := check()) is not None), None)

    def ended(self, card: str) -> YikaError | None:
        """Whether the card was taken out of use here."""
        from yika_node.services.card_errors import CardOutOfUse  # noqa: PLC0415 - when needed

        at = self._queries.card_ended(card)
        return None if at is None else CardOutOfUse(number=card, since=_day(at))

    def _lost(self, card: str) -> YikaError | None:
        from yika_node.services.card_errors import CardLost  # noqa: PLC0415 - when needed

        at = self._queries.card_lost(card)
        return None if at is None else CardLost(number=card, since=_day(at))


def _day(at: int) -> str:
    return from_timestamp(at).strftime(_DAY)
