"""Pricing: what a basket costs on the card as it is, and what each slot is to say then."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime

from yika_common.cards.application import CardIdentity
from yika_common.errors import YikaError
from yika_common.tariffs.model import Tariff
from yika_common.values import dataclass
from yika_node.db.queries import Queries
from yika_node.services.basket import Basket, Outlook, PricedLine
from yika_node.services.card_shelf import LevelsOf, no_levels
from yika_node.services.errors import LineRefused, NothingEntered, SlotEmpty
from yika_node.services.premises import Premises
from yika_node.services.settings_shelf import SettingsShelf
from yika_node.services.settled import Owed, Settled, policy_of
from yika_node.services.swap_errors import MeterTransferred
from yika_node.services.tariff_age import check_age
from yika_node.services.tariff_shelf import TariffShelf
from yika_node.services.views import Account, MeterView, SaleEntry, SlotView


@dataclass(frozen=True, slots=True)
class Pricing:
    """Prices baskets; changes nothing."""

    queries: Queries
    shelf: TariffShelf
    settings: SettingsShelf
    levels: LevelsOf = no_levels

    def price(
        self,
        account: Account,
        identity: CardIdentity,
        slots: Sequence[SlotView],
        entries: Sequence[SaleEntry],
        at: datetime,
    ) -> tuple[PricedLine, ...]:
        """What the entries cost on this card at this moment, in their order.

        Raises:
            NothingEntered, SlotEmpty, CardReplaced: there is nothing to price.
            NoTariffInForce, TariffExpired, NothingToSell, BelowMinimum, AboveMaximum,
                SaleTooLarge, FeeNotCovered, SupplyShareTooSmall, NotAMultiple, AreaUnknown and
                their like: the line has no price.
            MeterCountsOtherwise: the meter does not hold what the tariff sells.
            MeterTransferred: another meter is to take its place.
            RecordForged, ContentUnknown, MeterUnknown: a slot that can't be read.
            LineRefused: one of these, of the first such line among several.
        """
        if not entries:
            raise NothingEntered
        basket = self.basket(account, identity, slots, at)
        lines: list[PricedLine] = []
        for entry in entries:
            slot = next((slot for slot in slots if slot.slot == entry.slot), None)
            if slot is None or entry.slot in {line.line.slot for line in lines}:
                raise SlotEmpty(place=entry.slot + 1)
            with _named(slot, entries):
                if slot.problem is not None:
                    raise slot.problem
                if slot.transferred:
                    raise MeterTransferred(meter=slot.meter)
                tariff = self.tariff(account, slot, at)
                lines.append(basket.add(slot, entry, tariff, self._following(tariff, at)))
        return tuple(lines)

    def outlooks(
        self, account: Account, identity: CardIdentity, slots: Sequence[SlotView], at: datetime
    ) -> dict[int, Outlook]:
        """What the next purchase of each meter would meet, by slot.

        A meter that nothing can be sold to is left out; :meth:`price` says why.
        """
        basket, found = self.basket(account, identity, slots, at), {}
        for slot in slots:
            if slot.problem is None and not slot.transferred:
                with suppress(YikaError):
                    found[slot.slot] = basket.outlook(slot, self.tariff(account, slot, at))
        return found

    def basket(
        self,
        account: Account,
        identity: CardIdentity,
        slots: Sequence[SlotView],
        at: datetime,
    ) -> Basket:
        """What is known of the card's account at this moment, before any line."""
        meters = [slot.meter for slot in slots]
        bare = [slot.meter for slot in slots if slot.bare]
        standing = self.queries.standing(account.number, meters, bare)
        premises = Premises(
            slots, standing, account.told, identity.generation, home=not account.home
        )
        settled = Settled.of(premises)
        return Basket(
            account=account,
            identity=identity,
            premises=premises,
            settled=settled,
            owed=Owed.of(account.told, settled, standing.owed),
            policy=policy_of(self.settings.settings()),
            queries=self.queries,
            at=at,
            levels=self.levels,
        )

    def tariff(self, account: Account, slot: SlotView | MeterView, at: datetime) -> Tariff:
        """By what the slot's service is sold to the account.

        Raises:
            NoTariffInForce, TariffExpired, CannotBeMixed and their like: by nothing.
        """
        tariff = self.shelf.in_force(account, slot.service, at)
        check_age(tariff, at, self.settings.settings())
        if tariff.beside is not None:
            check_age(tariff.beside.tariff, at, self.settings.settings())
        return tariff

    def _following(self, tariff: Tariff, at: datetime) -> Tariff | None:
        """The version that will replace the tariff, if it is published; of two nobody says."""
        if tariff.beside is not None:
            return None
        later = (
            other
            for other in self.shelf.tariffs()
            if other.id == tariff.id
            and other.version > tariff.version
            and other.effective_from > at
        )
        return min(later, key=lambda other: (other.effective_from, -other.version), default=None)


@contextmanager
def _named(slot: SlotView, entries: Sequence[SaleEntry]) -> Iterator[None]:
    """Say which meter a refusal is about, where it could be about another one."""
    try:
        yield
    except YikaError as refusal:
        if len(entries) == 1:
            raise
        raise LineRefused(
            service=slot.service, place=slot.slot + 1, meter=slot.meter, why=refusal.as_phrase()
        ) from refusal
