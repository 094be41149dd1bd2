"""A complaint that a vending point wrote down is answered at headquarters, once."""

import html

import pytest

from central_builders import HandClock, Pen
from central_pages import post, signed_in
from duplicate_builders import CARDS, FIRST, METERS, open_flat, sell_water, two_points
from settlement_builders import BO, MEI, deliver, rows
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import AdjustmentEntry, CardNotice
from yika_central.db.tables import Complaint as Row
from yika_central.services.complaint_office import (
    OPEN,
    REFUSED,
    UPHELD,
    Answer,
    AnswerUnusable,
    ComplaintAnswered,
    NoSuchComplaint,
    Place,
)
from yika_central.services.staff import Credential, StaffRole
from yika_central.services.two_persons import NotABookkeeper, ReasonMissing, SecondPersonMissing
from yika_common.journal.complaint_bodies import Complained
from yika_common.numbers import Money
from yika_common.sync.personal_data import seal_words

WORDS = "充了二十方，表上只有十方"
SORRY = Answer(upheld=True, zh="退还五元", en="Five yuan are given back", amount=Money(500))
NO = Answer(upheld=False, zh="表计正常", en="The meter is right")
NORA = Credential("nora", "the auditor's password")


@pytest.fixture
def place(headquarters: Headquarters, clock: HandClock) -> Place:
    """Where a complaint of a sale stands, which has arrived."""
    point, _ = two_points(headquarters, clock)
    open_flat(point, FIRST)
    sold = sell_water(point, FIRST, 20_000, count=1)
    return complain(headquarters, point, receipt=sold)


def complain(hq: Headquarters, pen: Pen, *, receipt: int = 0) -> Place:
    key = hq.keys.personal_data_key(pen.node)
    words = seal_words(WORDS, key, FIRST, bytes)
    seq = pen.write(Complained(account=FIRST, about="credit", words=words, receipt=receipt))
    deliver(pen)
    return (pen.node, 1, 0, seq)


def test_it_arrives_with_what_was_said_and_the_sale_it_is_of(
    headquarters: Headquarters, place: Place
) -> None:
    office = headquarters.complaint_office
    assert office.waiting() == 1
    (listed,) = office.listed(OPEN)
    assert (listed.place, listed.words) == (place, ""), "a list names nobody's words"
    shown = office.get(place)
    assert shown.words == WORDS
    assert shown.number == f"N0001-1-{place[-1]:06}"
    assert [sale[:1] + sale[3:] for sale in shown.sales] == [("N0001", place[-1] - 2)]
    assert WORDS.encode() not in b"".join(str(row).encode() for row in rows(headquarters, Row))


def test_what_is_upheld_is_paid_and_told_together(
    headquarters: Headquarters, place: Place
) -> None:
    office = headquarters.complaint_office
    office.answer(place, SORRY, by="mei", reason="pump failed")
    assert headquarters.adjustments.account(FIRST).outstanding == 500
    (notice,) = headquarters.notice_desk.listed()
    number = office.get(place).number
    assert (notice.card, notice.action) == (CARDS[FIRST], "message")
    assert notice.en == f"Complaint {number}: Five yuan are given back"
    assert notice.zh == f"投诉 {number}：退还五元"
    assert [one.place for one in office.listed(UPHELD)] == [place]
    assert office.waiting() == 0


def test_it_is_answered_once(headquarters: Headquarters, place: Place) -> None:
    office = headquarters.complaint_office
    office.answer(place, NO, by="mei", reason="read at the meter")
    with pytest.raises(ComplaintAnswered):
        office.answer(place, SORRY, by="mei", reason="sent twice")
    assert office.get(place).outcome == REFUSED
    assert rows(headquarters, AdjustmentEntry) == []
    assert len(rows(headquarters, CardNotice)) == 1


def test_what_is_refused_changes_nothing(headquarters: Headquarters, place: Place) -> None:
    answer = headquarters.complaint_office.answer
    much = Answer(upheld=True, zh="退", en="back", amount=Money(10_000_000))
    for wrong in (
        Answer(upheld=False, zh="否", en="no", amount=Money(1)),
        Answer(upheld=True, zh="", en="yes"),
        Answer(upheld=True, zh="是", en="y" * 161),
        Answer(upheld=True, zh="是", en="yes", amount=Money(-1)),
    ):
        with pytest.raises(AnswerUnusable):
            answer(place, wrong, by="mei", reason="x")
    with pytest.raises(SecondPersonMissing):
        answer(place, much, by="mei", reason="x")
    headquarters.staff.enter(NORA, frozenset({StaffRole.AUDITOR}))
    with pytest.raises(NotABookkeeper):
        answer(place, much, by="mei", reason="x", second=NORA)
    with pytest.raises(ReasonMissing):
        answer(place, NO, by="mei", reason=" ")
    with pytest.raises(NoSuchComplaint):
        answer(("N0001", 1, 0, 1), NO, by="mei", reason="x")
    assert headquarters.complaint_office.waiting() == 1
    assert rows(headquarters, CardNotice) == rows(headquarters, AdjustmentEntry) == []


def test_a_delivery_that_comes_twice_brings_one_complaint(
    headquarters: Headquarters, clock: HandClock
) -> None:
    point, _ = two_points(headquarters, clock)
    place = complain(headquarters, point)
    deliver(point)
    assert headquarters.complaint_office.waiting() == 1
    headquarters.complaint_office.answer(place, NO, by="mei", reason="unknown to us")
    assert headquarters.complaint_office.get(place).card == "", "the account has no card"


def test_an_account_without_a_card_is_told_with_the_first_one_that_carries_its_meter(
    headquarters: Headquarters, clock: HandClock
) -> None:
    point, _ = two_points(headquarters, clock)
    open_flat(point, FIRST, with_card=False)
    place = complain(headquarters, point)
    headquarters.complaint_office.answer(place, SORRY, by="mei", reason="pump failed")
    (notice,) = headquarters.notice_desk.listed()
    assert (notice.card, notice.meter) == ("", f"{METERS[FIRST]:012}")
    assert notice.en.endswith("Five yuan are given back")
    shown = headquarters.complaint_office.get(place)
    assert (shown.card, bool(shown.notice)) == ("", True)
    page = signed_in(headquarters, MEI).get("/complaints/" + "/".join(map(str, place)))
    assert "with the account's first card" in html.unescape(page.text)


def test_the_page_shows_and_answers(headquarters: Headquarters, place: Place) -> None:
    page = signed_in(headquarters, MEI)
    path = "/complaints/" + "/".join(map(str, place))
    assert path in page.get("/complaints").text
    shown = page.get(path).text
    assert WORDS in shown
    assert f"/sales/N0001/1/0/{place[-1] - 2}" in shown
    fields = {"outcome": "UPHELD", "zh": "退", "en": "back", "amount": "600", "reason": "pump"}
    assert post(page, path, **fields) == 409, "600.00 is more than one person decides"
    second = {"second_name": BO.name, "second_password": BO.password}
    assert post(page, path, **fields, **second) == 303
    assert post(page, path, **fields, **second) == 409
    assert path in page.get("/complaints?state=UPHELD").text
    assert page.get("/complaints/N0001/1/0/99999999999999999999999").status_code == 404
    assert page.get("/complaints?before=9~x~y~z&state=odd").status_code == 200
    headquarters.staff.enter(NORA, frozenset({StaffRole.AUDITOR}))
    reader = signed_in(headquarters, NORA)
    assert path not in reader.get("/complaints?state=UPHELD").text
    assert reader.get(path).status_code == 403
