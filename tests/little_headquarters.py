"""A headquarters small enough for a node's tests: real keys and signatures, state in memory.

It certifies one node, issues manifests and keys, and acknowledges by position, as the real one
does; the real one's ledger and registry have tests of their own.  The line can lose a request, or
the answer to one.
"""

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

from yika_common.cards.keys import MasterKeys, derive_card_key, derive_meter_keys
from yika_common.journal.coding import decode_transport
from yika_common.journal.record import genesis
from yika_common.journal.segment import Segment, header_of, open_segment
from yika_common.services import Service
from yika_common.signing.keys import PublicKey, SigningKey
from yika_common.signing.phone_code import code_of, phone_key
from yika_common.signing.signed_file import read_signed_file, sign
from yika_common.signing.trust import ROLES, ROOT_TYPE, Role, TrustRoot, make_root
from yika_common.sync.card_list import CardList, NumberRange, seal_cards
from yika_common.sync.customers import AccountSheet, item_name, part_of, seal_customers
from yika_common.sync.enrolment import EnrolmentToken, open_request
from yika_common.sync.key_bundle import CardKeyEntry, KeyBundle, MeterKeyEntry, seal_bundle
from yika_common.sync.line_approval import PATH as APPROVALS
from yika_common.sync.line_approval import ApprovalRequest, sign_answer
from yika_common.sync.messages import (
    CARDS_ITEM,
    PERSONS_ITEM,
    SPECIAL_ITEM,
    Ack,
    Certificate,
    Item,
    Manifest,
    Status,
    bytes_of,
    digest_of,
    sign_ack,
    sign_certificate,
    sign_manifest,
    sign_tariff,
)
from yika_common.sync.person_list import ListedPerson, PersonList, seal_persons
from yika_common.sync.settings import SETTINGS_ITEM, Settings, sign_settings
from yika_common.sync.special_list import SpecialList, seal_special
from yika_common.sync.tool_list import ToolCard, ToolList, seal_tools
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.shipped import shipped
from yika_node.uplink import HeadquartersRefused, LinkDown

URL = "http://headquarters.test"
NODE = "N0001"
AREA = "A01"
SECRET = "5e" * 16
MASTERS = MasterKeys(*(bytes([number]) * 16 for number in range(1, 6)))
SERVICES = {
    "1": Service.ELECTRICITY_SINGLE,
    "2": Service.HEAT,
    "3": Service.GAS,
    "4": Service.COLD_WATER,
    "5": Service.HOT_WATER,
    "6": Service.RECYCLED_WATER,
    "7": Service.PURIFIED_WATER,
}
"""A meter's number begins with the digit of its service."""

METERS_EACH = 8
CARDS = 8
USED_TARIFFS = (
    "cn-bj-electricity-res.json",
    "cn-bj-gas-res.json",
    "cn-bj-recycled-water-res.json",
    "cn-bj-water-res.json",
    "cn-heat-two-part-res.json",
    "example-hot-water-res.json",
    "example-purified-water-res.json",
)


def meter_number(digit: str, index: int) -> str:
    return f"{digit}{index:011}"


def card_number(index: int) -> str:
    return f"8600{index:08}"


def _key(number: int) -> SigningKey:
    return SigningKey.from_seed(bytes([number]) * 32)


