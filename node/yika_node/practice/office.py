"""The office that a practice node registers with: in the same process, with keys of its own.

It certifies one node under the name :data:`NODE`, gives it published prices, settings, keys of
meters and numbers of cards, and acknowledges by position.  Its masters are drawn when the practice
folder is made and are nobody else's: no real meter or card opens with what comes of them.

What it must remember lies in two files of the practice folder: ``office.json`` (keys, and what was
acknowledged) and ``office-items.json`` (what it issued, once).
"""

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from yika_common.cards.identifiers import PRACTICE_CARDS
from yika_common.cards.keys import MasterKeys, MeterKeys, derive_card_key, derive_meter_keys
from yika_common.cards.special.face import ISSUER_SIZE, SALT_SIZE, CardType
from yika_common.cards.special.keys import ManagingKeys, derive_managing_keys
from yika_common.cards.special.order import SpecialOrder
from yika_common.clock import Clock, to_timestamp
from yika_common.infra.entropy import RandomSource
from yika_common.infra.files import PRIVATE, replace_file
from yika_common.journal.coding import decode_transport
from yika_common.journal.record import genesis
from yika_common.journal.segment import header_of, open_segment
from yika_common.services import Service
from yika_common.signing.keys import SEED_SIZE, PublicKey, SigningKey
from yika_common.signing.signed_file import read_signed_file, sign
from yika_common.signing.trust import ROLES, ROOT_TYPE, Role, TrustRoot, make_root
from yika_common.sync.card_list import CardList, NumberRange, seal_cards
from yika_common.sync.enrolment import EnrolmentToken, open_request
from yika_common.sync.key_bundle import CardKeyEntry, KeyBundle, MeterKeyEntry, seal_bundle
from yika_common.sync.messages import (
    CARDS_ITEM,
    KEYS_ITEM,
    SPECIAL_ITEM,
    TARIFF_ITEM,
    Ack,
    Certificate,
    Item,
    Manifest,
    Status,
    bytes_of,
    open_certificate,
    sign_ack,
    sign_certificate,
    sign_manifest,
    sign_tariff,
)
from yika_common.sync.settings import SETTINGS_ITEM, Settings, sign_settings
from yika_common.sync.special_list import ManagingEntry, SpecialList, seal_special
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.shipped import shipped
from yika_node.services.standing import PRACTICE_URL
from yika_node.uplink import HeadquartersRefused

NODE: Final = "PRACTICE"
AREA: Final = "P01"
CARDS: Final = 60
METERS_EACH: Final = 8
METERED: Final = {
    "1": Service.ELECTRICITY_SINGLE,
    "2": Service.HEAT,
    "3": Service.GAS,
    "4": Service.COLD_WATER,
    "5": Service.HOT_WATER,
    "6": Service.RECYCLED_WATER,
    "7": Service.PURIFIED_WATER,
}
"""A meter's number ends in the digit of its service and its own."""

TARIFFS: Final = (
    "cn-bj-electricity-res.json",
    "cn-bj-gas-res.json",
    "cn-bj-recycled-water-res.json",
    "cn-bj-water-res.json",
    "cn-heat-two-part-res.json",
    "example-hot-water-res.json",
    "example-purified-water-res.json",
)
TITLE: Final = "练习 PRACTICE"
NOTE: Final = "练习用，一切均非真实，不作凭证。 Practice: nothing here is real."

_STATE_FILE, _ITEMS_FILE = "office.json", "office-items.json"
_OFFICER: Final = "officer"
_SECRET_SIZE: Final = 16
_MASTERS: Final = 5
_PERSONAL_SIZE: Final = 32
_TRANSPORT_MAX: Final = 2 << 20
_KEY_VERSION: Final = 1
_ABSENT: Final = 404


MANAGER: Final = "wang"
MANAGING_CARD: Final = f"{PRACTICE_CARDS}9000000001"


def meter_number(digit: str, index: int) -> str:
    """The number of the ``index``-th meter of a service; no real meter's begins so."""
    return f"PRACTICE-{digit}{index:02}"


def card_number(index: int) -> str:
    """The number of the ``index``-th card."""
    return f"{PRACTICE_CARDS}{index:010}"


