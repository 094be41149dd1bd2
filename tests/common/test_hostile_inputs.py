"""Half a million hostile inputs: none is believed, none ends in anything but a known refusal.

``YIKA_HOSTILE_TIMES`` multiplies the counts for a long run; ``YIKA_HOSTILE_SEED`` plays the fresh
half of a run again, whose seed stands in what a failure says.
"""

import json
import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

import pytest

from card_builders import KEYS, VECTORS, credit_record
from hostile_inputs import each_bit, hostile
from journals import (
    NODE_KEY,
    SEAL_KEY,
    a_certificate,
    a_root,
    a_segment,
    an_ack,
    certificate_file,
    key_of,
)
from yika_common.cards.claim import Claim, open_claim
from yika_common.cards.record import CreditRecord, open_record, said_in
from yika_common.cards.tool_order import open_order
from yika_common.cards.write_back import open_write_back
from yika_common.errors import YikaError
from yika_common.journal.coding import decode_transport, encode_transport
from yika_common.journal.segment import SEGMENT_TYPE, Segment, open_segment
from yika_common.readers import asedrive, ccid, gemplus, iso7816, t1
from yika_common.services import Service
from yika_common.signing import aead, strict_json
from yika_common.signing.sealing import seal
from yika_common.signing.signed_file import read_signed_file, sign
from yika_common.sync.key_bundle import KeyBundle, MeterKeyEntry, open_bundle, seal_bundle
from yika_common.sync.messages import (
    Item,
    Manifest,
    open_ack,
    open_certificate,
    open_manifest,
    open_tariff,
    sign_manifest,
    sign_tariff,
)
from yika_common.tariffs.document import parse_tariff

FIXED_SEED: Final = 20260401
TIMES: Final = int(os.environ.get("YIKA_HOSTILE_TIMES", "1"))
FRESH_SEED: Final = int(os.environ.get("YIKA_HOSTILE_SEED", random.SystemRandom().getrandbits(32)))
"""Each process draws its own; what fails names it."""

ROOT = a_root()
PLACE: Final = {"node": "N0042", "epoch": 1}
TEXT_KEY, WORDS = bytes(range(32)), b"yika/test/1"
TARIFFS = sorted((Path(parse_tariff.__code__.co_filename).parent / "shipped").glob("*.json"))


@dataclass(frozen=True)
class Door:
    """What takes bytes in from outside.

    Attributes:
        samples: genuine bytes.
        enter: what the program does with bytes; what it returns is what it would act on.
        count: how many hostile inputs are tried.
        believed: only what the samples say may be returned; else whatever is strictly written.
        refusals: errors that a caller expects beside those with a sentence.
    """

    samples: tuple[bytes, ...]
    enter: Callable[[bytes], Any]
    count: int
    believed: bool = False
    refusals: tuple[type[Exception], ...] = ()


def vector(name: str, *parts: str) -> tuple[bytes, dict[str, Any]]:
    entry = json.loads((VECTORS / f"{name}.json").read_text())
    fields = "".join(text for part in parts for _, text in entry[part])
    return bytes.fromhex(fields + entry["mac"] + entry.get("evidence", "")), entry


def a_bundle() -> bytes:
    meter = MeterKeyEntry(
        meter="M00000000042",
        service=Service.GAS,
        key_version=1,
        credit="c1" * 16,
        wbn="c2" * 16,
        auth="c3" * 16,
    )
    bundle = KeyBundle(node="N0042", epoch=1, meters=(meter,), cards=(), personal="c5" * 32)
    return seal_bundle(bundle, a_certificate(), [key_of("registry")]).to_bytes()


def a_manifest(version: int) -> bytes:
    items = tuple(Item.of(f"tariff/T{number}/1", 1, b"%d" % number) for number in range(version))
    manifest = Manifest(
        audience="N0042", version=version, prev="ab" * 32, root_version=1, issued=1, items=items
    )
    return sign_manifest(manifest, [key_of("registry")]).to_bytes()


