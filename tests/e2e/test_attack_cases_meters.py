"""Thefts at meters and tool cards, by keys and from other areas; and what finds each out.

As in :mod:`test_attack_cases`: each defence is switched off once, and then it must be found.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from attack_beginning import RAISED, Beginning, a_beginning, card_key_of, keys_of
from attack_books import GAS, UNIT, WATER, Household
from attack_cards import CPU, KINDS, number_of
from attack_settling import accusations, come_to_rest, wrongs
from attack_thieves import card_under_an_old_key, record_under_old_keys, write_as_a_point
from attack_tools import order, set_levels, show, swap, take_back, transfer, write
from attack_town import Town
from attack_watch import Watch
from card_builders import repeatable_random
from node_world import OPERATOR
from yika_central.domain.detection import Kind
from yika_common.cards.contact import open_session
from yika_common.cards.errors import CardNotAuthentic
from yika_common.cards.memory.head import CardHead
from yika_common.cards.parameters import Levels, MeterParameters
from yika_common.cards.record import CreditRecord, open_record
from yika_common.cards.tool_order import OrderKind
from yika_common.meters import dialogue, rules
from yika_common.meters.orders import judge_order
from yika_common.meters.rules import Reason
from yika_common.meters.state import MeterState
from yika_common.numbers import Quantity
from yika_common.services import PROFILES
from yika_node.services.errors import CardUnknown
from yika_node.services.keyring import HeldCard, KeyRing
from yika_node.services.meter_swap import OldMeter
from yika_node.services.views import CardKind

HERE, THERE = 0, 1
BY_KIND = {CPU: 0, "SLE4428": 1, "SLE4442": 2}


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Beginning:
    return a_beginning(tmp_path_factory.mktemp("attacked") / "beginning")


@pytest.fixture
def town(beginning: Beginning, tmp_path: Path) -> Iterator[Town]:
    town = Town(beginning, tmp_path / "town")
    yield town
    town.close()


def sell(town: Town, who: Household, point: int, slot: int, units: int) -> None:
    town.clock.pass_by(minutes=5)
    receipt = town.sell(who, point, {slot: units})
    assert receipt is not None
    assert receipt.complete


def take(town: Town, who: Household, slot: int) -> int:
    """Show the household's card to a meter; what it credited, in units."""
    report = town.load(who.pocket, who.meters[slot])
    return 0 if report is None else report.credited // UNIT


def read(town: Town, who: Household, point: int = HERE) -> None:
    town.clock.pass_by(minutes=5)
    town.read(point, who.pocket)


def everybody_talks(town: Town) -> None:
    for point in (HERE, THERE, HERE, THERE):
        town.clock.pass_by(minutes=5)
        town.sync(point)
        town.settle()


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


# Other areas


def shown_everywhere(town: Town, stranger: Household, who: Household) -> list[str]:
    """A card of another area at both points and in this town's meters."""
    watch = Watch(town)
    for point in (HERE, THERE):
        with town.at(point, stranger.pocket) as node:
            assert node.cards.read(OPERATOR).kind is CardKind.STRANGER
        assert town.sell(stranger, point, {GAS: 1}) is None
        town.supplement(stranger, point, GAS)
        town.end(point, stranger.pocket, "recycled")
        town.end(point, stranger.pocket, "retired")
    for slot in (GAS, WATER):
        town.load(stranger.pocket, who.meters[slot])
        town.load(who.pocket, stranger.meters[slot])
    assert not {"sold", "recycled", "retired", "meter: credited"} & set(town.happened)
    return watch.found()


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_of_another_area_is_known_for_one_sold_nothing_and_left_as_it_is(
    town: Town, kind: str
) -> None:
    stranger = town.strangers[KINDS.index(kind)]
    assert shown_everywhere(town, stranger, town.households[BY_KIND[kind]]) == []
    assert take(town, stranger, GAS) == take(town, stranger, WATER) == 5
    assert town.gains() == []


