"""A refund, and a lost card in whose place a point makes one that has not heard of it.

As in :mod:`test_attack_cases`: the defence is switched off once, and then it must be found.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from attack_acts import BY_KIND, HERE, THERE, everybody_talks, sell, take
from attack_beginning import Beginning, a_beginning
from attack_books import GAS, UNIT, Household
from attack_cards import CPU
from attack_settling import come_to_rest, wrongs
from attack_town import Town
from yika_node.services.premises import Premises

KINDS = (CPU, "SLE4428")
"""A purchase on an SLE4442 is not given back at a counter."""


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Beginning:
    return a_beginning(tmp_path_factory.mktemp("attacked") / "beginning")


@pytest.fixture
def town(beginning: Beginning, tmp_path: Path) -> Iterator[Town]:
    town = Town(beginning, tmp_path / "town")
    yield town
    town.close()


def given_back_on_a_lost_card(
    town: Town, kind: str, *, told: bool = True, before: int = 0
) -> Household:
    """The meter took two units, their refund is on a card that is lost; the new one lacks both.

    Args:
        town: where it happens.
        kind: the chip.
        told: headquarters has told of the refund; otherwise its own point alone knows it.
        before: units that were bought before, which the new card's maker has heard of.
    """
    who = town.households[BY_KIND[kind]]
    if before:
        sell(town, who, HERE, GAS, before)
        assert take(town, who, GAS) == before
        everybody_talks(town)
    sell(town, who, HERE, GAS, 2)
    assert take(town, who, GAS) == 2
    lost = who.pocket
    town.clock.pass_by(minutes=5)
    town.replace(who, THERE, look=False)
    town.sync(THERE)
    town.settle()
    new = who.pockets.pop()
    assert who.pocket is lost
    town.clock.pass_by(minutes=5)
    town.refund(who, HERE, GAS)
    assert town.happened["given back"] == 1
    who.pockets.append(new)
    town.sync(HERE)
    if told:
        everybody_talks(town)
    return who


def in_the_meter(town: Town, who: Household) -> int:
    return town.meter(who.meters[GAS]).state().balance // UNIT


@pytest.mark.parametrize("before", [0, 3])
@pytest.mark.parametrize("told", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_the_next_sale_sets_the_meter_down_and_the_money_goes_out(
    town: Town, kind: str, *, told: bool, before: int
) -> None:
    who = given_back_on_a_lost_card(town, kind, told=told, before=before)
    assert take(town, who, GAS) == 0
    assert sell(town, who, HERE, GAS, 1)
    assert in_the_meter(town, who) == before + 2
    take(town, who, GAS)
    assert in_the_meter(town, who) == before + 1
    town.clock.pass_by(minutes=5)
    town.read(HERE, who.pocket)
    town.pay_out(who, HERE)
    assert town.happened["paid out later"] == 1
    assert town.gains() == []
    come_to_rest(town)
    assert town.gains() == wrongs(town) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_that_was_not_at_the_meter_has_to_go_there_first(town: Town, kind: str) -> None:
    who = given_back_on_a_lost_card(town, kind)
    town.clock.pass_by(minutes=5)
    assert town.sell(who, HERE, {GAS: 1}) is None
    assert town.happened["refund_awaits_meter"] == 1
    assert take(town, who, GAS) == 0
    assert sell(town, who, HERE, GAS, 1)
    take(town, who, GAS)
    assert in_the_meter(town, who) == 1


@pytest.mark.parametrize("before", [0, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_a_point_that_headquarters_has_told_of_the_refund_does_the_same(
    town: Town, kind: str, before: int
) -> None:
    who = given_back_on_a_lost_card(town, kind, before=before)
    take(town, who, GAS)
    assert sell(town, who, THERE, GAS, 1)
    take(town, who, GAS)
    assert in_the_meter(town, who) == before + 1
    everybody_talks(town)
    town.clock.pass_by(minutes=5)
    town.read(HERE, who.pocket)
    town.pay_out(who, HERE)
    assert town.happened["paid out later"] == 1
    come_to_rest(town)
    assert town.gains() == wrongs(town) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_sheet_that_keeps_the_refund_to_itself_wrongs_the_household(
    town: Town, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Premises, "_told_waiting", lambda *_: None)
    who = given_back_on_a_lost_card(town, kind, before=3)
    take(town, who, GAS)
    assert sell(town, who, THERE, GAS, 1)
    assert take(town, who, GAS) == 0
    come_to_rest(town)
    assert town.gains() == []
    assert wrongs(town)


@pytest.mark.parametrize("kind", KINDS)
def test_where_the_next_sale_forgets_the_refund_the_household_is_wronged(
    town: Town, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Premises, "sets_down", lambda *_: False)
    who = given_back_on_a_lost_card(town, kind)
    take(town, who, GAS)
    assert sell(town, who, HERE, GAS, 1)
    assert take(town, who, GAS) == 0
    come_to_rest(town)
    assert town.gains() == []
    assert wrongs(town)
