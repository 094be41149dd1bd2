"""The pages of system and managing cards, and of the second person's approval."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from central_builders import HandClock, new_headquarters
from node_pages import TAGS, code_of, hidden, said
from node_world import OPERATOR, PASSWORD
from special_builders import PIN, AnyChip
from special_town import SpecialPoint, SpecialTown
from staff_builders import add_operator
from yika_central.services.special_office import NewManaging
from yika_common.cards.approval import act_digest
from yika_common.cards.special import contact as special
from yika_common.cards.special.face import State
from yika_common.errors import Phrase
from yika_common.journal.card_bodies import Approved
from yika_common.services import Service
from yika_node.services.views import Level
from yika_node.web.app import make_node_app

DIGEST = act_digest("refund", purchase=7)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[SpecialTown]:
    clock = HandClock()
    made = SpecialTown(tmp_path, new_headquarters(tmp_path / "central", clock), clock)
    yield made
    made.close()


@pytest.fixture
def point(town: SpecialTown) -> SpecialPoint:
    return town.issuing_point()


@dataclass
class Desk:
    """Somebody at a point's pages."""

    point: SpecialPoint
    language: str = "en"

    def __post_init__(self) -> None:
        self.app = make_node_app(
            self.point.node,
            clock=self.point.clock,
            random=lambda size: bytes(range(size)),
            instance="t",
        )
        self.client = self.app.test_client()

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, headers={"Accept-Language": TAGS[self.language]})

    def post(self, path: str, fields: dict[str, str], on: str) -> TestResponse:
        headers = {"Accept-Language": TAGS[self.language], "Origin": "http://localhost"}
        token = hidden(self.get(on)).get("csrf_token", "")
        return self.client.post(path, data={"csrf_token": token, **fields}, headers=headers)

    def sign_in(self) -> "Desk":
        fields = {"name": OPERATOR, "password": PASSWORD}
        assert self.post("/login", fields, "/login").status_code == 303
        return self


def test_an_installation_begins_with_its_system_card(
    town: SpecialTown, point: SpecialPoint
) -> None:
    chip, ordered = town.system_card(point, "cpu", "N0002", (Service.GAS,))
    fresh = town.point("N0002", token=False)
    desk = Desk(fresh)
    fresh.hand.chip = chip
    page = desk.get("/setup")
    assert "PIN of the system card" in page.text
    fields = {"pin": "0000000001", "name": OPERATOR, "password": PASSWORD}
    for _ in range(2):
        refused = desk.post("/setup/card", fields, "/setup")
        assert code_of(refused) == "wrong_pin"
    spaced = f"{ordered.pin[:4]} {ordered.pin[4:7]} {ordered.pin[7:]}"
    refused = desk.post("/setup/card", fields | {"pin": spaced}, "/setup")
    assert code_of(refused) == "pin_last_try"
    assert 'name="last"' in refused.text
    done = desk.post("/setup/card", fields | {"pin": spaced, "last": "1"}, "/setup")
    assert done.status_code == 303, done.text
    assert special.recognise(chip.contact()).state is State.BURNT
    assert "not burnt yet" not in desk.get("/").text
    assert "System card" in desk.get("/special").text


def test_a_card_that_left_too_soon_is_burnt_from_the_first_page(
    town: SpecialTown, point: SpecialPoint
) -> None:
    chip, ordered = town.system_card(point, "cpu", "N0002", (Service.GAS,))
    fresh = town.point("N0002", token=False)
    desk = Desk(fresh)
    fresh.hand.chip = chip
    fresh.start.enrol(ordered.pin, OPERATOR, PASSWORD)
    fresh.hand.chip = None
    fresh.node.staff.sign_out(OPERATOR)
    desk.sign_in()
    assert f"System card {ordered.number} is not burnt yet." in desk.get("/").text
    refused = desk.post("/special/burn", {}, "/special")
    assert code_of(refused) == "card_absent"
    fresh.hand.chip = chip
    assert desk.post("/special/burn", {}, "/special").status_code == 303
    assert "not burnt yet" not in desk.get("/").text
    assert code_of(desk.post("/special/burn", {}, "/special")) == "nothing_to_burn"


