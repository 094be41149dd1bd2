"""Builders of journals, keys and roots for tests; everything repeats itself exactly."""

import hashlib
import itertools
import random
from collections.abc import Sequence
from typing import Any

from yika_common.journal.bodies import Boot, Intent, Line, Sale
from yika_common.journal.body import Body
from yika_common.journal.record import encode_line, genesis, heads
from yika_common.journal.segment import build_segment
from yika_common.services import Service
from yika_common.signing.keys import SigningKey
from yika_common.signing.sealing import SealKey
from yika_common.signing.signed_file import SignedFile
from yika_common.signing.trust import Role, TrustRoot, make_root
from yika_common.sync.messages import Ack, Certificate, sign_ack, sign_certificate, text_of

START = 1_700_000_000
CHALLENGE = "0c" * 16


def key_of(name: str) -> SigningKey:
    """The signing key that belongs to a name in tests."""
    return SigningKey.from_seed(hashlib.sha256(name.encode()).digest())


NODE_KEY = key_of("node")
SEAL_KEY = SealKey.from_private(hashlib.sha256(b"kem").digest())


def a_root() -> TrustRoot:
    """A root with one key a role, but two persons for tariffs."""
    roles = {
        name: Role((key_of(name).public,), 1) for name in ("root", "enrol", "registry", "ack")
    }
    roles["tariff"] = Role((key_of("tariff a").public, key_of("tariff b").public), 2)
    return TrustRoot.parse(make_root(roles))


def a_certificate(node: str = "N0042", epoch: int = 1, key: SigningKey = NODE_KEY) -> Certificate:
    return Certificate(
        node=node,
        epoch=epoch,
        alg=key.public.alg,
        spki=text_of(key.public.spki),
        kem=text_of(SEAL_KEY.public),
        areas=("A01",),
        services=(Service.GAS, Service.COLD_WATER),
        issued=START,
    )


def certificate_file(certificate: Certificate | None = None) -> SignedFile:
    return sign_certificate(certificate or a_certificate(), [key_of("enrol")])


def an_intent(**changes: Any) -> Intent:
    values: dict[str, Any] = {
        "account": "A-000017",
        "card": "860000000017",
        "meter": "M00000000042",
        "slot": 3,
        "service": Service.COLD_WATER,
        "generation": 1,
        "count": 1,
        "total": 10_000,
        "quantity": 10_000,
        "amount": 5000,
        "typed": 5000,
        "tariff": "water-residential",
        "tariff_version": 1,
        "tariff_digest": "00112233445566aa",
        "period": "2026",
        "lines": (Line("water", 1, 10_000, 50_000, 5000),),
        "key_version": 1,
        "mac": "0123456789abcdef",
    }
    return Intent(**(values | changes))


def lines_of(bodies: Sequence[Body], *, first: int = 1, operator: str = "王芳") -> list[bytes]:
    """The bodies as consecutive records, a minute apart."""
    return [
        encode_line(seq, START + 60 * seq, operator, body)
        for seq, body in zip(itertools.count(first), bodies, strict=False)
    ]


def three_lines() -> list[bytes]:
    """A start, an intent of 50.00, and its sale."""
    return lines_of([Boot(software="0.1.0", incarnation="ab" * 8), an_intent(), Sale(intent=2)])


def a_segment(
    lines: Sequence[bytes] | None = None,
    *,
    certificate: Certificate | None = None,
    first: int = 1,
    prev: bytes | None = None,
    key: SigningKey = NODE_KEY,
) -> SignedFile:
    """A segment of the node; from the genesis unless ``prev`` is given."""
    certificate = certificate or a_certificate()
    return build_segment(
        three_lines() if lines is None else lines,
        key,
        node=certificate.node,
        epoch=certificate.epoch,
        first=first,
        prev=genesis(certificate.to_bytes()) if prev is None else prev,
        ack_count=0,
        incarnation="ab" * 8,
        at=START + 600,
        manifest=0,
        challenge=CHALLENGE,
        software="0.1.0",
    )


