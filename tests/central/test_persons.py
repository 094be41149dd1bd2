"""Persons who may work at vending points, and what headquarters answers by telephone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from central_builders import (
    ADMIN,
    LI,
    HandClock,
    Pen,
    enrol,
    new_headquarters,
    publish_water,
)
from central_pages import form_token, signed_in
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Suspense, table_of
from yika_central.errors import UnknownNode
from yika_central.services.person_office import (
    QUARTER_S,
    NoSuchPerson,
    PersonNumberTaken,
    PersonRefused,
    PersonTerms,
)
from yika_central.services.phone_room import (
    PhoneAnswered,
    PhonePersonRefused,
    PhoneRefused,
    question_of,
)
from yika_central.services.staff import StaffRole
from yika_central.services.two_persons import ReasonMissing, SecondPersonMissing
from yika_central.web.person_pages import ACTS, LEVELS, PURPOSES
from yika_common.journal.bodies import OperatorAdded
from yika_common.journal.phone_bodies import PhoneCode
from yika_common.journal.staff_bodies import LEVEL, StaffChanged
from yika_common.signing import phone_code
from yika_common.signing.errors import SealBroken
from yika_common.signing.phone_code import (
    DigitsMistyped,
    challenge_of,
    code_of,
    in_groups,
    phone_key,
    read_digits,
)
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync import person_list
from yika_common.sync.person_list import PersonList, open_persons
from yika_node.services.staff_office import level_digest
from yika_node.services.views import Level

DAY = 86_400
CHEN = PersonTerms(name="Chen Wei", level="CLERK", nodes=("N0001",))
NONCE = bytes(range(16))


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
def pen(hq: Headquarters, clock: HandClock) -> Pen:
    return enrol(hq, clock)


def item_of(hq: Headquarters, pen: Pen) -> tuple[int, PersonList] | None:
    """Version and content of the list that the node holds after its next contact."""
    pen.send(pen.sign_of_life())
    with hq.database.reading() as session:
        found = hq.registry.newest_manifest(session.connection(), pen.node)
    assert found is not None
    items = [entry for entry in found[0].items if entry.name == f"persons/{pen.node}"]
    if not items:
        return None
    file = read_signed_file(hq.registry.item(bytes.fromhex(items[0].sha256)))
    root, epoch = hq.keys.root, pen.certificate.epoch
    return items[0].version, open_persons(file, root, pen.kem, node=pen.node, epoch=epoch)


def list_of(hq: Headquarters, pen: Pen) -> PersonList:
    found = item_of(hq, pen)
    assert found is not None
    return found[1]


def enter(hq: Headquarters, number: str = "1001", terms: PersonTerms = CHEN) -> None:
    hq.person_office.enter(number, terms, by="admin", reason="began in May")


def doubts(hq: Headquarters) -> list[str]:
    with hq.database.reading() as session:
        return list(session.execute(select(table_of(Suspense).c.reason)).scalars())


def test_a_point_of_which_nothing_is_said_gets_no_list(hq: Headquarters, pen: Pen) -> None:
    assert item_of(hq, pen) is None


def test_each_point_gets_its_own_part_sealed_to_it(
    hq: Headquarters, pen: Pen, clock: HandClock
) -> None:
    other = enrol(hq, clock, "N0002", seed=2)
    enter(hq)
    enter(hq, "1002", PersonTerms(name="Lin", level="SUPERVISOR", nodes=("N0001", "N0002")))
    held, elsewhere = list_of(hq, pen), list_of(hq, other)
    assert [one.name for one in held.persons] == ["Chen Wei", "Lin"]
    assert [one.staff_number for one in elsewhere.persons] == ["1002"]
    assert held.issued == clock.seconds
    assert held.until == clock.seconds + 30 * DAY
    assert held.grace == held.until + 14 * DAY
    with hq.database.reading() as session:
        found = hq.registry.newest_manifest(session.connection(), "N0002")
    assert found is not None
    item = next(entry for entry in found[0].items if entry.name == "persons/N0002")
    file = read_signed_file(hq.registry.item(bytes.fromhex(item.sha256)))
    with pytest.raises(SealBroken):
        open_persons(file, hq.keys.root, pen.kem, node="N0002", epoch=1)


def test_a_list_is_made_anew_when_it_says_something_else_and_in_time_before_it_ends(
    hq: Headquarters, pen: Pen, clock: HandClock
) -> None:
    enter(hq)
    first = item_of(hq, pen)
    assert first is not None
    clock.pass_by(days=9)
    assert item_of(hq, pen) == first
    clock.pass_by(days=1)
    renewed = item_of(hq, pen)
    assert renewed is not None
    assert (renewed[0], renewed[1].issued) == (first[0] + 1, clock.seconds)
    hq.person_office.revoke("1001", by="admin", reason="left")
    revoked = item_of(hq, pen)
    assert revoked is not None
    assert (revoked[0], revoked[1].persons[0].revoked) == (first[0] + 2, 1)
    hq.person_office.restore("1001", by="admin", reason="came back")
    assert list_of(hq, pen).persons[0].revoked == 0
    hq.settings_office.change({"operators_days": "7"}, by="admin", reason="shorter")
    assert list_of(hq, pen).until == clock.seconds + 7 * DAY


def test_whom_a_point_loses_it_hears_of_as_gone(hq: Headquarters, pen: Pen) -> None:
    enter(hq)
    list_of(hq, pen)
    enrol(hq, pen.clock, "N0002", seed=2)
    elsewhere = PersonTerms(name="Chen Wei", level="CLERK", nodes=("N0002",))
    hq.person_office.change("1001", elsewhere, by="admin", reason="moved")
    # Not an empty list: where nobody is listed everybody works.
    assert [(one.name, one.revoked) for one in list_of(hq, pen).persons] == [("Chen Wei", 1)]
    assert hq.person_office.person("1001").nodes == ("N0002",)


@pytest.mark.parametrize(
    "terms",
    [
        PersonTerms(name="", level="CLERK", nodes=("N0001",)),
        PersonTerms(name="x" * 33, level="CLERK", nodes=("N0001",)),
        PersonTerms(name="Chen", level="KING", nodes=("N0001",)),
        PersonTerms(name="Chen", level="CLERK", nodes=()),
        PersonTerms(name="Chen", level="CLERK", nodes=("N0001", "N0009")),
        PersonTerms(name="Chen", level="CLERK", nodes=("N0001",), until=1),
    ],
)
def test_a_person_of_nonsense_is_refused(hq: Headquarters, pen: Pen, terms: PersonTerms) -> None:
    with pytest.raises(PersonRefused):
        enter(hq, terms=terms)
    assert hq.person_office.listed() == ()


def test_a_number_is_one_persons_and_every_change_is_kept_with_its_reason(
    hq: Headquarters, pen: Pen, clock: HandClock
) -> None:
    enter(hq)
    with pytest.raises(PersonNumberTaken):
        enter(hq, terms=PersonTerms(name="Lin", level="CLERK", nodes=("N0001",)))
    with pytest.raises(NoSuchPerson):
        hq.person_office.revoke("9", by="admin", reason="left")
    with pytest.raises(ReasonMissing):
        hq.person_office.revoke("1001", by="admin", reason=" ")
    clock.pass_by(days=1)
    raised = PersonTerms(name="Chen Wei", level="SUPERVISOR", nodes=("N0001",))
    hq.person_office.change("1001", raised, by="admin", reason="leads now")
    hq.person_office.revoke("1001", by="admin", reason="left")
    told = [(one.what, one.level, one.reason) for one in hq.person_office.changes("1001")]
    assert told == [
        ("revoked", "SUPERVISOR", "left"),
        ("changed", "SUPERVISOR", "leads now"),
        ("entered", "CLERK", "began in May"),
    ]


def test_every_quarter_somebody_says_that_rights_are_still_right(
    hq: Headquarters, pen: Pen, clock: HandClock
) -> None:
    enter(hq)
    clock.pass_by(seconds=QUARTER_S)
    enter(hq, "0500", PersonTerms(name="Lin", level="CLERK", nodes=("N0001",)))
    assert [one.due for one in hq.person_office.listed()] == [False, False]
    clock.pass_by(seconds=1)
    assert [(one.number, one.due) for one in hq.person_office.listed()] == [
        ("1001", True),
        ("0500", False),
    ]
    hq.person_office.certify("1001", by="admin")
    one = hq.person_office.person("1001")
    assert (one.due, one.certified_by, one.certified_at) == (False, "admin", clock.seconds)


def asked(hq: Headquarters, purpose: str, subject: str, **said: object) -> tuple[str, str]:
    """Headquarters' code for digits that a point shows, and the one that the point expects."""
    question = question_of("N0001", purpose, subject, **said)  # type: ignore[arg-type]
    challenge = challenge_of(question, NONCE)
    code = hq.phone_room.answer(question, in_groups(challenge), by="admin", reason="called")
    return code, code_of(phone_key(hq.keys.personal_data_key("N0001")), question, challenge)


