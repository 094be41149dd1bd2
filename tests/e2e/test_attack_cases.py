"""Thefts told one by one, and what finds each out when the defence against it is switched off.

The machine that tries everything (:mod:`test_attacks`) asks :meth:`Town.gains` and ``wrongs``;
here both are shown to find what they are for.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import false

from attack_acts import BY_KIND, HERE, THERE, everybody_talks, household, read, sell, take
from attack_beginning import Beginning, a_beginning
from attack_books import GAS, UNIT, WATER, Household
from attack_cards import CPU
from attack_settling import accusations, balance_of, come_to_rest, wrongs
from attack_town import Town
from node_world import Fate
from yika_central.db import overtaken
from yika_common.cards.memory.contents import Contents
from yika_common.meters import rules
from yika_common.meters.rules import Reason
from yika_common.meters.state import MeterState
from yika_common.numbers import Quantity
from yika_common.simulated.memory_chip import ChipContent
from yika_node.services.recovery import OpenIntent, SlotShown, Verdict
from yika_node.services.refund_rules import Payment

MEMORY = ("SLE4428", "SLE4442")
ANY = tuple(BY_KIND)


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Beginning:
    return a_beginning(tmp_path_factory.mktemp("attacked") / "beginning")


@pytest.fixture
def towns(beginning: Beginning, tmp_path: Path) -> Iterator[Callable[..., Town]]:
    """Makes towns that are alike."""
    made: list[Town] = []

    def a_town(**options: Callable[..., Verdict]) -> Town:
        made.append(Town(beginning, tmp_path / f"{len(made)}", **options))
        return made[-1]

    yield a_town
    for town in made:
        town.close()


@pytest.fixture
def town(towns: Callable[..., Town]) -> Town:
    return towns()


def cut_after_the_write(towns: Callable[..., Town], kind: str, units: int) -> Fate:
    """The fate of a sale of so much whose record is on the card when that is pulled."""
    town, fate = towns(), Fate()
    town.clock.pass_by(minutes=5)
    town.sell(household(town, kind), HERE, {GAS: units}, fate)
    name = "after card DC" if kind == CPU else "after byte"
    return Fate(max(at for at, step in enumerate(fate.steps) if step.startswith(name)), "pull")


# What is done about it


@pytest.mark.parametrize("kind", [CPU, "SLE4428"])
def test_what_a_lost_card_gave_its_meter_is_not_given_back_as_well(town: Town, kind: str) -> None:
    """Bought where nobody else has heard of it, taken by the meter, and then the card is lost."""
    who = household(town, kind)
    sell(town, who, HERE, GAS, 1)
    sell(town, who, THERE, GAS, 6)
    assert take(town, who, GAS) == 7
    town.clock.pass_by(minutes=5)
    town.replace(who, HERE, look=False)
    sell(town, who, HERE, GAS, 1)
    everybody_talks(town)
    sell(town, who, HERE, WATER, 6)
    take(town, who, WATER)
    assert town.gains() == []
    come_to_rest(town)
    assert town.gains() == []
    assert wrongs(town) == []
    # One unit was sold onto the new card over a total that the meter had passed.
    assert balance_of(town, who).lost == 500


@pytest.mark.parametrize("kind", ANY)
def test_what_a_new_cards_maker_had_not_heard_of_is_on_it_after_the_next_sale(
    town: Town, kind: str
) -> None:
    who = household(town, kind)
    sell(town, who, THERE, GAS, 6)
    town.clock.pass_by(minutes=5)
    town.replace(who, HERE, look=False)
    everybody_talks(town)
    assert sell(town, who, HERE, GAS, 1)
    assert take(town, who, GAS) == 7
    come_to_rest(town)
    assert wrongs(town) == []


@pytest.mark.parametrize("kind", [CPU, "SLE4428"])
def test_who_lost_a_card_and_bought_until_it_was_made_up_is_not_accused(
    town: Town, kind: str
) -> None:
    """An earlier word of the meter told what the lost card gave, and that was given back since."""
    who = household(town, kind)
    sell(town, who, HERE, GAS, 1)
    sell(town, who, THERE, GAS, 3)
    assert take(town, who, GAS) == 4
    town.clock.pass_by(minutes=5)
    town.replace(who, HERE, look=False)
    sell(town, who, HERE, GAS, 2)
    assert take(town, who, GAS) == 0
    read(town, who)
    everybody_talks(town)
    sell(town, who, HERE, GAS, 1)
    assert take(town, who, GAS) == 0
    come_to_rest(town)
    assert town.gains() == []
    assert accusations(town, who) == []
    assert wrongs(town) == []


@pytest.mark.parametrize("kind", ANY)
def test_a_sale_that_another_point_built_on_is_closed(
    towns: Callable[..., Town], kind: str
) -> None:
    """The record was written and nobody saw it; another point sold on top of it."""
    fate = cut_after_the_write(towns, kind, 3)
    town = towns()
    who = household(town, kind)
    assert not sell(town, who, HERE, GAS, 3, fate=fate)
    assert sell(town, who, THERE, GAS, 2)
    town.clock.pass_by(minutes=5)
    town.read(HERE, who.pocket)
    assert town.nodes[HERE].queries.pending(account=who.account)
    everybody_talks(town)
    town.clock.pass_by(minutes=5)
    town.read(HERE, who.pocket)
    assert not town.nodes[HERE].queries.pending(account=who.account)
    assert sell(town, who, HERE, GAS, 1)
    assert take(town, who, GAS) == 6
    come_to_rest(town)
    assert wrongs(town) == []


def steal_with_a_copy(town: Town, who: Household, fate: Fate) -> None:
    """The thief's card keeps the record of a sale and falls silent.

    A copy goes into the meter, and an older copy to another point, whose record has the count.
    """
    who.crooked = True
    before = who.pocket.image
    assert not sell(town, who, HERE, GAS, 6, fate=fate)
    copy = who.pocket.copied()
    assert take(town, who, GAS, copy) >= 6
    who.pocket.image = before
    sell(town, who, THERE, GAS, 1)


def gained(town: Town, who: Household) -> int:
    """What its meters credited beside what it paid, in money."""
    return town.granted(who) - town.books.cash(who.account)


@pytest.mark.parametrize("kind", MEMORY)
def test_a_copied_memory_card_and_a_sale_that_was_cut_off_gain_nothing(
    towns: Callable[..., Town], kind: str
) -> None:
    """The money goes back when the meter's word shows that it did not take the sale."""
    fate = cut_after_the_write(towns, kind, 6)
    town = towns()
    who = household(town, kind)
    steal_with_a_copy(town, who, fate)
    everybody_talks(town)
    # Its own point is shown the card, and says that the sale was overtaken.
    town.read(HERE, who.pocket)
    everybody_talks(town)
    sell(town, who, THERE, WATER, 6)
    assert take(town, who, WATER) == 6
    take(town, who, GAS)
    town.clock.pass_by(minutes=5)
    town.read(THERE, who.pocket)
    everybody_talks(town)
    assert town.hq.adjustments.account(who.account).total == 0
    assert gained(town, who) < 0
    assert accusations(town, who) == []
    # What is bought later carries what the other record could not bring the meter.
    sell(town, who, THERE, GAS, 6)
    assert take(town, who, GAS) == 1
    town.clock.pass_by(minutes=5)
    town.read(THERE, who.pocket)
    everybody_talks(town)
    assert gained(town, who) == -3_000
    owed = town.hq.adjustments.account(who.account).total
    assert owed == (3_000 if kind == "SLE4428" else 0)


