"""System and managing cards at headquarters: ordered, revoked, doubted, and found twice."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from central_builders import (
    URL,
    HandClock,
    Pen,
    answer_invitation,
    enrol,
    new_headquarters,
    publish_water,
)
from journals import an_intent
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import EnrolmentRefusal, Node, Suspense, table_of
from yika_central.errors import UnknownNode
from yika_central.services.enrolment import Invitation
from yika_central.services.special_office import (
    NewManaging,
    NewSystem,
    NodeNotIssuing,
    NoSuchSpecial,
    OrderedSystem,
    SpecialOver,
    SpecialRefused,
)
from yika_common.cards.special.face import approval_proof
from yika_common.cards.special.keys import pin_keys
from yika_common.infra.pins import stretched
from yika_common.journal.acts import digest_of
from yika_common.journal.bodies import Login
from yika_common.journal.card_bodies import (
    BURNT,
    COPIED,
    ISSUED,
    MANAGING,
    MISSING,
    SYSTEM,
    Approved,
    SpecialCard,
    Supplemented,
)
from yika_common.services import PROFILES, Service
from yika_common.signing.errors import SealBroken, SignatureInvalid
from yika_common.signing.keys import SigningKey
from yika_common.signing.sealing import SealKey
from yika_common.signing.signed_file import read_many, read_signed_file
from yika_common.signing.trust import ROLES, Role, TrustRoot, make_root
from yika_common.sync.enrolment import EnrolmentToken, make_request
from yika_common.sync.errors import EnrolmentRefused
from yika_common.sync.messages import open_certificate
from yika_common.sync.special_list import SpecialList, open_special
from yika_common.sync.voucher import Voucher, open_voucher, seal_voucher

DAY = 86_400
SOLD = (Service.ELECTRICITY_SINGLE, Service.GAS)


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
    """A vending point that may write special cards."""
    pen = enrol(hq, clock)
    hq.tool_desk.let_issue("N0001", allowed=True)
    return pen


def special_list(hq: Headquarters, pen: Pen) -> SpecialList:
    """What the node holds after its next contact."""
    pen.send(pen.sign_of_life())
    with hq.database.reading() as session:
        found = hq.registry.newest_manifest(session.connection(), pen.node)
    assert found is not None
    item = next(entry for entry in found[0].items if entry.name == f"special/{pen.node}")
    file = read_signed_file(hq.registry.item(bytes.fromhex(item.sha256)))
    return open_special(file, hq.keys.root, pen.kem, node=pen.node, epoch=pen.certificate.epoch)


def a_managing_card(hq: Headquarters, **changes: object) -> str:
    held: dict[str, object] = {"holder": "Chen Wei", "node": "N0001", "nodes": ("N0001",)}
    return hq.special_office.order_managing(NewManaging(**{**held, **changes}), by="admin")  # type: ignore[arg-type]


def a_system_card(hq: Headquarters, clock: HandClock, node: str = "N0002") -> OrderedSystem:
    invitation = Invitation(node=node, name="Harbour", areas=("A01",), url=URL, services=SOLD)
    new = NewSystem(invitation=invitation, node="N0001", until=clock.seconds + 30 * DAY)
    return hq.special_office.order_system(new, by="admin")


def doubts(hq: Headquarters) -> set[str]:
    with hq.database.reading() as session:
        return set(session.execute(select(table_of(Suspense).c.reason)).scalars())


def test_a_node_writes_and_accepts_what_it_is_told(
    hq: Headquarters, pen: Pen, clock: HandClock
) -> None:
    other = enrol(hq, clock, "N0002", seed=2)
    number = a_managing_card(hq, nodes=("N0001", "N0002"), until=clock.seconds + 90 * DAY)
    told = special_list(hq, pen)
    assert told.issuing == 1
    assert [(entry.card, entry.holder, entry.revoked) for entry in told.managers] == [
        (number, "Chen Wei", 0)
    ]
    assert [order.card for order in told.orders] == [number]
    keys = hq.keys.managing_keys(number, 1)
    assert told.orders[0].order().approval_key == keys.approve
    elsewhere = special_list(hq, other)
    assert (elsewhere.issuing, elsewhere.orders) == (0, ())
    assert elsewhere.managers[0].manage == keys.manage.hex()
    assert keys.approve.hex().encode() not in elsewhere.to_bytes()

    pen.write(SpecialCard(card=number, what=MANAGING, state=ISSUED, holder="Chen Wei"))
    pen.send(pen.cut())
    assert special_list(hq, pen).orders == ()
    assert [view.state for view in hq.special_office.listed()] == ["ISSUED"]

    hq.special_office.revoke(number, by="admin", reason="left the company")
    assert special_list(hq, other).managers[0].revoked == 1
    assert special_list(hq, pen).managers[0].revoked == 1
    assert hq.special_office.listed() == ()
    (view,) = hq.special_office.listed(everything=True)
    assert view.reason == "left the company (admin)"
    with pytest.raises(SpecialOver):
        hq.special_office.revoke(number, by="admin", reason="again")


def test_a_copied_card_is_refused_everywhere(hq: Headquarters, pen: Pen, clock: HandClock) -> None:
    other = enrol(hq, clock, "N0002", seed=2)
    number = a_managing_card(hq, nodes=("N0001", "N0002"))
    assert special_list(hq, other).managers[0].revoked == 0
    pen.write(SpecialCard(card=number, what=MANAGING, state=ISSUED))
    pen.write(SpecialCard(card=number, what=MANAGING, state=COPIED))
    pen.send(pen.cut())
    assert special_list(hq, other).managers[0].revoked == 1
    assert special_list(hq, pen).managers[0].revoked == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"holder": "  "},
        {"holder": "一二三四五六七八九十一"},
        {"nodes": ()},
        {"until": 5},
    ],
)
def test_a_managing_card_without_sense_is_not_ordered(
    hq: Headquarters, pen: Pen, changes: dict[str, object]
) -> None:
    with pytest.raises(SpecialRefused):
        a_managing_card(hq, **changes)
    assert hq.special_office.listed(everything=True) == ()


def test_only_a_node_with_the_right_writes_cards(
    hq: Headquarters, pen: Pen, clock: HandClock
) -> None:
    enrol(hq, clock, "N0002", seed=2)
    with pytest.raises(NodeNotIssuing):
        a_managing_card(hq, node="N0002")
    with pytest.raises(UnknownNode):
        a_managing_card(hq, node="N0009")
    with pytest.raises(UnknownNode):
        a_managing_card(hq, nodes=("N0009",))
    with pytest.raises(UnknownNode):
        hq.tool_desk.let_issue("N0009", allowed=True)
    with pytest.raises(NoSuchSpecial):
        hq.special_office.revoke("870000000009", by="admin", reason="none")
    number = a_managing_card(hq)
    hq.tool_desk.let_issue("N0001", allowed=False)
    told = special_list(hq, pen)
    assert (told.issuing, told.orders) == (0, ())
    assert [entry.card for entry in told.managers] == [number]


def an_approval(hq: Headquarters, card: str, **changes: object) -> Approved:
    digest = hashlib.sha256(b"the act").digest()
    held: dict[str, object] = {"card": card, "holder": "Chen Wei", "counter": 1}
    held |= changes
    key = hq.keys.managing_keys(card, 1).approve
    proof = approval_proof(key, card, int(str(held["counter"])), digest)
    return Approved(**{"act": digest.hex(), "proof": proof.hex(), **held})  # type: ignore[arg-type]


def test_a_good_approval_raises_no_doubt(hq: Headquarters, pen: Pen) -> None:
    number = a_managing_card(hq)
    pen.write(an_approval(hq, number), an_approval(hq, number, counter=2))
    pen.send(pen.cut())
    assert doubts(hq) == set()


@pytest.mark.parametrize(
    ("changes", "doubt"),
    [
        ({"proof": "00" * 8}, "approval_false"),
        ({"act": "11" * 32}, "approval_false"),
        ({"holder": "Somebody Else"}, "approval_card"),
        ({"card": "870000000077"}, "approval_card"),
    ],
)
def test_an_approval_that_the_card_did_not_give_is_doubted(
    hq: Headquarters, pen: Pen, changes: dict[str, object], doubt: str
) -> None:
    number = a_managing_card(hq)
    pen.write(replace(an_approval(hq, number), **changes))  # type: ignore[arg-type]
    pen.send(pen.cut())
    assert doubts(hq) == {doubt}


def test_one_count_of_a_card_twice_is_doubted_wherever_it_comes_from(
    hq: Headquarters, pen: Pen, clock: HandClock
) -> None:
    other = enrol(hq, clock, "N0002", seed=2)
    number = a_managing_card(hq, nodes=("N0001", "N0002"))
    pen.write(an_approval(hq, number, counter=7))
    pen.send(pen.cut())
    assert doubts(hq) == set()
    other.write(an_approval(hq, number, counter=7))
    other.send(other.cut())
    assert doubts(hq) == {"approval_repeated"}


def test_who_did_the_act_can_not_have_approved_it(hq: Headquarters, pen: Pen) -> None:
    number = a_managing_card(hq)
    pen.write(an_approval(hq, number), operator="chen wei")
    pen.send(pen.cut())
    assert doubts(hq) == {"approval_by_operator"}


def test_a_card_that_is_revoked_run_out_or_not_good_there_is_doubted(
    hq: Headquarters, pen: Pen, clock: HandClock
) -> None:
    elsewhere = enrol(hq, clock, "N0002", seed=2)
    number = a_managing_card(hq, until=clock.seconds + DAY)
    elsewhere.write(an_approval(hq, number))
    elsewhere.send(elsewhere.cut())
    assert doubts(hq) == {"approval_card"}
    before = an_approval(hq, number, counter=2)
    pen.write(before)
    clock.pass_by(minutes=5)
    hq.special_office.revoke(number, by="admin", reason="lost")
    clock.pass_by(minutes=5)
    pen.write(an_approval(hq, number, counter=3))
    pen.send(pen.cut())
    with hq.database.reading() as session:
        table = table_of(Suspense)
        rows = session.execute(select(table.c.node, table.c.seq, table.c.reason)).all()
    assert sorted(map(tuple, rows)) == [
        ("N0001", 2, "approval_card"),
        ("N0002", 1, "approval_card"),
    ]


def test_a_sale_of_a_service_that_the_certificate_does_not_name_goes_into_suspense(
    hq: Headquarters, clock: HandClock
) -> None:
    text = hq.enrolment.invite(
        "N0003", name="Heat only", areas=("A01",), url=URL, services=(Service.HEAT,)
    )
    pen = answer_invitation(hq, clock, text, seed=3)
    assert pen.certificate.services == (Service.HEAT,)
    hq.stock.take_in_new("A01", PROFILES[4], 1)
    pen.write(an_intent(service=Service.HEAT, count=1))
    pen.write(an_intent(service=Service.COLD_WATER, count=2))
    pen.send(pen.cut())
    with hq.database.reading() as session:
        table = table_of(Suspense)
        rows = session.execute(
            select(table.c.seq, table.c.subject).where(table.c.reason == "forbidden_service")
        ).all()
    assert list(map(tuple, rows)) == [(2, "cold_water")]


def test_what_a_node_may_sell_outlives_a_new_invitation_that_does_not_speak_of_it(
    hq: Headquarters, clock: HandClock
) -> None:
    for seed, services in ((3, SOLD), (4, ()), (5, (Service.HEAT,))):
        text = hq.enrolment.invite("N0003", name="x", areas=("A01",), url=URL, services=services)
        pen = answer_invitation(hq, clock, text, seed=seed)
        assert pen.certificate.services == (services or SOLD)
        clock.pass_by(minutes=1)


def voucher_of(hq: Headquarters, pen: Pen, ordered: OrderedSystem) -> EnrolmentToken:
    """The token that the ordered card carries, opened with its PIN as an installation does."""
    (order,) = special_list(hq, pen).orders
    assert order.card == ordered.number
    made = order.order()
    keys = pin_keys(ordered.pin, made.salt, stretched)
    assert made.host_key == keys.host
    opened = open_voucher(made.content, made.number, made.valid_until, keys.box)
    opened.check(hq.keys.root)
    assert opened.voucher.services == SOLD
    with pytest.raises(SealBroken):
        open_voucher(made.content, "890000000099", made.valid_until, keys.box)
    with pytest.raises(SealBroken):
        open_voucher(made.content, made.number, made.valid_until + 1, keys.box)
    other = pin_keys("0000000000", made.salt, stretched)
    with pytest.raises(SealBroken):
        open_voucher(made.content, made.number, made.valid_until, other.box)
    return opened.voucher.token


def request(token: EnrolmentToken, seed: int, clock: HandClock) -> bytes:
    key, kem = SigningKey.from_seed(bytes([seed]) * 32), SealKey.from_private(bytes([seed]) * 32)
    return make_request(token, key, kem.public, clock.seconds).to_bytes()


def test_a_system_card_registers_one_installation_for_what_it_may_sell(
    hq: Headquarters, pen: Pen, clock: HandClock
) -> None:
    token = voucher_of(hq, pen, a_system_card(hq, clock))
    clock.pass_by(days=20)
    answer = list(read_many(hq.enrolment.answer(request(token, 2, clock))))
    certificate = open_certificate(answer[1], hq.keys.root)
    assert certificate.services == SOLD
    assert hq.enrolment.answer(request(token, 2, clock)) == b"".join(f.to_bytes() for f in answer)


def test_a_copy_used_elsewhere_is_refused_written_down_and_freezes_both(
    hq: Headquarters, pen: Pen, clock: HandClock
) -> None:
    ordered = a_system_card(hq, clock)
    token = voucher_of(hq, pen, ordered)
    hq.enrolment.answer(request(token, 2, clock))
    for _ in range(2):
        with pytest.raises(EnrolmentRefused):
            hq.enrolment.answer(request(token, 3, clock))
    with hq.database.reading() as session:
        table = table_of(EnrolmentRefusal)
        rows = session.execute(select(table.c.node, table.c.card, table.c.times)).all()
        node = session.get(Node, "N0002")
    assert list(map(tuple, rows)) == [("N0002", ordered.number, 2)]
    assert node is not None
    assert (node.state, node.reason) == ("STOPPED", "copied_card")
    (view,) = hq.special_office.listed()
    assert view.refusals == 2


def test_a_system_card_is_good_for_nothing_after_its_day_or_once_it_is_revoked(
    hq: Headquarters, pen: Pen, clock: HandClock
) -> None:
    token = voucher_of(hq, pen, a_system_card(hq, clock))
    clock.pass_by(days=31)
    with pytest.raises(EnrolmentRefused):
        hq.enrolment.answer(request(token, 2, clock))
    hq.special_office.revoke(hq.special_office.listed()[0].number, by="admin", reason="too late")
    ordered = a_system_card(hq, clock)
    token = voucher_of(hq, pen, ordered)
    hq.special_office.revoke(ordered.number, by="admin", reason="lost in the post")
    with pytest.raises(EnrolmentRefused):
        hq.enrolment.answer(request(token, 2, clock))


def test_a_system_card_that_was_burnt_is_off_the_list(
    hq: Headquarters, pen: Pen, clock: HandClock
) -> None:
    ordered = a_system_card(hq, clock)
    pen.write(SpecialCard(card=ordered.number, what=SYSTEM, state=ISSUED, serial="ab" * 8))
    pen.send(pen.cut())
    (view,) = hq.special_office.listed()
    assert (view.state, view.purpose, view.issued_at) == ("ISSUED", "N0002", clock.seconds)
    pen.write(SpecialCard(card=ordered.number, what=SYSTEM, state=BURNT))
    pen.send(pen.cut())
    assert [view.state for view in hq.special_office.listed(everything=True)] == ["BURNT"]


def test_a_voucher_is_believed_only_with_the_enrol_roles_signature(hq: Headquarters) -> None:
    stranger = SigningKey.from_seed(bytes(32))
    roles = {role: Role((stranger.public,), 1) for role in ROLES}
    root = TrustRoot.parse(make_root(roles))
    token = EnrolmentToken(url=URL, node="N0002", secret="5e" * 16, root=hq.keys.root.digest)
    sealed = seal_voucher(Voucher(token, SOLD), "890000000001", 5, stranger, bytes(32))
    opened = open_voucher(sealed, "890000000001", 5, bytes(32))
    assert opened.voucher == Voucher(token, SOLD)
    opened.check(root)
    with pytest.raises(SignatureInvalid):
        opened.check(hq.keys.root)


def test_a_system_card_that_was_lost_on_the_way_registers_nobody(
    hq: Headquarters, pen: Pen, clock: HandClock
) -> None:
    ordered = a_system_card(hq, clock)
    token = voucher_of(hq, pen, ordered)
    pen.write(SpecialCard(card=ordered.number, what=SYSTEM, state=MISSING))
    pen.send(pen.cut())
    with pytest.raises(EnrolmentRefused):
        hq.enrolment.answer(request(token, 2, clock))


def a_supplement(pen: Pen, **changes: object) -> Supplemented:
    held: dict[str, object] = {
        "intent": 1,
        "card": "860000000001",
        "slot": 3,
        "reason": "worn contacts",
        "approved": pen.seq + 1,
    }
    return Supplemented(**{**held, **changes})  # type: ignore[arg-type]


def approving(hq: Headquarters, pen: Pen, card: str, act: Supplemented, count: int) -> Approved:
    digest = digest_of(act, pen.node, 1)
    assert digest is not None
    proof = approval_proof(hq.keys.managing_keys(card, 1).approve, card, count, digest)
    return Approved(
        act=digest.hex(), card=card, holder="Chen Wei", counter=count, proof=proof.hex()
    )


def test_an_approval_is_for_the_very_act_beside_it(hq: Headquarters, pen: Pen) -> None:
    card = a_managing_card(hq)
    act = a_supplement(pen)
    pen.write(approving(hq, pen, card, act, 1), act)
    pen.send(pen.cut())
    assert doubts(hq) == set()
    # The approval and the act may come in two deliveries.
    act = a_supplement(pen)
    pen.write(approving(hq, pen, card, act, 2))
    pen.send(pen.cut())
    pen.write(act)
    pen.send(pen.cut())
    assert doubts(hq) == set()


@pytest.mark.parametrize(
    ("changes", "doubt"),
    [
        ({"slot": 2}, "approval_for_another"),
        ({"card": "860000000002"}, "approval_for_another"),
        ({"intent": 2}, "approval_for_another"),
        ({"reason": "another"}, "approval_for_another"),
        ({"approved": 77}, "approval_absent"),
        ({"approved": 1}, "approval_absent"),
    ],
)
def test_an_act_that_was_not_what_was_approved_is_doubted(
    hq: Headquarters, pen: Pen, changes: dict[str, object], doubt: str
) -> None:
    card = a_managing_card(hq)
    pen.write(Login(outcome="ok"))
    act = a_supplement(pen)
    pen.write(approving(hq, pen, card, act, 1), replace(act, **changes))  # type: ignore[arg-type]
    pen.send(pen.cut())
    assert doubts(hq) == {doubt}
