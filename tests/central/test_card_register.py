"""Headquarters shows each card from issue to return, and the blank ones of every vending point."""

import json
import re
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from openpyxl import load_workbook

from central_builders import ADMIN, HandClock, Pen, new_headquarters
from settlement_builders import ACCOUNT, CARD, a_town, deliver, replace_card
from settlement_builders import NEW_CARD as NEW
from yika_central.bootstrap import Headquarters
from yika_central.cli import main
from yika_central.services.card_register import IN_USE, IS_LOST, REPLACED, CardLine
from yika_central.web.app import make_central_app
from yika_common.journal.card_bodies import (
    FOUND,
    LOST,
    RECEIVED,
    RECYCLED,
    SENT,
    CardEnded,
    CardReported,
    StockMoved,
)


@pytest.fixture
def pen(headquarters: Headquarters, clock: HandClock) -> Pen:
    first, _ = a_town(headquarters, clock)
    deliver(first)
    clock.pass_by(minutes=5)
    return first


def line(hq: Headquarters, card: str) -> CardLine:
    (found,) = hq.card_register.find(card)
    return found


def test_a_card_is_followed_from_issue_to_return(
    headquarters: Headquarters, clock: HandClock, pen: Pen
) -> None:
    assert line(headquarters, CARD).state == IN_USE
    pen.write(CardReported(account=ACCOUNT, card=CARD, state=LOST, reason="called"))
    deliver(pen)
    assert line(headquarters, CARD).state == IS_LOST
    clock.pass_by(minutes=1)
    pen.write(CardReported(account=ACCOUNT, card=CARD, state=FOUND, reason="has it"))
    deliver(pen)
    assert line(headquarters, CARD).state == IN_USE
    clock.pass_by(minutes=1)
    replace_card(pen, count=1, total=0)
    deliver(pen)
    old, new = line(headquarters, CARD), line(headquarters, NEW)
    assert (old.state, old.replaced_by) == (REPLACED, NEW)
    assert (new.state, new.replaces, new.fee, new.reason) == (IN_USE, CARD, 2_000, "lost")
    clock.pass_by(minutes=1)
    pen.write(CardEnded(account=ACCOUNT, card=CARD, how=RECYCLED, reason="found"))
    deliver(pen)
    ended = line(headquarters, CARD)
    assert (ended.state, ended.since) == (RECYCLED, clock().replace(microsecond=0))


def test_cards_are_found_by_account_and_by_vending_point(
    headquarters: Headquarters, pen: Pen
) -> None:
    replace_card(pen, count=1, total=0)
    deliver(pen)
    assert [found.card for found in headquarters.card_register.find(ACCOUNT)] == [NEW, CARD]
    assert [found.card for found in headquarters.card_register.find(node="N0001")] == [NEW, CARD]
    assert headquarters.card_register.find("9") == ()
    assert headquarters.card_register.find(node="N0002") == ()


def test_the_blank_cards_of_a_vending_point_are_counted(
    headquarters: Headquarters, pen: Pen
) -> None:
    pen.write(
        StockMoved(what=RECEIVED, chips=50),
        StockMoved(what=SENT, chips=5, reason="to N0002"),
        CardEnded(account=ACCOUNT, card=CARD, how=RECYCLED, reason="moved"),
    )
    deliver(pen)
    (stock,) = headquarters.card_register.stock()
    assert (stock.node, stock.received, stock.issued, stock.left) == ("N0001", 50, 1, 45)


def test_the_page_and_the_command_tell_the_same(
    headquarters: Headquarters, clock: HandClock, pen: Pen
) -> None:
    replace_card(pen, count=1, total=0)
    deliver(pen)
    client = make_central_app(headquarters).test_client()
    client.environ_base["HTTP_HOST"] = "127.0.0.1:8600"
    signed_in(client)
    page = client.get(f"/cards/register?text={ACCOUNT}").text
    assert NEW in page
    assert "20.00" in page


def test_the_command_prints_a_line_for_each_card(tmp_path: Path, clock: HandClock) -> None:
    hq = new_headquarters(tmp_path / "central", clock)
    first, _ = a_town(hq, clock)
    replace_card(first, count=1, total=0)
    deliver(first)
    hq.close()
    result = CliRunner().invoke(
        main, ["--data", str(tmp_path / "central"), "register", ACCOUNT], catch_exceptions=False
    )
    cards = [json.loads(row) for row in result.output.splitlines()]
    assert [(card["card"], card["state"], card["fee"]) for card in cards] == [
        (NEW, IN_USE, "20.00"),
        (CARD, REPLACED, "0.00"),
    ]


def signed_in(client: FlaskClient) -> None:
    page = client.get("/login").text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    fields = {"csrf_token": found[1], "name": ADMIN.name, "password": ADMIN.password}
    answer = client.post("/login", data=fields)
    assert answer.status_code == 303, answer.text


def test_the_workbook_lists_the_cards_and_ties_their_fees(
    headquarters: Headquarters, clock: HandClock, pen: Pen, tmp_path: Path
) -> None:
    replace_card(pen, count=1, total=0)
    deliver(pen)
    scope = headquarters.report_office.scope(date(2026, 5, 31), date(2026, 6, 2))
    made = tmp_path / "report.xlsx"
    headquarters.report_office.write(made, scope, made_by="mei", translate=str)
    book = load_workbook(made)
    rows = list(book["Cards"].iter_rows(values_only=True))
    assert [(row[4], row[6], row[8]) for row in rows if row[1] == "N0001"] == [
        (CARD, None, 0),
        (NEW, CARD, 20),
    ]
    ties = {row[0]: row[1] for row in book["Control"].iter_rows(values_only=True)}
    assert ties["Fees for cards"] == 20
