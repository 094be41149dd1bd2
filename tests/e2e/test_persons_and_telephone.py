"""Headquarters and a vending point without a line: who may work there, and what a call can do."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from central_builders import HandClock, new_headquarters, publish_water
from node_world import OPERATOR, PASSWORD
from points_of_headquarters import Point, a_point
from staff_builders import office_of
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Suspense, table_of
from yika_central.services.person_office import PersonTerms
from yika_central.services.phone_room import question_of
from yika_common.errors import Phrase
from yika_common.signing.phone_code import in_groups
from yika_node.services.approvals import PendingApproval
from yika_node.services.lockout import CLOSED_AT
from yika_node.services.phone_desk import Asked
from yika_node.services.phone_errors import ListingEnded, NotListed, PhoneCodeWrong
from yika_node.services.staff_office import level_digest
from yika_node.services.views import Level
from yika_node.web.phone_pages import phone_desk_of, phone_entry_of

LIN = "lin"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def hq(tmp_path: Path, clock: HandClock) -> Iterator[Headquarters]:
    headquarters = new_headquarters(tmp_path / "central", clock)
    publish_water(headquarters)
    yield headquarters
    headquarters.close()


@pytest.fixture
def point(tmp_path: Path, hq: Headquarters, clock: HandClock) -> Iterator[Point]:
    made = a_point(tmp_path, hq, clock, "N0001")
    office_of(made.node).add(OPERATOR, LIN, PASSWORD, Level.CLERK)
    made.sync()
    yield made
    made.node.close()


def list_both(hq: Headquarters) -> None:
    mei = PersonTerms(name=OPERATOR, level="SUPERVISOR", nodes=("N0001",))
    hq.person_office.enter("1001", mei, by="admin", reason="began")
    lin = PersonTerms(name=LIN, level="CLERK", nodes=("N0001",))
    hq.person_office.enter("1002", lin, by="admin", reason="began")
    hq.settings_office.change({"operators": "listed"}, by="admin", reason="one list for all")


def call(hq: Headquarters, asked: Asked, **told: object) -> str:
    """Somebody reads out what his page shows; the code that headquarters reads back."""
    said = {
        "node": asked.question.node,
        "purpose": asked.question.purpose,
        "subject": asked.question.subject,
        "act": asked.question.act,
        "amount": asked.question.amount,
    }
    question = question_of(**{**said, **told})  # type: ignore[arg-type]
    code = hq.phone_room.answer(
        question, in_groups(asked.challenge), by="admin", reason="the line is down"
    )
    return in_groups(code)


def doubts(hq: Headquarters) -> list[str]:
    with hq.database.reading() as session:
        return list(session.execute(select(table_of(Suspense).c.reason)).scalars())


def test_a_fired_clerk_is_shut_out_with_the_next_exchange_and_at_the_latest_when_the_list_ends(
    hq: Headquarters, point: Point, clock: HandClock
) -> None:
    list_both(hq)
    point.sync()
    node = point.node
    assert node.staff.sign_in(LIN, PASSWORD).level is Level.CLERK
    hq.person_office.revoke("1002", by="admin", reason="left with the till")
    # Without a line he works on, until the list has run out.
    point.line.cut = True
    clock.pass_by(days=44)
    assert node.staff.sign_in(LIN, PASSWORD).name == LIN
    clock.pass_by(days=1)
    with pytest.raises(Exception, match="out of date"):
        node.staff.sign_in(LIN, PASSWORD)
    point.line.cut = False
    point.sync()
    with pytest.raises(ListingEnded):
        node.staff.sign_in(LIN, PASSWORD)
    assert node.staff.sign_in(OPERATOR, PASSWORD).level is Level.SUPERVISOR


def test_what_a_call_lets_be_done_reaches_headquarters_and_raises_no_doubt(
    hq: Headquarters, point: Point, clock: HandClock
) -> None:
    point.line.cut = True
    node = point.node
    desk, entry = phone_desk_of(node), phone_entry_of(node)
    digest = level_digest(LIN, Level.SUPERVISOR, "she leads now")
    token = node.approvals.begin(OPERATOR, digest, Phrase("an act"), "/", kind="operator level")
    waiting: PendingApproval = node.approvals.pending(token)
    assert waiting.approved is None
    with pytest.raises(PhoneCodeWrong):
        desk.answer(token, call(hq, desk.asked(token), act="refund", amount=500))
    again = node.approvals.begin(OPERATOR, digest, Phrase("an act"), "/", kind="operator level")
    desk.answer(again, call(hq, desk.asked(again)))
    office_of(node).change_level(OPERATOR, LIN, Level.SUPERVISOR, "she leads now", again)
    renewed = desk.asked(desk.ask("allowance"))
    desk.renew_allowance(OPERATOR, renewed.waiting.token, call(hq, renewed))
    node.staff.sign_out(OPERATOR)
    for _ in range(CLOSED_AT):
        node.journal.note(
            "INSERT OR REPLACE INTO attempt (operator, failures, last_at) VALUES (?, ?, 0)",
            (OPERATOR, CLOSED_AT),
        )
    closed = desk.asked(desk.ask("release", OPERATOR))
    entry.sign_in(closed.waiting.token, OPERATOR, PASSWORD, call(hq, closed))
    point.line.cut = False
    point.sync()
    assert doubts(hq) == []
    used = [(one.purpose, one.used_at is not None) for one in hq.phone_room.given()]
    assert sorted(used) == [
        ("allowance", True),
        ("approve", False),
        ("approve", True),
        ("release", True),
    ]


def test_a_person_works_at_another_point_once_headquarters_says_so(
    tmp_path: Path, hq: Headquarters, point: Point, clock: HandClock
) -> None:
    other = a_point(tmp_path, hq, clock, "N0002")
    list_both(hq)
    point.sync()
    other.sync()
    # Whoever works there is on no list for it, and nobody is: it works by itself.
    assert other.node.staff.sign_in(OPERATOR, PASSWORD).level is Level.SUPERVISOR
    both = PersonTerms(name=LIN, level="CLERK", nodes=("N0001", "N0002"))
    hq.person_office.change("1002", both, by="admin", reason="helps out")
    mei = PersonTerms(name=OPERATOR, level="SUPERVISOR", nodes=("N0001", "N0002"))
    hq.person_office.change("1001", mei, by="admin", reason="both points")
    other.sync()
    desk, entry = phone_desk_of(other.node), phone_entry_of(other.node)
    asked = desk.asked(desk.ask("join", "1002"))
    entry.join(OPERATOR, asked.waiting.token, call(hq, asked), PASSWORD)
    assert other.node.staff.sign_in(LIN, PASSWORD).level is Level.CLERK
    other.sync()
    assert doubts(hq) == []
    # Not at his first point: the code was for this one, and so was the list.
    hq.person_office.change(
        "1002",
        PersonTerms(name=LIN, level="CLERK", nodes=("N0002",)),
        by="admin",
        reason="moved",
    )
    point.sync()
    with pytest.raises((NotListed, ListingEnded)):
        point.node.staff.sign_in(LIN, PASSWORD)
    other.node.close()
