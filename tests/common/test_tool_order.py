"""An order is headquarters' alone: no bit of it can be changed, and its bytes never move."""

import json
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_builders import KEYS, METER_ID, NOW, NUMBER, SLOT, VECTORS
from tool_builders import PARAMETERS, an_order
from yika_common.cards.ciphers import mac8
from yika_common.cards.claim import Claim
from yika_common.cards.errors import ContentUnknown, OrderForged, RecordForged
from yika_common.cards.parameters import MeterParameters
from yika_common.cards.record import open_record
from yika_common.cards.tool_order import (
    ORDER_SIZE,
    OrderKind,
    ToolOrder,
    is_order,
    open_order,
    read_order,
)
from yika_common.cards.write_back import MeterStatus, evidence_in, open_write_back
from yika_common.numbers import Quantity
from yika_common.services import Service

WBQ = KEYS.wbq or b""
PUBLISHED = json.loads((VECTORS / "tool_orders.json").read_text())
SETTINGS = MeterParameters(6, Quantity(5_000), Quantity(800_000))


def published(entry: dict[str, str]) -> ToolOrder:
    kind = OrderKind[entry["kind"].upper()]
    return ToolOrder(
        meter_id=METER_ID,
        slot=SLOT,
        service=Service.GAS,
        key_version=3,
        kind=kind,
        number=int(entry["number"]),
        card=NUMBER,
        not_after=datetime.fromisoformat(entry["not_after"]),
        parameters=SETTINGS if kind is OrderKind.PARAMETERS else MeterParameters(),
    )


def test_the_script_makes_the_published_vectors() -> None:
    if shutil.which("xxd") is None:
        pytest.fail("xxd is not installed", pytrace=False)
    script = VECTORS / "tool_orders.sh"
    made = subprocess.run(["sh", script], capture_output=True, check=True, timeout=60)
    assert json.loads(made.stdout) == PUBLISHED


@pytest.mark.parametrize("entry", PUBLISHED["orders"], ids=lambda entry: entry["kind"])
def test_an_order_has_the_published_bytes(entry: dict[str, str]) -> None:
    data = bytes.fromhex(entry["order"])
    assert published(entry).encode(WBQ) == data
    assert open_order(data, WBQ) == read_order(data) == published(entry)
    assert is_order(data)


def test_a_transferred_meter_writes_the_published_bytes() -> None:
    data = bytes.fromhex(PUBLISHED["transferred"])
    write_back = open_write_back(data, KEYS.wbn)
    assert write_back.reading.status == MeterStatus.CLOSED | MeterStatus.TRANSFERRED
    assert write_back.reading.balance == Quantity(42_500)
    assert evidence_in(data) == write_back.reading.evidence(WBQ)
    assert Claim(0, 3).encode().hex() == PUBLISHED["claim_of_the_transfer"]


@given(
    number=st.integers(1, 2**32 - 1),
    not_after=st.integers(0, 2**32 - 1),
    slot=st.integers(0, 7),
    kind=st.sampled_from(OrderKind),
)
def test_what_is_written_is_read(number: int, not_after: int, slot: int, kind: OrderKind) -> None:
    order = an_order(
        number=number, not_after=datetime.fromtimestamp(not_after, UTC), slot=slot, kind=kind
    )
    assert open_order(order.encode(WBQ), WBQ) == order


@given(st.integers(0, ORDER_SIZE * 8 - 1))
def test_no_bit_can_be_changed(bit: int) -> None:
    data = bytearray(an_order().encode(WBQ))
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises(OrderForged):
        open_order(bytes(data), WBQ)


@pytest.mark.parametrize("key", [KEYS.credit, KEYS.wbn, KEYS.auth])
def test_no_key_that_a_node_holds_makes_an_order(key: bytes) -> None:
    with pytest.raises(OrderForged):
        open_order(an_order().encode(key), WBQ)


def test_an_order_is_no_credit_record_even_under_the_credit_key() -> None:
    body = an_order().body()
    with pytest.raises(ContentUnknown):
        open_record(body + mac8(KEYS.credit, body), KEYS.credit)
    with pytest.raises(RecordForged):
        open_record(an_order().encode(WBQ), KEYS.credit)


@pytest.mark.parametrize(
    ("place", "value"), [(0, 3), (1, 9), (4, 77), (5, 5), (5, 0), (38, 1), (121, 1), (3, 8)]
)
def test_bytes_that_this_program_does_not_know_are_left_alone(place: int, value: int) -> None:
    body = bytearray(an_order().body())
    body[place] = value
    with pytest.raises(ContentUnknown):
        open_order(bytes(body) + mac8(WBQ, bytes(body)), WBQ)
    with pytest.raises(ContentUnknown):
        read_order(bytes(body) + bytes(8))


def test_bytes_of_another_length_are_no_order() -> None:
    with pytest.raises(OrderForged):
        open_order(an_order().encode(WBQ) + b"\0", WBQ)
    with pytest.raises(ContentUnknown):
        read_order(b"\x02")


@pytest.mark.parametrize(
    "changes",
    [
        {"slot": 8},
        {"number": 0},
        {"meter_id": ""},
        {"card": ""},
        {"kind": OrderKind.CLEAR, "parameters": PARAMETERS},
        {"kind": OrderKind.PARAMETERS, "parameters": MeterParameters()},
        {"kind": OrderKind.PARAMETERS, "parameters": MeterParameters(0, Quantity(1))},
        {"not_after": NOW.replace(year=2200)},
    ],
)
def test_an_order_that_makes_no_sense_can_not_be_made(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        replace(an_order(kind=OrderKind.TRANSFER), **changes)  # type: ignore[arg-type]


def test_what_moves_money_is_known() -> None:
    assert [kind for kind in OrderKind if kind.moves_money] == [
        OrderKind.TRANSFER,
        OrderKind.CLEAR,
    ]