def segments_of(lines: Sequence[bytes], *cuts: int) -> list[SignedFile]:
    """One journal cut into segments before each of the given seqs."""
    hashes = [genesis(a_certificate().to_bytes())]
    hashes += heads(hashes[0], lines)
    edges = [1, *cuts, len(lines) + 1]
    return [
        a_segment(lines[start - 1 : end - 1], first=start, prev=hashes[start - 1])
        for start, end in itertools.pairwise(edges)
    ]


def an_ack(upto: int, head: bytes, **changes: Any) -> SignedFile:
    values: dict[str, Any] = {
        "node": "N0042",
        "epoch": 1,
        "upto": upto,
        "head": head.hex(),
        "count": 1,
        "hq_time": START + 900,
        "challenge": CHALLENGE,
        "status": "OK",
    }
    return sign_ack(Ack(**(values | changes)), [key_of("ack")])


PRICES = {
    Service.COLD_WATER: ("water-residential", 50_000),
    Service.ELECTRICITY_SINGLE: ("power-residential", 4883),
    Service.GAS: ("gas-residential", 26_100),
    Service.HEAT: ("heat-two-part", 2000),
    Service.HOT_WATER: ("hot-water", 300_000),
}
"""Tariff and price of one step, in 1/10000 of the currency's unit."""


def a_busy_day(sales: int, *, customers: int = 2000, seed: int = 1) -> list[bytes]:
    """So many one-meter sales, each an intent and a sale, of customers in no order.

    Card numbers, meter ids, totals and MACs are drawn, so they are as hard to guess as real ones.
    """
    draw = random.Random(seed)  # noqa: S311 - it must repeat itself
    known = [_a_customer(draw) for _ in range(customers)]
    at = START
    lines: list[bytes] = []
    for sale in range(sales):
        at += draw.randrange(20, 400)
        operator = ("王芳", "李强")[sale // 50 % 2]
        intent = _a_purchase(draw, draw.choice(known))
        seq = 2 * sale + 1
        lines.append(encode_line(seq, at, operator, intent))
        at += draw.randrange(2, 5)
        lines.append(encode_line(seq + 1, at, operator, Sale(intent=seq)))
    return lines


def _a_customer(draw: random.Random) -> dict[str, Any]:
    return {
        "account": f"A-{draw.randrange(10**6):06}",
        "card": f"8600{draw.randrange(10**5):08}",
        "meter": f"M{draw.randrange(10**6):011}",
        "slot": draw.randrange(8),
        "service": draw.choice(list(PRICES)),
        "generation": draw.choice((1, 1, 1, 2)),
        "count": draw.randrange(1, 60),
        "total": draw.randrange(10**6),
        "used_before": draw.randrange(300_000),
    }


def _a_purchase(draw: random.Random, customer: dict[str, Any]) -> Intent:
    """One purchase; the customer's totals move on."""
    tariff, price = PRICES[customer["service"]]
    money = draw.choice((2000, 5000, 10_000, 10_000, 20_000, draw.randrange(1000, 30_000)))
    quantity = money * 100_000 // price // 100 * 100
    parts = [(1, quantity, price)]
    if draw.random() < 0.25:
        upper = quantity // 3 // 100 * 100
        parts = [(1, quantity - upper, price), (2, upper, price * 14 // 10)]
    lines = tuple(
        Line("energy", step, part, at, (2 * at * part + 100_000) // 200_000)
        for step, part, at in parts
    )
    amount = sum(line.amount for line in lines)
    intent = an_intent(
        **customer | {"count": customer["count"] + 1, "total": customer["total"] + quantity},
        quantity=quantity,
        amount=amount,
        residual=max(0, money - amount),
        typed=money,
        tariff=tariff,
        tariff_digest=hashlib.sha256(tariff.encode()).hexdigest()[:16],
        lines=lines,
        mac=draw.randbytes(8).hex(),
    )
    customer["count"] = intent.count
    customer["total"] = intent.total
    customer["used_before"] += quantity
    return intent
