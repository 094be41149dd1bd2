"""Headquarters orders tool cards: two persons for what takes credit away, one meter, an end."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from central_builders import ADMIN, LI, URL, HandClock, Pen, answer_invitation
from central_tools import METERS, TODAY, ZHAO, let_issue, ordered, town
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import SpecialCard, table_of
from yika_central.errors import UnknownNode
from yika_central.services.tool_desk import (
    MeterOutOfReach,
    NewTool,
    NoSuchTool,
    NotIssuing,
    ToolNotOpen,
    ToolRefused,
)
from yika_central.services.two_persons import (
    NotABookkeeper,
    ReasonMissing,
    SamePersonTwice,
    SecondPersonMissing,
)
from yika_common.cards.parameters import MeterParameters
from yika_common.cards.tool_order import OrderKind, open_order
from yika_common.cards.write_back import MeterReading, MeterStatus
from yika_common.clock import from_timestamp, to_timestamp
from yika_common.journal.bodies import Reading
from yika_common.journal.meter_bodies import EXECUTED, UNUSED, OrderDone, ToolReturned
from yika_common.numbers import Quantity
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.messages import TOOLS_ITEM
from yika_common.sync.tool_list import ToolList, open_tools, order_of


def list_of(pen: Pen) -> ToolList:
    """What the node finds in its newest manifest."""
    manifest = pen.send(pen.sign_of_life()).manifest
    assert manifest is not None
    [item] = [item for item in manifest.items if item.name == f"{TOOLS_ITEM}{pen.node}"]
    file = read_signed_file(pen.hq.registry.item(bytes.fromhex(item.sha256)))
    return open_tools(file, pen.hq.keys.root, pen.kem, node=pen.node, epoch=1)


def test_an_order_reaches_its_node_and_only_its_meter_can_have_made_it(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen = town(headquarters, clock)
    number = ordered(headquarters)
    [card] = list_of(pen).cards
    assert (card.card, card.holder, card.ended) == (number, "Sun", 0)
    assert bytes.fromhex(card.node) == headquarters.keys.card_key(number, 1, "")
    assert [held.meter for held in card.orders] == list(METERS[:2])
    for held in card.orders:
        wbq = headquarters.keys.meter_keys(held.meter, 1, "A01").wbq
        assert wbq is not None
        order = open_order(bytes.fromhex(held.order), wbq)
        assert order == order_of(held)
        assert (order.kind, order.number, order.card) == (OrderKind.INSPECTION, 1, number)
        # The last second of the utility's day.
        assert to_timestamp(order.not_after) % 86_400 == 16 * 3600 - 1


def test_orders_of_a_meter_are_numbered_for_ever(
    headquarters: Headquarters, clock: HandClock
) -> None:
    town(headquarters, clock)
    first, second = ordered(headquarters), ordered(headquarters, meters=(METERS[1],))
    desk = headquarters.tool_desk
    assert [order.number for order in desk.statement(first).orders] == [1, 1]
    assert [order.number for order in desk.statement(second).orders] == [2]
    assert first != second


@pytest.mark.parametrize("kind", [OrderKind.TRANSFER, OrderKind.CLEAR])
def test_what_takes_credit_away_is_for_one_meter_and_takes_two_persons(
    headquarters: Headquarters, clock: HandClock, kind: OrderKind
) -> None:
    pen = town(headquarters, clock)
    with pytest.raises(SecondPersonMissing):
        ordered(headquarters, kind=kind, meters=METERS[:1])
    with pytest.raises(SamePersonTwice):
        ordered(headquarters, ADMIN, kind=kind, meters=METERS[:1])
    with pytest.raises(NotABookkeeper):
        ordered(headquarters, LI, kind=kind, meters=METERS[:1])
    with pytest.raises(ToolRefused):
        ordered(headquarters, ZHAO, kind=kind, meters=METERS[:2])
    assert headquarters.tool_desk.listed() == ()
    number = ordered(headquarters, ZHAO, kind=kind, meters=METERS[:1])
    assert headquarters.tool_desk.statement(number).ordered_by == "admin, zhao"
    assert [card.card for card in list_of(pen).cards] == [number]


def test_parameters_travel_with_their_order(headquarters: Headquarters, clock: HandClock) -> None:
    pen = town(headquarters, clock)
    brought = MeterParameters(6, Quantity(5_000), Quantity(800_000))
    ordered(headquarters, kind=OrderKind.PARAMETERS, parameters=brought)
    [card] = list_of(pen).cards
    assert {order_of(held).parameters for held in card.orders} == {brought}


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"node": "N0007"}, UnknownNode),
        ({"holder": " "}, ToolRefused),
        ({"holder": "x" * 65}, ToolRefused),
        ({"until": TODAY - timedelta(days=1)}, ToolRefused),
        ({"until": TODAY + timedelta(days=32)}, ToolRefused),
        ({"meters": ()}, ToolRefused),
        ({"meters": (METERS[0], METERS[0])}, ToolRefused),
        ({"meters": ("M00000000008",)}, MeterOutOfReach),
        ({"meters": ("M00000000009",)}, MeterOutOfReach),
        ({"kind": OrderKind.PARAMETERS}, ToolRefused),
        ({"parameters": MeterParameters(1)}, ToolRefused),
    ],
)
def test_a_card_that_makes_no_sense_is_not_ordered(
    headquarters: Headquarters, clock: HandClock, changes: Any, refusal: type[Exception]
) -> None:
    town(headquarters, clock)
    with pytest.raises(refusal):
        ordered(headquarters, **changes)
    assert headquarters.tool_desk.listed(everything=True) == ()


def test_an_order_says_why(headquarters: Headquarters, clock: HandClock) -> None:
    town(headquarters, clock)
    new = NewTool(
        node="N0001", holder="Sun", kind=OrderKind.INSPECTION, meters=METERS, until=TODAY
    )
    with pytest.raises(ReasonMissing):
        headquarters.tool_desk.order(new, by="admin", reason=" ")


def test_only_a_node_that_issues_gets_tool_cards(
    headquarters: Headquarters, clock: HandClock
) -> None:
    town(headquarters, clock)
    let_issue(headquarters, 0)
    with pytest.raises(NotIssuing):
        ordered(headquarters)
    assert headquarters.tool_desk.issuing_nodes() == ()


def test_a_revoked_card_is_written_no_more(headquarters: Headquarters, clock: HandClock) -> None:
    pen = town(headquarters, clock)
    number = ordered(headquarters)
    headquarters.tool_desk.revoke(number, by="admin", reason="the wrong street")
    [card] = list_of(pen).cards
    assert card.ended == 1
    assert headquarters.tool_desk.listed() == ()
    assert headquarters.tool_desk.statement(number).state == "REVOKED"
    with pytest.raises(ToolNotOpen):
        headquarters.tool_desk.revoke(number, by="admin", reason="again")
    with pytest.raises(NoSuchTool):
        headquarters.tool_desk.revoke("880000000077", by="admin", reason="who knows")


def test_a_node_that_is_enrolled_anew_gets_its_tool_cards_sealed_anew(
    headquarters: Headquarters, clock: HandClock
) -> None:
    town(headquarters, clock)
    ordered(headquarters)
    text = headquarters.enrolment.invite("N0001", name="Point", areas=("A01",), url=URL)
    pen = answer_invitation(headquarters, clock, text, seed=9)
    [item] = [item for item in pen.manifest.items if item.name.startswith(TOOLS_ITEM)]
    file = read_signed_file(headquarters.registry.item(bytes.fromhex(item.sha256)))
    assert open_tools(file, headquarters.keys.root, pen.kem, node="N0001", epoch=2).cards


def test_what_came_back_is_shown_beside_each_order(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen = town(headquarters, clock)
    number = ordered(headquarters)
    pen.write(
        a_reading(headquarters, METERS[0], number),
        a_reading(headquarters, METERS[1], number, evidence="00" * 8),
        ToolReturned(
            card=number,
            orders=(
                OrderDone(METERS[0], 1, 1, EXECUTED),
                OrderDone(METERS[1], 1, 1, UNUSED),
                OrderDone("M00000000099", 1, 1, EXECUTED),
            ),
        ),
    )
    pen.send(pen.cut())
    first, second = headquarters.tool_desk.statement(number).orders
    assert (first.outcome, first.balance, first.genuine) == ("EXECUTED", 2_500, True)
    assert (second.outcome, second.genuine) == ("UNUSED", False)


def a_reading(
    hq: Headquarters, meter: str, card: str, slot: int = 0, evidence: str | None = None
) -> Reading:
    wbq = hq.keys.meter_keys(meter, 1, "A01").wbq
    assert wbq is not None
    read = MeterReading(
        meter_id=meter,
        slot=slot,
        key_version=1,
        generation=1,
        count=2,
        total=Quantity(20_000),
        balance=Quantity(2_500),
        lifetime_use=Quantity(17_500),
        status=MeterStatus(0),
        sequence=4,
        clock=from_timestamp(1_780_000_000),
    )
    return Reading(
        card=card,
        meter=meter,
        slot=slot,
        generation=1,
        count=2,
        total=20_000,
        balance=2_500,
        used=17_500,
        status=0,
        sequence=4,
        meter_time=1_780_000_000,
        evidence=read.evidence(wbq).hex() if evidence is None else evidence,
    )


def test_a_card_that_is_out_too_long_is_overdue(
    headquarters: Headquarters, clock: HandClock
) -> None:
    town(headquarters, clock)
    number = ordered(headquarters)
    with headquarters.database.writing() as connection:
        connection.execute(update(table_of(SpecialCard)).values(state="ISSUED"))
    assert not headquarters.tool_desk.statement(number).overdue
    clock.pass_by(days=1)
    [view] = headquarters.tool_desk.listed()
    assert view.overdue
    headquarters.tool_desk.give_up(number, by="admin", reason="it fell into a shaft")
    assert headquarters.tool_desk.listed() == ()
