"""Each defence of lists and codes, switched off: what it keeps out then comes in."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from node_world import OPERATOR, PASSWORD, World
from phone_builders import answer_to, desk_of, other_code, said_by_headquarters
from staff_builders import add_operator
from yika_common.clock import to_timestamp
from yika_common.errors import Phrase
from yika_common.signing import phone_code
from yika_common.signing.phone_code import ACTS, Question
from yika_common.sync.person_list import ListedPerson
from yika_common.sync.settings import LISTED, Settings
from yika_node.bootstrap import Node
from yika_node.services import phone_desk, timekeeping
from yika_node.services.approvals import ApprovalBook
from yika_node.services.lockout import Lockout
from yika_node.services.person_shelf import PersonShelf
from yika_node.services.phone_desk import TRIES_MAX
from yika_node.services.phone_errors import ListingEnded, PhoneCodeWrong, QuestionOver
from yika_node.services.views import Level
from yika_node.web.staff_words import SECOND_PERSON

DAY = 86_400
LIN = "lin"
KIND = 3
"""Where a call of :func:`yika_node.web.approval_pages.ask` names the act's kind."""
WEB = Path(__file__).parents[2] / "node/yika_node/web"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


@pytest.fixture
def node(world: World) -> Iterator[Node]:
    made = world.enrolled()
    yield made
    made.close()


def test_a_code_works_twice_where_the_question_goes_on_waiting(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_of(node)
    asked = desk.asked(desk.ask("allowance"))
    token, right = asked.waiting.token, answer_to(asked)
    with monkeypatch.context() as off:
        off.setattr(ApprovalBook, "drop", lambda _self, _token: None)
        desk.renew_allowance(OPERATOR, token, right)
    desk.renew_allowance(OPERATOR, token, right)
    with pytest.raises(QuestionOver):
        desk.renew_allowance(OPERATOR, token, right)


def test_a_code_of_yesterday_works_where_questions_are_not_drawn_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes: list[str] = []
    for _ in range(2):
        node = world.enrolled() if not codes else world.restarted()
        monkeypatch.setattr(node.approvals, "_random", bytes)
        desk = desk_of(node)
        asked = desk.asked(desk.ask("allowance"))
        codes.append(answer_to(asked))
        desk.renew_allowance(OPERATOR, asked.waiting.token, codes[0])
        node.close()
    assert codes[0] == codes[1]


def test_a_code_for_one_name_opens_another_where_the_code_does_not_say_whose_it_is(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_of(node)
    asked = desk.asked(desk.ask("admit", OPERATOR))
    other = Question(node="N0001", epoch=1, purpose="admit", subject=LIN)
    with pytest.raises(PhoneCodeWrong):
        desk.answer(asked.waiting.token, said_by_headquarters(other, asked.challenge))
    monkeypatch.setattr(phone_code, "_digest", lambda _question, challenge: challenge.encode())
    shown = desk.asked(asked.waiting.token).challenge
    assert desk.answer(asked.waiting.token, said_by_headquarters(other, shown)).subject == OPERATOR


def test_codes_are_guessed_without_end_where_wrong_ones_are_not_counted(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_of(node)
    monkeypatch.setattr(Lockout, "failed", lambda *_: None)
    monkeypatch.setattr(ApprovalBook, "failed", lambda *_: None)
    asked = desk.asked(desk.ask("allowance"))
    wrong = other_code(answer_to(asked))
    for _ in range(TRIES_MAX * 10):
        with pytest.raises(PhoneCodeWrong):
            desk.answer(asked.waiting.token, wrong)
    assert phone_desk.TRIES_MAX == TRIES_MAX


def listed(world: World, node: Node, until: int) -> None:
    add_operator(node, LIN, Level.CLERK)
    world.headquarters.publish_settings(Settings(operators=LISTED))
    mei = ListedPerson(staff_number="1", name=OPERATOR, level="SUPERVISOR")
    lin = ListedPerson(staff_number="2", name=LIN, level="CLERK", until=until)
    world.headquarters.list_persons(mei, lin)
    node.courier.sync()


@pytest.mark.parametrize("guarded", [True, False])
def test_a_clock_set_back_lets_in_whose_time_is_over_where_it_is_simply_believed(
    world: World, node: Node, monkeypatch: pytest.MonkeyPatch, *, guarded: bool
) -> None:
    listed(world, node, to_timestamp(world.now) + DAY)
    world.pass_time(days=2)
    with pytest.raises(ListingEnded):
        node.staff.sign_in(LIN, PASSWORD)
    if not guarded:
        monkeypatch.setattr(timekeeping, "believable", lambda now, _last, _headquarters: now)
    world.set_clock(days=-2)
    if guarded:
        with pytest.raises(ListingEnded):
            node.staff.sign_in(LIN, PASSWORD)
    else:
        assert node.staff.sign_in(LIN, PASSWORD).name == LIN


def test_a_fired_clerk_works_on_where_nobody_looks_at_the_list(
    world: World, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(world, node, 1)
    with pytest.raises(ListingEnded):
        node.staff.sign_in(LIN, PASSWORD)
    monkeypatch.setattr(PersonShelf, "_check", lambda *_: None)
    assert node.staff.sign_in(LIN, PASSWORD).name == LIN


def kinds_asked() -> set[str]:
    """The kind that each page names where it asks for a second person."""
    found: set[str] = set()
    for source in WEB.glob("*_pages.py"):
        tree = ast.parse(source.read_text(encoding="utf-8"))
        constants = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        calls = (call for call in ast.walk(tree) if isinstance(call, ast.Call))
        for call in calls:
            if ast.unparse(call.func) == "ask" and len(call.args) > KIND:
                kind = call.args[KIND]
                named = isinstance(kind, ast.Name)
                found.add(str(constants[ast.unparse(kind)] if named else ast.literal_eval(kind)))
    return found


def test_every_act_that_needs_a_second_person_can_be_approved_by_telephone() -> None:
    assert set(SECOND_PERSON) <= kinds_asked() <= set(ACTS)


@pytest.mark.parametrize("kind", SECOND_PERSON)
def test_each_of_them_is_approved_for_its_own_kind_and_sum(node: Node, kind: str) -> None:
    desk = desk_of(node)
    digest = bytes(range(32))
    token = node.approvals.begin(OPERATOR, digest, Phrase("an act"), "/", kind=kind, amount=12_345)
    asked = desk.asked(token)
    assert (asked.question.act, asked.money) == (kind, "123.45")
    given = desk.answer(token, answer_to(asked))
    assert node.approvals.take(token, digest, OPERATOR) == given
