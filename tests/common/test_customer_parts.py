"""What nodes are told of customers: sheets survive the way, and nobody else reads them."""

import subprocess
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yika_common.cards.identifiers import PERIOD_SIZE
from yika_common.journal.bodies import FIGURE_MAX, TOTAL_MAX, SlotOpened
from yika_common.services import PROFILES, Service
from yika_common.signing.errors import FileMalformed, FileTooLarge, SealBroken, SignatureInvalid
from yika_common.signing.keys import SigningKey
from yika_common.signing.sealing import SealKey, seal
from yika_common.signing.signed_file import SignedFile, sign
from yika_common.signing.trust import ROLES, Role, TrustRoot, make_root
from yika_common.sync import customers
from yika_common.sync.customers import (
    CUSTOMERS_TYPE,
    PARTS,
    AccountSheet,
    CustomerHead,
    DebtSheet,
    OwnLimit,
    SlotSheet,
    item_name,
    open_customers,
    part_of,
    seal_customers,
)
from yika_common.sync.errors import ItemMismatch, MessageForAnother
from yika_common.sync.messages import Certificate, text_of
from yika_common.sync.personal_data import Person

REGISTRY = SigningKey.from_seed(b"r" * 32)
ROOT = TrustRoot.parse(make_root({role: Role((REGISTRY.public,), 1) for role in ROLES}))
KEM = SealKey.from_private(b"k" * 32)
ITEM = item_name("A01", 3)

u16, figures = st.integers(0, 65_535), st.integers(0, FIGURE_MAX)
totals, signed = st.integers(0, TOTAL_MAX), st.integers(-TOTAL_MAX, TOTAL_MAX)
words = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=12)
slots = st.builds(
    SlotSheet,
    slot=st.integers(0, 7),
    generation=u16,
    count=st.integers(0, 2**32 - 1),
    total=totals,
    period=st.sampled_from(["", "2026", "2026-04", "20260415"[:PERIOD_SIZE]]),
    bought=totals,
    heating_year=u16,
    charged_through=u16,
    free_day=u16,
    money_number=u16,
    money_total=signed,
    debts=totals,
    quantity_number=u16,
    quantity_total=signed,
    quantity_applied_number=u16,
    quantity_applied=signed,
)
debts = st.builds(DebtSheet, words, words, words, figures, st.integers(0, 1_000_000), figures, u16)
moments = st.integers(0, 1 << 40)
limits = st.builds(
    OwnLimit, st.sampled_from(Service), figures, figures, figures, figures, moments, moments
)


@st.composite
def sheets(draw: st.DrawFn) -> AccountSheet:
    profile = draw(st.sampled_from(sorted(PROFILES)))
    return AccountSheet(
        account=draw(words),
        area="A01",
        node="N0001",
        opened=draw(moments),
        profile=profile,
        tariff_class=draw(words),
        persons=draw(st.integers(0, 255)),
        persons_until=draw(moments),
        gross_area=draw(figures),
        suspended=tuple(draw(st.lists(st.integers(1, 65_535), max_size=8))),
        facts_at=draw(moments),
        meters=tuple(
            SlotOpened(slot, service, f"{slot:012}")
            for slot, service in enumerate(PROFILES[profile])
        ),
        card=draw(st.sampled_from(["", "860000000001"])),
        generation=draw(u16),
        slots=tuple(draw(st.lists(slots, max_size=8))),
        adjustment_number=draw(u16),
        adjustment=draw(signed),
        debts=tuple(draw(st.lists(debts, max_size=3))),
        collected=draw(totals),
        limits=tuple(draw(st.lists(limits, max_size=3))),
        holder=tuple(draw(st.lists(st.builds(Person, name=words, phone=words), max_size=1))),
    )


def certificate(node: str = "N0001", epoch: int = 1) -> Certificate:
    return Certificate(
        node=node,
        epoch=epoch,
        alg=REGISTRY.public.alg,
        spki=text_of(REGISTRY.public.spki),
        kem=text_of(KEM.public),
        areas=("A01",),
        services=tuple(Service),
        issued=0,
    )