@dataclass
class LittleHeadquarters:
    """One node's headquarters; also the wire to it."""

    now: int
    keys: dict[str, SigningKey] = field(
        default_factory=lambda: {role: _key(n) for n, role in enumerate(ROLES, 10)}
    )
    officer: SigningKey = field(default_factory=lambda: _key(99))
    items: dict[str, bytes] = field(default_factory=dict)
    lines: list[bytes] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)
    count: int = 0
    status: Status = Status.OK
    posts: int = 0
    lose_request: int = 0
    lose_answer: int = 0
    manifests: list[bytes] = field(default_factory=list)
    listed: dict[str, Item] = field(default_factory=dict)
    certificate: Certificate | None = None
    certificate_file: bytes = b""
    cards: int = CARDS
    meters_each: int = METERS_EACH
    node: str = NODE
    key_version: int = 1
    decision: str = "waiting"
    """What it says to approvals that are asked for over the line."""

    @property
    def root(self) -> TrustRoot:
        return TrustRoot.parse(make_root(self._roles()))

    def _roles(self) -> dict[str, Role]:
        roles = {role: Role((key.public,), 1) for role, key in self.keys.items()}
        return roles | {"tariff": Role((self.keys["tariff"].public, self.officer.public), 2)}

    @property
    def token(self) -> str:
        digest = self.root.digest
        return EnrolmentToken(url=URL, node=self.node, secret=SECRET, root=digest).to_text()

    def uplink(self, url: str) -> "LittleHeadquarters":
        assert url == URL
        return self

    def post(self, path: str, body: bytes) -> bytes:
        self.posts += 1
        if self.lose_request:
            self.lose_request -= 1
            raise LinkDown
        if path == APPROVALS:
            answer = self._approval(body)
        else:
            answer = self._enrol(body) if path.endswith("/enrol") else self._sync(body)
        if self.lose_answer:
            self.lose_answer -= 1
            raise LinkDown
        return answer

    def get(self, path: str) -> bytes:
        found = self.items.get(path.rpartition("/")[2])
        if found is None:
            raise HeadquartersRefused(status=404)
        return found

    def hang_up(self) -> None:
        pass

    def _approval(self, body: bytes) -> bytes:
        request = ApprovalRequest.parse(read_signed_file(body).payload, limit=8 << 10)
        state = "over" if request.wish == "withdraw" else self.decision
        code = code_of(phone_key(b"\xaa" * 32), request.question, request.challenge)
        return sign_answer(
            request,
            self.keys["ack"],
            state,
            code=code if state == "granted" else "",
            reason="not today" if state == "refused" else "",
        ).to_bytes()

    def _enrol(self, body: bytes) -> bytes:
        request = open_request(read_signed_file(body), lambda _node: SECRET)
        if self.certificate is None:
            self.certificate = Certificate(
                node=request.node,
                epoch=1,
                name="Test counter",
                alg=request.alg,
                spki=request.spki,
                kem=request.kem,
                areas=(AREA,),
                services=tuple(Service),
                issued=self.now,
            )
            file = sign_certificate(self.certificate, [self.keys["enrol"]])
            self.certificate_file = file.to_bytes()
            self.heads = [genesis(file.payload)]
            self.publish_keys()
        assert self.certificate.spki == request.spki, "other keys under a used token"
        root = sign(ROOT_TYPE, self.root.payload, [self.keys["root"]])
        return root.to_bytes() + self.certificate_file + self.manifests[-1]

    def _sync(self, body: bytes) -> bytes:
        assert self.certificate is not None
        file = read_signed_file(decode_transport(body, limit=2 << 20))
        key = PublicKey(self.certificate.alg, bytes_of(self.certificate.spki))
        self.take(open_segment(file, key, node=self.node, epoch=1))
        header = header_of(file)
        answer = self.acknowledge(header.challenge)
        if header.manifest < len(self.manifests):
            answer += self.manifests[-1]
        return answer

    def take(self, segment: Segment) -> None:
        have = len(self.lines)
        if segment.header.first > have + 1:
            return
        fresh = have + 1 - segment.header.first
        self.lines += segment.lines[fresh:]
        self.heads += segment.heads[fresh:]

    def acknowledge(self, challenge: str) -> bytes:
        self.count += 1
        ack = Ack(
            node=self.node,
            epoch=1,
            upto=len(self.lines),
            head=self.heads[len(self.lines)].hex(),
            count=self.count,
            hq_time=self.now,
            challenge=challenge,
            status=self.status,
        )
        return sign_ack(ack, [self.keys["ack"]]).to_bytes()

    def publish_keys(self) -> None:
        """Issue the manifest with every tariff used, and the keys sealed anew."""
        assert self.certificate is not None
        bundle = KeyBundle(
            node=self.node,
            epoch=1,
            meters=tuple(
                _meter(digit, n, self.key_version)
                for digit in SERVICES
                for n in range(self.meters_each)
            ),
            cards=tuple(_card(n, self.key_version) for n in range(self.cards)),
            personal="aa" * 32,
        )
        name = f"keys/{self.node}"
        version = self.listed[name].version + 1 if name in self.listed else 1
        file = seal_bundle(bundle, self.certificate, [self.keys["registry"]]).to_bytes()
        self._list(Item.of(name, version, file), file)
        self._list_cards()
        for name in USED_TARIFFS:
            self._tariff(shipped()[name])
        self.issue()

    def tell(self, *sheets: AccountSheet) -> None:
        """Issue a manifest with these accounts, besides those of other parts told before."""
        assert self.certificate is not None
        parts: dict[str, list[bytes]] = {}
        for sheet in sorted(sheets, key=lambda sheet: sheet.account):
            name = item_name(sheet.area, part_of(sheet.account))
            parts.setdefault(name, []).append(sheet.to_bytes())
        for name, lines in parts.items():
            version = self.listed[name].version + 1 if name in self.listed else 1
            file = seal_customers(name, lines, self.certificate, [self.keys["registry"]])
            self._list(Item.of(name, version, file.to_bytes()), file.to_bytes())
        self.issue()

    def publish_settings(self, settings: Settings) -> None:
        version = self.listed[SETTINGS_ITEM].version + 1 if SETTINGS_ITEM in self.listed else 1
        file = sign_settings(settings, [self.keys["registry"]]).to_bytes()
        self._list(Item.of(SETTINGS_ITEM, version, file), file)
        self.issue()

    def order_tools(self, *cards: ToolCard) -> None:
        """Issue a manifest with this list of tool cards."""
        assert self.certificate is not None
        tools = ToolList(node=self.node, epoch=1, cards=cards)
        name = f"tools/{self.node}"
        version = self.listed[name].version + 1 if name in self.listed else 1
        file = seal_tools(tools, self.certificate, [self.keys["registry"]]).to_bytes()
        self._list(Item.of(name, version, file), file)
        self.issue()

    def list_special(self, **said: Any) -> None:
        """Issue a manifest with these managing cards, and these special cards to write."""
        assert self.certificate is not None
        held = SpecialList(node=self.node, epoch=1, **said)
        name = f"{SPECIAL_ITEM}{self.node}"
        version = self.listed[name].version + 1 if name in self.listed else 1
        file = seal_special(held, self.certificate, [self.keys["registry"]]).to_bytes()
        self._list(Item.of(name, version, file), file)
        self.issue()

    def list_persons(
        self, *persons: ListedPerson, signer: SigningKey | None = None, epoch: int = 1
    ) -> None:
        """Issue a manifest with these persons, on a list that is good for 30 days and 14 more."""
        assert self.certificate is not None
        until = self.now + 30 * 86_400
        held = PersonList(
            node=self.node,
            epoch=epoch,
            issued=self.now,
            until=until,
            grace=until + 14 * 86_400,
            persons=persons,
        )
        receiver = replace(self.certificate, epoch=epoch)
        name = f"{PERSONS_ITEM}{self.node}"
        version = self.listed[name].version + 1 if name in self.listed else 1
        file = seal_persons(held, receiver, [signer or self.keys["registry"]]).to_bytes()
        self._list(Item.of(name, version, file), file)
        self.issue()

    def list_cards(self, **said: Any) -> None:
        """Issue a manifest with this list of cards and levels."""
        self._list_cards(**said)
        self.issue()

    def _list_cards(self, **said: Any) -> None:
        """List every number there is a key of as the node's, unless said otherwise."""
        assert self.certificate is not None
        numbers = tuple(NumberRange(int(card_number(n)), 1) for n in range(self.cards))
        held = CardList(node=self.node, epoch=1, **{"numbers": numbers, **said})
        name = f"{CARDS_ITEM}{self.node}"
        version = self.listed[name].version + 1 if name in self.listed else 1
        file = seal_cards(held, self.certificate, [self.keys["registry"]]).to_bytes()
        self._list(Item.of(name, version, file), file)

    def publish_tariff(self, data: bytes, *, signers: int = 2) -> None:
        self._tariff(data, signers=signers)
        self.issue()

    def _tariff(self, data: bytes, *, signers: int = 2) -> None:
        tariff = parse_tariff(data)
        keys = [self.keys["tariff"], self.officer][:signers]
        file = sign_tariff(data, keys).to_bytes()
        name = f"tariff/{tariff.id}/{tariff.version}"
        self._list(Item.of(name, tariff.version, file), file)

    def _list(self, item: Item, file: bytes) -> None:
        self.listed[item.name] = item
        self.items[hashlib.sha256(file).hexdigest()] = file

    def issue(self) -> None:
        before = read_signed_file(self.manifests[-1]).payload if self.manifests else None
        manifest = Manifest(
            audience=self.node,
            version=len(self.manifests) + 1,
            prev="" if before is None else digest_of(before),
            root_version=1,
            issued=self.now,
            items=tuple(self.listed[name] for name in sorted(self.listed)),
        )
        self.manifests.append(sign_manifest(manifest, [self.keys["registry"]]).to_bytes())


def _meter(digit: str, index: int, version: int) -> MeterKeyEntry:
    number = meter_number(digit, index)
    keys = derive_meter_keys(MASTERS, number, version, area=AREA)
    return MeterKeyEntry(
        meter=number,
        service=SERVICES[digit],
        key_version=version,
        credit=keys.credit.hex(),
        wbn=keys.wbn.hex(),
        auth=keys.auth.hex(),
    )


def _card(index: int, version: int) -> CardKeyEntry:
    number = card_number(index)
    key = derive_card_key(MASTERS, number, version, area=AREA)
    return CardKeyEntry(card=number, key_version=version, node=key.hex())
