"""Headquarters' answers by telephone: each lets one thing be done, once, at one vending point."""

import shutil
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from node_pages import Clerk, Pages, pages_in, said
from node_world import OPERATOR, PASSWORD, World, contents
from phone_builders import answer_to, desk_of, other_code, said_by_headquarters
from staff_builders import add_operator, office_of
from yika_common.errors import Phrase
from yika_common.infra.sessions import TooManyAttempts, WrongPassword
from yika_common.journal.bodies import Login
from yika_common.journal.phone_bodies import PhoneCode
from yika_common.journal.record import decode_line
from yika_common.journal.staff_bodies import StaffChanged
from yika_common.signing.phone_code import DigitsMistyped, in_groups
from yika_node.bootstrap import Node
from yika_node.services.approvals import LIFETIME, ApprovalForAnother, ApprovalMissing
from yika_node.services.lockout import CLOSED_AT, PHONE, NameClosed
from yika_node.services.phone_desk import TRIES_MAX
from yika_node.services.phone_errors import (
    PhoneClosed,
    PhoneCodeWrong,
    PhoneEntryRefused,
    QuestionOver,
)
from yika_node.services.staff_office import level_digest
from yika_node.services.views import Level
from yika_node.web.phone_pages import phone_entry_of

LIN = "lin"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


@pytest.fixture
def node(world: World) -> Iterator[Node]:
    made = world.enrolled()
    yield made
    made.close()


def close_name(world: World, node: Node, name: str = OPERATOR) -> None:
    """Type wrong passwords until nothing is looked at any more."""
    for _ in range(CLOSED_AT):
        world.pass_time(minutes=16)
        with pytest.raises(WrongPassword):
            node.staff.sign_in(name, "not this one at all")
    with pytest.raises(NameClosed):
        node.staff.sign_in(name, PASSWORD)


def bodies(node: Node) -> list[object]:
    return [decode_line(row.line).body for row in node.queries.records(1, 1, 10_000)]


def waiting_act(node: Node) -> tuple[str, bytes]:
    """An act that waits for a second person: its token and digest."""
    digest = level_digest(LIN, Level.SUPERVISOR, "")
    token = node.approvals.begin(OPERATOR, digest, Phrase("an act"), "/", kind="operator level")
    return token, digest


def test_a_closed_name_is_opened_at_a_point_where_nobody_else_can_sign_in(
    world: World, node: Node
) -> None:
    node.staff.sign_out(OPERATOR)
    close_name(world, node)
    desk, entry = desk_of(node), phone_entry_of(node)
    asked = desk.asked(desk.ask("release", OPERATOR))
    found = entry.sign_in(asked.waiting.token, OPERATOR, PASSWORD, in_groups(answer_to(asked)))
    assert found.name == OPERATOR
    assert not node.vault.locked
    code, released, login = bodies(node)[-3:]
    assert isinstance(code, PhoneCode)
    assert code.challenge("N0001", 1) == asked.challenge
    assert isinstance(released, StaffChanged)
    assert released.reason == "telephone"
    assert isinstance(login, Login)
    node.staff.sign_out(OPERATOR)
    assert node.staff.sign_in(OPERATOR, PASSWORD).name == OPERATOR


def test_a_code_opens_nothing_without_the_password_and_one_does_not_tell_which_was_wrong(
    world: World, node: Node
) -> None:
    node.staff.sign_out(OPERATOR)
    close_name(world, node)
    desk, entry = desk_of(node), phone_entry_of(node)
    asked = desk.asked(desk.ask("release", OPERATOR))
    right = answer_to(asked)
    for password, code in (("not this one at all", right), (PASSWORD, other_code(right))):
        with pytest.raises(PhoneEntryRefused):
            entry.sign_in(asked.waiting.token, OPERATOR, password, code)
        assert node.vault.locked
    assert entry.sign_in(asked.waiting.token, OPERATOR, PASSWORD, right).name == OPERATOR


