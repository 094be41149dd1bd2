"""What headquarters says of single cards and meters is obeyed once, and its result comes home."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from card_builders import ChipMemory, repeatable_random
from central_builders import LI, WANG, HandClock, new_headquarters
from meter_builders import PageMemory
from node_world import OPERATOR, a_chip, for_quantity
from points_of_headquarters import AREA, WATER, Point, a_point, open_at
from yika_central.db.tables import Item, table_of
from yika_central.services.level_office import LevelOffice, MeterView, Scope, State
from yika_central.services.notice_desk import NewNotice, NotReportedLost
from yika_common.cards.parameters import Levels
from yika_common.cards.write_back import MeterStatus
from yika_common.errors import YikaError
from yika_common.meters.catalogue import fitted, usual_model
from yika_common.meters.dialogue import LoadReport, load
from yika_common.meters.events import Event, happened
from yika_common.meters.state import MeterPlate, MeterState
from yika_common.numbers import Quantity
from yika_common.services import PROFILES, Service
from yika_common.simulated.icc import UserCardIcc
from yika_common.simulated.meter_file import StoredMeter, new_meter_pages
from yika_common.tariffs.shipped import shipped
from yika_node.services.card_errors import CardRefusedByList
from yika_node.services.errors import AccountUnknown, CardReplaced
from yika_node.services.notices import NoticeGone, NoticeReasonTooLong, Subject
from yika_node.services.views import CardView

LEVELS = Levels(Quantity(8_000), Quantity(900_000), Quantity(3_000), Quantity(1_000))
OF_WATER = Scope(service="cold_water", tariff_class="residential")


class Street:
    """A headquarters, two vending points, a household with its card and its water meter."""

    def __init__(self, folder: Path) -> None:
        self.clock = HandClock()
        self.hq = new_headquarters(folder / "central", self.clock)
        self.hq.tariff_office.publish(shipped()["cn-bj-water-res.json"], [LI, WANG])
        self.hq.stock.take_in_new(AREA, PROFILES[4] * 2, 4)
        self.points = [a_point(folder, self.hq, self.clock, name) for name in ("N0001", "N0002")]
        self.chip = a_chip()
        first = self.points[0]
        first.hand.insert(self.chip)
        self.card = open_at(first)
        self.account = first.node.accounts.of_card(self.card).number  # type: ignore[union-attr]
        self.meter = first.node.accounts.get(self.account).meters[WATER].meter
        keys = self.hq.keys.meter_keys(self.meter, 1, AREA)
        plate = MeterPlate(self.meter, Service.COLD_WATER, 1, Quantity(0))
        self.plate = fitted(plate, usual_model(Service.COLD_WATER))
        self.pages = PageMemory(new_meter_pages(self.plate, keys))
        self.sync()

    def close(self) -> None:
        for point in self.points:
            point.node.close()
        self.hq.close()

    def sync(self, *points: Point) -> None:
        self.clock.pass_by(hours=2)
        for point in points or self.points * 2:
            point.sync()

    def sell(self, point: Point, cubic_metres: int = 10) -> None:
        self.clock.pass_by(minutes=1)
        point.hand.insert(self.chip)
        entry = for_quantity(WATER, cubic_metres * 1000)
        token = f"form {self.clock.seconds}"
        assert point.node.sales.sell(OPERATOR, self.card, [entry], token).complete

    def read(self, point: Point, chip: ChipMemory | None = None) -> CardView:
        self.clock.pass_by(minutes=1)
        point.hand.insert(chip or self.chip)
        return point.node.cards.read(OPERATOR)

    def load(self) -> LoadReport:
        icc = UserCardIcc(self.chip, repeatable_random(21))
        return load(icc, repeatable_random(22), StoredMeter(self.pages), self.clock())

    def state(self) -> MeterState:
        return StoredMeter(self.pages).state()

    def standing(self) -> MeterView:
        return next(view for view in self.hq.level_office.meters() if view.meter == self.meter)

    def give(self, action: str, subject: str = "", until: int | None = None) -> int:
        day = None
        if until is not None:
            day = self.hq.tool_desk.today + timedelta(days=until)
        new = NewNotice(
            subject=subject or self.card,
            action=action,
            until=day,
            zh="请携带证件",
            en="Bring your papers",
        )
        return self.hq.notice_desk.give(new, by="boss", reason="the file is incomplete")

    def items(self, name: str) -> int:
        item = table_of(Item)
        with self.hq.database.reading() as session:
            query = select(item.c.version).where(item.c.name == name)
            return len(session.execute(query).all())


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    street = Street(tmp_path)
    yield street
    street.close()


def refusal_of(street: Street, point: Point) -> YikaError | None:
    return street.read(point).refusal


def test_levels_reach_the_meter_with_its_next_record_and_are_confirmed(street: Street) -> None:
    first, second = street.points
    assert street.standing().state is State.NONE
    street.hq.level_office.change(OF_WATER, LEVELS, by="boss", reason="dry homes")
    street.sync()
    assert street.standing().state is State.WAITING
    street.sell(first)
    slot = street.read(first).slots[WATER]
    assert slot.record is not None
    assert (slot.record.parameters.levels, slot.settings_wait) == (LEVELS, True)
    street.sync()
    assert street.standing().state is State.ON_CARD
    street.load()
    assert street.state().second_level == 3_000
    assert not street.read(second).slots[WATER].settings_wait
    street.sync()
    assert (street.standing().state, street.standing().in_force) == (State.IN_FORCE, 1)
    street.sell(second)
    street.load()
    assert street.state().parameter_version == 1, "what is in force is not told anew"


def test_changed_levels_get_the_next_version_and_a_meter_of_its_own_comes_first(
    street: Street,
) -> None:
    office: LevelOffice = street.hq.level_office
    office.change(OF_WATER, LEVELS, by="boss", reason="dry homes")
    street.sync()
    street.sell(street.points[0])
    street.load()
    own = LEVELS._replace(alarm_level=Quantity(20_000))
    office.change(Scope(meter=street.meter), own, by="boss", reason="a hospital")
    street.sync()
    street.sell(street.points[1])
    assert street.standing().wanted is not None
    street.load()
    assert (street.state().parameter_version, street.state().alarm_level) == (2, 20_000)
    office.change(Scope(meter=street.meter), None, by="boss", reason="it moved")
    street.sync()
    street.sell(street.points[0])
    street.load()
    assert (street.state().parameter_version, street.state().alarm_level) == (3, 8_000)
    assert [version.levels for version in office.history()] == [None, own, LEVELS]


def test_what_happened_to_a_meter_is_shown_at_headquarters(street: Street) -> None:
    street.sell(street.points[0])
    street.load()
    stored = StoredMeter(street.pages)
    stored.commit(happened(street.plate, stored.state(), Event.COVER))
    street.load()
    street.read(street.points[1])
    assert street.hq.level_office.alarms() == ()
    street.sync()
    [alarm] = street.hq.level_office.alarms()
    assert (alarm.meter, alarm.account) == (street.meter, street.account)
    assert MeterStatus.COVER in alarm.status
    assert len(street.hq.level_office.alarms()) == 1
    assert street.hq.level_office.alarms(MeterStatus.BATTERY) == ()


def test_a_card_lost_at_one_counter_is_refused_at_the_other_until_it_is_found(
    street: Street,
) -> None:
    first, second = street.points
    first.node.life.reports.lose(OPERATOR, street.account, "knows the address")
    assert refusal_of(street, second) is None, "it has not heard of it"
    street.sync()
    assert isinstance(refusal_of(street, second), CardRefusedByList)
    with pytest.raises(CardRefusedByList):
        street.sell(second)
    street.read(second)
    street.sync()
    [notice] = street.hq.notice_desk.listed()
    assert notice.by_itself
    assert [(one.node, one.how) for one in notice.done] == [("N0002", "refused")]
    first.node.life.reports.find(OPERATOR, street.account, "brought it")
    street.sync()
    assert refusal_of(street, second) is None
    assert street.hq.notice_desk.listed() == ()


def test_headquarters_itself_hears_that_a_card_is_lost(street: Street) -> None:
    desk = street.hq.notice_desk
    with pytest.raises(NotReportedLost):
        desk.find(street.card, by="boss", reason="found")
    desk.lose(street.card, by="boss", reason="by telephone")
    street.sync()
    for point in street.points:
        assert isinstance(refusal_of(street, point), CardRefusedByList)
    desk.find(street.card, by="boss", reason="under the sofa")
    street.sync()
    street.sell(street.points[1])


def test_a_card_that_was_replaced_needs_no_notice(street: Street) -> None:
    first, second = street.points
    street.hq.notice_desk.lose(street.card, by="boss", reason="by telephone")
    street.sync()
    blank = a_chip(1)
    first.hand.insert(blank)
    first.node.life.reissue.replace(OPERATOR, street.account, "lost", "form")
    street.sync()
    assert street.hq.notice_desk.listed() == ()
    with pytest.raises((AccountUnknown, CardReplaced)):
        street.sell(second)


def test_a_message_is_told_once_at_each_point_that_has_not_heard(street: Street) -> None:
    first, second = street.points
    number = street.give("message")
    street.sync()
    [notice] = street.read(first).notices
    assert (notice.action, notice.en) == ("message", "Bring your papers")
    street.sell(first)
    first.node.notices.told(OPERATOR, street.card, Subject(street.card, "", number), "")
    assert street.read(first).notices == ()
    with pytest.raises(NoticeGone):
        first.node.notices.told(OPERATOR, street.card, Subject(street.card, "", number), "")
    # The other point does not know of it and tells it too: headquarters shows both.
    assert len(street.read(second).notices) == 1
    second.node.notices.told(OPERATOR, street.card, Subject(street.card, "", number), "again")
    street.sync()
    assert street.hq.notice_desk.listed() == ()
    [done] = street.hq.notice_desk.listed(everything=True)
    assert [(one.node, one.how, one.reason) for one in done.done] == [
        ("N0001", "told", ""),
        ("N0002", "told", "again"),
    ]


def test_a_call_stops_sales_until_it_was_made(street: Street) -> None:
    first, _ = street.points
    number = street.give("call", street.meter)
    street.sync()
    with pytest.raises(CardRefusedByList):
        street.sell(first)
    subject = Subject("", street.meter, number)
    with pytest.raises(NoticeReasonTooLong):
        first.node.notices.told(OPERATOR, street.card, subject, "")
    first.node.notices.told(OPERATOR, street.card, subject, "spoke with Li, may buy")
    street.sell(first)
    street.sync()
    [notice] = street.hq.notice_desk.listed(everything=True)
    assert (notice.meter, notice.done[0].reason) == (street.meter, "spoke with Li, may buy")


def test_a_card_to_be_kept_is_kept_and_headquarters_hears(street: Street) -> None:
    _, second = street.points
    number = street.give("keep")
    street.sync()
    assert isinstance(refusal_of(street, second), CardRefusedByList)
    account = second.node.accounts.of_card(street.card)
    second.node.notices.kept(OPERATOR, account, street.card, Subject(street.card, "", number))
    found = refusal_of(street, second)
    assert found is not None
    assert found.code == "card_out_of_use"
    street.sync()
    [notice] = street.hq.notice_desk.listed()
    assert [one.how for one in notice.done] == ["refused", "kept"]


def test_a_notice_ends_with_its_day_even_where_nobody_hears(street: Street) -> None:
    first, second = street.points
    street.give("refuse", until=1)
    street.sync()
    assert refusal_of(street, first) is not None
    first.line.cut = second.line.cut = True
    street.clock.pass_by(days=3)
    assert refusal_of(street, first) is None


def test_a_list_is_sealed_when_it_changes_and_never_before(street: Street) -> None:
    name = "cards/N0001"
    street.sync()
    before = street.items(name)
    assert before > 0, "its numbers for new cards are on it"
    street.sync()
    assert street.items(name) == before
    number = street.give("message")
    street.sync()
    assert street.items(name) == before + 1
    street.sync()
    assert street.items(name) == before + 1
    street.hq.notice_desk.end(street.card, "", number, by="boss")
    street.sync()
    assert street.items(name) == before + 2


def test_a_point_of_other_areas_hears_nothing_of_the_card(street: Street, tmp_path: Path) -> None:
    street.hq.stock.take_in_new("A02", [Service.GAS], 1)
    far = a_point(tmp_path, street.hq, street.clock, "N0003", "A02")
    street.sync(*street.points, far, far)
    before = street.items("cards/N0003"), street.items("cards/N0001")
    street.give("message")
    street.sync(*street.points, far, far)
    after = street.items("cards/N0003"), street.items("cards/N0001")
    assert after == (before[0], before[1] + 1)
    far.node.close()
