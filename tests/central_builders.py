"""What tests of headquarters are made with: a headquarters, and a vending point's pen."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from journals import an_intent
from yika_central.bootstrap import Headquarters, initialise
from yika_central.services.staff import Credential
from yika_common.journal.bodies import AccountOpened, CardIssued, Line, Sale, SlotOpened
from yika_common.journal.body import Body
from yika_common.journal.coding import encode_transport
from yika_common.journal.record import chain, encode_line, genesis
from yika_common.journal.segment import build_segment
from yika_common.services import PROFILES, Service
from yika_common.signing.keys import SigningKey
from yika_common.signing.sealing import SealKey
from yika_common.signing.signed_file import SignedFile, read_many
from yika_common.sync.enrolment import EnrolmentToken, make_request
from yika_common.sync.messages import (
    Ack,
    Certificate,
    Manifest,
    open_ack,
    open_certificate,
    open_manifest,
)
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.shipped import shipped

NOON = datetime(2026, 6, 1, 4, 0, 0, tzinfo=UTC)
ADMIN = Credential("admin", "an administrator's password")
LI = Credential("li", "the first officer's password")
WANG = Credential("wang", "the second officer's password")
URL = "http://127.0.0.1:8600"


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **duration: int) -> None:
        """Let time pass: ``minutes=5``."""
        self.now += timedelta(**duration)

    @property
    def seconds(self) -> int:
        """The present moment, in seconds since 1970."""
        return int(self.now.timestamp())


class CountedRandom:
    """Random bytes that are the same in every run of a test."""

    def __init__(self, name: str = "headquarters") -> None:
        self._name = name
        self._drawn = 0

    def __call__(self, size: int) -> bytes:
        self._drawn += 1
        seed = f"{self._name}/{self._drawn}".encode()
        return hashlib.shake_256(seed).digest(size)


def new_headquarters(
    folder: Path, clock: HandClock, *, database_url: str | None = None
) -> Headquarters:
    """A headquarters with cheap passwords, an administrator and two officers."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "central.toml").write_text("password_memory = 8\n")
    return initialise(
        folder,
        administrator=ADMIN,
        officers=[LI, WANG],
        clock=clock,
        random=CountedRandom(),
        database_url=database_url,
    )


def publish_water(hq: Headquarters) -> None:
    """Publish the shipped water tariff, which the pen below sells by."""
    hq.tariff_office.publish(water_tariff(), [LI, WANG])


@dataclass(frozen=True, slots=True)
class Answer:
    """What headquarters said to a delivery, opened."""

    ack: Ack
    manifest: Manifest | None