def sealed(*lines: bytes, **to: Any) -> SignedFile:
    return seal_customers(ITEM, lines, certificate(**to), [REGISTRY])


def opened(file: SignedFile, **expected: Any) -> list[AccountSheet]:
    wanted: dict[str, Any] = {"item": ITEM, "node": "N0001", "epoch": 1} | expected
    return list(open_customers(file, ROOT, KEM, **wanted).sheets)


@given(st.lists(sheets(), max_size=5))
@settings(max_examples=60)
def test_sheets_arrive_as_they_were_sent(sent: list[AccountSheet]) -> None:
    assert opened(sealed(*(sheet.to_bytes() for sheet in sent))) == sent


@given(words)
def test_an_account_lies_in_one_part_of_sixteen(account: str) -> None:
    assert 0 <= part_of(account) < PARTS == 16


def test_parts_are_named_by_the_digest_that_sha256sum_shows() -> None:
    # printf N0001-000017 | sha256sum
    assert part_of("N0001-000017") == int(_first_digit("N0001-000017"), 16)
    assert item_name("A01", 10) == "customers/A01/0a"


def _first_digit(text: str) -> str:
    done = subprocess.run(["sha256sum"], input=text.encode(), capture_output=True, check=True)
    return done.stdout[:1].decode()


@pytest.mark.parametrize(
    ("expected", "error"),
    [
        ({"node": "N0002"}, SealBroken),
        ({"epoch": 2}, SealBroken),
        ({"item": item_name("A01", 4)}, SealBroken),
    ],
)
def test_a_part_opens_only_as_what_and_for_whom_it_was_sealed(
    expected: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        opened(sealed(), **expected)


def test_another_key_opens_nothing_and_another_role_signs_nothing() -> None:
    with pytest.raises(SealBroken):
        open_customers(
            sealed(), ROOT, SealKey.from_private(b"x" * 32), item=ITEM, node="N0001", epoch=1
        )
    file = sealed()
    forged = SignedFile(file.payload_type, file.payload[:-1] + b"x", file.signatures)
    with pytest.raises(SignatureInvalid):
        opened(forged)


def box(content: bytes) -> SignedFile:
    """Any content, genuinely signed and sealed."""
    info = customers._info(ITEM, "N0001", 1)
    return sign(CUSTOMERS_TYPE, seal(content, KEM.public, info), [REGISTRY])


def head(sheets: int = 0, **changes: Any) -> bytes:
    held: dict[str, Any] = {"item": ITEM, "node": "N0001", "epoch": 1, "sheets": sheets}
    return CustomerHead(**(held | changes)).to_bytes()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", FileMalformed),
        (b"plain text", FileMalformed),
        (zlib.compress(b""), FileMalformed),
        (zlib.compress(head())[:-6], FileMalformed),
        (zlib.compress(head()[:-1]), FileMalformed),
        (zlib.compress(head(sheets=1)), FileMalformed),
        (zlib.compress(head() + b"{}\n"), FileMalformed),
        (zlib.compress(head(sheets=1) + b"{}\n"), FileMalformed),
        (zlib.compress(head(sheets=1) + b" " * 70_000 + b"\n"), FileTooLarge),
        (zlib.compress(head(node="N0002")), MessageForAnother),
        (zlib.compress(head(epoch=2)), MessageForAnother),
        (zlib.compress(head(item=item_name("A01", 4))), ItemMismatch),
    ],
)
def test_what_is_no_part_is_refused(content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        opened(box(content))


def test_a_small_file_cannot_become_an_endless_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(customers, "LINES_MAX", 1 << 20)
    file = box(zlib.compress(head() + b"{}\n" * (1 << 20)))
    part = open_customers(file, ROOT, KEM, item=ITEM, node="N0001", epoch=1)
    with pytest.raises(FileTooLarge):
        for _line in part.lines:
            pass


def test_a_line_without_an_end_is_not_gathered() -> None:
    with pytest.raises(FileTooLarge):
        opened(box(zlib.compress(head(sheets=1) + b" " * (8 << 20))))
