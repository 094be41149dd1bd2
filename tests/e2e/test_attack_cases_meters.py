"""Thefts with tool cards and meters that are replaced; and what finds each out.

As in :mod:`test_attack_cases`: each defence is switched off once, and then it must be found.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import false

from attack_acts import BY_KIND, HERE, THERE, everybody_talks, household, read, sell, take
from attack_beginning import Beginning, a_beginning
from attack_books import GAS, UNIT, UNIT_PRICE, Household
from attack_cards import CPU, KINDS
from attack_settling import balance_of, come_to_rest, wrongs
from attack_tools import make_up, order, set_levels, show, swap, take_back, transfer, write
from attack_town import Town
from attack_watch import Watch
from node_world import OPERATOR
from yika_central.db import carried
from yika_central.domain import detection
from yika_common.cards.parameters import Levels, MeterParameters
from yika_common.cards.tool_order import OrderKind
from yika_common.meters import dialogue, rules
from yika_common.meters.orders import judge_order
from yika_common.meters.state import MeterState
from yika_common.numbers import Quantity
from yika_common.services import PROFILES
from yika_node.db.refund_queries import RefundQueries
from yika_node.services.basket import Basket, MakeUp
from yika_node.services.meter_swap import OldMeter
from yika_node.services.refund_errors import METER_GONE_BELOW_ZERO, RefundNotPayable
from yika_node.services.refund_rules import Payment


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Beginning:
    return a_beginning(tmp_path_factory.mktemp("attacked") / "beginning")


@pytest.fixture
def town(beginning: Beginning, tmp_path: Path) -> Iterator[Town]:
    town = Town(beginning, tmp_path / "town")
    yield town
    town.close()


# Meters that are replaced


def replaced(town: Town, who: Household) -> str:
    """A gas meter is replaced in which credit was left; the old one."""
    sell(town, who, HERE, GAS, 5)
    take(town, who, GAS)
    old = who.meters[GAS]
    town.use(old, 2 * UNIT)
    transfer(town, order(town, HERE, old, OrderKind.TRANSFER))
    town.clock.pass_by(minutes=5)
    swap(town, who, HERE, GAS)
    assert who.meters[GAS] != old
    take(town, who, GAS)
    return old


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_left_in_a_replaced_meter_is_had_once(town: Town, kind: str) -> None:
    who = town.households[BY_KIND[kind]]
    old = replaced(town, who)
    town.use(old, 3 * UNIT)
    assert town.meter(who.meters[GAS]).state().balance >= 3 * UNIT
    assert town.gains() == Watch(town).found() == []
    come_to_rest(town)
    assert wrongs(town) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("points", [(THERE, HERE), (HERE, THERE), (HERE, THERE, HERE)])
def test_a_meter_is_replaced_again_at_another_point(
    town: Town, kind: str, points: tuple[int, ...]
) -> None:
    """Each point knows of what the others did what headquarters tells, and of its own acts."""
    who = town.households[BY_KIND[kind]]
    sell(town, who, HERE, GAS, 5)
    take(town, who, GAS)
    for point in points:
        old = who.meters[GAS]
        everybody_talks(town)
        transfer(town, order(town, point, old, OrderKind.TRANSFER))
        town.clock.pass_by(minutes=5)
        swap(town, who, point, GAS)
        assert who.meters[GAS] != old
        assert town.nodes[point].accounts.get(who.account).meters[GAS].meter == who.meters[GAS]
        take(town, who, GAS)
    assert town.meter(who.meters[GAS]).state().balance >= 5 * UNIT
    come_to_rest(town)
    assert wrongs(town) == []


HOLDS = Quantity(2 * UNIT)


def owing(town: Town) -> tuple[Household, str]:
    """Of 5 that were left in a gas meter its successor holds 2, and 3 are owed."""
    who = town.households[0]
    sell(town, who, HERE, GAS, 5)
    take(town, who, GAS)
    old = who.meters[GAS]
    everybody_talks(town)
    transfer(town, order(town, HERE, old, OrderKind.TRANSFER))
    town.clock.pass_by(minutes=5)
    swap(town, who, HERE, GAS, holds=HOLDS)
    assert take(town, who, GAS) == 2
    return who, who.meters[GAS]


def used_up(town: Town, who: Household, meter: str, units: int) -> None:
    town.use(meter, units * UNIT)
    take(town, who, GAS)


def test_what_a_meter_has_no_room_for_is_loaded_at_any_point_and_nobody_is_accused(
    town: Town,
) -> None:
    who, meter = owing(town)
    used_up(town, who, meter, 2)
    assert make_up(town, who, HERE, GAS) == 2 * UNIT
    assert town.gains() == Watch(town).found() == []
    everybody_talks(town)
    take(town, who, GAS)
    used_up(town, who, meter, 2)
    assert make_up(town, who, THERE, GAS) == UNIT
    take(town, who, GAS)
    everybody_talks(town)
    assert town.meter(meter).state().total == 5 * UNIT
    assert [make_up(town, who, point, GAS) for point in (HERE, THERE)] == [0, 0]
    assert town.happened["nothing_owed"] == 2
    assert town.gains() == Watch(town).found() == []
    come_to_rest(town)
    assert wrongs(town) == []
    ((owed, loaded),) = [
        (one.owed, one.loaded) for one in town.hq.adjustments.account(who.account).owing
    ]
    assert (owed, loaded) == (3 * UNIT, 3 * UNIT)


def test_a_meter_that_is_given_more_than_was_left_is_found_out(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, meter = owing(town)
    monkeypatch.setattr(Basket, "make_up", _without_end)
    for _ in range(3):
        used_up(town, who, meter, 2)
        make_up(town, who, HERE, GAS)
        take(town, who, GAS)
    assert town.gains()


def _without_end(*_of: object) -> MakeUp:
    return MakeUp(Quantity(0), HOLDS, HOLDS)


def replaced_by_who_had_not_heard(
    town: Town, kind: str, *, taken: bool = False, more: int = 0
) -> list[str]:
    """Six units are on a lost card when its card and its meter are replaced at another point.

    Args:
        town: where it happens.
        kind: the chip.
        taken: the meter took them from the lost card before.
        more: units that are bought onto the new card before the meter is replaced.

    Returns:
        What is wrong in the end.
    """
    who = town.households[BY_KIND[kind]]
    sell(town, who, HERE, GAS, 3)
    everybody_talks(town)
    sell(town, who, THERE, GAS, 6)
    if taken:
        assert take(town, who, GAS) == 9
    town.clock.pass_by(minutes=5)
    town.replace(who, HERE, look=False)
    who.forgotten = True
    if more:
        sell(town, who, HERE, GAS, more)
    transfer(town, order(town, HERE, who.meters[GAS], OrderKind.TRANSFER))
    town.clock.pass_by(minutes=5)
    swap(town, who, HERE, GAS)
    come_to_rest(town)
    assert town.gains() == []
    return wrongs(town)


@pytest.mark.parametrize("more", [0, 8])
@pytest.mark.parametrize("kind", [CPU, "SLE4428"])
def test_what_neither_a_replaced_meter_took_nor_moved_on_is_given_back(
    town: Town, kind: str, more: int
) -> None:
    assert replaced_by_who_had_not_heard(town, kind, more=more) == []
    assert balance_of(town, town.households[BY_KIND[kind]]).lost == 0


@pytest.mark.parametrize("more", [0, 8])
def test_where_it_is_not_given_back_a_case_names_it(
    town: Town, more: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carried, "_gone_without_it", lambda *_: false())
    assert replaced_by_who_had_not_heard(town, CPU, more=more) == []
    assert balance_of(town, town.households[0]).lost == 6 * UNIT_PRICE


@pytest.mark.parametrize(("more", "lost"), [(0, 0), (8, 6)])
@pytest.mark.parametrize("kind", [CPU, "SLE4428"])
def test_what_a_replaced_meter_had_taken_from_a_lost_card_is_not_given_back(
    town: Town, kind: str, more: int, lost: int
) -> None:
    """What was sold below its total did not move on; a case names it."""
    assert replaced_by_who_had_not_heard(town, kind, taken=True, more=more) == []
    assert balance_of(town, town.households[BY_KIND[kind]]).lost == lost * UNIT_PRICE


def test_a_purchase_that_nobody_misses_is_found_out(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detection, "_moved_on", lambda *_: iter(()))
    assert replaced_by_who_had_not_heard(town, CPU, taken=True, more=8)


def test_a_replaced_meter_that_delivers_on_is_found_out(town: Town) -> None:
    old = town.meter(replaced(town, town.households[0]))
    old.commit(replace(old.state(), transferred=False))
    assert town.gains()


def test_a_meter_is_not_replaced_before_it_says_that_it_delivers_no_more(town: Town) -> None:
    assert _replaced_while_it_delivers(town) == []
    assert town.happened["swap_transfer_missing"] == 1


def test_a_swap_that_does_not_wait_for_the_meters_word_is_found_out(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OldMeter, "transferred", True)
    assert _replaced_while_it_delivers(town)


def _replaced_while_it_delivers(town: Town) -> list[str]:
    who = town.households[0]
    sell(town, who, HERE, GAS, 5)
    take(town, who, GAS)
    read(town, who)
    town.clock.pass_by(minutes=5)
    swap(town, who, HERE, GAS)
    take(town, who, GAS)
    return town.gains()


# Tool cards and parameters


def cleared_twice(town: Town) -> list[str]:
    """A tool card that was used is kept, and shown again when there is new credit."""
    who, watch = town.households[0], Watch(town)
    sell(town, who, HERE, GAS, 5)
    take(town, who, GAS)
    tool = order(town, HERE, who.meters[GAS], OrderKind.CLEAR)
    write(town, tool)
    show(town, tool)
    assert town.meter(tool.meter).state().balance == 0
    assert watch.found() == []
    sell(town, who, HERE, GAS, 2)
    take(town, who, GAS)
    show(town, tool)
    return watch.found()


def test_an_order_is_followed_once(town: Town) -> None:
    assert cleared_twice(town) == []


def test_a_meter_that_follows_an_order_twice_is_found_out(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgets(plate: Any, key: bytes, state: MeterState, *shown: Any) -> rules.Verdict:
        return judge_order(plate, key, replace(state, order=0), *shown)

    monkeypatch.setattr(dialogue, "judge_order", forgets)
    assert cleared_twice(town)


def set_by_a_tool_card_and_then_by_a_record(town: Town) -> list[str]:
    """The record was written before the tool card's parameters were ordered, and comes later."""
    who, watch = town.households[0], Watch(town)
    service = PROFILES[4][GAS]
    set_levels(town, service, Levels(Quantity(4 * UNIT)))
    everybody_talks(town)
    sell(town, who, HERE, GAS, 5)
    everybody_talks(town)
    parameters = MeterParameters(0, Quantity(7 * UNIT), Quantity(350 * UNIT))
    tool = order(town, HERE, who.meters[GAS], OrderKind.PARAMETERS, parameters)
    write(town, tool)
    show(town, tool)
    take_back(town, tool)
    assert town.meter(tool.meter).state().alarm_level == 7 * UNIT
    assert watch.found() == []
    assert take(town, who, GAS) == 5
    return watch.found()


