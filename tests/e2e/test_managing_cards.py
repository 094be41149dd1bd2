"""A managing card from its order to its return, on every chip, with headquarters looking on."""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import select

from card_builders import ChipMemory
from central_builders import LI, WANG, HandClock, new_headquarters
from memory_builders import numbered_card
from node_world import OPERATOR, for_quantity
from points_of_headquarters import AREA
from special_builders import KINDS, PIN, AnyChip, issued
from special_town import HOLDER, SpecialPoint, SpecialTown
from yika_central.db.tables import Approval, Suspense, table_of
from yika_central.services.special_office import NewManaging
from yika_common.cards.approval import act_digest
from yika_common.cards.errors import CardAbsent, CardNotBlank, CardRemoved, CardWriteUncertain
from yika_common.cards.special.errors import (
    ManagingCardCopied,
    ManagingCardExpired,
    ManagingCardForeign,
    ManagingCardNeeded,
    ManagingCardRevoked,
    PinBlocked,
    PinLastTry,
    PinsDiffer,
    PinUnusable,
    SpecialCardBurnt,
    WrongPin,
)
from yika_common.errors import Phrase
from yika_common.journal.card_bodies import Approved
from yika_common.readers.port import MemoryKind
from yika_common.services import PROFILES, Service
from yika_common.simulated.icc import blank_memory
from yika_common.sync.personal_data import Person
from yika_common.tariffs.shipped import shipped
from yika_node.services.approvals import (
    ApprovalByOperator,
    ApprovalForAnother,
    ApprovalMissing,
)
from yika_node.services.special_desk import SpecialCardBegun, SpecialCardNotOut
from yika_node.services.special_shelf import SpecialCardUnknown
from yika_node.services.views import AccountForm
from yika_node.web.refund_pages import refund_desk_of

EITHER = pytest.mark.parametrize("kind", KINDS)
MEMORY = pytest.mark.parametrize("kind", KINDS[1:])
DIGEST = act_digest("refund", node="N0001", purchase=7, amount=5_000)
ACT = Phrase("A refund")
OTHER = hashlib.sha256(b"another").digest()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[SpecialTown]:
    clock = HandClock()
    made = SpecialTown(tmp_path, new_headquarters(tmp_path / "central", clock), clock)
    yield made
    made.close()


@pytest.fixture
def point(town: SpecialTown) -> SpecialPoint:
    return town.issuing_point()


def ask(point: SpecialPoint, operator: str = OPERATOR, digest: bytes = DIGEST) -> str:
    return point.node.approvals.begin(operator, digest, ACT, "/there")


def approve(point: SpecialPoint, chip: AnyChip, pin: str = PIN, *, last: bool = False) -> Approved:
    token = ask(point)
    point.hand.chip = chip
    point.managing.approve(token, pin, last=last)
    return approved(point, token)


def approved(point: SpecialPoint, token: str) -> Approved:
    """What the managing card approved, taken for the act."""
    body = point.node.approvals.take(token, DIGEST, OPERATOR)
    assert isinstance(body, Approved)
    return body


def another_blank(kind: str) -> AnyChip:
    """A blank chip with another serial than the builders give."""
    if kind == "cpu":
        return AnyChip(kind, ChipMemory(blank_memory(b"ANOTHER1")))
    return AnyChip(kind, card=numbered_card(MemoryKind[kind.upper()], seed=99))


def doubts(town: SpecialTown) -> set[str]:
    for point in town.points:
        point.sync()
    with town.hq.database.reading() as session:
        return set(session.execute(select(table_of(Suspense).c.reason)).scalars())


@EITHER
def test_an_act_is_approved_once_and_headquarters_believes_the_card(
    town: SpecialTown, point: SpecialPoint, kind: str
) -> None:
    chip = town.managing_card(point, kind, PIN)
    token = ask(point)
    with pytest.raises(ApprovalMissing):
        point.node.approvals.take(token, DIGEST, OPERATOR)
    waiting = point.managing.approve(token, PIN)
    assert (waiting.then, waiting.what) == ("/there", ACT)
    body = approved(point, token)
    assert (body.holder, body.counter, body.act) == (HOLDER, 1, DIGEST.hex())
    with pytest.raises(ApprovalMissing):
        point.node.approvals.take(token, DIGEST, OPERATOR)
    second = approve(point, chip)
    point.node.journal.append([body, second], at=town.clock(), operator=OPERATOR)
    assert doubts(town) == set()
    with town.hq.database.reading() as session:
        counters = session.execute(select(table_of(Approval).c.counter)).scalars().all()
    assert list(counters) == [1, 2]