def test_a_code_that_was_used_opens_nothing_again(world: World, node: Node) -> None:
    node.staff.sign_out(OPERATOR)
    close_name(world, node)
    desk, entry = desk_of(node), phone_entry_of(node)
    asked = desk.asked(desk.ask("release", OPERATOR))
    right = answer_to(asked)
    entry.sign_in(asked.waiting.token, OPERATOR, PASSWORD, right)
    node.staff.sign_out(OPERATOR)
    close_name(world, node)
    with pytest.raises(QuestionOver):
        entry.sign_in(asked.waiting.token, OPERATOR, PASSWORD, right)
    again = desk.asked(desk.ask("release", OPERATOR))
    assert again.challenge != asked.challenge
    with pytest.raises(PhoneEntryRefused):
        entry.sign_in(again.waiting.token, OPERATOR, PASSWORD, right)


def test_a_code_for_another_name_node_or_epoch_fits_nothing(world: World, node: Node) -> None:
    add_operator(node, LIN, Level.CLERK)
    node.staff.sign_out(OPERATOR)
    close_name(world, node)
    desk, entry = desk_of(node), phone_entry_of(node)
    asked = desk.asked(desk.ask("release", OPERATOR))
    token = asked.waiting.token
    for other in (
        replace(asked.question, subject=LIN),
        replace(asked.question, node="N0002"),
        replace(asked.question, epoch=2),
        replace(asked.question, purpose="admit"),
    ):
        with pytest.raises(PhoneEntryRefused):
            entry.sign_in(token, OPERATOR, PASSWORD, said_by_headquarters(other, asked.challenge))
        world.pass_time(minutes=1)
    with pytest.raises(QuestionOver):
        entry.sign_in(token, LIN, PASSWORD, answer_to(asked))


def test_after_a_restart_or_a_restored_database_the_digits_are_others(world: World) -> None:
    node = world.enrolled()
    node.staff.sign_out(OPERATOR)
    close_name(world, node)
    node.close()
    kept = world.folder.with_name("kept")
    shutil.copytree(world.folder, kept)
    node = world.build()
    desk = desk_of(node)
    asked = desk.asked(desk.ask("release", OPERATOR))
    right, token = answer_to(asked), asked.waiting.token
    phone_entry_of(node).sign_in(token, OPERATOR, PASSWORD, right)
    node.close()
    # Back to the time before the code was used: it is closed again, and the old code is nothing.
    shutil.rmtree(world.folder)
    shutil.copytree(kept, world.folder)
    node = world.build()
    with pytest.raises(NameClosed):
        node.staff.sign_in(OPERATOR, PASSWORD)
    with pytest.raises(QuestionOver):
        phone_entry_of(node).sign_in(token, OPERATOR, PASSWORD, right)
    desk = desk_of(node)
    fresh = desk.asked(desk.ask("release", OPERATOR))
    with pytest.raises(PhoneEntryRefused):
        phone_entry_of(node).sign_in(fresh.waiting.token, OPERATOR, PASSWORD, right)
    assert node.vault.locked
    node.close()


def test_guessing_ends_the_question_and_closes_this_way_for_longer_and_longer(
    world: World, node: Node
) -> None:
    desk = desk_of(node)
    token, _ = waiting_act(node)
    wrong = other_code(answer_to(desk.asked(token)))
    for _ in range(TRIES_MAX):
        world.pass_time(seconds=30)
        with pytest.raises(PhoneCodeWrong):
            desk.answer(token, wrong)
    with pytest.raises(PhoneClosed) as closed:
        desk.answer(token, wrong)
    assert closed.value.facts["seconds"] == 15 * 60
    world.pass_time(seconds=10 * 60)
    again, _ = waiting_act(node)
    with pytest.raises(PhoneClosed):
        desk.answer(again, answer_to(desk.asked(again)))
    world.pass_time(minutes=6)
    with pytest.raises(QuestionOver):
        desk.answer(token, wrong)
    # A right password in between does not make the wrong codes forgotten.
    node.staff.sign_in(OPERATOR, PASSWORD)
    again, _ = waiting_act(node)
    with pytest.raises(PhoneCodeWrong):
        desk.answer(again, wrong)
    with pytest.raises(PhoneClosed):
        desk.answer(again, answer_to(desk.asked(again)))


