"""The list of cards and levels is for one node, from headquarters, and has one shape."""

import json
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yika_common.services import Service
from yika_common.signing.errors import FileMalformed, FileTooLarge, SealBroken
from yika_common.signing.keys import SigningKey
from yika_common.signing.sealing import SealKey, seal
from yika_common.signing.signed_file import SignedFile, sign
from yika_common.signing.trust import ROLES, Role, TrustRoot, make_root
from yika_common.sync.card_list import (
    ACTIONS,
    CARDS_TYPE,
    CardList,
    MeterLevels,
    Notice,
    ServiceLevels,
    open_cards,
    seal_cards,
)
from yika_common.sync.errors import MessageForAnother
from yika_common.sync.messages import Certificate, text_of

REGISTRY = SigningKey.from_seed(b"r" * 32)
ROOT = TrustRoot.parse(make_root({role: Role((REGISTRY.public,), 1) for role in ROLES}))
KEM = SealKey.from_private(b"k" * 32)
CERTIFICATE = Certificate(
    node="N0001",
    epoch=2,
    alg=REGISTRY.public.alg,
    spki=text_of(REGISTRY.public.spki),
    kem=text_of(KEM.public),
    areas=("A01",),
    services=(),
    issued=0,
)
HELD = CardList(node="N0001", epoch=2, meters=(MeterLevels("000000000001", 0, 3, 1, 2, 3, 4),))

NUMBERS = st.integers(0, 2**32 - 1)
NOTICES = st.builds(
    Notice,
    nth=st.integers(1, 2**32 - 1),
    card=st.text("0123456789", min_size=12, max_size=12),
    action=st.sampled_from(ACTIONS),
    until=NUMBERS,
    zh=st.just("请来营业厅"),
    en=st.just("Come to the counter"),
)
LEVELS = st.builds(
    ServiceLevels,
    st.sampled_from(Service),
    st.sampled_from(["", "residential"]),
    st.integers(0, 1),
    st.integers(1, 1000),
    *[NUMBERS] * 4,
)


@given(st.lists(NOTICES, max_size=5), st.lists(LEVELS, max_size=5))
def test_a_list_travels_and_comes_back(notices: list[Notice], levels: list[ServiceLevels]) -> None:
    held = CardList(
        node="N0001",
        epoch=1,
        levels=tuple(levels),
        meters=(MeterLevels("000000000001", 0, 3, 1, 2, 3, 4),),
        notices=tuple(notices),
    )
    assert CardList.parse(held.to_bytes(), limit=1 << 20) == held


@pytest.mark.parametrize(
    "changes",
    [
        {"c": "860000000001", "m": "000000000001"},
        {"c": ""},
        {"do": "burn"},
        {"do": "message", "zh": ""},
        {"id": 0},
        {"u": -1},
    ],
)
def test_a_notice_that_says_nothing_clear_is_refused(changes: dict[str, object]) -> None:
    held = {"id": 1, "c": "860000000001", "do": "message", "zh": "好", "en": "ok"} | changes
    line = json.dumps({"for": "N0001", "ep": 1, "nt": [held], "t": "cards"}).encode() + b"\n"
    with pytest.raises(FileMalformed):
        CardList.parse(line, limit=1 << 20)


def test_only_its_node_opens_a_list_in_the_epoch_it_is_for() -> None:
    file = seal_cards(HELD, CERTIFICATE, [REGISTRY])
    assert open_cards(file, ROOT, KEM, node="N0001", epoch=2) == HELD
    for node, epoch in (("N0001", 1), ("N0002", 2)):
        with pytest.raises(SealBroken):
            open_cards(file, ROOT, KEM, node=node, epoch=epoch)
    with pytest.raises(SealBroken):
        open_cards(file, ROOT, SealKey.from_private(b"o" * 32), node="N0001", epoch=2)
    with pytest.raises(ValueError, match="sealed to the node"):
        seal_cards(replace(HELD, node="N0002"), CERTIFICATE, [REGISTRY])


def test_a_list_for_another_or_cut_short_is_refused() -> None:
    info = b"yika/cards/1\0N0001\0" + b"2"

    def boxed(packed: bytes) -> SignedFile:
        return sign(CARDS_TYPE, seal(packed, CERTIFICATE.seal_key, info), [REGISTRY])

    other = zlib.compress(replace(HELD, node="N0002").to_bytes())
    with pytest.raises(MessageForAnother):
        open_cards(boxed(other), ROOT, KEM, node="N0001", epoch=2)
    whole = zlib.compress(HELD.to_bytes())
    for packed, refused in (
        (whole[:-6], FileMalformed),
        (b"no stream", FileMalformed),
        (zlib.compress(bytes(5 << 20)), FileTooLarge),
    ):
        with pytest.raises(refused):
            open_cards(boxed(packed), ROOT, KEM, node="N0001", epoch=2)