def test_headquarters_reads_back_what_the_point_expects(hq: Headquarters, pen: Pen) -> None:
    for purpose, subject in (("release", "chen"), ("admit", "chen"), ("allowance", "")):
        given, expected = asked(hq, purpose, subject)
        assert given == expected
        assert asked(hq, purpose, subject)[0] == given
    assert len(hq.phone_room.given()) == 3


def test_digits_are_answered_for_one_thing_alone(hq: Headquarters, pen: Pen) -> None:
    question = question_of("N0001", "release", "chen")
    digits = challenge_of(question, NONCE)
    hq.phone_room.answer(question, digits, by="admin", reason="called")
    other = question_of("N0001", "admit", "chen")
    with pytest.raises(PhoneAnswered):
        hq.phone_room.answer(other, digits, by="admin", reason="called")
    slip = str((int(digits[0]) + 1) % 10) + digits[1:]
    with pytest.raises(DigitsMistyped):
        hq.phone_room.answer(question, slip, by="admin", reason="called")
    with pytest.raises(ReasonMissing):
        hq.phone_room.answer(question, digits, by="admin", reason="")
    away = question_of("N0009", "release", "chen")
    with pytest.raises(UnknownNode):
        hq.phone_room.answer(away, digits, by="admin", reason="called")
    nobody = question_of("N0001", "release", "")
    with pytest.raises(PhoneRefused):
        hq.phone_room.answer(nobody, digits, by="admin", reason="called")
    for purpose in ("approve", "everything"):
        with pytest.raises(PhoneRefused):
            question_of("N0001", purpose, "chen")


