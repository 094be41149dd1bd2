"""A point asks headquarters to be the second person of an act, over a line that may fail."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from card_builders import repeatable_random
from central_builders import HandClock, new_headquarters, publish_water
from node_world import OPERATOR, PASSWORD
from points_of_headquarters import Line, Point, a_point
from staff_builders import office_of
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Suspense, table_of
from yika_common.errors import Phrase
from yika_common.journal.phone_bodies import PhoneCode
from yika_common.journal.record import decode_line
from yika_common.signing.phone_code import in_groups
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.line_approval import GRANTED, OVER, PATH, REFUSED, WAITING, sign_answer
from yika_node.services.approvals import LIFETIME, ApprovalForAnother, ApprovalMissing
from yika_node.services.line_approvals import Heard, LineDesk
from yika_node.services.phone_errors import QuestionOver
from yika_node.services.staff_office import level_digest
from yika_node.services.views import Level
from yika_node.uplink import LinkDown
from yika_node.web.phone_pages import phone_desk_of

LIN = "lin"


class Wire:
    """The point's wire with somebody on it: what he does to answers is ``meddle``."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.answers: list[bytes] = []
        self.asked: list[bytes] = []
        self.lose = False
        self.meddle: Callable[[bytes], bytes] = lambda answer: answer

    def post(self, path: str, body: bytes) -> bytes:
        assert path == PATH
        self.asked.append(body)
        answer = self.line.post(path, body)
        self.answers.append(answer)
        if self.lose:
            raise LinkDown
        return self.meddle(answer)

    def get(self, path: str) -> bytes:
        return self.line.get(path)

    def hang_up(self) -> None:
        pass


class Counter:
    """The point's desk, and an act that waits for a second person there."""

    def __init__(self, hq: Headquarters, point: Point, clock: HandClock) -> None:
        self.hq, self.point, self.clock = hq, point, clock
        self.wire = Wire(point.line)
        node = point.node
        self.desk = LineDesk(
            phone_desk_of(node),
            node.standing,
            node.keyring,
            node.vault,
            lambda: self.wire,
            node.clock,
            repeatable_random(77),
        )
        self.digest = level_digest(LIN, Level.SUPERVISOR, "ill")
        self.token = self.begin()

    def begin(self) -> str:
        what = Phrase("Make %(name)s a supervisor, because: %(why)s", name=LIN, why="ill")
        return self.point.node.approvals.begin(
            OPERATOR, self.digest, what, "/operators", kind="operator level"
        )

    def look(self) -> Heard:
        """What the page shows after its next asking."""
        self.clock.pass_by(seconds=2)
        self.desk.look(self.token)
        for _ in range(500):
            heard = self.desk.phone.book.pending(self.token).heard
            assert heard is not None
            if not heard.out:
                break
            time.sleep(0.01)
        found = self.desk.look(self.token)
        assert found is not None
        return found

    def place(self) -> tuple[str, int, str]:
        asked = self.desk.phone.asked(self.token)
        return asked.question.node, asked.question.epoch, asked.challenge

    def take(self) -> object:
        return self.point.node.approvals.take(self.token, self.digest, OPERATOR)


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
def counter(tmp_path: Path, hq: Headquarters, clock: HandClock) -> Iterator[Counter]:
    point = a_point(tmp_path, hq, clock, "N0001")
    office_of(point.node).add(OPERATOR, LIN, PASSWORD, Level.CLERK)
    point.sync()
    yield Counter(hq, point, clock)
    point.node.close()


def doubts(hq: Headquarters) -> list[str]:
    with hq.database.reading() as session:
        return list(session.execute(select(table_of(Suspense).c.reason)).scalars())


