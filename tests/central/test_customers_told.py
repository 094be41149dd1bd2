"""What nodes are told of customers: sealed by parts, once per change, and only when they ask."""

from typing import Any

import pytest
from sqlalchemy import select

from central_builders import HandClock, Pen, enrol
from journals import an_intent
from told_builders import ACCOUNT, CARD, METERS, MORE, OTHER, deliver, told, told_town, versions
from yika_central.bootstrap import Headquarters
from yika_central.db.sheet_changes import note_changed
from yika_central.db.tables import Item, SheetChange, table_of
from yika_central.services import customers
from yika_central.services.dues import Dues
from yika_common.journal.bodies import (
    AccountFacts,
    BundleRefused,
    LimitsLifted,
    Sale,
    Superseded,
)
from yika_common.journal.coding import encode_transport
from yika_common.services import Service
from yika_common.signing.errors import SealBroken
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.customers import (
    DebtSheet,
    OwnLimit,
    item_name,
    open_customers,
    part_of,
)


@pytest.fixture
def town(headquarters: Headquarters, clock: HandClock) -> tuple[Pen, Pen]:
    return told_town(headquarters, clock)


def test_a_node_is_told_of_an_account_that_another_one_opened(
    headquarters: Headquarters, town: tuple[Pen, Pen]
) -> None:
    _, second = town
    deliver(second)
    sheet = told(headquarters, second)
    assert sheet is not None
    assert (sheet.node, sheet.area, sheet.card, sheet.generation) == ("N0001", "A01", CARD, 1)
    assert (sheet.tariff_class, sheet.persons, sheet.facts_at) == ("residential", 3, 0)
    assert [meter.meter for meter in sheet.meters] == list(METERS)
    assert sheet.slots == ()


def test_nobody_but_the_node_opens_what_it_is_told(
    headquarters: Headquarters, town: tuple[Pen, Pen]
) -> None:
    first, second = town
    deliver(second)
    name = item_name("A01", part_of(ACCOUNT))
    (item,) = [item for item in second.manifest.items if item.name == name]
    file = read_signed_file(headquarters.registry.item(bytes.fromhex(item.sha256)))
    with pytest.raises(SealBroken):
        open_customers(file, headquarters.keys.root, first.kem, item=name, node="N0002", epoch=1)


def test_an_idle_exchange_brings_no_manifest_and_writes_nothing(
    headquarters: Headquarters, town: tuple[Pen, Pen]
) -> None:
    _, second = town
    deliver(second)
    items = _count(headquarters)
    answers = set()
    for _ in range(3):
        answer = headquarters.reconciliation.receive(_sign_of_life(second), second.clock())
        answers.add(len(answer))
    assert deliver(second) is None
    assert _count(headquarters) == items
    # One signed acknowledgement and nothing else.
    assert max(answers) < 800


def test_sales_are_told_within_the_hour_and_once(
    headquarters: Headquarters, town: tuple[Pen, Pen], clock: HandClock
) -> None:
    first, second = town
    deliver(second)
    for count in (1, 2):
        first.sell(ACCOUNT, METERS[3], card=CARD, count=count)
        deliver(first)
    assert deliver(second) is None
    clock.pass_by(hours=1)
    assert deliver(second) is not None
    sheet = told(headquarters, second)
    assert sheet is not None
    (slot,) = sheet.slots
    assert (slot.slot, slot.generation, slot.count) == (3, 1, 2)
    assert (slot.total, slot.bought) == (20_000, 20_000)
    assert deliver(second) is None


@pytest.mark.parametrize(
    ("of_purchase", "counted"),
    [
        # Five of the ten were free and don't count; the card says so beside the intent.
        ({"used_before": 2_000, "free": 5_000, "rest": "02" + f"{7_000:012x}"}, 7_000),
        # Consumption counts, and no meter has told of any yet.
        ({"rest": "02" + "00" * 6}, 0),
        ({"used_before": 3_000, "consumed": 8_000}, 8_000),
        # The card counts in a later period already, by a clock that was ahead.
        ({"used_before": 3_000, "rest": "03" + b"2027\0\0\0\0".hex() + "00" * 6}, 3_000),
    ],
)
def test_what_counts_against_the_quota_is_told_as_the_card_has_it(
    headquarters: Headquarters,
    town: tuple[Pen, Pen],
    of_purchase: dict[str, Any],
    counted: int,
) -> None:
    first, second = town
    deliver(second)
    intent = first.write(an_intent(account=ACCOUNT, card=CARD, meter=METERS[3], **of_purchase))
    first.write(Sale(intent=intent))
    deliver(first)
    second.clock.pass_by(hours=1)
    deliver(second)
    sheet = told(headquarters, second)
    assert sheet is not None
    (slot,) = sheet.slots
    assert (slot.period, slot.bought) == ("2026", counted)


def test_only_the_part_of_the_account_is_sealed_again(
    headquarters: Headquarters, town: tuple[Pen, Pen]
) -> None:
    first, second = town
    first.open_account(OTHER, MORE, card="860000000002")
    deliver(first)
    deliver(second)
    before = versions(second)
    assert part_of(ACCOUNT) != part_of(OTHER)
    first.write(AccountFacts(account=ACCOUNT, tariff_class="residential", persons=6, reason="x"))
    deliver(first)
    deliver(second)
    after = versions(second)
    assert {name for name in after if after[name] != before[name]} == {
        item_name("A01", part_of(ACCOUNT))
    }