def test_whom_the_list_shuts_out_no_code_lets_in(
    hq: Headquarters, pen: Pen, clock: HandClock
) -> None:
    with pytest.raises(PhonePersonRefused):
        asked(hq, "join", "1001")
    enter(hq)
    assert asked(hq, "join", "1001")[0]
    hq.person_office.revoke("1001", by="admin", reason="left")
    for purpose, subject in (("join", "1001"), ("admit", "chen wei"), ("release", "Chen Wei")):
        with pytest.raises(PhonePersonRefused):
            asked(hq, purpose, subject)
    assert asked(hq, "admit", "somebody new")[0]


def test_a_large_sum_is_approved_by_two_persons(hq: Headquarters, pen: Pen) -> None:
    most = hq.config.two_persons_above
    assert asked(hq, "approve", "chen", act="refund", amount=most)[0]
    with pytest.raises(SecondPersonMissing):
        asked(hq, "approve", "chen", act="refund", amount=most + 1)


def approve_level(hq: Headquarters, pen: Pen, *, nonce: bytes = NONCE) -> PhoneCode:
    """What a point writes down when somebody is made a supervisor by telephone."""
    digest = level_digest("lin", Level.SUPERVISOR, "")
    question = question_of("N0001", "approve", "chen", act="operator level")
    challenge = challenge_of(question, nonce, digest)
    hq.phone_room.answer(question, challenge, by="admin", reason="called")
    return PhoneCode(
        purpose="approve",
        subject="chen",
        act="operator level",
        digest=digest.hex(),
        nonce=nonce.hex(),
    )


def raise_lin(pen: Pen, code: PhoneCode) -> None:
    seq = pen.write(code)
    pen.write(StaffChanged(name="lin", what=LEVEL, level="SUPERVISOR", approved=seq))


def test_an_act_that_was_approved_by_telephone_raises_no_doubt(hq: Headquarters, pen: Pen) -> None:
    pen.write(OperatorAdded(name="lin", level="CLERK"))
    raise_lin(pen, approve_level(hq, pen))
    pen.send(pen.cut())
    assert doubts(hq) == []
    (given,) = hq.phone_room.given()
    assert given.used_at == pen.clock.seconds


