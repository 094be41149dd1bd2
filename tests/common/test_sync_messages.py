"""Messages between node and headquarters: strict, signed in their role, only ever newer."""

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journals import (
    CHALLENGE,
    NODE_KEY,
    SEAL_KEY,
    START,
    a_certificate,
    a_root,
    an_ack,
    certificate_file,
    key_of,
)
from yika_common.errors import YikaError
from yika_common.services import Service
from yika_common.signing.errors import (
    FileMalformed,
    FileTooLarge,
    KeyUnusable,
    SealBroken,
    SignatureInvalid,
    TooFewSignatures,
)
from yika_common.signing.sealing import SealKey, seal
from yika_common.signing.signed_file import SignedFile, read_signed_file, sign
from yika_common.signing.trust import TrustRoot
from yika_common.sync.enrolment import (
    ENROLMENT_TYPE,
    EnrolmentToken,
    make_request,
    open_request,
)
from yika_common.sync.errors import (
    AckAhead,
    AckChallenge,
    AckForked,
    AckStale,
    EnrolmentRefused,
    ItemChanged,
    ItemMismatch,
    ItemOlder,
    ItemVanished,
    ManifestForked,
    ManifestOlder,
    MessageForAnother,
    RootUnknown,
    TokenMalformed,
)
from yika_common.sync.key_bundle import (
    KEYS_TYPE,
    CardKeyEntry,
    KeyBundle,
    MeterKeyEntry,
    open_bundle,
    seal_bundle,
)
from yika_common.sync.messages import (
    CERTIFICATE_TYPE,
    Ack,
    Item,
    Manifest,
    digest_of,
    open_ack,
    open_certificate,
    open_manifest,
    open_tariff,
    sign_ack,
    sign_certificate,
    sign_manifest,
    sign_tariff,
)
from yika_common.sync.rules import check_ack, check_item, check_manifest

ROOT = a_root()
HEADS = {0: b"\0" * 32, 1: b"\1" * 32, 2: b"\2" * 32}


# Certificates, acknowledgements, manifests, tariffs


def test_a_certificate_reads_back_and_gives_its_keys() -> None:
    certificate = open_certificate(read_signed_file(certificate_file().to_bytes()), ROOT)
    assert certificate == a_certificate()
    assert certificate.key == NODE_KEY.public
    assert certificate.seal_key == SEAL_KEY.public
    assert certificate.services == (Service.GAS, Service.COLD_WATER)


@pytest.mark.parametrize("role", ["ack", "registry", "root", "tariff a"])
def test_only_the_enrol_role_makes_certificates(role: str) -> None:
    with pytest.raises(TooFewSignatures):
        open_certificate(sign_certificate(a_certificate(), [key_of(role)]), ROOT)


def test_a_certificate_with_an_unusable_key_is_refused() -> None:
    broken = dataclasses.replace(a_certificate(), spki="AAAA")
    with pytest.raises(KeyUnusable):
        open_certificate(sign_certificate(broken, [key_of("enrol")]), ROOT)


def test_an_unknown_or_missing_key_is_refused() -> None:
    members = json.loads(a_certificate().to_bytes())
    members_less = {key: value for key, value in members.items() if key != "ep"}
    for wrong in (members | {"more": 1}, members_less, members | {"t": "ack"}):
        file = sign(CERTIFICATE_TYPE, json.dumps(wrong).encode(), [key_of("enrol")])
        with pytest.raises(FileMalformed):
            open_certificate(file, ROOT)


def test_an_acknowledgement_reads_back() -> None:
    ack = open_ack(an_ack(2, HEADS[2], manifest=3, manifest_digest="ab" * 32), ROOT)
    assert (ack.upto, ack.head, ack.status, ack.manifest) == (2, "02" * 32, "OK", 3)


def test_a_node_cannot_acknowledge_itself() -> None:
    ack = Ack.parse(an_ack(2, HEADS[2]).payload)
    with pytest.raises(TooFewSignatures):
        open_ack(sign_ack(ack, [NODE_KEY]), ROOT)


