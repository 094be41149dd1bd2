"""An account ends: headquarters' credit is paid out once, and its books come out at nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deposit_town import PAID_IN, Town
from node_world import OPERATOR
from points_of_headquarters import Point
from refund_builders import TOKEN, SecondPerson
from yika_central.services.dues import NO_DUES, dues_of
from yika_common.journal.card_bodies import RETIRED
from yika_common.numbers import Money
from yika_node.services import closing
from yika_node.services.closing import ClosingDesk
from yika_node.services.closing_adjustment import OpenAdjustment
from yika_node.web.closing_pages import closing_desk_of

WHY = "moves away"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = Town(tmp_path)
    town.exchange()
    yield town
    town.close()


def desk_of(point: Point) -> ClosingDesk:
    desk = closing_desk_of(point.node)
    desk.life._approvals = SecondPerson()
    return desk


def number_of(town: Town) -> str:
    assert town.account is not None
    return town.account.number


def outstanding(town: Town) -> int:
    """What headquarters still owes the account, all purchases that it knows of subtracted."""
    number = number_of(town)
    with town.hq.database.reading() as session:
        dues = dues_of(session.connection(), (number,)).get(number, NO_DUES)
    shown = town.hq.adjustments.account(number)
    assert shown.total == dues.adjustment
    return int(shown.outstanding)


def end_card(town: Town, point: Point) -> None:
    point.hand.insert(town.chip)
    point.node.life.ends.end(OPERATOR, RETIRED, "moved out")


def close_at(town: Town, point: Point) -> int:
    ended = desk_of(point).close(OPERATOR, number_of(town), WHY, "c1", approval=TOKEN)
    return int(ended.paid)


def test_what_was_paid_in_is_handed_out_and_headquarters_owes_nothing(town: Town) -> None:
    town.pay_in(town.second)
    town.exchange()
    assert outstanding(town) == PAID_IN
    end_card(town, town.first)
    assert close_at(town, town.first) == PAID_IN
    town.exchange()
    assert outstanding(town) == 0
    # Whatever arrives again, or later, it was paid once.
    for _ in range(2):
        town.exchange()
    assert outstanding(town) == 0
    for point in (town.first, town.second):
        told = point.node.accounts.get(number_of(town)).told
        assert told is not None
        assert (told.adjustment, point.node.accounts.get(number_of(town)).status) == (0, "closed")


def test_what_comes_after_the_end_stays_open_at_headquarters(town: Town) -> None:
    end_card(town, town.first)
    town.pay_in(town.second)
    assert close_at(town, town.first) == 0
    town.exchange()
    assert outstanding(town) == PAID_IN


def lost_after_a_purchase_elsewhere(town: Town) -> int:
    """The card is used at a point that is cut off, and then noted as lost at the other."""
    town.pay_in(town.second)
    town.exchange()
    town.second.line.cut = True
    assert town.buy(town.second).adjusted == PAID_IN
    town.first.node.life.reports.lose(OPERATOR, number_of(town), "by telephone")
    paid = close_at(town, town.first)
    town.second.line.cut = False
    town.exchange()
    return paid


def test_a_lost_card_may_have_used_it_so_headquarters_pays_what_is_left(town: Town) -> None:
    assert lost_after_a_purchase_elsewhere(town) == 0
    assert outstanding(town) == 0


def test_whoever_pays_out_for_a_lost_card_pays_twice(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: without the rule the same story costs the utility the money."""

    def careless(account: object, *_: object) -> OpenAdjustment:
        told = account.told  # type: ignore[attr-defined]
        return OpenAdjustment(Money(0 if told is None else told.adjustment), Money(0))

    monkeypatch.setattr(closing, "open_adjustment", careless)
    assert lost_after_a_purchase_elsewhere(town) == PAID_IN
    assert outstanding(town) == -PAID_IN
