"""Headquarters' list of cards and meters, as of the last exchange.

What is said of single ones, and the numbers that this vending point may issue new cards under.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from yika_common.cards.cut import Cut
from yika_common.cards.parameters import Levels
from yika_common.numbers import Quantity
from yika_common.services import Service
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.messages import CARDS_ITEM
from yika_node.db.queries import Queries
from yika_node.services.remembered import Remembered
from yika_node.services.standing import Standing
from yika_node.vault import Vault

if TYPE_CHECKING:
    from yika_common.sync.card_list import CardList, Notice, NumberRange


LevelsOf = Callable[[str, Service, str, bool], Levels | None]
"""Of a meter, its service, its tariff class, and whether it holds money: what it is set to."""


def no_levels(_meter: str, _service: Service, _class: str, _money: bool) -> None:  # noqa: FBT001
    """Every meter stays as it is."""


class CardShelf:
    """Reads the list; its file is verified again when it is taken from the database."""

    def __init__(self, queries: Queries, standing: Standing, vault: Vault) -> None:
        self._queries = queries
        self._standing = standing
        self._vault = vault
        self._held = Remembered(self._read)

    def forget(self) -> None:
        """Read the file anew: another bundle was switched on, or the vault was locked."""
        self._held.forget()

    def notices(self, card: str, meters: Iterable[str], now: int) -> tuple[Notice, ...]:
        """What is said of the card and of these meters at this time.

        Raises:
            VaultLocked, NotEnrolled: the list can't be opened.
        """
        held = self._held()
        found = [*held.by_card.get(card, ())]
        for meter in meters:
            found += held.by_meter.get(meter, ())
        return tuple(notice for notice in found if not notice.until or notice.until >= now)

    def numbers(self) -> Iterator[str]:
        """The numbers that this vending point may issue new cards under, in order.

        Raises:
            VaultLocked, NotEnrolled: the list can't be opened.
        """
        return (card for part in self._held().numbers for card in part.cards())

    def levels(
        self,
        meter: str,
        service: Service,
        tariff_class: str,
        money: bool,  # noqa: FBT001
    ) -> Levels | None:
        """What the meter is to be set to; None: it stays as it is.

        ``money``: the meter holds money.

        Raises:
            VaultLocked, NotEnrolled: the list can't be opened.
        """
        held = self._held().levels
        wanted = (
            (meter, money),
            (service, tariff_class, money),
            (service, "", money),
        )
        return next((held[key] for key in wanted if key in held), None)

    def _read(self) -> _Held:
        membership = self._standing.membership
        held = self._queries.items_held(f"{CARDS_ITEM}{membership.node}")
        if not held:
            return _Held(None)
        # Most vending points are told of no card for months.
        from yika_common.sync.card_list import open_cards  # noqa: PLC0415

        return _Held(
            open_cards(
                read_signed_file(held[-1].file),
                membership.root,
                self._vault.seal_key(),
                node=membership.node,
                epoch=membership.epoch,
            )
        )


class _Held:
    """A list, so that one card and one meter are found at once."""

    def __init__(self, cards: CardList | None) -> None:
        self.by_card: dict[str, list[Notice]] = defaultdict(list)
        self.by_meter: dict[str, list[Notice]] = defaultdict(list)
        self.levels: dict[tuple[object, ...], Levels] = {}
        self.numbers: Sequence[NumberRange] = ()
        if cards is None:
            return
        self.numbers = cards.numbers
        for notice in cards.notices:
            subject = self.by_card[notice.card] if notice.card else self.by_meter[notice.meter]
            subject.append(notice)
        for of_service in cards.levels:
            key = (of_service.service, of_service.tariff_class, bool(of_service.money))
            self.levels[key] = _levels(of_service[-4:])
        for of_meter in cards.meters:
            self.levels[of_meter.meter, bool(of_meter.money)] = _levels(of_meter[-4:])


def carried_levels(levels: Levels | None, cut: Cut, *, money: bool) -> Levels | None:
    """What of the levels a card of that cut has room for; None: for none."""
    if levels is None or cut >= Cut.NARROW:
        return None
    return levels.beside_a_price() if money or cut is Cut.CLOSE else levels


def _levels(values: Sequence[int]) -> Levels:
    return Levels(*map(Quantity, values))
