"""The keys this node may sell with: opened from the sealed bundle while somebody is signed in."""

from collections.abc import Callable, Iterator
from dataclasses import field

from yika_common.cards.ciphers import key_of_version
from yika_common.cards.keys import MeterKeys
from yika_common.services import Service
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.key_bundle import KeyBundle, open_bundle
from yika_common.sync.messages import KEYS_ITEM
from yika_common.values import dataclass
from yika_node.db.queries import Queries
from yika_node.services.card_shelf import CardShelf
from yika_node.services.errors import CardUnknown, KeysNotHeld, MeterUnknown
from yika_node.services.remembered import Remembered
from yika_node.services.standing import Standing
from yika_node.vault import Vault


@dataclass(frozen=True, slots=True)
class HeldMeter:
    """A meter whose keys this node holds."""

    meter: str
    service: Service
    key_version: int
    keys: MeterKeys


@dataclass(frozen=True, slots=True)
class HeldCard:
    """A card number whose key this node holds, issued or not."""

    number: str
    key_version: int
    node_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Ring:
    meters: dict[str, HeldMeter]
    cards: dict[str, HeldCard]
    personal: bytes = field(repr=False)


class KeyRing:
    """Looks keys up by meter and card number; empty-handed while the vault is locked."""

    def __init__(
        self, queries: Queries, standing: Standing, vault: Vault, shelf: CardShelf
    ) -> None:
        self._queries = queries
        self._shelf = shelf
        self._standing = standing
        self._vault = vault
        self._ring = Remembered(self._read)
        self.at_forgetting: list[Callable[[], None]] = []
        """Called when the keys are dropped, by whoever keeps what they opened."""
        self.turn = 0
        """Rises whenever the keys are taken from another bundle, or anew."""

    @property
    def practising(self) -> bool:
        """The keys are those of practice: they open nothing real."""
        return self._standing.enrolled and self._standing.membership.practice

    def meter(self, number: str) -> HeldMeter:
        """A meter's keys.

        Raises:
            MeterUnknown: headquarters gave none for it.
            VaultLocked, KeysNotHeld, NotEnrolled: no key can be used at all.
        """
        found = self._held().meters.get(number)
        if found is None:
            raise MeterUnknown(meter=number)
        return found

    def card(self, number: str) -> HeldCard:
        """A card's key.

        Raises:
            CardUnknown: headquarters gave none for it.
            VaultLocked, KeysNotHeld, NotEnrolled: no key can be used at all.
        """
        found = self._held().cards.get(number)
        if found is None:
            raise CardUnknown(number=number)
        return found

    def meters_of(self, service: Service) -> Iterator[str]:
        """The numbers of all meters of a service, in order; raises as :meth:`meter`."""
        return (held.meter for held in self._held().meters.values() if held.service is service)

    def allotted(self) -> tuple[HeldCard, ...]:
        """The numbers for cards that headquarters allotted to this vending point, in order.

        Some may be issued; raises as :meth:`card`.
        """
        cards = self._held().cards
        return tuple(cards[number] for number in self._shelf.numbers() if number in cards)

    def personal_key(self) -> bytes:
        """The key of the accounts' personal data; raises as :meth:`card`."""
        return self._held().personal

    def forget(self) -> None:
        """Drop every key from memory: the vault was locked, or another bundle came."""
        self._ring.forget()
        self.turn += 1
        for drop in self.at_forgetting:
            drop()

    def _held(self) -> _Ring:
        _ = self._standing.membership
        # A locked vault opens nothing, also where the keys are still remembered.
        _ = self._vault.seal_key()
        return self._ring()

    def _read(self) -> _Ring:
        membership = self._standing.membership
        held = self._queries.items_held(f"{KEYS_ITEM}{membership.node}")
        if not held:
            raise KeysNotHeld
        bundle = open_bundle(
            read_signed_file(held[-1].file),
            membership.root,
            self._vault.seal_key(),
            node=membership.node,
            epoch=membership.epoch,
        )
        return _ring(bundle)


def _ring(bundle: KeyBundle) -> _Ring:
    meters = {
        entry.meter: HeldMeter(
            entry.meter,
            entry.service,
            entry.key_version,
            MeterKeys(
                credit=_key(entry.key_version, entry.credit),
                wbn=_key(entry.key_version, entry.wbn),
                wbq=None,
                auth=_key(entry.key_version, entry.auth),
            ),
        )
        for entry in sorted(bundle.meters, key=lambda entry: entry.meter)
    }
    cards = {
        entry.card: HeldCard(entry.card, entry.key_version, _key(entry.key_version, entry.node))
        for entry in sorted(bundle.cards, key=lambda entry: entry.card)
    }
    return _Ring(meters, cards, bytes.fromhex(bundle.personal))


def _key(key_version: int, text: str) -> bytes:
    return key_of_version(key_version, bytes.fromhex(text))