def test_passwords_tried_at_once_are_tried_one_after_the_other(
    world: World, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.staff.sign_out(OPERATOR)
    close_name(world, node)
    unlock = node.vault.unlock

    def slowly(name: str, password: str) -> None:
        time.sleep(0.2)
        unlock(name, password)

    monkeypatch.setattr(node.vault, "unlock", slowly)
    desk, entry = desk_of(node), phone_entry_of(node)
    asked = desk.asked(desk.ask("release", OPERATOR))
    code = other_code(answer_to(asked))

    def guess(nth: int) -> type[Exception]:
        with pytest.raises((PhoneEntryRefused, PhoneClosed)) as refused:
            entry.sign_in(asked.waiting.token, OPERATOR, f"guess number {nth}", code)
        return refused.type

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(guess, range(4)))
    # As if they had been tried one by one: from the third on there is a wait.
    assert Counter(found) == {PhoneEntryRefused: 3, PhoneClosed: 1}
    counted = node.queries.attempt(PHONE)
    assert counted is not None
    assert counted.failures == 3


def test_a_slip_of_the_tongue_costs_no_try(node: Node) -> None:
    desk = desk_of(node)
    token, _ = waiting_act(node)
    right = answer_to(desk.asked(token))
    for place in range(len(right)):
        slip = right[:place] + str((int(right[place]) + 1) % 10) + right[place + 1 :]
        with pytest.raises(DigitsMistyped):
            desk.answer(token, slip)
    assert desk.answer(token, right).act == "operator level"


def test_headquarters_approves_one_act_of_the_nine_by_telephone(node: Node) -> None:
    desk = desk_of(node)
    token, digest = waiting_act(node)
    with pytest.raises(ApprovalMissing):
        node.approvals.take(token, digest, OPERATOR)
    asked = desk.asked(token)
    desk.answer(token, answer_to(asked))
    office_of(node).add(OPERATOR, LIN, PASSWORD, Level.SUPERVISOR, approval=token)
    code, changed = bodies(node)[-2:]
    assert isinstance(code, PhoneCode)
    assert code.digest == digest.hex()
    assert isinstance(changed, StaffChanged)
    assert node.queries.operator(LIN).level == "SUPERVISOR"  # type: ignore[union-attr]
    with pytest.raises(ApprovalMissing):
        node.approvals.take(token, digest, OPERATOR)


def test_what_headquarters_approved_is_not_another_act(node: Node) -> None:
    desk = desk_of(node)
    token, _ = waiting_act(node)
    desk.answer(token, answer_to(desk.asked(token)))
    with pytest.raises(ApprovalForAnother):
        office_of(node).add(OPERATOR, "tan", PASSWORD, Level.SUPERVISOR, approval=token)
    assert node.queries.operator("tan") is None


def test_an_act_is_approved_for_the_kind_and_sum_that_headquarters_was_told(node: Node) -> None:
    desk = desk_of(node)
    digest = level_digest(LIN, Level.SUPERVISOR, "")
    begin = node.approvals.begin
    token = begin(OPERATOR, digest, Phrase("an act"), "/", kind="cash", amount=900_000)
    asked = desk.asked(token)
    for told in (replace(asked.question, amount=9_000), replace(asked.question, act="refund")):
        with pytest.raises(PhoneCodeWrong):
            desk.answer(token, said_by_headquarters(told, asked.challenge))
    with pytest.raises(ApprovalMissing):
        node.approvals.take(token, digest, OPERATOR)


def test_a_question_is_over_after_a_quarter_of_an_hour(world: World, node: Node) -> None:
    desk = desk_of(node)
    token, _ = waiting_act(node)
    right = answer_to(desk.asked(token))
    world.pass_time(seconds=int(LIFETIME.total_seconds()) + 1)
    with pytest.raises(QuestionOver):
        desk.answer(token, right)


