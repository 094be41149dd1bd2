"""Accounts and their cards: numbers, meters, personal data, issuing, replacing, witnesses."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from account_numbers import checks
from card_builders import put_out_of_service, repeatable_random
from little_headquarters import AREA, MASTERS
from node_world import (
    OPERATOR,
    PASSWORD,
    World,
    a_chip,
    a_form,
    for_money,
    open_with_card,
)
from sale_checker import journal_lines
from yika_common.cards.errors import CardNotBlank, CardRetired
from yika_common.cards.keys import derive_card_key, derive_meter_keys
from yika_common.cards.record import CreditRecord, RecordWitness
from yika_common.cards.user_card import open_session
from yika_common.errors import YikaError
from yika_common.numbers import Quantity
from yika_common.services import Service
from yika_common.simulated.icc import CardStore, UserCardIcc
from yika_node.bootstrap import Node
from yika_node.errors import NodeRestored
from yika_node.services.account_desk import person_of_form
from yika_node.services.errors import (
    AccountFormIncomplete,
    AccountHasCard,
    AccountUnknown,
    MeterOfAnotherService,
    MeterTaken,
    MeterUnknown,
    NoCardKeyLeft,
)
from yika_node.services.views import CardKind

WATER = 4


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


@pytest.fixture
def node(world: World) -> Iterator[Node]:
    node = world.enrolled()
    yield node
    node.close()


def test_an_account_has_a_number_that_checks_itself(node: Node) -> None:
    first = node.accounts.open(OPERATOR, a_form(index=0))
    second = node.accounts.open(OPERATOR, a_form(index=1))
    assert first.number != second.number
    for number in (first.number, second.number):
        assert checks(number)
        for place in range(len(number)):
            other = "7" if number[place] != "7" else "8"
            assert not checks(number[:place] + other + number[place + 1 :])


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"area": "A99"}, AccountFormIncomplete),
        ({"tariff_class": "palace"}, AccountFormIncomplete),
        ({"profile": 5}, AccountFormIncomplete),
        ({"persons": -1}, AccountFormIncomplete),
        ({"area_m2": Quantity(0)}, AccountFormIncomplete),
        ({"meters": ()}, AccountFormIncomplete),
        ({"meters": ((0, "100000000000"), (1, "100000000000"))}, AccountFormIncomplete),
        ({"meters": ((8, "100000000000"),)}, AccountFormIncomplete),
        ({"meters": ((0, "199999999999"),)}, MeterUnknown),
        ({"meters": ((0, "400000000000"),)}, MeterOfAnotherService),
    ],
)
def test_a_form_with_a_mistake_opens_nothing(
    node: Node, changes: dict[str, Any], error: type[YikaError]
) -> None:
    before = node.courier.state().head
    with pytest.raises(error):
        node.accounts.open(OPERATOR, replace(a_form(), **changes))
    assert node.courier.state().head == before


def test_a_meter_belongs_to_one_account(node: Node) -> None:
    account = node.accounts.open(OPERATOR, a_form())
    with pytest.raises(MeterTaken):
        node.accounts.open(OPERATOR, a_form())
    free = node.accounts.free_meters(Service.COLD_WATER)
    assert account.meters[WATER].meter not in free
    assert len(free) == 7


@pytest.mark.parametrize("field", ["name", "phone", "address", "document"])
def test_a_text_that_cannot_be_kept_is_named(field: str) -> None:
    texts = {"name": "王小明", "phone": "", "address": "", "document": ""} | {field: "x\ny"}
    with pytest.raises(AccountFormIncomplete) as refused:
        person_of_form(**texts)
    assert refused.value.facts == {"field": field}


def test_personal_data_is_sealed_and_found_only_while_somebody_is_signed_in(
    world: World,
) -> None:
    node = world.enrolled()
    account = node.accounts.open(OPERATOR, a_form())
    assert [found.number for found in node.accounts.find("小明").rows] == [account.number]
    node.staff.sign_out(OPERATOR)
    assert node.accounts.find("小明").rows == ()
    assert node.accounts.get(account.number).person is None
    node.close()
    everything = b"".join(path.read_bytes() for path in world.folder.iterdir() if path.is_file())
    assert "小明".encode() not in everything
    again = world.restarted()
    assert [found.number for found in again.accounts.find("小明").rows] == [account.number]
    again.close()


def test_accounts_are_found_by_number_meter_and_card_in_pages(world: World, node: Node) -> None:
    numbers = [node.accounts.open(OPERATOR, a_form(index=index)).number for index in range(3)]
    world.hand.insert(a_chip())
    card = node.cards.initialise(OPERATOR, numbers[1]).number
    assert [found.number for found in node.accounts.find(card).rows] == [numbers[1]]
    meter = node.accounts.get(numbers[2]).meters[0].meter
    assert [found.number for found in node.accounts.find(meter).rows] == [numbers[2]]
    first = node.accounts.find("", limit=2)
    second = node.accounts.find("", limit=2, after=first.next)
    assert [found.number for found in (*first.rows, *second.rows)] == numbers
    with pytest.raises(AccountUnknown):
        node.accounts.get("N9990010000199")


def test_a_blank_card_is_shown_as_one(world: World, node: Node) -> None:
    world.hand.insert(a_chip())
    view = node.cards.read(OPERATOR)
    assert (view.kind, view.account, view.slots) == (CardKind.BLANK, None, ())


def test_issuing_again_changes_nothing(world: World, node: Node) -> None:
    account, chip = open_with_card(world, node)
    before = node.courier.state().head
    world.hand.insert(chip)
    assert node.cards.initialise(OPERATOR, account.number).number == account.card
    assert node.courier.state().head == before


def test_a_card_of_somebody_else_is_not_issued(world: World, node: Node) -> None:
    _, chip = open_with_card(world, node)
    other = node.accounts.open(OPERATOR, a_form(index=1))
    world.hand.insert(chip)
    before = chip.load()
    with pytest.raises(CardNotBlank):
        node.cards.initialise(OPERATOR, other.number)
    assert chip.load() == before


def test_an_account_that_was_sold_to_keeps_its_card(world: World, node: Node) -> None:
    account, _ = open_with_card(world, node)
    assert account.card is not None
    node.sales.sell(OPERATOR, account.card, [for_money(WATER, 5_000)], "form")
    world.hand.insert(a_chip(1))
    with pytest.raises(AccountHasCard):
        node.cards.initialise(OPERATOR, account.number)


def test_the_pool_of_card_numbers_ends(world: World) -> None:
    world.headquarters.cards = 1
    node = world.enrolled()
    open_with_card(world, node)
    other = node.accounts.open(OPERATOR, a_form(index=1))
    world.hand.insert(a_chip(1))
    with pytest.raises(NoCardKeyLeft):
        node.cards.initialise(OPERATOR, other.number)
    node.close()


def test_a_retired_card_is_left_untouched(world: World, node: Node) -> None:
    account, chip = open_with_card(world, node)
    assert account.card is not None
    put_out_of_service(chip)
    world.hand.insert(chip)
    for act in (
        lambda: node.cards.read(OPERATOR),
        lambda: node.cards.initialise(OPERATOR, account.number),
        lambda: node.sales.sell(OPERATOR, account.card or "", [for_money(WATER, 5_000)], "f"),
    ):
        with pytest.raises(CardRetired):
            act()


def card_key(card: str) -> bytes:
    return derive_card_key(MASTERS, card, 1, area=AREA)


def write_from(chip: CardStore, card: str, meter: str, witness: RecordWitness) -> None:
    """A record of another hand on the water slot."""
    session = open_session(
        UserCardIcc(chip, repeatable_random(31)), repeatable_random(32), card_key(card)
    )
    record = CreditRecord(
        meter_id=meter,
        slot=WATER,
        service=Service.COLD_WATER,
        key_version=1,
        epoch=1,
        generation=1,
        count=1,
        total=Quantity(700),
        time=World(Path()).now,
        witness=witness,
    )
    session.write_record(
        WATER, record.encode(derive_meter_keys(MASTERS, meter, 1, area=AREA).credit)
    )


def test_a_place_in_another_journal_is_journalled_once(world: World) -> None:
    node = world.enrolled()
    account, chip = open_with_card(world, node)
    assert account.card is not None
    witness = RecordWitness("N0009", 2, 77, bytes(range(8)))
    write_from(chip, account.card, account.meters[WATER].meter, witness)
    world.hand.insert(chip)
    for _ in range(2):
        node.cards.read(OPERATOR)
    node.close()
    seen = [line for line in journal_lines(world.folder / "node.db") if line["t"] == "witness"]
    assert [(line["node"], line["ep"], line["seq"], line["h8"]) for line in seen] == [
        ("N0009", 2, 77, bytes(range(8)).hex())
    ]


def test_a_card_that_knows_more_of_our_journal_than_we_do_stops_us(
    world: World, node: Node
) -> None:
    account, chip = open_with_card(world, node)
    assert account.card is not None
    witness = RecordWitness("N0001", 1, 5_000, bytes(range(8)))
    write_from(chip, account.card, account.meters[WATER].meter, witness)
    world.hand.insert(chip)
    with pytest.raises(NodeRestored):
        node.cards.read(OPERATOR)
    with pytest.raises(NodeRestored):
        node.accounts.open(OPERATOR, a_form(index=1))


def test_a_reading_is_journalled_once_for_each_write_back(world: World, node: Node) -> None:
    account, chip = open_with_card(world, node)
    assert account.card is not None
    node.sales.sell(OPERATOR, account.card, [for_money(WATER, 5_000)], "form")
    meter = account.meters[WATER].meter
    for _ in range(2):
        world.load(chip, meter)
        world.hand.insert(chip)
        node.cards.read(OPERATOR)
        node.cards.read(OPERATOR)
    readings = node.enquiries.readings(meter=meter).rows
    assert [(reading.count, reading.balance) for reading in readings] == [(1, 10_000)] * 2
    assert node.staff.sign_in(OPERATOR, PASSWORD).name == OPERATOR