@pytest.mark.parametrize("kind", MEMORY)
def test_if_the_money_went_back_at_once_a_copy_would_gain(
    towns: Callable[..., Town], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a memory card's records taken for what a CPU card's prove."""
    monkeypatch.setattr(overtaken, "on_memory_card", lambda _: false())
    fate = cut_after_the_write(towns, kind, 6)
    town = towns()
    who = household(town, kind)
    steal_with_a_copy(town, who, fate)
    everybody_talks(town)
    sell(town, who, THERE, WATER, 6)
    assert take(town, who, WATER) == 6
    assert gained(town, who) > 0


def test_a_database_put_back_is_found_out_and_pays_nothing_twice(town: Town) -> None:
    who = household(town)
    town.keep(HERE)
    sell(town, who, HERE, GAS, 3)
    town.put_back(HERE, whole=True)
    town.clock.pass_by(minutes=5)
    assert town.sell(who, HERE, {GAS: 2}) is None
    assert town.happened["node_restored"] == 1
    assert sell(town, who, THERE, GAS, 1)
    assert take(town, who, GAS) == 4
    assert town.gains() == []


# What is found when a defence is switched off


def test_a_meter_that_adds_what_a_record_says_is_found_out(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replaced card says the total again."""
    taken = rules._taken

    def adds(plate: object, state: MeterState, record: object, cut: object) -> rules.Verdict:
        blank = replace(state, total=Quantity(0))
        found = taken(plate, blank, record, cut)  # type: ignore[arg-type]
        total = Quantity(state.total + found.state.total)
        return replace(found, state=replace(found.state, total=total))

    monkeypatch.setattr(rules, "_taken", adds)
    assert _bought_taken_and_replaced(town)


def test_the_same_with_a_meter_that_looks_at_totals(town: Town) -> None:
    assert _bought_taken_and_replaced(town) == []


def _bought_taken_and_replaced(town: Town) -> list[str]:
    who = household(town)
    sell(town, who, HERE, GAS, 3)
    take(town, who, GAS)
    town.clock.pass_by(minutes=5)
    town.replace(who, HERE, look=True)
    take(town, who, GAS)
    return town.gains()


def test_a_meter_that_takes_old_counts_is_found_out(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    objection = rules._objection

    def forgives(*known: object) -> Reason:
        found = objection(*known)  # type: ignore[arg-type]
        return Reason.NONE if found is Reason.OLD_COUNT else found

    monkeypatch.setattr(rules, "_objection", forgives)
    assert _refunded_and_set_back(town)


def test_the_same_with_a_meter_that_counts(town: Town) -> None:
    assert _refunded_and_set_back(town) == []
    assert town.happened["paid out later"] == 1


def _refunded_and_set_back(town: Town) -> list[str]:
    who = household(town, "SLE4428")
    who.crooked = True
    sell(town, who, HERE, GAS, 3)
    image = who.pocket.image
    town.clock.pass_by(minutes=5)
    town.refund(who, HERE, GAS)
    take(town, who, GAS)
    town.clock.pass_by(minutes=5)
    town.read(HERE, who.pocket)
    town.pay_out(who, HERE)
    who.pocket.image = image
    take(town, who, GAS)
    return town.gains()


def write_it_again(_shown: SlotShown, _intent: OpenIntent) -> Verdict:
    return Verdict.REDO


def ignore_it(_shown: SlotShown, _intent: OpenIntent) -> Verdict:
    return Verdict.COMPLETE


def void_it(_shown: SlotShown, _intent: OpenIntent) -> Verdict:
    return Verdict.SUPERSEDED


@pytest.mark.parametrize("naive", [write_it_again, ignore_it, void_it])
def test_a_naive_recovery_is_found_out(
    towns: Callable[..., Town], naive: Callable[..., Verdict]
) -> None:
    late = cut_after_the_write(towns, CPU, 3)
    assert late.at is not None
    stories = [(Fate(late.at, "pull"), False), (Fate(late.at - 1, "pull"), True)]
    found = []
    for fate, elsewhere in stories:
        town = towns(judge=naive)
        who = household(town)
        assert not sell(town, who, HERE, GAS, 3, fate=fate)
        if elsewhere:
            sell(town, who, THERE, GAS, 2)
        come_to_rest(town)
        found += [*town.gains(), *wrongs(town)]
    assert found


def test_a_point_that_believes_a_memory_card_without_its_mac_is_found_out(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as careless:
        careless.setattr(Contents, "_is_whole", lambda *_: True)
        _forged_total(town)
    assert town.gains()


def test_the_same_with_a_point_that_checks(town: Town) -> None:
    _forged_total(town)
    take(town, household(town, "SLE4428"), GAS)
    assert town.gains() == []


def _forged_total(town: Town) -> None:
    """The total in the newest record is made larger; then one more unit is bought."""
    who = household(town, "SLE4428")
    who.crooked = True
    sell(town, who, HERE, GAS, 3)
    content = who.pocket.image
    assert isinstance(content, ChipContent)
    total = (3 * UNIT).to_bytes(6, "big")
    assert total in content.main
    more = (90 * UNIT).to_bytes(6, "big")
    who.pocket.image = replace(content, main=content.main.replace(total, more))
    town.clock.pass_by(minutes=5)
    town.sell(who, HERE, {GAS: 1})
    take(town, who, GAS)


def test_a_refund_that_does_not_look_at_the_claim_is_found_out(town: Town) -> None:
    assert _refunded_after_the_meter(town, lambda *_, **__: Payment.AT_ONCE)


def test_the_same_with_a_refund_that_looks(town: Town) -> None:
    who = household(town)
    sell(town, who, HERE, GAS, 3)
    take(town, who, GAS)
    town.clock.pass_by(minutes=5)
    town.refund(who, HERE, GAS)
    assert town.happened["given back"] == 1
    assert town.gains() == []


def _refunded_after_the_meter(town: Town, rule: Callable[..., Payment]) -> list[str]:
    who = household(town)
    sell(town, who, HERE, GAS, 3)
    take(town, who, GAS)
    town.clock.pass_by(minutes=5)
    town.refund(who, HERE, GAS, rule=rule)
    return town.gains()