def test_what_a_meter_is_set_to_is_never_set_back(town: Town) -> None:
    assert set_by_a_tool_card_and_then_by_a_record(town) == []


def test_a_meter_that_is_set_back_is_found_out(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = rules._taken

    def forgets(plate: Any, state: MeterState, *shown: Any) -> rules.Verdict:
        return taken(plate, replace(state, parameter_version=0), *shown)

    monkeypatch.setattr(rules, "_taken", forgets)
    assert set_by_a_tool_card_and_then_by_a_record(town)


@pytest.mark.parametrize("kind", [CPU, "SLE4428"])
def test_a_refund_of_what_a_replaced_meter_had_delivered_is_headquarters_to_settle(
    town: Town, kind: str
) -> None:
    """Nothing that is bought later brings the old meter's balance above zero."""
    who = household(town, kind)
    sell(town, who, HERE, GAS, 6)
    take(town, who, GAS)
    town.use(who.meters[GAS], 4 * UNIT)
    town.clock.pass_by(minutes=5)
    town.refund(who, HERE, GAS)
    take(town, who, GAS)
    transfer(town, order(town, HERE, who.meters[GAS], OrderKind.TRANSFER))
    town.clock.pass_by(minutes=5)
    swap(town, who, HERE, GAS)
    sell(town, who, HERE, GAS, 10)
    assert take(town, who, GAS) == 10
    desk = town.refunds(HERE)
    (waiting,) = desk.waiting(who.account)
    town.hands[HERE].pocket = who.pocket
    with pytest.raises(RefundNotPayable) as refused:
        desk.pay_out(OPERATOR, waiting.sale.epoch, waiting.sale.seq)
    assert refused.value.facts["why"] == METER_GONE_BELOW_ZERO
    come_to_rest(town)
    assert town.books.cash(who.account) - town.granted(who) == 2 * 500
    assert town.gains() == wrongs(town) == []


def test_what_a_replaced_meter_had_not_given_back_yet_moves_on_and_is_not_paid(town: Town) -> None:
    who = household(town)
    sell(town, who, HERE, GAS, 6)
    take(town, who, GAS)
    town.clock.pass_by(minutes=5)
    town.refund(who, HERE, GAS)
    transfer(town, order(town, HERE, who.meters[GAS], OrderKind.TRANSFER))
    town.clock.pass_by(minutes=5)
    swap(town, who, HERE, GAS)
    assert take(town, who, GAS) == 6
    come_to_rest(town)
    assert town.books.cash(who.account) == 6 * 500
    assert town.gains() == wrongs(town) == []


@pytest.mark.parametrize("aware", [True, False])
def test_a_refund_whose_meter_had_not_even_taken_the_purchase_is_paid_once(
    town: Town, aware: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off before the money was out, and the meter was replaced with another card's help."""
    who = household(town)
    sell(town, who, HERE, GAS, 2)
    town.clock.pass_by(minutes=5)
    town.refund(who, HERE, GAS, rule=lambda *_, **__: Payment.METER_FIRST)
    transfer(town, order(town, HERE, who.meters[GAS], OrderKind.TRANSFER))
    town.clock.pass_by(minutes=5)
    swap(town, who, HERE, GAS)
    assert take(town, who, GAS) == 0
    if not aware:
        monkeypatch.setattr(RefundQueries, "moved_on", lambda *_: None)
    come_to_rest(town)
    monkeypatch.undo()
    assert town.books.cash(who.account) == (0 if aware else 2 * 500)
    assert town.gains() == []
    assert bool(town.refunds(HERE).waiting(who.account)) is not aware