@dataclass
class Pen:
    """A node's journal as far as headquarters sees it: it writes lines and cuts segments."""

    hq: Headquarters
    clock: HandClock
    node: str
    key: SigningKey
    kem: SealKey
    certificate: Certificate
    manifest: Manifest
    enrolment: bytes
    start: bytes
    lines: list[bytes] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)
    ack_count: int = 0
    held: int = 0
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def seq(self) -> int:
        """The last record written."""
        return len(self.lines)

    def write(self, *bodies: Body, operator: str = "chen", at: int | None = None) -> int:
        """Write records and return the seq of the last."""
        for body in bodies:
            stamped = self.clock.seconds if at is None else at
            line = encode_line(self.seq + 1, stamped, operator, body)
            self.heads.append(chain(self.head(self.seq), line))
            self.lines.append(line)
        return self.seq

    def head(self, seq: int) -> bytes:
        """The hash after a record; 0: the genesis hash."""
        return self.heads[seq - 1] if seq else self.start

    def cut(self, first: int = 1, last: int | None = None, **header: object) -> SignedFile:
        """A segment of records ``first`` to ``last`` (the end, if it is not given)."""
        end = self.seq if last is None else last
        values: dict[str, object] = {
            "node": self.node,
            "epoch": self.certificate.epoch,
            "ack_count": self.ack_count,
            "incarnation": "00" * 8,
            "at": self.clock.seconds,
            "manifest": self.held,
            "challenge": "11" * 16,
            "software": "0.1.0",
        }
        return build_segment(
            self.lines[first - 1 : end],
            self.key,
            first=first,
            prev=self.head(first - 1),
            **(values | header),  # type: ignore[arg-type]
        )

    def sign_of_life(self) -> SignedFile:
        """A segment without records."""
        return self.cut(self.seq + 1)

    def send(self, file: SignedFile) -> Answer:
        """Deliver a segment and open the answer; the node keeps the count, nothing else."""
        body = encode_transport(file.to_bytes())
        answer = self.open(self.hq.reconciliation.receive(body, self.clock()))
        self.ack_count = answer.ack.count
        return answer

    def open(self, answer: bytes) -> Answer:
        """The opened answer to a delivery."""
        files = list(read_many(answer))
        root = self.hq.keys.root
        manifest = open_manifest(files[1], root) if len(files) > 1 else None
        return Answer(open_ack(files[0], root), manifest)

    def copy(self) -> "Pen":
        """Another machine with this journal: what a cloned disk is."""
        return replace(
            self, lines=list(self.lines), heads=list(self.heads), counts=dict(self.counts)
        )

    def open_account(self, account: str, meters: Sequence[str], *, card: str) -> None:
        """Write an account with these meters (a profile's services) and its card."""
        services = PROFILES[len(meters)]
        slots = [
            SlotOpened(slot, service, meter)
            for slot, (service, meter) in enumerate(zip(services, meters, strict=True))
        ]
        self.write(
            AccountOpened(
                account=account,
                area="A01",
                tariff_class="residential",
                profile=len(meters),
                persons=3,
                meters=tuple(slots),
            ),
            CardIssued(account=account, card=card, generation=1, key_version=1),
        )

    def sell(
        self,
        account: str,
        meter: str,
        *,
        card: str,
        quantity: int = 10_000,
        settle: bool = True,
        slot: int = 3,
        service: Service = Service.COLD_WATER,
        count: int | None = None,
    ) -> int:
        """Write an intent for the shipped water tariff, and its sale; the intent's seq."""
        before, total = self.counts.get(meter, (0, 0))
        number = before + 1 if count is None else count
        self.counts[meter] = (number, total + quantity)
        intent = self.write(
            an_intent(
                account=account,
                card=card,
                meter=meter,
                slot=slot,
                service=service,
                count=number,
                total=total + quantity,
                quantity=quantity,
                used_before=total,
                **_water_price(quantity),
            )
        )
        if settle:
            self.write(Sale(intent=intent))
        return intent


def _water_price(quantity: int) -> dict[str, Any]:
    """What the shipped tariff's first step asks: 5 yuan a cubic metre."""
    tariff = parse_tariff(water_tariff())
    amount = quantity * 500 // 1000
    return {
        "amount": amount,
        "typed": amount,
        "tariff": tariff.id,
        "tariff_version": tariff.version,
        "tariff_digest": tariff.digest[:8].hex(),
        "lines": (Line("water", 1, quantity, 50_000, amount),),
    }


def water_tariff() -> bytes:
    """The shipped file of Beijing's residential water."""
    return shipped()["cn-bj-water-res.json"]


def enrol(hq: Headquarters, clock: HandClock, node: str = "N0001", *, seed: int = 1) -> Pen:
    """Invite a node and enrol it, as its first start does."""
    text = hq.enrolment.invite(node, name=f"Point {node}", areas=("A01",), url=URL)
    return answer_invitation(hq, clock, text, seed=seed)


def answer_invitation(hq: Headquarters, clock: HandClock, text: str, *, seed: int = 1) -> Pen:
    """Enrol with keys that follow from ``seed``."""
    token = EnrolmentToken.from_text(text)
    key = SigningKey.from_seed(bytes([seed]) * 32)
    kem = SealKey.from_private(bytes([seed]) * 32)
    answer = hq.enrolment.answer(make_request(token, key, kem.public, clock.seconds).to_bytes())
    _, certificate, manifest = read_many(answer)
    root = hq.keys.root
    return Pen(
        hq=hq,
        clock=clock,
        node=token.node,
        key=key,
        kem=kem,
        certificate=open_certificate(certificate, root),
        manifest=open_manifest(manifest, root),
        enrolment=answer,
        start=genesis(certificate.payload),
    )
