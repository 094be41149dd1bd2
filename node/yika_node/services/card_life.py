"""The desks for cards' lives, made when a page asks for them, and what they keep in between.

Most sales do without any of them, so that what they need is loaded with the first.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from yika_node.services.approvals import Approvals
from yika_node.services.card_desk import CardDesk
from yika_node.services.card_shelf import LevelsOf, no_levels
from yika_node.services.settings_shelf import SettingsShelf

if TYPE_CHECKING:
    from yika_node.services.card_ends import CardEnds
    from yika_node.services.card_reports import CardReports
    from yika_node.services.card_stock import CardStock
    from yika_node.services.reissue import Reissue
    from yika_node.services.supplements import Supplements


class CardLife:
    """One of each desk."""

    def __init__(
        self,
        cards: CardDesk,
        settings: SettingsShelf,
        approvals: Approvals,
        levels: LevelsOf = no_levels,
    ) -> None:
        self._cards = cards
        self._settings = settings
        self._approvals = approvals
        self._levels = levels

    @cached_property
    def reissue(self) -> Reissue:
        """Replaces cards."""
        from yika_node.services.known_credit import KnownCredit  # noqa: PLC0415 - see above
        from yika_node.services.reissue import Reissue  # noqa: PLC0415

        cards = self._cards
        book = cards.standings.book
        return Reissue(
            cards=cards,
            journal=cards.journal,
            book=book,
            keyring=cards.keyring,
            known=KnownCredit(cards.queries, book, cards.settlement),
            settings=self._settings,
            approvals=self._approvals,
            clock=cards.clock,
            levels=self._levels,
        )

    @cached_property
    def reports(self) -> CardReports:
        """Lost, and found again."""
        from yika_node.services.card_reports import CardReports  # noqa: PLC0415 - see above

        cards = self._cards
        return CardReports(cards.journal, cards.accounts, cards.standings.book, cards.clock)

    @cached_property
    def ends(self) -> CardEnds:
        """Takes cards out of use."""
        from yika_node.services.card_ends import CardEnds  # noqa: PLC0415 - see above

        cards = self._cards
        return CardEnds(cards, cards.journal, cards.standings.book, cards.keyring, cards.clock)

    @cached_property
    def supplements(self) -> Supplements:
        """Writes a purchase onto its card once more."""
        from yika_node.services.supplements import Supplements  # noqa: PLC0415 - see above

        cards = self._cards
        return Supplements(
            cards,
            cards.journal,
            cards.queries,
            cards.standings.book,
            cards.keyring,
            self._approvals,
            cards.clock,
        )

    @cached_property
    def stock(self) -> CardStock:
        """Counts blank cards."""
        from yika_node.services.card_stock import CardStock  # noqa: PLC0415 - see above

        cards = self._cards
        return CardStock(cards.journal, cards.standings.book, cards.clock)