def test_every_flipped_bit_of_an_acknowledgement_is_refused() -> None:
    data = an_ack(2, HEADS[2]).to_bytes()
    for bit in range(len(data) * 8):
        spoiled = bytearray(data)
        spoiled[bit // 8] ^= 1 << bit % 8
        with pytest.raises(YikaError):
            open_ack(read_signed_file(bytes(spoiled)), ROOT)


def test_a_tariff_is_the_exact_bytes_under_two_signatures() -> None:
    tariff = b'{"id": "water",\n "version": 1}'
    both = [key_of("tariff a"), key_of("tariff b")]
    assert open_tariff(sign_tariff(tariff, both), ROOT) == tariff
    with pytest.raises(TooFewSignatures):
        open_tariff(sign_tariff(tariff, both[:1]), ROOT)
    with pytest.raises(TooFewSignatures):
        open_tariff(sign_tariff(tariff, both[:1] * 2), ROOT)


def an_item(name: str = "tariff/water", version: int = 1, data: bytes = b"one") -> Item:
    return Item.of(name, version, data)


def a_manifest(version: int = 1, prev: str = "", **changes: Any) -> Manifest:
    values: dict[str, Any] = {
        "audience": "N0042",
        "version": version,
        "prev": prev,
        "root_version": 1,
        "issued": START,
        "items": (an_item(),),
    }
    return Manifest(**(values | changes))


def test_a_manifest_reads_back() -> None:
    manifest = a_manifest(items=(an_item(), an_item("keys/N0042", 4)))
    assert open_manifest(sign_manifest(manifest, [key_of("registry")]), ROOT) == manifest


def test_a_manifest_lists_an_item_once_and_begins_with_version_1() -> None:
    with pytest.raises(ValueError, match="twice"):
        a_manifest(items=(an_item(), an_item()))
    for version, prev in ((1, "ab" * 32), (2, "")):
        with pytest.raises(ValueError, match="first"):
            a_manifest(version, prev)


# What may replace what

FIRST = a_manifest()
LINK = digest_of(FIRST.to_bytes())


def judge(new: Manifest, held: Manifest | None = FIRST) -> None:
    check_manifest(new, node="N0042", held=held, held_digest=LINK if held else "")


def test_the_next_manifest_is_taken() -> None:
    judge(FIRST, held=None)
    judge(a_manifest(2, LINK))
    judge(a_manifest(2, LINK, audience="*"))
    judge(a_manifest(2, LINK, items=(an_item(version=2, data=b"two"), an_item("keys/N0042"))))


def test_a_node_that_missed_versions_takes_a_later_one() -> None:
    judge(a_manifest(7, "cd" * 32))


@pytest.mark.parametrize(
    ("new", "refusal"),
    [
        pytest.param(FIRST, ManifestOlder, id="the same again"),
        pytest.param(a_manifest(2, LINK, root_version=1, audience="N0043"), MessageForAnother,
                     id="another node's"),
        pytest.param(a_manifest(2, "cd" * 32), ManifestForked, id="another history"),
        pytest.param(a_manifest(2, LINK, items=()), ItemVanished, id="an item vanished"),
        pytest.param(a_manifest(2, LINK, items=(an_item(data=b"two"),)), ItemChanged,
                     id="changed without a version"),
    ],
)  # fmt: skip
def test_a_manifest_that_breaks_a_rule_is_refused(new: Manifest, refusal: type[YikaError]) -> None:
    with pytest.raises(refusal):
        judge(new)


def test_an_item_never_goes_back() -> None:
    held = a_manifest(items=(an_item(version=5),))
    with pytest.raises(ItemOlder):
        judge(a_manifest(9, "cd" * 32, items=(an_item(version=4),)), held)


def test_a_manifest_under_an_older_root_is_refused() -> None:
    with pytest.raises(ManifestOlder):
        judge(a_manifest(9, "cd" * 32), a_manifest(root_version=2))


versions = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 3), max_size=4)


