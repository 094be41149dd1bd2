"""Thefts with keys that are old, extracted or another's, and with cards of another area.

As in :mod:`test_attack_cases`: each defence is switched off once, and then it must be found.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from attack_acts import BY_KIND, HERE, THERE, everybody_talks, household, read, sell, take
from attack_beginning import RAISED, Beginning, a_beginning, card_key_of, keys_of
from attack_books import GAS, UNIT, WATER, Household
from attack_cards import KINDS, number_of
from attack_settling import accusations
from attack_thieves import card_under_an_old_key, forge, record_under_old_keys, write_as_a_point
from attack_town import Town
from attack_watch import Watch
from card_builders import repeatable_random
from node_world import OPERATOR
from yika_central.domain.detection import Kind
from yika_common.cards.application import File
from yika_common.cards.contact import open_session
from yika_common.cards.errors import CardNotAuthentic
from yika_common.cards.memory.head import CardHead
from yika_common.cards.record import CreditRecord, open_record
from yika_common.meters import rules
from yika_common.meters.rules import Reason
from yika_common.simulated.icc import CardMemory
from yika_node.services.errors import CardUnknown
from yika_node.services.keyring import HeldCard, KeyRing
from yika_node.services.views import CardKind


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Beginning:
    return a_beginning(tmp_path_factory.mktemp("attacked") / "beginning")


@pytest.fixture
def town(beginning: Beginning, tmp_path: Path) -> Iterator[Town]:
    town = Town(beginning, tmp_path / "town")
    yield town
    town.close()


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


# Records and keys


def test_a_copy_of_a_cpu_card_without_its_keys_opens_nothing(town: Town) -> None:
    who = household(town)
    sell(town, who, HERE, GAS, 3)
    copy = who.pocket.copied()
    memory = copy.image
    assert isinstance(memory, CardMemory)
    copy.image = replace(memory, keys=dict.fromkeys(memory.keys, bytes(16)))
    assert take(town, who, GAS, copy) == 0
    town.read(HERE, copy)
    assert town.happened["card_not_authentic"] == 1
    assert take(town, who, GAS) == 3


@pytest.mark.parametrize("from_slot", [GAS, WATER])
def test_records_in_other_slots_cards_and_meters_are_worth_nothing(
    town: Town, from_slot: int
) -> None:
    """Even to whoever has the keys of his own card."""
    who, other = household(town), town.households[3]
    sell(town, who, HERE, from_slot, 3)
    theirs = who.pocket.image
    assert isinstance(theirs, CardMemory)
    record = theirs.records[File.CREDIT][from_slot]
    for victim in (who, other):
        image = victim.pocket.image
        assert isinstance(image, CardMemory)
        for slot in (GAS, WATER):
            if victim is who and slot == from_slot:
                continue
            rows = list(image.records[File.CREDIT])
            rows[slot] = record
            forged = victim.pocket.copied()
            forged.image = replace(image, records={**image.records, File.CREDIT: tuple(rows)})
            report = town.load(forged, victim.meters[slot])
            assert report is not None
            assert (report.credited, report.reason) == (0, Reason.FORGED)
            town.clock.pass_by(minutes=5)
            assert town.sell(victim, HERE, {slot: 1}, pocket=forged) is None
    assert town.gains() == []


def test_a_meters_own_keys_are_worth_its_ceiling_and_are_found_out(town: Town) -> None:
    who = household(town)
    sell(town, who, HERE, GAS, 1)
    take(town, who, GAS)
    forge(town, who.meters[GAS], GAS, 300 * UNIT)
    forge(town, who.meters[GAS], GAS, 300 * UNIT)
    assert town.happened["forged with the meter's keys: credited"] == 1
    assert town.gains() == []
    town.load(who.pocket, who.meters[GAS])
    town.clock.pass_by(minutes=5)
    town.read(HERE, who.pocket)
    everybody_talks(town)
    (case,) = (case for case in town.cases(who) if case.kind is Kind.UNREPORTED)
    assert case.amount == 300 * UNIT


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