def test_an_act_asked_for_with_one_key_is_granted_done_and_believed(
    counter: Counter, hq: Headquarters
) -> None:
    counter.desk.ask(counter.token)
    assert counter.look().state == WAITING
    (asked,) = hq.approval_office.waiting()
    assert asked.words is not None
    assert asked.words.english == "Make lin a supervisor, because: ill"
    with pytest.raises(ApprovalMissing):
        counter.take()
    hq.approval_office.grant(counter.place(), by="admin", reason="yes")
    assert counter.look().state == GRANTED
    node = counter.point.node
    office_of(node).change_level(OPERATOR, LIN, Level.SUPERVISOR, "ill", approval=counter.token)
    body = decode_line(node.queries.records(1, 1, 10_000)[-2].line).body
    assert isinstance(body, PhoneCode)
    counter.point.sync()
    assert doubts(hq) == []
    assert hq.approval_office.decided()[0].used_at is not None
    with pytest.raises(ApprovalMissing):
        counter.take()


def test_what_headquarters_granted_is_not_another_act(counter: Counter, hq: Headquarters) -> None:
    counter.desk.ask(counter.token)
    hq.approval_office.grant(counter.place(), by="admin", reason="yes")
    assert counter.look().state == GRANTED
    with pytest.raises(ApprovalForAnother):
        counter.point.node.approvals.take(counter.token, bytes(32), OPERATOR)


def test_a_refusal_says_why_and_approves_nothing(counter: Counter, hq: Headquarters) -> None:
    counter.desk.ask(counter.token)
    hq.approval_office.refuse(counter.place(), by="admin", reason="not today")
    heard = counter.look()
    assert (heard.state, heard.reason) == (REFUSED, "not today")
    sent = len(counter.wire.asked)
    counter.look()
    assert len(counter.wire.asked) == sent
    with pytest.raises(ApprovalMissing):
        counter.take()


def test_a_line_that_is_down_or_loses_answers_only_delays(
    counter: Counter, hq: Headquarters
) -> None:
    counter.point.line.cut = True
    counter.desk.ask(counter.token)
    heard = counter.look()
    assert isinstance(heard.problem, LinkDown)
    assert heard.state == WAITING
    counter.point.line.cut, counter.wire.lose = False, True
    counter.look()
    # Headquarters has it, although no answer came back.
    hq.approval_office.grant(counter.place(), by="admin", reason="yes")
    assert counter.look().state == WAITING
    with pytest.raises(ApprovalMissing):
        counter.take()
    counter.wire.lose = False
    assert counter.look().state == GRANTED
    assert isinstance(counter.take(), PhoneCode)


def test_while_the_line_is_down_the_same_digits_are_read_out(
    counter: Counter, hq: Headquarters
) -> None:
    counter.desk.ask(counter.token)
    counter.look()
    counter.point.line.cut = True
    asked = counter.desk.phone.asked(counter.token)
    code = hq.phone_room.answer(
        asked.question, in_groups(asked.challenge), by="admin", reason="she called"
    )
    counter.desk.phone.answer(counter.token, code)
    assert isinstance(counter.take(), PhoneCode)
    assert hq.approval_office.waiting() == ()


def test_answers_that_are_recorded_and_played_again_are_passed_over(
    counter: Counter, hq: Headquarters
) -> None:
    counter.desk.ask(counter.token)
    counter.look()
    waiting = counter.wire.answers[-1]
    hq.approval_office.grant(counter.place(), by="admin", reason="yes")
    counter.wire.meddle = lambda _: waiting
    heard = counter.look()
    assert heard.problem is not None
    assert heard.problem.code == "approval_answer_stray"
    granted = counter.wire.answers[-1]
    # Another asking is not granted by the answer to the first.
    counter.token = counter.begin()
    counter.wire.meddle = lambda _: granted
    counter.desk.ask(counter.token)
    heard = counter.look()
    assert heard.problem is not None
    assert heard.state == WAITING
    with pytest.raises(ApprovalMissing):
        counter.take()
    # The control: unmeddled, the same exchange goes through.
    counter.wire.meddle = lambda answer: answer
    hq.approval_office.grant(counter.place(), by="admin", reason="yes")
    assert counter.look().state == GRANTED