def by_the_wire(data: bytes) -> Segment:
    return open_segment(read_signed_file(decode_transport(data)), NODE_KEY.public, **PLACE)  # type: ignore[arg-type]


def by_a_dishonest_node(payload: bytes) -> Segment:
    """A node's key signs whatever whoever stole it wants."""
    return open_segment(sign(SEGMENT_TYPE, payload, [NODE_KEY]), NODE_KEY.public, **PLACE)  # type: ignore[arg-type]


def in_pieces(decoder: Callable[[], Any]) -> Callable[[bytes], Any]:
    """A line's bytes as they come in, one decoder for all of them, which must stay small."""

    def enter(data: bytes) -> list[Any]:
        line = decoder()
        cut = len(data) // 3
        return [*line.feed(data[:cut]), *line.feed(data[cut:])]

    return enter


def frames_of(name: str) -> tuple[bytes, ...]:
    """The bytes that a reader sent in a golden trace."""
    lines = (VECTORS.parent / "readers" / name).read_text().splitlines()
    found = [bytes.fromhex(line[1:]) for line in lines if line.startswith("<")]
    assert found, name
    return tuple(found)


WRITE_BACK, WRITTEN = vector("write_back", "reading", "rest")
ORDERS = json.loads((VECTORS / "tool_orders.json").read_text())["orders"]
SEGMENT = a_segment()

BELIEVED: Final = {
    "credit record": Door(
        tuple(credit_record(count=count).encode(KEYS.credit) for count in (1, 2)),
        lambda data: open_record(data, KEYS.credit),
        60_000,
        believed=True,
    ),
    "write-back": Door(
        (WRITE_BACK,),
        lambda data: open_write_back(data, bytes.fromhex(WRITTEN["wbn"])),
        60_000,
        believed=True,
    ),
    "tool order": Door(
        tuple(bytes.fromhex(entry["order"]) for entry in ORDERS),
        lambda data: open_order(data, KEYS.wbq or b""),
        60_000,
        believed=True,
    ),
    "certificate": Door(
        (certificate_file().to_bytes(), certificate_file(a_certificate(epoch=2)).to_bytes()),
        lambda data: open_certificate(read_signed_file(data), ROOT),
        15_000,
        believed=True,
    ),
    "manifest": Door(
        (a_manifest(2), a_manifest(3)),
        lambda data: open_manifest(read_signed_file(data), ROOT),
        15_000,
        believed=True,
    ),
    "answer": Door(
        (an_ack(1, b"\1" * 32).to_bytes(), an_ack(2, b"\2" * 32).to_bytes()),
        lambda data: open_ack(read_signed_file(data), ROOT),
        15_000,
        believed=True,
    ),
    "tariff": Door(
        tuple(
            sign_tariff(path.read_bytes(), [key_of("tariff a"), key_of("tariff b")]).to_bytes()
            for path in TARIFFS[:2]
        ),
        lambda data: open_tariff(read_signed_file(data), ROOT),
        15_000,
        believed=True,
    ),
    "key bundle": Door(
        (a_bundle(),),
        lambda data: open_bundle(read_signed_file(data), ROOT, SEAL_KEY, **PLACE),  # type: ignore[arg-type]
        15_000,
        believed=True,
    ),
    "segment": Door((encode_transport(SEGMENT.to_bytes()),), by_the_wire, 30_000, believed=True),
    "sealed to a node": Door(
        tuple(seal(b"keys %d" % number, SEAL_KEY.public, WORDS) for number in range(2)),
        lambda data: SEAL_KEY.open(data, WORDS),
        10_000,
        believed=True,
    ),
    "kept under a key": Door(
        tuple(aead.encrypt(TEXT_KEY, b"%d" % number, WORDS, bytes) for number in range(2)),
        lambda data: aead.decrypt(TEXT_KEY, data, WORDS),
        50_000,
        believed=True,
    ),
}
"""What rests on a key that the enemy does not have."""