class PracticeOffice:
    """One practice node's headquarters, and the wire to it."""

    def __init__(self, folder: Path, clock: Clock, random: RandomSource) -> None:
        """The office of a practice folder, made where there is none yet."""
        self._folder = folder
        self._clock = clock
        try:
            self._state: dict[str, Any] = json.loads((folder / _STATE_FILE).read_bytes())
        except FileNotFoundError:
            self._state = _new_state(random)
            self._save()
        self._keys = {
            name: SigningKey.from_seed(bytes.fromhex(seed))
            for name, seed in self._state["seeds"].items()
        }
        self._masters = MasterKeys(*map(bytes.fromhex, self._state["masters"]))

    @property
    def token(self) -> str:
        """The one-time token of its only node."""
        held = EnrolmentToken(
            url=PRACTICE_URL,
            node=NODE,
            secret=self._state["secret"],
            root=self._root().digest,
        )
        return held.to_text()

    def meter_keys(self, meter: str) -> MeterKeys:
        """All four keys of a meter, for the meter itself."""
        return derive_meter_keys(self._masters, meter, _KEY_VERSION, area=AREA)

    def uplink(self, _url: str) -> "PracticeOffice":
        """The wire to it."""
        return self

    def post(self, path: str, body: bytes) -> bytes:
        """Register the node, or acknowledge what it sends."""
        return self._enrol(body) if path.endswith("/enrol") else self._sync(body)

    def get(self, path: str) -> bytes:
        """An item by its digest.

        Raises:
            HeadquartersRefused: there is none.
        """
        found = self._items().get(path.rpartition("/")[2])
        if found is None:
            raise HeadquartersRefused(status=_ABSENT)
        return base64.b64decode(found)

    def hang_up(self) -> None:
        """Nothing is kept open."""

    def _enrol(self, body: bytes) -> bytes:
        request = open_request(read_signed_file(body), lambda _node: self._state["secret"])
        certificate = Certificate(
            node=NODE,
            epoch=1,
            name=TITLE,
            alg=request.alg,
            spki=request.spki,
            kem=request.kem,
            areas=(AREA,),
            services=tuple(Service),
            issued=self._now(),
        )
        file = sign_certificate(certificate, [self._keys["enrol"]])
        self._issue(certificate)
        self._state |= {
            "certificate": base64.b64encode(file.to_bytes()).decode(),
            "upto": 0,
            "head": genesis(file.payload).hex(),
            "count": 0,
        }
        self._save()
        root = sign(ROOT_TYPE, self._root().payload, [self._keys["root"]])
        return root.to_bytes() + file.to_bytes() + self._manifest()

    def _sync(self, body: bytes) -> bytes:
        file = read_signed_file(decode_transport(body, limit=_TRANSPORT_MAX))
        certificate = open_certificate(
            read_signed_file(base64.b64decode(self._state["certificate"])), self._root()
        )
        key = PublicKey(certificate.alg, bytes_of(certificate.spki))
        segment = open_segment(file, key, node=NODE, epoch=1)
        first, last = segment.header.first, segment.header.first + len(segment.lines) - 1
        if first <= self._state["upto"] + 1 <= last:
            self._state |= {"upto": last, "head": segment.heads[-1].hex()}
        self._state["count"] += 1
        self._save()
        ack = Ack(
            node=NODE,
            epoch=1,
            upto=self._state["upto"],
            head=self._state["head"],
            count=self._state["count"],
            hq_time=self._now(),
            challenge=header_of(file).challenge,
            status=Status.OK,
        )
        signed = sign_ack(ack, [self._keys["ack"]]).to_bytes()
        return signed + (b"" if segment.header.manifest else self._manifest())

    def _issue(self, certificate: Certificate) -> None:
        """Make everything that the node gets, once."""
        issued = dict(self._made(certificate))
        items = tuple(
            Item.of(name, version, file) for (name, version), file in sorted(issued.items())
        )
        manifest = Manifest(
            audience=NODE,
            version=1,
            prev="",
            root_version=1,
            issued=self._now(),
            items=items,
        )
        held = {
            item.sha256: base64.b64encode(issued[item.name, item.version]).decode()
            for item in items
        } | {
            "manifest": base64.b64encode(
                sign_manifest(manifest, [self._keys["registry"]]).to_bytes()
            ).decode()
        }
        replace_file(self._folder / _ITEMS_FILE, json.dumps(held).encode(), mode=PRIVATE)

    def _made(self, certificate: Certificate) -> Iterator[tuple[tuple[str, int], bytes]]:
        registry = [self._keys["registry"]]
        cards = [card_number(index) for index in range(1, CARDS + 1)]
        bundle = KeyBundle(
            node=NODE,
            epoch=1,
            meters=tuple(
                self._meter(meter_number(digit, index), service)
                for digit, service in METERED.items()
                for index in range(1, METERS_EACH + 1)
            ),
            cards=tuple(self._card(number) for number in cards),
            personal=self._state["personal"],
        )
        yield (f"{KEYS_ITEM}{NODE}", 1), seal_bundle(bundle, certificate, registry).to_bytes()
        held = CardList(node=NODE, epoch=1, numbers=(NumberRange(int(cards[0]), CARDS),))
        yield (f"{CARDS_ITEM}{NODE}", 1), seal_cards(held, certificate, registry).to_bytes()
        special = SpecialList(node=NODE, epoch=1, managers=(self._manager(),), orders=())
        yield (f"{SPECIAL_ITEM}{NODE}", 1), seal_special(special, certificate, registry).to_bytes()
        settings = Settings(receipt_title=TITLE, receipt_note=NOTE, card_fee=1000)
        yield (SETTINGS_ITEM, 1), sign_settings(settings, registry).to_bytes()
        for name in TARIFFS:
            data = shipped()[name]
            tariff = parse_tariff(data)
            file = sign_tariff(data, [self._keys["tariff"], self._keys[_OFFICER]])
            yield (f"{TARIFF_ITEM}{tariff.id}/{tariff.version}", tariff.version), file.to_bytes()

    def managing_card(self) -> SpecialOrder:
        """What a second person's card is made of; it approves nothing but practice."""
        keys = self._managing
        return SpecialOrder(
            number=MANAGING_CARD,
            type=CardType.MANAGING,
            key_version=_KEY_VERSION,
            issuer=bytes.fromhex(self._root().digest)[:ISSUER_SIZE],
            holder=MANAGER,
            salt=bytes.fromhex(self._state["salt"]),
            host_key=keys.manage,
            approval_key=keys.approve,
        )

    @property
    def _managing(self) -> ManagingKeys:
        return derive_managing_keys(self._masters.card, MANAGING_CARD, _KEY_VERSION)

    def _manager(self) -> ManagingEntry:
        return ManagingEntry(
            card=MANAGING_CARD,
            holder=MANAGER,
            key_version=_KEY_VERSION,
            manage=self._managing.manage.hex(),
        )

    def _meter(self, number: str, service: Service) -> MeterKeyEntry:
        keys = self.meter_keys(number)
        return MeterKeyEntry(
            meter=number,
            service=service,
            key_version=_KEY_VERSION,
            credit=keys.credit.hex(),
            wbn=keys.wbn.hex(),
            auth=keys.auth.hex(),
        )

    def _card(self, number: str) -> CardKeyEntry:
        key = derive_card_key(self._masters, number, _KEY_VERSION, area=AREA)
        return CardKeyEntry(card=number, key_version=_KEY_VERSION, node=key.hex())

    def _root(self) -> TrustRoot:
        roles = {role: Role((self._keys[role].public,), 1) for role in ROLES}
        both = (self._keys["tariff"].public, self._keys[_OFFICER].public)
        return TrustRoot.parse(make_root(roles | {"tariff": Role(both, 2)}))

    def _items(self) -> Mapping[str, str]:
        held: dict[str, str] = json.loads((self._folder / _ITEMS_FILE).read_bytes())
        return held

    def _manifest(self) -> bytes:
        return base64.b64decode(self._items()["manifest"])

    def _now(self) -> int:
        return to_timestamp(self._clock())

    def _save(self) -> None:
        replace_file(self._folder / _STATE_FILE, json.dumps(self._state).encode(), mode=PRIVATE)


def _new_state(random: RandomSource) -> dict[str, Any]:
    return {
        "seeds": {name: random(SEED_SIZE).hex() for name in (*ROLES, _OFFICER)},
        "masters": [random(16).hex() for _ in range(_MASTERS)],
        "personal": random(_PERSONAL_SIZE).hex(),
        "secret": random(_SECRET_SIZE).hex(),
        "salt": random(SALT_SIZE).hex(),
    }
