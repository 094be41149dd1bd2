"""A system card registers one installation, decides what it may sell, and is burnt."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from central_builders import LI, WANG, HandClock, new_headquarters
from node_world import OPERATOR, PASSWORD, for_quantity
from points_of_headquarters import AREA
from special_builders import KINDS, AnyChip
from special_town import SpecialPoint, SpecialTown
from yika_central.db.tables import EnrolmentRefusal, Node, table_of
from yika_central.services.special_office import OrderedSystem
from yika_common.cards.errors import (
    CardAbsent,
    CardForeign,
    CardRemoved,
    CardSwapped,
    CardWriteUncertain,
)
from yika_common.cards.special import contact as special
from yika_common.cards.special.errors import (
    PinLastTry,
    SpecialCardBurnt,
    SystemCardExpired,
    SystemCardNeeded,
    SystemPinWrong,
    WrongPin,
)
from yika_common.cards.special.face import State
from yika_common.services import PROFILES, Service
from yika_common.sync.personal_data import Person
from yika_common.tariffs.shipped import shipped
from yika_node.errors import AlreadyEnrolled, NotEnrolled
from yika_node.services.allowed import ServiceNotAllowed
from yika_node.services.errors import StoppedByHeadquarters
from yika_node.services.system_start import FILE, NothingToBurn, SystemCardRefused
from yika_node.services.views import AccountForm
from yika_node.uplink import LinkDown

EITHER = pytest.mark.parametrize("kind", KINDS)
ALL = tuple(Service)
LOST = (CardAbsent, CardRemoved, CardWriteUncertain)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[SpecialTown]:
    clock = HandClock()
    hq = new_headquarters(tmp_path / "central", clock)
    for name in ("cn-bj-water-res.json", "cn-bj-electricity-res.json", "cn-bj-gas-res.json"):
        hq.tariff_office.publish(shipped()[name], [LI, WANG])
    hq.stock.take_in_new(AREA, PROFILES[4] * 3, 20)
    made = SpecialTown(tmp_path, hq, clock)
    yield made
    made.close()


@pytest.fixture
def writer(town: SpecialTown) -> SpecialPoint:
    return town.issuing_point()


def state_of(chip: AnyChip) -> State:
    return special.recognise(chip.contact()).state


def register(point: SpecialPoint, chip: AnyChip, ordered: OrderedSystem) -> None:
    """The first start, from the card to the burnt card."""
    point.hand.chip = chip
    point.start.enrol(ordered.pin, OPERATOR, PASSWORD)
    point.start.burn(OPERATOR)


@EITHER
def test_it_registers_an_installation_and_is_burnt(
    town: SpecialTown, writer: SpecialPoint, kind: str
) -> None:
    chip, ordered = town.system_card(writer, kind, "N0002", (Service.GAS,))
    fresh = town.point("N0002", token=False)
    with pytest.raises(NotEnrolled):
        fresh.node.accounts.areas()
    assert fresh.start.waiting() is None
    register(fresh, chip, ordered)
    assert fresh.node.state().node == "N0002"
    assert fresh.node.standing.membership.certificate.services == (Service.GAS,)
    assert state_of(chip) is State.BURNT
    assert not (fresh.folder / FILE).exists()
    with pytest.raises(NothingToBurn):
        fresh.start.burn(OPERATOR)
    with pytest.raises(AlreadyEnrolled):
        fresh.start.enrol(ordered.pin, OPERATOR, PASSWORD)
    fresh.sync()
    writer.sync()
    assert [view.state for view in town.hq.special_office.listed(everything=True)] == ["BURNT"]
    another = town.point("N0003", token=False)
    another.hand.chip = chip
    with pytest.raises(SpecialCardBurnt):
        another.start.enrol(ordered.pin, OPERATOR, PASSWORD)


@EITHER
def test_the_pin_is_needed_and_another_card_is_not_taken(
    town: SpecialTown, writer: SpecialPoint, kind: str
) -> None:
    chip, ordered = town.system_card(writer, kind, "N0002", ALL)
    fresh = town.point("N0002", token=False)
    fresh.hand.chip = AnyChip(kind)
    with pytest.raises(SystemCardNeeded):
        fresh.start.enrol(ordered.pin, OPERATOR, PASSWORD)
    fresh.hand.chip = chip
    for _ in range(2):
        with pytest.raises((WrongPin, SystemPinWrong)):
            fresh.start.enrol("0123456789", OPERATOR, PASSWORD)
    if kind == "cpu":
        with pytest.raises(PinLastTry):
            fresh.start.enrol(ordered.pin, OPERATOR, PASSWORD)
    assert not fresh.node.vault.exists()
    fresh.start.enrol(ordered.pin, OPERATOR, PASSWORD, last=True)
    assert fresh.node.enrolment.enrolled()


def test_it_is_good_until_its_day(town: SpecialTown, writer: SpecialPoint) -> None:
    chip, ordered = town.system_card(writer, "cpu", "N0002", ALL)
    fresh = town.point("N0002", token=False)
    fresh.hand.chip = chip
    town.clock.pass_by(days=31)
    with pytest.raises(SystemCardExpired):
        fresh.start.enrol(ordered.pin, OPERATOR, PASSWORD)
    assert not fresh.node.enrolment.enrolled()


@EITHER
def test_a_copy_used_elsewhere_sells_nothing_and_freezes_both(
    town: SpecialTown, writer: SpecialPoint, kind: str
) -> None:
    """A copy is the card before it was burnt: a memory card's, or a chip broken for its keys."""
    chip, ordered = town.system_card(writer, kind, "N0002", ALL)
    copy = chip.copied()
    fresh, thief = town.point("N0002", token=False), town.point("thief", token=False)
    register(fresh, chip, ordered)
    thief.hand.chip = copy
    with pytest.raises(SystemCardRefused):
        thief.start.enrol(ordered.pin, OPERATOR, PASSWORD)
    assert not thief.node.enrolment.enrolled()
    assert thief.start.waiting() is None
    # Before the first contact there is no certificate, no key, no tariff: nothing to sell by.
    with pytest.raises(NotEnrolled):
        open_account(thief, {0: Service.ELECTRICITY_SINGLE})
    with town.hq.database.reading() as session:
        rows = session.execute(select(table_of(EnrolmentRefusal).c.card)).scalars().all()
        node = session.get(Node, "N0002")
    assert list(rows) == [ordered.number]
    assert node is not None
    assert node.reason == "copied_card"
    fresh.sync()
    assert isinstance(fresh.node.journal.refusal, StoppedByHeadquarters)