def test_an_approval_is_for_one_act_of_one_operator(
    town: SpecialTown, point: SpecialPoint
) -> None:
    chip = town.managing_card(point, "cpu", PIN)
    for digest, operator in ((OTHER, OPERATOR), (DIGEST, "somebody")):
        token = ask(point)
        point.hand.chip = chip
        point.managing.approve(token, PIN)
        with pytest.raises(ApprovalForAnother):
            point.node.approvals.take(token, digest, operator)
        with pytest.raises(ApprovalMissing):
            point.node.approvals.take(token, DIGEST, OPERATOR)
    token = ask(point)
    town.clock.pass_by(minutes=16)
    with pytest.raises(ApprovalMissing):
        point.managing.approve(token, PIN)
    with pytest.raises(ApprovalMissing):
        point.managing.approve("00" * 16, PIN)


@pytest.mark.parametrize("name", ["陈伟", " 陈 伟 "])
def test_nobody_approves_his_own_act(town: SpecialTown, point: SpecialPoint, name: str) -> None:
    town.managing_card(point, "cpu", PIN)
    token = ask(point, name)
    with pytest.raises(ApprovalByOperator):
        point.managing.approve(token, PIN)


@EITHER
def test_wrong_pins_are_told_and_block_the_card(
    town: SpecialTown, point: SpecialPoint, kind: str
) -> None:
    chip = town.managing_card(point, kind, PIN)
    for left in (2, 1):
        with pytest.raises(WrongPin) as wrong:
            approve(point, chip, "123456")
        assert wrong.value.facts["left"] == left
    with pytest.raises(PinLastTry):
        approve(point, chip, PIN)
    assert approve(point, chip, PIN, last=True).counter == 1
    for last in (False, False, True):
        with pytest.raises((WrongPin, PinBlocked)):
            approve(point, chip, "123456", last=last)
    with pytest.raises(PinBlocked):
        approve(point, chip, PIN, last=True)


@MEMORY
def test_tries_that_were_copied_back_do_not_help(
    town: SpecialTown, point: SpecialPoint, kind: str
) -> None:
    chip = town.managing_card(point, kind, PIN)
    fresh = chip.copied()
    for last in (False, False, True):
        with pytest.raises((WrongPin, PinBlocked)):
            approve(point, fresh.copied(), "123456", last=last)
    with pytest.raises(PinBlocked):
        approve(point, fresh.copied(), PIN, last=True)


@MEMORY
@pytest.mark.parametrize("copy_first", [True, False])
def test_two_copies_are_found_at_the_next_use_and_headquarters_hears_of_it(
    town: SpecialTown, point: SpecialPoint, kind: str, copy_first: bool
) -> None:
    chip = town.managing_card(point, kind, PIN)
    approve(point, chip)
    copy = chip.copied()
    first, second = (copy, chip) if copy_first else (chip, copy)
    approve(point, first)
    with pytest.raises(ManagingCardCopied):
        approve(point, second)
    with pytest.raises(ManagingCardCopied):
        approve(point, first)
    point.sync()
    assert [view.state for view in town.hq.special_office.listed(everything=True)] == ["COPIED"]


@MEMORY
def test_a_copy_that_is_used_elsewhere_shows_at_headquarters(
    town: SpecialTown, point: SpecialPoint, kind: str
) -> None:
    other = town.point("N0002")
    chip = town.managing_card(point, kind, PIN, nodes=("N0001", "N0002"))
    copy = chip.copied()
    for where, card in ((point, chip), (other, copy)):
        body = approve(where, card)
        where.node.journal.append([body], at=town.clock(), operator=OPERATOR)
    assert doubts(town) == {"approval_repeated"}
    # Neither point has seen the other's card; each is found where the other one was.
    with pytest.raises(ManagingCardCopied):
        approve(other, chip)


def test_cards_that_may_not_approve_are_each_told_apart(
    town: SpecialTown, point: SpecialPoint
) -> None:
    expired = town.managing_card(point, "cpu", PIN, until=town.clock.seconds + 86_400)
    revoked = town.managing_card(point, "cpu", PIN)
    early = town.managing_card(point, "cpu", PIN, since=town.clock.seconds + 30 * 86_400)
    number = town.hq.special_office.listed()[1].number
    town.hq.special_office.revoke(number, by="admin", reason="left")
    town.clock.pass_by(days=2)
    point.sync()
    for chip, why in (
        (expired, ManagingCardExpired),
        (early, ManagingCardExpired),
        (revoked, ManagingCardRevoked),
        (issued("cpu"), ManagingCardForeign),
        (AnyChip("cpu"), ManagingCardNeeded),
        (AnyChip("sle4442"), ManagingCardNeeded),
    ):
        with pytest.raises(why):
            approve(point, chip)
    point.hand.chip = None
    with pytest.raises(CardAbsent):
        point.managing.approve(ask(point), PIN)