@pytest.mark.parametrize(
    ("language", "words"), [("en", "not sold at this vending point"), ("zh", "本营业点不售")]
)
def test_a_place_whose_service_is_not_sold_here_takes_no_meter(
    town: SpecialTown, point: SpecialPoint, language: str, words: str
) -> None:
    sold = (Service.ELECTRICITY_THREE, Service.GAS)
    chip, ordered = town.system_card(point, "cpu", "N0002", sold)
    fresh = town.point("N0002", token=False)
    fresh.hand.chip = chip
    fresh.start.enrol(ordered.pin, OPERATOR, PASSWORD)
    fresh.node.staff.sign_out(OPERATOR)
    page = Desk(fresh, language).sign_in().get("/accounts/new").text
    assert re.findall(r'name="meter-([0-9])"', page) == ["0", "2"]
    assert page.count(words) == 2, "heat and cold water"
    assert {"en": "1 · Electricity, three phase", "zh": "1 · 三相电"}[language] in page


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_managing_card_is_written_approves_and_comes_back(
    town: SpecialTown, point: SpecialPoint, language: str
) -> None:
    order = NewManaging(holder="Chen Wei", node="N0001", nodes=("N0001",))
    number = town.hq.special_office.order_managing(order, by="admin")
    point.sync()
    point.node.staff.sign_out(OPERATOR)
    desk = Desk(point, language).sign_in()
    page = desk.get("/special")
    assert number in page.text
    assert "Chen Wei" in page.text
    unwritten = {"en": "to be written", "zh": "待写卡"}[language]
    assert unwritten in page.text
    point.hand.chip = AnyChip("cpu")
    fields = {"card": number, "pin": PIN, "again": "654321"}
    assert code_of(desk.post("/special/write", fields, "/special")) == "pins_differ"
    fields["again"] = PIN
    assert desk.post("/special/write", fields, "/special").status_code == 303
    written = desk.get("/special").text
    assert unwritten not in written
    before_the_pin = written.partition(f'id="pin-{number}"')[0]
    assert before_the_pin.count("<details>") == 1, "it is finished on demand only"
    fields["again"] = "654321"
    refused = desk.post("/special/write", fields, "/special").text
    assert "<details>" not in refused.partition(f'id="pin-{number}"')[0], "refused: it is open"
    fields["again"] = PIN

    token = point.node.approvals.begin(OPERATOR, DIGEST, Phrase("A refund"), "/sales?page=2")
    page = desk.get(f"/approve/{token}")
    assert "A refund" in page.text or "退" in page.text
    wrong = desk.post(f"/approve/{token}", {"pin": "123456"}, f"/approve/{token}")
    assert code_of(wrong) == "wrong_pin"
    assert said(wrong)
    done = desk.post(f"/approve/{token}", {"pin": PIN}, f"/approve/{token}")
    assert done.status_code == 303
    assert done.location == f"/sales?page=2&approval={token}"
    body = point.node.approvals.take(token, DIGEST, OPERATOR)
    assert isinstance(body, Approved)
    assert body.holder == "Chen Wei"
    assert code_of(desk.get(f"/approve/{token}")) == "approval_missing"

    assert desk.post("/special/return", {}, "/special").status_code == 303
    assert special.recognise(point.hand.chip.contact()).state is State.BURNT
    fields = {"card": number, "reason": "lost"}
    assert code_of(desk.post("/special/missing", fields, "/special")) == "special_card_not_out"


def test_a_clerk_neither_writes_cards_nor_sees_the_list(
    town: SpecialTown, point: SpecialPoint
) -> None:
    add_operator(point.node, "wu", Level.CLERK)
    desk = Desk(point)
    fields = {"name": "wu", "password": PASSWORD}
    assert desk.post("/login", fields, "/login").status_code == 303
    assert desk.get("/special").status_code == 403
    assert desk.post("/special/write", {"card": "1"}, "/").status_code == 403
