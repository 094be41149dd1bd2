"""Approvals that vending points ask for over the line, on both databases."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy import select

from card_builders import repeatable_random
from central_builders import ADMIN, HandClock, Pen, enrol, publish_water
from central_pages import form_token, signed_in
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import PhoneAnswer, Suspense, table_of
from yika_central.services.approval_office import (
    WAITING_MAX,
    AskerUnknown,
    NoSuchRequest,
    RequestDecided,
    TooManyAsked,
)
from yika_central.services.phone_room import PhoneOwn, RefusedBefore, question_of
from yika_central.services.staff import Credential, StaffRole
from yika_central.services.two_persons import ReasonMissing, SecondPersonMissing
from yika_central.web.app import make_central_app
from yika_central.web.approval_pages import STATES
from yika_common.journal.phone_bodies import PhoneCode
from yika_common.journal.staff_bodies import LEVEL, StaffChanged
from yika_common.signing.errors import (
    FileMalformed,
    FileTooLarge,
    SignatureInvalid,
    WrongKind,
)
from yika_common.signing.phone_code import challenge_of, code_of, in_groups, phone_key
from yika_common.signing.signed_file import read_signed_file, sign
from yika_common.sync.errors import MessageForAnother
from yika_common.sync.line_approval import (
    ASK,
    GRANTED,
    LIFETIME_S,
    OVER,
    REFUSED,
    REQUEST_MAX,
    REQUEST_TYPE,
    WAITING,
    WITHDRAW,
    ApprovalAnswer,
    ApprovalRequest,
    Words,
    open_answer,
    seal_act,
    sign_request,
)
from yika_node.services.staff_office import level_digest
from yika_node.services.views import Level

DIGEST = level_digest("lin", Level.SUPERVISOR, "")
NONCE = bytes(range(16))
RANDOM = repeatable_random(31)
CHEN = Credential("chen", "the name of the one who asks")


@pytest.fixture
def hq(headquarters: Headquarters) -> Headquarters:
    publish_water(headquarters)
    return headquarters


@pytest.fixture
def pen(hq: Headquarters, clock: HandClock) -> Pen:
    return enrol(hq, clock)


def request_of(pen: Pen, *, nonce: bytes = NONCE, amount: int = 0) -> ApprovalRequest:
    """What a point asks where chen makes lin a supervisor."""
    question = question_of("N0001", "approve", "chen", "operator level", amount)
    challenge = challenge_of(question, nonce, DIGEST)
    key = pen.hq.keys.personal_data_key("N0001")
    words = Words(english="Make lin a supervisor", chinese="让 lin 当主管")
    return ApprovalRequest(
        node="N0001",
        epoch=pen.certificate.epoch,
        exchange=RANDOM(16).hex(),
        wish=ASK,
        challenge=challenge,
        digest=DIGEST.hex(),
        subject="chen",
        act="operator level",
        amount=amount,
        words=seal_act(words, key, challenge, RANDOM),
        at=pen.clock.seconds,
    )


def post(pen: Pen, request: ApprovalRequest) -> ApprovalAnswer:
    """Ask, and open the answer as the point does."""
    body = pen.hq.approval_office.receive(sign_request(request, pen.key).to_bytes())
    return open_answer(read_signed_file(body), pen.hq.keys.root, request)


def again(request: ApprovalRequest, **other: object) -> ApprovalRequest:
    """The same, asked once more."""
    return replace(request, exchange=RANDOM(16).hex(), **other)  # type: ignore[arg-type]


def place_of(request: ApprovalRequest) -> tuple[str, int, str]:
    return request.node, request.epoch, request.challenge


def expected(pen: Pen, request: ApprovalRequest) -> str:
    key = phone_key(pen.hq.keys.personal_data_key("N0001"))
    return code_of(key, request.question, request.challenge)


def answers(hq: Headquarters) -> int:
    with hq.database.reading() as session:
        return len(session.execute(select(table_of(PhoneAnswer))).all())


def doubts(hq: Headquarters) -> list[str]:
    with hq.database.reading() as session:
        return list(session.execute(select(table_of(Suspense).c.reason)).scalars())


def test_what_is_granted_is_the_code_that_would_have_been_read_out(
    hq: Headquarters, pen: Pen
) -> None:
    request = request_of(pen)
    assert post(pen, request).state == WAITING
    (shown,) = hq.approval_office.waiting()
    assert shown.words == Words(english="Make lin a supervisor", chinese="让 lin 当主管")
    assert (shown.subject, shown.act, shown.state) == ("chen", "operator level", WAITING)
    assert hq.approval_office.count() == 1
    assert answers(hq) == 0
    hq.approval_office.grant(place_of(request), by="admin", reason="she leads now")
    answer = post(pen, again(request))
    assert (answer.state, answer.code) == (GRANTED, expected(pen, request))
    assert hq.approval_office.waiting() == ()
    (given,) = hq.phone_room.given()
    assert (given.answered_by, given.reason, given.used_at) == ("admin", "she leads now", None)
    code = PhoneCode(
        purpose="approve",
        subject="chen",
        act="operator level",
        digest=DIGEST.hex(),
        nonce=NONCE.hex(),
    )
    seq = pen.write(code)
    pen.write(StaffChanged(name="lin", what=LEVEL, level="SUPERVISOR", approved=seq))
    pen.send(pen.cut())
    assert doubts(hq) == []
    (decided,) = hq.approval_office.decided()
    assert (decided.state, decided.used_at) == (GRANTED, pen.clock())


def test_a_request_that_is_doubled_or_recorded_and_sent_again_stands_once(
    hq: Headquarters, pen: Pen
) -> None:
    request = request_of(pen)
    for _ in range(3):
        assert post(pen, request).state == WAITING
    assert hq.approval_office.count() == 1
    hq.approval_office.refuse(place_of(request), by="admin", reason="who is lin?")
    for asked in (request, again(request)):
        answer = post(pen, asked)
        assert (answer.state, answer.reason, answer.code) == (REFUSED, "who is lin?", "")
    with pytest.raises(RequestDecided):
        hq.approval_office.grant(place_of(request), by="admin", reason="after all")
    assert answers(hq) == 0


def test_an_answer_of_another_exchange_is_none_of_this_one(hq: Headquarters, pen: Pen) -> None:
    first = request_of(pen)
    post(pen, first)
    hq.approval_office.grant(place_of(first), by="admin", reason="she leads now")
    body = hq.approval_office.receive(sign_request(first, pen.key).to_bytes())
    file = read_signed_file(body)
    assert open_answer(file, hq.keys.root, first).state == GRANTED
    other = request_of(pen, nonce=bytes(16))
    for asked in (again(first), other, replace(first, challenge=other.challenge)):
        with pytest.raises(Exception, match="belongs to another question"):
            open_answer(file, hq.keys.root, asked)
    with pytest.raises(MessageForAnother):
        open_answer(file, hq.keys.root, replace(first, epoch=2))
    with pytest.raises(WrongKind):
        open_answer(sign_request(first, pen.key), hq.keys.root, first)
    forged = sign(file.payload_type, file.payload, [pen.key])
    with pytest.raises(Exception, match=r"sign"):
        open_answer(forged, hq.keys.root, first)


def test_what_was_granted_for_one_act_sum_or_person_gives_no_code_for_another(
    hq: Headquarters, pen: Pen
) -> None:
    request = request_of(pen, amount=500)
    post(pen, request)
    hq.approval_office.grant(place_of(request), by="admin", reason="she leads now")
    for other in (
        {"digest": "ff" * 32},
        {"amount": 900_000},
        {"subject": "lin"},
        {"act": "cash"},
    ):
        answer = post(pen, again(request, **other))
        assert (answer.state, answer.code) == (OVER, "")
    # As it was asked it is still granted: what was refused was the difference.
    assert post(pen, again(request)).state == GRANTED


def test_an_act_of_another_digest_than_was_asked_for_is_doubted(
    hq: Headquarters, pen: Pen
) -> None:
    request = again(request_of(pen), digest="ee" * 32)
    post(pen, request)
    hq.approval_office.grant(place_of(request), by="admin", reason="she leads now")
    code = PhoneCode(
        purpose="approve",
        subject="chen",
        act="operator level",
        digest=DIGEST.hex(),
        nonce=NONCE.hex(),
    )
    seq = pen.write(code)
    pen.write(StaffChanged(name="lin", what=LEVEL, level="SUPERVISOR", approved=seq))
    pen.send(pen.cut())
    assert doubts(hq) == ["phone_false"]


def test_after_a_quarter_of_an_hour_nothing_is_granted_or_given(
    hq: Headquarters, pen: Pen, clock: HandClock
) -> None:
    late, granted = request_of(pen), request_of(pen, nonce=bytes(16))
    post(pen, late)
    post(pen, granted)
    hq.approval_office.grant(place_of(granted), by="admin", reason="she leads now")
    clock.pass_by(seconds=LIFETIME_S)
    assert post(pen, again(late)).state == WAITING
    assert post(pen, again(granted)).state == GRANTED
    clock.pass_by(seconds=1)
    with pytest.raises(RequestDecided):
        hq.approval_office.grant(place_of(late), by="admin", reason="she leads now")
    with pytest.raises(RequestDecided):
        hq.approval_office.refuse(place_of(late), by="admin", reason="too late")
    assert [post(pen, again(one)).state for one in (late, granted)] == [OVER, OVER]
    assert hq.approval_office.count() == 0
    assert hq.approval_office.one(place_of(late)).state == OVER


def test_the_points_clock_decides_nothing(hq: Headquarters, pen: Pen) -> None:
    for nonce, at in ((NONCE, 0), (bytes(16), 2**40)):
        request = replace(request_of(pen, nonce=nonce), at=at)
        assert post(pen, request).state == WAITING
        hq.approval_office.grant(place_of(request), by="admin", reason="she leads now")
        assert post(pen, again(request)).state == GRANTED


def test_what_is_taken_back_stays_so_in_whatever_order_it_comes(
    hq: Headquarters, pen: Pen
) -> None:
    request = request_of(pen)
    post(pen, request)
    assert post(pen, again(request, wish=WITHDRAW)).state == OVER
    early = request_of(pen, nonce=bytes(16))
    # Taken back before the asking arrived, which was held up on its way.
    assert post(pen, again(early, wish=WITHDRAW)).state == OVER
    assert post(pen, early).state == OVER
    assert hq.approval_office.count() == 0
    with pytest.raises(RequestDecided):
        hq.approval_office.grant(place_of(request), by="admin", reason="she leads now")
    assert answers(hq) == 0


def test_nobody_is_his_own_second_person(hq: Headquarters, pen: Pen) -> None:
    hq.staff.enter(CHEN, frozenset({StaffRole.ACCOUNTANT}))
    request = request_of(pen)
    post(pen, request)
    for name in ("chen", "Chen", " CHEN "):
        with pytest.raises(PhoneOwn):
            hq.approval_office.grant(place_of(request), by=name, reason="it is fine")
    with pytest.raises(PhoneOwn):
        hq.approval_office.grant(place_of(request), by="admin", reason="fine", second=CHEN)
    with pytest.raises(PhoneOwn):
        hq.phone_room.answer(
            request.question, in_groups(request.challenge), by="chen", reason="it is fine"
        )
    assert answers(hq) == 0
    assert post(pen, again(request)).state == WAITING


def test_a_large_sum_is_granted_by_two_persons_and_a_reason_is_always_given(
    hq: Headquarters, pen: Pen
) -> None:
    most = hq.config.two_persons_above
    request = request_of(pen, amount=most + 1)
    post(pen, request)
    with pytest.raises(SecondPersonMissing):
        hq.approval_office.grant(place_of(request), by="admin", reason="she leads now")
    for act in (hq.approval_office.grant, hq.approval_office.refuse):
        with pytest.raises(ReasonMissing):
            act(place_of(request), by="admin", reason=" ")
    with pytest.raises(NoSuchRequest):
        hq.approval_office.refuse(("N0001", 1, "0" * 12), by="admin", reason="none")
    assert post(pen, again(request)).state == WAITING


def test_telephone_and_line_know_of_each_other(hq: Headquarters, pen: Pen) -> None:
    called, refused = request_of(pen), request_of(pen, nonce=bytes(16))
    post(pen, called)
    post(pen, refused)
    code = hq.phone_room.answer(
        called.question, in_groups(called.challenge), by="admin", reason="she called"
    )
    answer = post(pen, again(called))
    assert (answer.state, answer.code) == (GRANTED, code)
    with pytest.raises(RequestDecided):
        hq.approval_office.refuse(place_of(called), by="admin", reason="no")
    hq.approval_office.refuse(place_of(refused), by="admin", reason="no")
    with pytest.raises(RefusedBefore):
        hq.phone_room.answer(
            refused.question, in_groups(refused.challenge), by="li", reason="she called"
        )
    assert answers(hq) == 1


def test_only_the_present_key_of_the_very_point_asks(
    hq: Headquarters, pen: Pen, clock: HandClock
) -> None:
    other = enrol(hq, clock, "N0002", seed=2)
    request = request_of(pen)
    office = hq.approval_office
    with pytest.raises(MessageForAnother):
        office.receive(sign_request(request, other.key).to_bytes())
    file = sign_request(request, pen.key)
    changed = replace(file, payload=file.payload.replace(b'"chen"', b'"lina"'))
    with pytest.raises(SignatureInvalid):
        office.receive(changed.to_bytes())
    nobody = sign_request(request, hq.keys.signer("registry"))
    with pytest.raises(AskerUnknown):
        office.receive(nobody.to_bytes())
    with pytest.raises(WrongKind):
        office.receive(pen.sign_of_life().to_bytes())
    with pytest.raises(FileMalformed):
        office.receive(sign(REQUEST_TYPE, b"{}", [pen.key]).to_bytes())
    with pytest.raises(FileTooLarge):
        office.receive(sign(REQUEST_TYPE, b" " * (REQUEST_MAX + 1), [pen.key]).to_bytes())
    with pytest.raises(FileMalformed):
        office.receive(
            sign_request(replace(request, challenge="0" * 11 + "1"), pen.key).to_bytes()
        )
    enrol(hq, clock, "N0001", seed=3)
    with pytest.raises(AskerUnknown):
        office.receive(file.to_bytes())
    assert office.count() == 0


def test_one_point_fills_no_list(hq: Headquarters, pen: Pen, clock: HandClock) -> None:
    for number in range(WAITING_MAX):
        post(pen, request_of(pen, nonce=bytes([number]) * 16))
    last = request_of(pen, nonce=b"\xff" * 16)
    with pytest.raises(TooManyAsked):
        post(pen, last)
    assert hq.approval_office.count() == WAITING_MAX
    clock.pass_by(seconds=LIFETIME_S + 1)
    assert post(pen, last).state == WAITING


def test_words_that_were_sealed_for_other_digits_are_not_shown(hq: Headquarters, pen: Pen) -> None:
    other = request_of(pen, nonce=bytes(16))
    request = replace(request_of(pen), words=other.words)
    post(pen, request)
    assert hq.approval_office.one(place_of(request)).words is None


def test_two_who_decide_at_once_decide_once(hq: Headquarters, pen: Pen) -> None:
    request = request_of(pen)
    post(pen, request)
    said: list[str] = []
    together = threading.Barrier(2)

    def decide(name: str) -> None:
        together.wait()
        try:
            if name == "grant":
                hq.approval_office.grant(place_of(request), by="admin", reason="yes")
            else:
                hq.approval_office.refuse(place_of(request), by="li", reason="no")
        except (RequestDecided, RefusedBefore):
            return
        said.append(name)

    both = [threading.Thread(target=decide, args=(name,)) for name in ("grant", "refuse")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(said) == 1
    assert answers(hq) == (said == ["grant"])


def test_whoever_may_decides_on_the_pages_and_an_auditor_looks(hq: Headquarters, pen: Pen) -> None:
    request = request_of(pen, amount=12_345)
    client = signed_in(hq, ADMIN)
    assert "To be approved" not in client.get("/").text
    post(pen, request)
    assert "To be approved" in client.get("/").text
    listed = client.get("/approvals").text
    place = f"/approvals/N0001/1/{request.challenge}"
    assert place in listed
    assert "Make lin a supervisor" in listed
    assert (
        "让 lin 当主管" in client.get("/approvals?lang=zh", headers={"Accept-Language": "zh"}).text
    )
    page = client.get(place).text
    assert "123.45" in page
    assert in_groups(request.challenge) in page
    tag = request.challenge
    assert client.get(f"/approvals/waiting?tag={tag}").status_code == 204
    assert place in client.get("/approvals/waiting?tag=none").text
    auditor = Credential("lookout", "somebody who looks on")
    hq.staff.enter(auditor, frozenset({StaffRole.AUDITOR}))
    watching = signed_in(hq, auditor)
    assert 'name="what"' not in watching.get(place).text
    token = form_token(watching.get("/phone").text if "csrf" in page else page)
    form = {"csrf_token": token, "what": "grant", "reason": "yes"}
    assert watching.post(place, data=form).status_code == 403
    token = form_token(page)
    empty = client.post(place, data={"csrf_token": token, "what": "refuse", "reason": ""})
    assert empty.status_code in (409, 422)
    assert "The reason is missing" in empty.text
    done = client.post(place, data={"csrf_token": token, "what": "refuse", "reason": "not today"})
    assert done.status_code == 303
    assert post(pen, again(request)).reason == "not today"
    assert "not today" in client.get("/approvals").text
    assert client.get("/approvals/N0001/1/000000000000").status_code == 404
    assert set(STATES) == {WAITING, GRANTED, REFUSED, OVER}


def test_the_door_answers_signed_files_and_refuses_what_nobody_signed(
    hq: Headquarters, pen: Pen
) -> None:
    client = make_central_app(hq).test_client()
    request = request_of(pen)
    body = sign_request(request, pen.key).to_bytes()
    answer = client.post("/api/v1/approvals", data=body)
    assert answer.status_code == 200
    file = read_signed_file(answer.data)
    assert open_answer(file, hq.keys.root, request).state == WAITING
    for wrong, status in ((b"", 400), (b"{}", 400), (request.to_bytes(), 400)):
        assert client.post("/api/v1/approvals", data=wrong).status_code == status
    nobody = sign_request(request, hq.keys.signer("enrol")).to_bytes()
    assert client.post("/api/v1/approvals", data=nobody).status_code == 403
    assert "/api/v1/approvals" in client.get("/api/v1/openapi.json").text


def test_words_of_any_length_and_sign_fit() -> None:
    words = Words.cut("一" * 5000 + "\n\x00", "𠀀" * 5000)
    key = bytes(32)
    assert len(seal_act(words, key, "0" * 12, RANDOM)) <= 5000
