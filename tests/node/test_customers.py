"""What headquarters tells of customers: sealed on the disk, found fast, joined with our own."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from customer_builders import ELSEWHERE, HOLDER, a_sheet
from little_headquarters import AREA, card_number
from node_world import (
    OPERATOR,
    PASSWORD,
    World,
    a_form,
    abandon,
    meters_for,
    open_with_card,
)
from yika_common.journal.bodies import AccountFacts
from yika_common.numbers import Quantity
from yika_common.services import PROFILES, Service
from yika_common.signing.errors import SealBroken, TooFewSignatures
from yika_common.signing.keys import SigningKey
from yika_common.sync.customers import AccountSheet, OwnLimit, item_name, part_of
from yika_common.sync.personal_data import Person
from yika_common.sync.settings import Settings
from yika_node.bootstrap import Node
from yika_node.errors import VaultLocked
from yika_node.services.amended import FactsForm, LimitsForm
from yika_node.services.errors import (
    AccountHasCard,
    AccountOpenedElsewhere,
    AccountUnknown,
    AmendmentUnusable,
    MeterTaken,
)
from yika_node.services.views import Account

WATER = Service.COLD_WATER


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


@pytest.fixture
def node(world: World) -> Iterator[Node]:
    node = world.enrolled()
    yield node
    node.close()


def tell(world: World, node: Node, *sheets: AccountSheet) -> None:
    world.headquarters.tell(*sheets)
    node.courier.sync()


def the_facts(**changes: Any) -> FactsForm:
    form = FactsForm("residential", 6, None, None, None, "", None, (), (), "a child was born")
    return replace(form, **changes)


def amended(world: World, node: Node, number: str, **changes: Any) -> Account:
    return node.amendments.amend(OPERATOR, number, the_facts(**changes))


def test_an_account_opened_elsewhere_is_known_by_number_card_meter_and_name(
    world: World, node: Node
) -> None:
    sheet = a_sheet()
    tell(world, node, sheet)
    account = node.accounts.get(ELSEWHERE)
    assert (account.home, account.person, account.card) == ("N0002", HOLDER, sheet.card)
    assert (account.persons, account.area_m2) == (4, 80_000)
    assert account.told == sheet
    assert node.accounts.of_card(sheet.card) == account
    for text in (ELSEWHERE, sheet.card, sheet.meters[0].meter, "李秀", "东河路"):
        assert node.accounts.find(text).rows == (account,), text
    assert node.accounts.find("王").rows == ()


def test_one_search_finds_accounts_of_both_kinds_in_pages(world: World, node: Node) -> None:
    own = node.accounts.open(OPERATOR, a_form(person=Person(name="李大")))
    tell(world, node, *(a_sheet(f"N0002-{n:06}", 3, card="") for n in range(20, 25)))
    first = node.accounts.find("李", limit=4)
    rest = node.accounts.find("李", after=first.next)
    numbers = [account.number for account in (*first.rows, *rest.rows)]
    assert numbers == sorted([own.number, *(f"N0002-{n:06}" for n in range(20, 25))])


def test_a_locked_vault_tells_nothing_and_the_disk_holds_nothing_open(
    world: World, node: Node
) -> None:
    tell(world, node, a_sheet())
    node.staff.lock()
    with pytest.raises(VaultLocked):
        node.customers.sheet(ELSEWHERE)
    with pytest.raises(AccountUnknown):
        node.accounts.get(ELSEWHERE)
    assert node.accounts.find("李").rows == ()
    for file in world.folder.glob("node.db*"):
        assert HOLDER.name.encode() not in file.read_bytes()
        assert HOLDER.phone.encode() not in file.read_bytes()
    node.staff.sign_in(OPERATOR, PASSWORD)
    assert node.accounts.get(ELSEWHERE).person == HOLDER


def test_a_newer_part_replaces_the_older_one(world: World, node: Node) -> None:
    other = next(
        f"N0002-{n:06}" for n in range(100) if part_of(f"N0002-{n:06}") == part_of(ELSEWHERE)
    )
    tell(world, node, a_sheet(), a_sheet(other, 5))
    assert node.customers.sheet(other) is not None
    tell(world, node, a_sheet(persons=5))
    assert node.customers.sheet(other) is None
    assert node.accounts.get(ELSEWHERE).persons == 5
    assert node.queries.account_of_told_meter(meters_for(8, 5)[0][1]) is None
    held = node.queries.items_held(item_name(AREA, part_of(ELSEWHERE)))
    assert [item.version for item in held] == [2]


def test_sheets_that_a_power_cut_left_out_are_made_before_the_first_question(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = world.enrolled()
    monkeypatch.setattr(node.customers, "catch_up", lambda: None)
    tell(world, node, a_sheet())
    assert node.queries.sheet(ELSEWHERE) is None
    abandon(node)
    node = world.restarted()
    assert node.accounts.get(ELSEWHERE).person == HOLDER
    node.close()


def test_rows_dropped_are_made_again_from_the_files(world: World) -> None:
    node = world.enrolled()
    tell(world, node, a_sheet())
    for table in ("sheet", "sheet_meter", "sheet_part"):
        node.journal.note(f"DELETE FROM {table}", ())  # noqa: S608 - names from above
    abandon(node)
    node = world.restarted()
    assert node.accounts.get(ELSEWHERE).person == HOLDER
    assert node.queries.account_of_told_meter(meters_for(8, 3)[0][1]) == ELSEWHERE
    node.close()


def test_facts_amended_here_hold_until_headquarters_knows_of_them(
    world: World, node: Node
) -> None:
    tell(world, node, a_sheet())
    world.pass_time(minutes=1)
    account = amended(world, node, ELSEWHERE, gross_m2=Quantity(99_000), suspended=(2027,))
    assert (account.persons, account.area_m2, account.facts_at) == (6, None, world.now)
    # A sheet made of older records does not take it back, one as old as ours does.
    tell(world, node, a_sheet(persons=5, facts_at=int(world.now.timestamp()) - 1))
    assert node.accounts.get(ELSEWHERE).persons == 6
    tell(world, node, a_sheet(persons=7, facts_at=int(world.now.timestamp())))
    assert node.accounts.get(ELSEWHERE).persons == 7
    zone = node.config.place.zone
    assert node.accounts.get(ELSEWHERE).pricing_facts(zone).persons == 7


def test_own_accounts_take_facts_and_cards_from_headquarters_too(world: World, node: Node) -> None:
    account, _ = open_with_card(world, node)
    tell(
        world,
        node,
        a_sheet(account.number, 0, persons=9, facts_at=1_800_000_000, generation=2, card="X2"),
    )
    again = node.accounts.get(account.number)
    assert (again.home, again.persons, again.card) == ("", 9, "X2")
    assert again.person == account.person


def test_own_limits_are_those_set_last_and_end_at_their_time(world: World, node: Node) -> None:
    now = int(world.now.timestamp())
    told = OwnLimit(WATER, 1, 2, 3, 4, now - 100, now + 1000)
    tell(world, node, a_sheet(limits=(told,)))
    account = node.accounts.get(ELSEWHERE)
    assert account.limit_of(WATER, world.now) == told
    assert account.limit_of(Service.GAS, world.now) is None
    form = LimitsForm(
        WATER, Quantity(9), Quantity(0), Quantity(0), Quantity(0),
        until=world.now.replace(day=20), reason="a feast",
    )  # fmt: skip
    account = node.amendments.lift_limits(OPERATOR, ELSEWHERE, form)
    limit = account.limit_of(WATER, world.now)
    assert limit is not None
    assert (limit.per_sale, limit.per_day) == (9, 0)
    assert account.limit_of(WATER, world.now.replace(day=21)) is None


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("tariff_class", {"tariff_class": "palace"}),
        ("persons", {"persons": 100}),
        ("area_m2", {"inner_m2": Quantity(-1)}),
        ("gross_m2", {"gross_m2": Quantity(10**12)}),
        ("heat_class", {"heat_class": "no blanks"}),
        ("suspended", {"suspended": (26,)}),
        ("suspended", {"suspended": tuple(range(2020, 2029))}),
        ("equipment", {"equipment": ("a;b",)}),
        ("equipment", {"equipment": tuple(f"equipment-{n}" for n in range(9))}),
        ("reason", {"reason": ""}),
        ("reason", {"reason": "x" * 201}),
    ],
)
def test_facts_that_cannot_be_change_nothing(
    world: World, node: Node, field: str, changes: dict[str, Any]
) -> None:
    tell(world, node, a_sheet())
    with pytest.raises(AmendmentUnusable) as refusal:
        amended(world, node, ELSEWHERE, **changes)
    assert refusal.value.facts == {"field": field}
    assert node.accounts.get(ELSEWHERE).persons == 4


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("service", {"service": Service.BULK_WATER}),
        ("per_sale", {"per_sale": Quantity(10**13)}),
        ("until", {"days": 0}),
        ("until", {"days": 400}),
        ("reason", {"reason": "a\nb"}),
    ],
)
def test_limits_that_cannot_be_change_nothing(
    world: World, node: Node, field: str, changes: dict[str, Any]
) -> None:
    tell(world, node, a_sheet())
    none = Quantity(0)
    until = world.now + timedelta(days=changes.pop("days", 10))
    form = LimitsForm(WATER, none, none, none, none, until, "a feast")
    with pytest.raises(AmendmentUnusable) as refusal:
        node.amendments.lift_limits(OPERATOR, ELSEWHERE, replace(form, **changes))
    assert refusal.value.facts == {"field": field}
    assert node.accounts.get(ELSEWHERE).limits == ()


def test_meters_and_card_numbers_used_elsewhere_are_not_given_out_again(
    world: World, node: Node
) -> None:
    tell(world, node, a_sheet(index=0))
    with pytest.raises(MeterTaken):
        node.accounts.open(OPERATOR, a_form(8, 0))
    assert meters_for(8, 0)[1][1] not in node.accounts.free_meters(PROFILES[8][1])
    own, _ = open_with_card(world, node, index=1)
    assert own.card == card_number(1)


def test_an_account_opened_elsewhere_gets_no_second_card_here(world: World, node: Node) -> None:
    tell(world, node, a_sheet())
    account, _ = open_with_card(world, node)
    with pytest.raises(AccountHasCard):
        node.cards.initialise(OPERATOR, ELSEWHERE)
    tell(world, node, a_sheet(card="", generation=0))
    with pytest.raises(AccountOpenedElsewhere):
        node.cards.initialise(OPERATOR, ELSEWHERE)
    assert account.card == node.accounts.get(account.number).card


def test_a_part_that_is_not_for_us_is_refused_and_journaled_once(world: World, node: Node) -> None:
    tell(world, node, a_sheet())
    wrong = item_name(AREA, (part_of(ELSEWHERE) + 1) % 16)
    right = item_name(AREA, part_of(ELSEWHERE))
    listed = world.headquarters.listed
    file = world.headquarters.items[listed[right].sha256]
    world.headquarters._list(replace(listed[right], name=wrong), file)
    world.headquarters.issue()
    before = node.courier.state().manifest
    for _ in range(3):
        with pytest.raises(SealBroken):
            node.courier.sync()
    assert node.courier.state().manifest == before
    lines = [line for line in world.headquarters.lines if b'"refused"' in line]
    assert len(lines) == 1
    assert wrong.encode() in lines[0]
    assert b"seal_broken" in lines[0]


def test_a_forged_manifest_leaves_no_trace_in_the_journal(world: World, node: Node) -> None:
    node.courier.sync()
    held = node.courier.state().head
    world.headquarters.keys["registry"] = SigningKey.from_seed(b"f" * 32)
    world.headquarters.issue()
    with pytest.raises(TooFewSignatures):
        node.courier.sync()
    assert node.courier.state().head == held


def test_settings_hold_from_when_they_arrive(world: World) -> None:
    node = world.enrolled()
    assert node.settings.settings() == Settings()
    world.headquarters.publish_settings(Settings(stale_tariff="refuse", cash_unit=10))
    node.courier.sync()
    assert node.settings.settings() == Settings(stale_tariff="refuse", cash_unit=10)
    abandon(node)
    node = world.restarted()
    assert node.settings.settings().cash_unit == 10
    node.close()


def test_projections_made_again_are_the_same(world: World, node: Node) -> None:
    tell(world, node, a_sheet())
    account = amended(world, node, ELSEWHERE)
    node.journal.rebuild()
    assert node.accounts.get(ELSEWHERE) == account


def test_a_facts_record_says_every_fact(world: World, node: Node) -> None:
    tell(world, node, a_sheet())
    amended(world, node, ELSEWHERE, equipment=("boiler",))
    facts = node.accounts.get(ELSEWHERE).facts
    assert facts == AccountFacts(
        account=ELSEWHERE,
        tariff_class="residential",
        persons=6,
        equipment="boiler",
        reason="a child was born",
    )
