"""Headquarters' list of managing cards that are good here, and of special cards to be written.

It is opened when it is asked for: most vending points look at it once a day.
"""

from yika_common.errors import N_, YikaError
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.messages import SPECIAL_ITEM
from yika_common.sync.special_list import IssueOrder, ManagingEntry, SpecialList, open_special
from yika_common.values import dataclass
from yika_node.db.queries import Queries
from yika_node.services.standing import Standing
from yika_node.vault import Vault


class SpecialCardUnknown(YikaError):
    """Headquarters has not ordered that card here, or no longer."""

    code = "special_card_unknown"
    sentence = N_(
        "Headquarters has not ordered special card %(card)s from this vending point. Nothing was "
        "written. Exchange with headquarters and look at the list."
    )


@dataclass(frozen=True, slots=True)
class SpecialShelf:
    """What headquarters tells of special cards."""

    queries: Queries
    standing: Standing
    vault: Vault

    def issuing(self) -> bool:
        """Whether this vending point writes special cards; raises as :meth:`manager`."""
        held = self._list()
        return held is not None and bool(held.issuing)

    def manager(self, number: str) -> ManagingEntry | None:
        """What is said of a managing card; None: it is not meant for this vending point.

        Raises:
            VaultLocked, NotEnrolled: the list can't be opened.
        """
        return next((entry for entry in self.managers() if entry.card == number), None)

    def managers(self) -> tuple[ManagingEntry, ...]:
        """Every managing card that is or was good here; raises as :meth:`manager`."""
        held = self._list()
        return () if held is None else held.managers

    def orders(self) -> tuple[IssueOrder, ...]:
        """The cards to be written here; raises as :meth:`manager`."""
        held = self._list()
        return () if held is None else held.orders

    def order(self, number: str) -> IssueOrder:
        """The order of one card.

        Raises:
            SpecialCardUnknown: there is none.
            VaultLocked, NotEnrolled: the list can't be opened.
        """
        for order in self.orders():
            if order.card == number:
                return order
        raise SpecialCardUnknown(card=number)

    def _list(self) -> SpecialList | None:
        membership = self.standing.membership
        held = self.queries.items_held(f"{SPECIAL_ITEM}{membership.node}")
        if not held:
            return None
        return open_special(
            read_signed_file(held[-1].file),
            membership.root,
            self.vault.seal_key(),
            node=membership.node,
            epoch=membership.epoch,
        )