@given(versions, versions, st.integers(1, 3), st.integers(1, 3))
def test_taken_manifests_only_ever_rise(
    held: dict[str, int], new: dict[str, int], held_version: int, new_version: int
) -> None:
    def of(items: dict[str, int], version: int) -> Manifest:
        entries = tuple(an_item(name, at, b"%d" % at) for name, at in items.items())
        return a_manifest(version, LINK if version > 1 else "", items=entries)

    rises = new_version > held_version and all(new.get(name, 0) >= at for name, at in held.items())
    try:
        judge(of(new, new_version), of(held, held_version))
    except YikaError:
        assert not rises
    else:
        assert rises


def test_an_item_is_its_exact_bytes() -> None:
    check_item(an_item(data=b"one"), b"one")
    for data in (b"onE", b"one ", b""):
        with pytest.raises(ItemMismatch):
            check_item(an_item(data=b"one"), data)


def judge_ack(asked: str | None = CHALLENGE, last: int = 0, **changes: Any) -> None:
    upto = changes.pop("upto", 2)
    head = changes.pop("head", HEADS.get(upto, b"\7" * 32))
    ack = open_ack(an_ack(upto, head, **changes), ROOT)
    check_ack(ack, node="N0042", epoch=1, challenge=asked, last_count=last, own_head=HEADS.get)


def test_an_acknowledgement_of_our_own_records_is_taken() -> None:
    judge_ack()
    judge_ack(upto=0)
    judge_ack(count=9, last=8)
    judge_ack(asked=None)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        pytest.param({"node": "N0043"}, MessageForAnother, id="another node's"),
        pytest.param({"epoch": 2}, MessageForAnother, id="another epoch's"),
        pytest.param({"challenge": "0d" * 16}, AckChallenge, id="another exchange's"),
        pytest.param({"count": 4, "last": 4}, AckStale, id="taken before"),
        pytest.param({"upto": 3}, AckAhead, id="more than we have"),
        pytest.param({"upto": 2, "head": b"\1" * 32}, AckForked, id="another record"),
    ],
)
def test_an_acknowledgement_that_does_not_fit_is_not_taken(
    changes: dict[str, Any], refusal: type[YikaError]
) -> None:
    with pytest.raises(refusal):
        judge_ack(**changes)


# Keys


def a_bundle(**changes: Any) -> KeyBundle:
    values: dict[str, Any] = {
        "node": "N0042",
        "epoch": 1,
        "meters": (
            MeterKeyEntry(
                meter="M00000000042",
                service=Service.GAS,
                key_version=1,
                credit="c1" * 16,
                wbn="c2" * 16,
                auth="c3" * 16,
            ),
        ),
        "cards": (CardKeyEntry(card="860000000017", key_version=1, node="c4" * 16),),
        "personal": "c5" * 32,
    }
    return KeyBundle(**(values | changes))


def opened_bundle(file: SignedFile, key: SealKey = SEAL_KEY) -> KeyBundle:
    return open_bundle(file, ROOT, key, node="N0042", epoch=1)


def test_a_key_bundle_opens_for_its_node() -> None:
    file = seal_bundle(a_bundle(), a_certificate(), [key_of("registry")])
    assert b"c1c1" not in file.to_bytes()
    assert opened_bundle(read_signed_file(file.to_bytes())) == a_bundle()


def test_a_key_bundle_does_not_open_for_another() -> None:
    file = seal_bundle(a_bundle(), a_certificate(), [key_of("registry")])
    with pytest.raises(SealBroken):
        opened_bundle(file, SealKey.from_private(b"\1" * 32))
    with pytest.raises(SealBroken):
        open_bundle(file, ROOT, SEAL_KEY, node="N0042", epoch=2)


def test_a_key_bundle_of_a_stranger_is_not_opened() -> None:
    with pytest.raises(TooFewSignatures):
        opened_bundle(seal_bundle(a_bundle(), a_certificate(), [key_of("stranger")]))


def test_a_key_bundle_is_sealed_to_the_node_it_is_for() -> None:
    with pytest.raises(ValueError, match="sealed to the node"):
        seal_bundle(a_bundle(), a_certificate(node="N0043"), [key_of("registry")])
    inside = a_bundle(node="N0043").to_bytes()
    box = seal(inside, SEAL_KEY.public, b"yika/keys/1\0N0042\0" + b"1")
    with pytest.raises(MessageForAnother):
        opened_bundle(sign(KEYS_TYPE, box, [key_of("registry")]))