READ: Final = {
    "claim": Door((Claim(1, 3).encode(), Claim(2, 17).encode()), open_claim, 20_000),
    "stolen node's segment": Door((SEGMENT.payload,), by_a_dishonest_node, 15_000),
    "json": Door(
        (a_certificate().to_bytes(), read_signed_file(a_manifest(3)).payload, b'{"a":["b",-1]}'),
        strict_json.parse,
        60_000,
    ),
    "tariff document": Door(
        tuple(path.read_bytes() for path in TARIFFS[:6]), parse_tariff, 15_000
    ),
    "ASEDrive line": Door(
        frames_of("asedrive-cpu.trace"), in_pieces(asedrive.AnswerDecoder), 40_000
    ),
    "Gemplus line": Door(
        frames_of("gemplus-cpu.trace"),
        in_pieces(lambda: gemplus.BlockDecoder(gemplus.Way.FROM_READER)),
        40_000,
    ),
    "CCID line": Door(
        tuple(
            ccid.Message(kind, 1, bytes(3), bytes(range(size))).to_frame()
            for kind, size in zip(ccid.Kind, range(40), strict=False)
        ),
        in_pieces(ccid.Decoder),
        40_000,
    ),
    "T=1 block": Door(
        tuple(t1.information_block(1, bytes(range(size))).encode() for size in (0, 5, 200)),
        t1.decode_block,
        40_000,
        refusals=(t1.BlockDamaged,),
    ),
    "answer to reset": Door(
        tuple(
            map(bytes.fromhex, ("3B8180018080", "3BFC180000813180459067464A00680804000000000E"))
        ),
        iso7816.parse_atr,
        40_000,
    ),
}
"""What anybody may write: it is read strictly, or refused."""


def attacked(door: Door, count: int) -> int:
    """Try every turned bit of the first sample, and hostile inputs of a fixed and a fresh seed.

    Returns:
        how many were tried.
    """
    genuine = [door.enter(sample) for sample in door.samples]
    inputs = chain(
        each_bit(door.samples[0]),
        hostile(door.samples, count // 2, FIXED_SEED),
        hostile(door.samples, count - count // 2, FRESH_SEED),
    )
    known: tuple[type[Exception], ...] = (YikaError, *door.refusals)
    tried = 0
    for data in inputs:
        tried += 1
        try:
            result = door.enter(data)
        except known:
            continue
        except Exception as error:
            pytest.fail(f"{error!r} for {data.hex()}, seed {FRESH_SEED}")
        if door.believed:
            assert result in genuine, f"{data.hex()}, seed {FRESH_SEED}"
    return tried


@pytest.mark.parametrize("name", BELIEVED)
def test_nothing_is_believed_that_its_key_did_not_make(name: str) -> None:
    door = BELIEVED[name]
    assert attacked(door, door.count * TIMES) >= door.count


@pytest.mark.parametrize("name", READ)
def test_whatever_is_read_is_read_or_refused(name: str) -> None:
    door = READ[name]
    assert attacked(door, door.count * TIMES) >= door.count


def test_half_a_million_are_tried() -> None:
    assert sum(door.count for door in (*BELIEVED.values(), *READ.values())) >= 500_000


def test_without_its_code_a_changed_record_would_be_believed() -> None:
    record = BELIEVED["credit record"]
    weak = Door(record.samples, lambda data: said_in(data[:122]), 0, believed=True)
    with pytest.raises(AssertionError):
        attacked(weak, 2_000)


def test_an_error_that_nobody_named_would_be_found() -> None:
    def careless(data: bytes) -> CreditRecord:
        if len(data) < 130:
            raise IndexError(len(data))
        return open_record(data, KEYS.credit)

    weak = Door(BELIEVED["credit record"].samples, careless, 0, believed=True)
    with pytest.raises(pytest.fail.Exception, match="IndexError"):
        attacked(weak, 2_000)


def test_every_door_has_genuine_samples_which_it_lets_in() -> None:
    for door in (*BELIEVED.values(), *READ.values()):
        for sample in door.samples:
            door.enter(sample)