def test_a_point_where_the_card_is_not_good_refuses_it(
    town: SpecialTown, point: SpecialPoint
) -> None:
    other = town.point("N0002")
    chip = town.managing_card(point, "cpu", PIN)
    with pytest.raises(ManagingCardForeign):
        approve(other, chip)


@EITHER
def test_writing_is_refused_where_it_makes_no_sense(
    town: SpecialTown, point: SpecialPoint, kind: str
) -> None:
    chip = town.managing_card(point, kind, PIN)
    number = town.hq.special_office.listed()[0].number
    with pytest.raises(SpecialCardUnknown):
        point.desk.write(OPERATOR, "870000000099", PIN, PIN)
    with pytest.raises(PinsDiffer):
        point.desk.write(OPERATOR, number, PIN, "123456")
    with pytest.raises(PinUnusable):
        point.desk.write(OPERATOR, number, "1111111", "1111111")
    # The same chip again is finished; another one is not begun.
    point.desk.write(OPERATOR, number, PIN, PIN)
    point.hand.chip = another_blank(kind)
    with pytest.raises(SpecialCardBegun):
        point.desk.write(OPERATOR, number, PIN, PIN)
    assert approve(point, chip).counter == 1


@EITHER
def test_a_card_that_comes_back_is_burnt_and_off_the_list(
    town: SpecialTown, point: SpecialPoint, kind: str
) -> None:
    chip = town.managing_card(point, kind, PIN)
    number = town.hq.special_office.listed()[0].number
    assert [row.state for row in point.desk.issued()] == ["issued"]
    point.hand.cut = 1 if kind == "cpu" else 4
    with pytest.raises((CardRemoved, CardAbsent, CardWriteUncertain)):
        point.desk.take_back(OPERATOR)
    with suppress(SpecialCardBurnt):
        assert point.desk.take_back(OPERATOR) == number
    assert [row.state for row in point.desk.issued()] == ["returned"]
    with pytest.raises((SpecialCardBurnt, ManagingCardRevoked)):
        approve(point, chip)
    point.sync()
    assert [view.state for view in town.hq.special_office.listed(everything=True)] == ["RETURNED"]
    with pytest.raises(SpecialCardNotOut):
        point.desk.report_missing(OPERATOR, number, "lost")


def test_a_missing_card_is_revoked_everywhere(town: SpecialTown, point: SpecialPoint) -> None:
    other = town.point("N0002")
    chip = town.managing_card(point, "cpu", PIN, nodes=("N0001", "N0002"))
    assert approve(other, chip).counter == 1
    number = town.hq.special_office.listed()[0].number
    point.desk.report_missing(OPERATOR, number, "left on a bus")
    point.sync()
    other.sync()
    with pytest.raises(ManagingCardRevoked):
        approve(other, chip)


def test_an_occupied_chip_is_not_written(town: SpecialTown, point: SpecialPoint) -> None:
    used = town.managing_card(point, "cpu", PIN)
    number = town.hq.special_office.order_managing(
        NewManaging(holder="Li", node="N0001", nodes=("N0001",)),
        by="admin",
    )
    point.sync()
    point.hand.chip = used
    with pytest.raises(CardNotBlank):
        point.desk.write(OPERATOR, number, PIN, PIN)
    assert approve(point, used).counter == 1


def test_a_refund_that_a_managing_card_approved_raises_no_doubt(
    town: SpecialTown, point: SpecialPoint
) -> None:
    """Headquarters makes the digest again from the records, and finds what was approved."""
    town.hq.tariff_office.publish(shipped()["cn-bj-water-res.json"], [LI, WANG])
    town.hq.stock.take_in_new(AREA, PROFILES[4], 2)
    point.sync()
    meters = ((3, point.node.accounts.free_meters(Service.COLD_WATER)[0]),)
    form = AccountForm(Person(name="王小明"), AREA, "residential", 4, 3, None, meters)
    account = point.node.accounts.open(OPERATOR, form)
    customer = point.hand.chip = AnyChip("cpu", ChipMemory(blank_memory(b"CUSTOMER")))
    card = point.node.cards.initialise(OPERATOR, account.number).number
    receipt = point.node.sales.sell(OPERATOR, card, [for_quantity(3, 2_000)], "form")
    epoch, seq = receipt.epoch, receipt.basket
    managing = town.managing_card(point, "cpu", PIN)
    desk = refund_desk_of(point.node)
    digest = desk.digest(epoch, seq, "typed twice")
    token = ask(point, digest=digest)
    point.hand.chip = managing
    point.managing.approve(token, PIN)
    point.hand.chip = customer
    assert desk.give_back(OPERATOR, epoch, seq, "typed twice", token).problem is None
    assert doubts(town) == set()