@pytest.mark.parametrize("kind", ["SLE4428", "SLE4442"])
def test_a_point_that_tries_a_key_on_every_card_is_found_out(
    town: Town, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A memory card counts every code that was wrong, and is dead after a few.

    Two defences are off: that a key is another card's, and that the card was made under it.
    """
    known = KeyRing.card

    def guesses(ring: KeyRing, number: str) -> HeldCard:
        try:
            return known(ring, number)
        except CardUnknown:
            return HeldCard(number, 1, bytes(16))

    monkeypatch.setattr(KeyRing, "card", guesses)
    monkeypatch.setattr(CardHead, "made_under", lambda *_: True)
    watch, stranger = Watch(town), town.strangers[KINDS.index(kind)]
    town.read(HERE, stranger.pocket)
    assert watch.found()


# Keys


def with_old_keys(town: Town) -> list[str]:
    """Records under the keys that a meter had before, the old one and a new one."""
    who = town.households[RAISED]
    who.crooked = True
    who.opened.add(number_of(who.pocket))
    write_as_a_point(town, who.pocket, GAS, who.old_record)
    take(town, who, GAS)
    record = record_under_old_keys(town, who, GAS, 90 * UNIT)
    write_as_a_point(town, who.pocket, GAS, record)
    take(town, who, GAS)
    assert town.happened["record written by a thief"] == 2
    return town.gains()


def test_a_record_of_an_old_key_version_is_worth_nothing(town: Town) -> None:
    assert with_old_keys(town) == []
    assert town.meter(town.households[RAISED].meters[GAS]).state().total == 0


def test_a_meter_that_keeps_its_old_keys_is_found_out(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = keys_of(town.hq, town.households[RAISED].meters[GAS], 1)
    objection = rules._objection

    def remembers(data: bytes, key: bytes) -> CreditRecord:
        return open_record(data, old.credit if data[2] == 1 else key)

    def forgives(*known: Any) -> Reason:
        found = objection(*known)
        return Reason.NONE if found is Reason.KEY_VERSION else found

    monkeypatch.setattr(rules, "open_record", remembers)
    monkeypatch.setattr(rules, "_objection", forgives)
    assert with_old_keys(town)


@pytest.mark.parametrize("index", [0, 2, 3])
def test_a_card_under_its_numbers_old_key_opens_nothing(town: Town, index: int) -> None:
    who = town.households[index]
    false = card_under_an_old_key(town, who)
    assert false is not None, "the number has had another key"
    town.read(HERE, false)
    assert town.happened["card_not_authentic"] == 1
    assert town.sell(who, HERE, {GAS: 1}, pocket=false) is None
    for meter in who.meters.values():
        report = town.load(false, meter)
        assert report is None or report.credited == 0


def test_whoever_opened_one_card_has_opened_no_other(town: Town) -> None:
    who, other = town.households[0], town.households[3]
    key = card_key_of(town.hq, number_of(who.pocket))
    with pytest.raises(CardNotAuthentic):
        open_session(other.pocket.contact(), repeatable_random(41), key)


def test_an_opened_card_gains_what_is_handed_out_on_its_word_and_is_found_out(town: Town) -> None:
    """What a CPU card's extracted keys are worth: it says that no meter claimed the purchase."""
    who = town.households[0]
    who.crooked = True
    who.opened.add(number_of(who.pocket))
    sell(town, who, HERE, GAS, 5)
    copy = who.pocket.copied()
    town.load(copy, who.meters[GAS])
    town.clock.pass_by(minutes=5)
    town.refund(who, HERE, GAS)
    assert town.books.paid_out[who.account] == town.granted(who) == 2_500
    assert town.gains() == []
    who.opened.clear()
    assert town.gains(), "with a card that nobody opened this would be a fault"
    # Twice the same is not to be had: the next purchase begins below what the meter has taken.
    sell(town, who, HERE, GAS, 1)
    assert take(town, who, GAS) == 0
    read(town, who)
    everybody_talks(town)
    (case,) = (case for case in town.cases(who) if case.kind is Kind.GHOST)
    assert case.amount == 4 * UNIT
    assert Kind.GHOST.value in accusations(town, who)
