"""Builders of journals, keys and roots for tests; everything repeats itself exactly."""

import hashlib
import itertools
from collections.abc import Sequence
from typing import Any

from yika_common.journal.bodies import Body, Boot, Intent, Line, Sale
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


def a_root(version: int = 1) -> TrustRoot:
    """A root with one key a role, but two persons for tariffs."""
    roles = {
        name: Role((key_of(name).public,), 1) for name in ("root", "enrol", "registry", "ack")
    }
    roles["tariff"] = Role((key_of("tariff a").public, key_of("tariff b").public), 2)
    return TrustRoot.parse(make_root(roles, version=version))


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