def test_amended_facts_and_lifted_limits_are_told(
    headquarters: Headquarters, town: tuple[Pen, Pen], clock: HandClock
) -> None:
    first, second = town
    clock.pass_by(minutes=5)
    first.write(
        AccountFacts(
            account=ACCOUNT,
            tariff_class="residential",
            persons=6,
            persons_until=clock.seconds + 1000,
            gross_area=120_000,
            suspended=(2027,),
            reason="born",
        ),
        LimitsLifted(
            account=ACCOUNT,
            service=Service.COLD_WATER,
            per_sale=900_000,
            until=clock.seconds + 5000,
            reason="feast",
        ),
    )
    deliver(first)
    deliver(second)
    sheet = told(headquarters, second)
    assert sheet is not None
    assert (sheet.persons, sheet.persons_until) == (6, clock.seconds + 1000)
    assert (sheet.gross_area, sheet.suspended) == (120_000, (2027,))
    assert sheet.facts_at == clock.seconds
    assert sheet.limits == (
        OwnLimit(Service.COLD_WATER, 900_000, 0, 0, 0, clock.seconds, clock.seconds + 5000),
    )


def test_a_superseded_purchase_is_not_counted(
    headquarters: Headquarters, town: tuple[Pen, Pen], clock: HandClock
) -> None:
    first, second = town
    first.sell(ACCOUNT, METERS[3], card=CARD, count=1)
    intent = first.sell(ACCOUNT, METERS[3], card=CARD, count=2, settle=False)
    deliver(first)
    first.write(Superseded(intent=intent, generation_seen=1, count_seen=2))
    deliver(first)
    clock.pass_by(hours=2)
    deliver(second)
    sheet = told(headquarters, second)
    assert sheet is not None
    assert [(slot.count, slot.total) for slot in sheet.slots] == [(1, 10_000)]


def test_what_is_owed_either_way_stands_in_the_sheet(
    headquarters: Headquarters, town: tuple[Pen, Pen], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, second = town
    deliver(second)
    debt = DebtSheet("D1", "旧欠", "Old debt", 20_000, 300_000, 0, 1)
    dues = Dues(
        adjustment_number=2, adjustment=-900, debts=(debt,), collected=5, quantities=((3, 1, 50),)
    )
    monkeypatch.setattr(customers, "dues_of", lambda _connection, _accounts: {ACCOUNT: dues})
    with headquarters.database.writing() as connection:
        note_changed(connection, [ACCOUNT])
    deliver(second)
    sheet = told(headquarters, second)
    assert sheet is not None
    assert (sheet.adjustment_number, sheet.adjustment, sheet.collected) == (2, -900, 5)
    assert sheet.debts == (debt,)
    assert [(s.slot, s.quantity_number, s.quantity_total) for s in sheet.slots] == [(3, 1, 50)]


def test_a_change_that_comes_to_nothing_is_told_to_nobody(
    headquarters: Headquarters, town: tuple[Pen, Pen]
) -> None:
    _, second = town
    deliver(second)
    with headquarters.database.writing() as connection:
        note_changed(connection, [ACCOUNT])
    assert deliver(second) is None
    with headquarters.database.reading() as session:
        assert session.execute(select(table_of(SheetChange))).all() == []


def test_a_node_of_a_new_epoch_is_told_everything_again(
    headquarters: Headquarters, town: tuple[Pen, Pen], clock: HandClock
) -> None:
    _, second = town
    deliver(second)
    before = versions(second)
    again = enrol(headquarters, clock, "N0002", seed=3)
    assert deliver(again) is not None
    after = versions(again)
    assert all(after[name] == before[name] + 1 for name in before)


def test_old_files_of_a_part_are_not_kept_for_ever(
    headquarters: Headquarters, town: tuple[Pen, Pen], clock: HandClock
) -> None:
    first, second = town
    for persons in range(4, 10):
        clock.pass_by(minutes=1)
        first.write(
            AccountFacts(account=ACCOUNT, tariff_class="residential", persons=persons, reason="x")
        )
        deliver(first)
        deliver(second)
    name = item_name("A01", part_of(ACCOUNT))
    table = table_of(Item)
    with headquarters.database.reading() as session:
        kept = session.execute(
            select(table.c.version).where(table.c.node == "N0002", table.c.name == name)
        ).scalars()
        assert sorted(kept) == [versions(second)[name] - 1, versions(second)[name]]


def test_a_refusal_is_shown_until_the_node_goes_on(
    headquarters: Headquarters, town: tuple[Pen, Pen]
) -> None:
    _, second = town
    newest = second.manifest.version
    second.write(
        BundleRefused(
            version=newest + 1, digest="00" * 8, item="tariff/X/2", code="golden", sentence="No."
        )
    )
    deliver(second)
    (node,) = [node for node in headquarters.registry.nodes() if node.node == "N0002"]
    assert node.refusal is not None
    assert (node.refusal.manifest, node.refusal.sentence) == (newest + 1, "No.")
    second.held = newest + 1
    second.send(second.sign_of_life())
    (node,) = [node for node in headquarters.registry.nodes() if node.node == "N0002"]
    assert node.refusal is None


def _sign_of_life(pen: Pen) -> bytes:
    return encode_transport(pen.sign_of_life().to_bytes())


def _count(hq: Headquarters) -> list[Any]:
    with hq.database.reading() as session:
        return list(session.execute(select(table_of(Item).c.sha256)).scalars())