def test_keys_do_not_show_themselves() -> None:
    for secret in ("c1c1", "c2c2", "c3c3", "c4c4", "c5c5"):
        assert secret not in repr(a_bundle())


# Enrolment


def a_token(**changes: Any) -> EnrolmentToken:
    values: dict[str, Any] = {
        "url": "https://hq.example.org",
        "node": "N0042",
        "secret": "5e" * 16,
        "root": ROOT.digest,
    }
    return EnrolmentToken(**(values | changes))


def test_a_token_survives_being_copied() -> None:
    text = a_token().to_text()
    assert text.startswith("YIKA1.")
    assert EnrolmentToken.from_text(text) == a_token()
    assert EnrolmentToken.from_text(f"  {text[:30]}\n {text[30:]} \r\n") == a_token()
    assert "5e5e" not in repr(a_token())


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("", id="nothing"),
        pytest.param("YIKA1.", id="no content"),
        pytest.param(a_token().to_text()[:-9], id="the end missing"),
        pytest.param(a_token().to_text()[6:], id="the beginning missing"),
        pytest.param(a_token().to_text() + "!", id="a stray character"),
        pytest.param("YIKA1.卡卡卡", id="not ASCII"),
        pytest.param("YIKA1." + "A" * 5000, id="too long"),
        pytest.param("YIKA1.W10", id="no object"),
    ],
)
def test_what_is_no_token_is_refused(typed: str) -> None:
    with pytest.raises(TokenMalformed):
        EnrolmentToken.from_text(typed)


@given(st.text(max_size=80), st.booleans())
def test_no_text_crashes_the_token_reader(text: str, prefixed: bool) -> None:
    with pytest.raises(TokenMalformed):
        EnrolmentToken.from_text("YIKA1." + text if prefixed else text)


def test_a_token_names_one_root() -> None:
    a_token().check_root(ROOT)
    with pytest.raises(RootUnknown):
        a_token().check_root(TrustRoot.parse(ROOT.payload.replace(b'"version":1', b'"version":2')))


def test_a_request_brings_the_new_keys() -> None:
    file = make_request(a_token(), NODE_KEY, SEAL_KEY.public, START)
    assert b"5e5e" not in file.to_bytes()
    request = open_request(read_signed_file(file.to_bytes()), {"N0042": "5e" * 16}.get)
    assert (request.node, request.at) == ("N0042", START)
    assert (request.spki, request.kem) == (a_certificate().spki, a_certificate().kem)


@pytest.mark.parametrize(
    "secrets",
    [
        pytest.param({}, id="no open token"),
        pytest.param({"N0042": "5f" * 16}, id="another token"),
        pytest.param({"N0043": "5e" * 16}, id="another node's token"),
    ],
)
def test_a_request_without_its_token_is_refused(secrets: dict[str, str]) -> None:
    with pytest.raises(EnrolmentRefused):
        open_request(make_request(a_token(), NODE_KEY, SEAL_KEY.public, START), secrets.get)


def test_keys_cannot_be_swapped_on_the_way() -> None:
    """An eavesdropper signs the request again with a key of his own, proof included."""
    genuine = make_request(a_token(), NODE_KEY, SEAL_KEY.public, START)
    mallory = key_of("mallory")
    members = json.loads(genuine.payload)
    own = make_request(a_token(secret="00" * 16), mallory, SEAL_KEY.public, START)
    members["spki"] = json.loads(own.payload)["spki"]
    forged = sign(ENROLMENT_TYPE, json.dumps(members).encode(), [mallory])
    with pytest.raises(EnrolmentRefused):
        open_request(forged, {"N0042": "5e" * 16}.get)
    with pytest.raises((SignatureInvalid, TooFewSignatures)):
        open_request(
            SignedFile(ENROLMENT_TYPE, forged.payload, genuine.signatures),
            {"N0042": "5e" * 16}.get,
        )


def test_an_endless_request_is_not_parsed() -> None:
    with pytest.raises(FileTooLarge):
        open_request(sign(ENROLMENT_TYPE, b" " * 5000, [NODE_KEY]), lambda _: None)