def test_a_lost_answer_is_asked_for_again_with_the_same_card(
    town: SpecialTown, writer: SpecialPoint
) -> None:
    chip, ordered = town.system_card(writer, "cpu", "N0002", ALL)
    fresh = town.point("N0002", token=False)
    fresh.hand.chip = chip
    fresh.line.cut = True
    with pytest.raises(LinkDown):
        fresh.start.enrol(ordered.pin, OPERATOR, PASSWORD)
    assert fresh.start.waiting() is None
    assert state_of(chip) is State.IN_USE
    fresh.line.cut = False
    fresh.restart(signed_in=False)
    register(fresh, chip, ordered)
    assert state_of(chip) is State.BURNT


@pytest.mark.parametrize(("kind", "stride"), [("cpu", 1), ("sle4428", 23), ("sle4442", 23)])
def test_power_may_fail_at_any_step_between_registering_and_the_burnt_card(
    town: SpecialTown, writer: SpecialPoint, kind: str, stride: int
) -> None:
    """At the next presentation the card is burnt, without its PIN, and recorded once."""
    chip, ordered = town.system_card(writer, kind, "N0002", ALL)
    fresh = town.point("N0002", token=False)
    fresh.hand.chip = chip
    fresh.start.enrol(ordered.pin, OPERATOR, PASSWORD)
    fresh.node.close()
    # The process ends before anything was burnt; what follows is tried from here each time.
    runs = 0
    for cut in range(0, 20_000, stride):
        card, folder = chip.copied(), town.folder / f"N0002-{cut}"
        shutil.copytree(fresh.folder, folder)
        again = SpecialPoint(folder, town.clock, fresh.line, 7_000_000 + cut)
        again.node.staff.sign_in(OPERATOR, PASSWORD)
        again.hand.chip, again.hand.cut = card, cut
        try:
            again.start.burn(OPERATOR)
        except LOST:
            runs += 1
            again.restart()
            waiting = again.start.waiting()
            assert waiting is not None
            assert waiting.number == ordered.number
            again.start.burn(OPERATOR)
            finished = False
        else:
            finished = True
        assert state_of(card) is State.BURNT
        assert again.start.waiting() is None
        assert [row.state for row in again.queries.cards()] == ["burnt"]
        again.node.journal.rebuild()
        assert [row.state for row in again.queries.cards()] == ["burnt"]
        again.node.close()
        shutil.rmtree(folder)
        if finished:
            break
    assert finished
    assert runs >= 5
    fresh.node = fresh.started()