def test_an_answer_that_somebody_else_signed_or_changed_is_passed_over(
    counter: Counter, hq: Headquarters
) -> None:
    counter.desk.ask(counter.token)
    counter.look()
    key = counter.point.node.vault.signing_key()

    def forged(_answer: bytes) -> bytes:
        from yika_common.sync.line_approval import ApprovalRequest

        payload = read_signed_file(counter.wire.asked[-1]).payload
        request = ApprovalRequest.parse(payload, limit=8 << 10)
        return sign_answer(request, key, GRANTED, code="000000000").to_bytes()

    for meddle in (
        forged,
        lambda answer: answer.replace(b'"waiting"', b'"granted"'),
        lambda answer: answer[: len(answer) // 2],
        lambda _: b"",
        lambda answer: answer + answer,
        lambda _: b"x" * 1_000_000,
    ):
        counter.wire.meddle = meddle
        heard = counter.look()
        assert heard.problem is not None, meddle
        assert heard.state == WAITING
    with pytest.raises(ApprovalMissing):
        counter.take()


def test_a_grant_whose_code_does_not_fit_approves_nothing_and_closes_nothing(
    counter: Counter, hq: Headquarters
) -> None:
    counter.desk.ask(counter.token)
    hq.approval_office.grant(counter.place(), by="admin", reason="yes")

    def miscounted(_answer: bytes) -> bytes:
        from yika_common.sync.line_approval import ApprovalRequest

        payload = read_signed_file(counter.wire.asked[-1]).payload
        request = ApprovalRequest.parse(payload, limit=8 << 10)
        return sign_answer(request, hq.keys.signer("ack"), GRANTED, code="000000000").to_bytes()

    counter.wire.meddle = miscounted
    heard = counter.look()
    assert heard.state == OVER
    assert heard.problem is not None
    with pytest.raises(ApprovalMissing):
        counter.take()
    assert counter.desk.phone.failures() == 0


def test_at_most_one_exchange_is_out_and_none_follows_at_once(counter: Counter) -> None:
    counter.desk.ask(counter.token)
    counter.look()
    sent = len(counter.wire.asked)
    for _ in range(20):
        counter.desk.look(counter.token)
    assert len(counter.wire.asked) == sent


def test_a_line_that_hangs_holds_no_page(counter: Counter) -> None:
    through = []

    def hang(answer: bytes) -> bytes:
        time.sleep(2)
        through.append(answer)
        return answer

    counter.wire.meddle = hang
    began = time.monotonic()
    counter.desk.ask(counter.token)
    counter.desk.look(counter.token)
    assert time.monotonic() - began < 1.5
    assert through == []


def test_taken_back_it_is_asked_no_more_and_headquarters_knows(
    counter: Counter, hq: Headquarters
) -> None:
    counter.desk.ask(counter.token)
    counter.look()
    counter.desk.withdraw(counter.token)
    for _ in range(500):
        if hq.approval_office.count() == 0:
            break
        time.sleep(0.01)
    assert hq.approval_office.waiting() == ()
    assert counter.desk.look(counter.token) is None
    counter.point.line.cut = True
    other = counter.begin()
    counter.desk.ask(other)
    counter.desk.withdraw(other)
    assert counter.desk.look(other) is None


def test_after_a_quarter_of_an_hour_or_a_clock_set_back_nothing_waits(
    counter: Counter, hq: Headquarters, clock: HandClock
) -> None:
    counter.desk.ask(counter.token)
    counter.look()
    hq.approval_office.grant(counter.place(), by="admin", reason="yes")
    clock.pass_by(seconds=int(LIFETIME.total_seconds()) + 1)
    with pytest.raises(QuestionOver):
        counter.desk.look(counter.token)
    with pytest.raises(ApprovalMissing):
        counter.take()