def test_what_a_clock_says_that_was_set_back_gives_no_more_time(world: World, node: Node) -> None:
    desk = desk_of(node)
    token, _ = waiting_act(node)
    right = answer_to(desk.asked(token))
    world.pass_time(minutes=16)
    node.staff.sign_in(OPERATOR, PASSWORD)
    world.set_clock(hours=-3)
    with pytest.raises(QuestionOver):
        desk.answer(token, right)


def test_the_answers_are_told_again_by_the_journal_alone(node: Node) -> None:
    desk = desk_of(node)
    token, _ = waiting_act(node)
    desk.answer(token, answer_to(desk.asked(token)))
    office_of(node).add(OPERATOR, LIN, PASSWORD, Level.SUPERVISOR, approval=token)
    before = contents(node.store.path)
    assert before["phone_answer"]
    node.journal.rebuild()
    assert contents(node.store.path) == before


def test_an_allowance_renewed_by_telephone_begins_anew_once(world: World, node: Node) -> None:
    desk = desk_of(node)
    asked = desk.asked(desk.ask("allowance"))
    right, token = answer_to(asked), asked.waiting.token
    desk.renew_allowance(OPERATOR, token, right)
    with pytest.raises(QuestionOver):
        desk.renew_allowance(OPERATOR, token, right)
    other = desk.asked(desk.ask("allowance"))
    with pytest.raises(PhoneCodeWrong):
        desk.renew_allowance(OPERATOR, other.waiting.token, right)


def test_strangers_at_the_sign_in_page_push_no_approval_out(node: Node) -> None:
    token, _ = waiting_act(node)
    desk = desk_of(node)
    for number in range(300):
        desk.ask("release", f"nobody {number}")
    assert desk.asked(token).question.act == "operator level"


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "node") as made:
        yield made


def test_the_pages_show_what_to_read_out_and_take_the_code(pages: Pages) -> None:
    clerk = pages.clerk()
    asked = clerk.post(
        "/operators",
        {"name": LIN, "level": "SUPERVISOR", "password": ""},
        on="/operators",
    )
    place = asked.location + "/phone"
    assert f'href="{place}"' in clerk.get(asked.location).text
    token = asked.location.rsplit("/", 1)[-1]
    told = desk_of(pages.node).asked(token)
    page = clerk.get(place).text
    assert in_groups(told.challenge) in page
    assert "make somebody a supervisor or manager" in page
    right = answer_to(told)
    refused = clerk.post(place, {"code": other_code(right)}, on=place)
    assert refused.status_code == 409
    assert "This is not headquarters" in said(refused)[0]
    done = clerk.post(place, {"code": in_groups(right)}, on=place)
    assert done.status_code == 303
    assert f"approval={token}" in done.location


def test_somebody_shut_out_finds_the_way_from_the_sign_in_page(pages: Pages) -> None:
    for _ in range(CLOSED_AT):
        pages.world.pass_time(minutes=16)
        with pytest.raises((WrongPassword, TooManyAttempts)):
            pages.node.staff.sign_in(OPERATOR, "not this one at all")
    clerk = Clerk(pages)
    assert 'href="/phone/entry"' in clerk.get("/login").text
    place = f"/phone/entry?name={OPERATOR}&purpose=release"
    page = clerk.get(place)
    desk = desk_of(pages.node)
    asked = desk.asked(desk.ask("release", OPERATOR))
    assert in_groups(asked.challenge) in page.text
    right = answer_to(asked)
    wrong = clerk.post("/phone/entry", {"password": PASSWORD, "code": other_code(right)}, on=place)
    assert "do not belong together" in said(wrong)[0]
    done = clerk.post("/phone/entry", {"password": PASSWORD, "code": right}, on=place)
    assert done.status_code == 303, done.text
    assert clerk.get("/").status_code == 200