def test_only_the_card_that_registered_is_burnt(town: SpecialTown, writer: SpecialPoint) -> None:
    chip, ordered = town.system_card(writer, "cpu", "N0002", ALL)
    fresh = town.point("N0002", token=False)
    fresh.hand.chip = chip
    fresh.start.enrol(ordered.pin, OPERATOR, PASSWORD)
    other, _ = town.system_card(writer, "cpu", "N0003", ALL)
    for wrong in (other, AnyChip("cpu")):
        fresh.hand.chip = wrong
        with pytest.raises((CardSwapped, CardForeign)):
            fresh.start.burn(OPERATOR)
    assert state_of(other) is State.IN_USE
    fresh.hand.chip = chip
    fresh.start.burn(OPERATOR)


def open_account(point: SpecialPoint, meters: dict[int, Service], profile: int = 4) -> str:
    """An account with a free meter in each of these slots, and its card; the card's number."""
    accounts = point.node.accounts
    chosen = tuple((slot, accounts.free_meters(service)[0]) for slot, service in meters.items())
    form = AccountForm(Person(name="王小明"), AREA, "residential", profile, 3, None, chosen)
    account = accounts.open(OPERATOR, form)
    point.hand.chip = AnyChip("cpu")
    return str(point.node.cards.initialise(OPERATOR, account.number).number)


FAMILY = {
    "single phase": (Service.ELECTRICITY_SINGLE,),
    "single phase, gas, water": (
        Service.ELECTRICITY_SINGLE,
        Service.GAS,
        Service.COLD_WATER,
    ),
    "gas": (Service.GAS,),
    "water": (Service.COLD_WATER,),
}


@pytest.mark.parametrize("allowed", FAMILY.values(), ids=FAMILY)
def test_an_installation_opens_and_sells_exactly_what_its_card_allowed(
    town: SpecialTown, writer: SpecialPoint, allowed: tuple[Service, ...]
) -> None:
    chip, ordered = town.system_card(writer, "cpu", "N0002", allowed)
    fresh = town.point("N0002", token=False)
    register(fresh, chip, ordered)
    for slot, service in enumerate(PROFILES[4]):
        if service is Service.HEAT:
            continue
        if service not in allowed:
            with pytest.raises(ServiceNotAllowed) as refused:
                open_account(fresh, {slot: service})
            assert refused.value.facts["service"] == service
            continue
        card = open_account(fresh, {slot: service})
        sold = fresh.node.sales.sell(OPERATOR, card, [for_quantity(slot, 2_000)], f"form {slot}")
        assert sold.complete
    fresh.sync()


def test_a_card_from_elsewhere_is_sold_only_what_is_allowed_here(
    town: SpecialTown, writer: SpecialPoint
) -> None:
    meters = {0: Service.ELECTRICITY_SINGLE, 3: Service.COLD_WATER}
    card = open_account(writer, meters)
    customer = writer.hand.chip
    writer.sync()
    chip, ordered = town.system_card(writer, "cpu", "N0002", (Service.COLD_WATER,))
    fresh = town.point("N0002", token=False)
    register(fresh, chip, ordered)
    town.clock.pass_by(hours=2)
    fresh.sync()
    fresh.hand.chip = customer
    view = fresh.node.cards.read(OPERATOR)
    for entries in ([for_quantity(0, 1_000)], [for_quantity(3, 1_000), for_quantity(0, 1_000)]):
        with pytest.raises(ServiceNotAllowed):
            fresh.node.sales.quote(view, entries)
        with pytest.raises(ServiceNotAllowed):
            fresh.node.sales.sell(OPERATOR, card, entries, f"form {len(entries)}")
    assert fresh.node.sales.sell(OPERATOR, card, [for_quantity(3, 1_000)], "form").complete
    fresh.sync()