def test_a_code_that_was_never_given_or_given_for_something_else_is_doubted(
    hq: Headquarters, pen: Pen
) -> None:
    code = approve_level(hq, pen)
    never = PhoneCode.from_members(code.members() | {"nc": "ff" * 16})
    dearer = PhoneCode(purpose="release", subject="chen", nonce=NONCE.hex())
    pen.write(never, dearer)
    pen.send(pen.cut())
    assert doubts(hq) == ["phone_false", "phone_false"]


def test_a_code_that_was_used_twice_is_doubted_in_one_delivery_or_two(
    hq: Headquarters, pen: Pen
) -> None:
    code = approve_level(hq, pen)
    raise_lin(pen, code)
    pen.send(pen.cut())
    raise_lin(pen, code)
    pen.send(pen.cut(3))
    assert doubts(hq) == ["phone_repeated"]
    other = approve_level(hq, pen, nonce=bytes(16))
    raise_lin(pen, other)
    raise_lin(pen, other)
    pen.send(pen.cut(5))
    assert sorted(doubts(hq)) == ["phone_repeated"] * 3


def test_an_approval_by_telephone_for_another_act_is_doubted(hq: Headquarters, pen: Pen) -> None:
    seq = pen.write(approve_level(hq, pen))
    pen.write(StaffChanged(name="tan", what=LEVEL, level="MANAGER", approved=seq))
    pen.send(pen.cut())
    assert doubts(hq) == ["approval_for_another"]


def test_the_pages_word_everything_that_can_be_asked() -> None:
    assert set(PURPOSES) == set(phone_code.PURPOSES)
    assert set(ACTS) == set(phone_code.ACTS)
    assert set(LEVELS) == set(person_list.LEVELS) == {level.name for level in Level}


def test_an_administrator_enters_looks_through_and_answers_on_the_pages(
    hq: Headquarters, pen: Pen
) -> None:
    client = signed_in(hq, ADMIN)
    token = form_token(client.get("/persons").text)
    form = {"csrf_token": token, "number": "1001", "name": "陈伟", "level": "CLERK"}
    form |= {"nodes": "N0001", "until": "2027-05-31", "reason": "began"}
    assert client.post("/persons", data=form).status_code == 303
    assert "陈伟" in client.get("/persons").text
    wrong = client.post("/persons", data=form | {"number": "1002", "nodes": "N0009"})
    assert wrong.status_code == 422
    assert 'value="N0009"' in wrong.text
    again = {"csrf_token": token, "number": "1001"}
    assert client.post("/persons/certify", data=again).status_code == 303
    change = form | {"level": "SUPERVISOR", "reason": "leads"}
    assert client.post("/persons/change", data=change).status_code == 303
    assert client.post("/persons/end", data=again | {"reason": "left"}).status_code == 303
    assert "revoked" in client.get("/persons/one?number=1001").text
    assert client.get("/persons/one?number=9").status_code == 404
    assert client.get("/persons/changes").status_code == 200
    question = question_of("N0001", "release", "chen")
    digits = challenge_of(question, NONCE)
    said = {"csrf_token": token, "node": "N0001", "purpose": "release", "subject": "chen"}
    said |= {"act": "", "amount": "", "digits": in_groups(digits), "reason": "he called"}
    page = client.post("/phone", data=said)
    key = phone_key(hq.keys.personal_data_key("N0001"))
    assert in_groups(code_of(key, question, read_digits(digits, 12))) in page.text
    refused = client.post("/phone", data=said | {"digits": "123"})
    assert refused.status_code == 422


def test_an_auditor_sees_and_changes_nothing(hq: Headquarters, pen: Pen) -> None:
    from yika_central.services.staff import Credential

    auditor = Credential("sun", "an auditor's password")
    hq.staff.enter(auditor, frozenset({StaffRole.AUDITOR}))
    enter(hq)
    client = signed_in(hq, auditor)
    for path in ("/persons", "/persons/one?number=1001", "/persons/changes", "/phone"):
        assert client.get(path).status_code == 200
    token = form_token(client.get("/adjustments").text)
    for path in ("/persons", "/persons/change", "/persons/end", "/persons/certify", "/phone"):
        sent = client.post(path, data={"csrf_token": token, "number": "1001"})
        assert sent.status_code == 403
    officer = signed_in(hq, LI)
    token = form_token(officer.get("/adjustments").text)
    sent = officer.post("/phone", data={"csrf_token": token, "node": "N0001"})
    assert sent.status_code in {403, 422}
    assert hq.phone_room.given() == ()
