"""A sale reads of the card only what changed since it was shown, and believes nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

from card_builders import ChipMemory
from node_world import OPERATOR, Fate, World, for_money, open_with_card
from yika_common.cards.application import MARK_SIZE, File, mark_of
from yika_common.cards.errors import CardRefused
from yika_common.cards.record import EMPTY_RECORD
from yika_common.cards.user_card import open_meter_session, open_session
from yika_common.cards.write_back import EMPTY_WRITE_BACK
from yika_common.errors import YikaError
from yika_common.simulated.icc import UserCardIcc
from yika_node.bootstrap import Node
from yika_node.services.views import Account

READ, MARKS, UPDATE = "before card B2", "before card B4", "before card DC"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


@pytest.fixture
def counter(world: World) -> tuple[Node, Account, ChipMemory]:
    node = world.enrolled()
    account, chip = open_with_card(world, node)
    assert isinstance(chip, ChipMemory)
    for slot in (0, 4, 5):
        node.sales.sell(OPERATOR, account.card or "", [for_money(slot, 2_000)], f"first-{slot}")
    node.cards.read(OPERATOR)
    return node, account, chip


def commands(world: World, node: Node, account: Account, slot: int, token: str) -> list[str]:
    """The commands of a sale."""
    world.hand.fate = fate = Fate()
    node.sales.sell(OPERATOR, account.card or "", [for_money(slot, 2_000)], token)
    return [step for step in fate.steps if step.startswith("before card")]


def test_a_sale_onto_the_card_on_the_screen_reads_marks_and_its_own_record(
    world: World, counter: tuple[Node, Account, ChipMemory]
) -> None:
    node, account, _ = counter
    sent = commands(world, node, account, 5, "second")
    assert [step for step in sent if step in (READ, MARKS, UPDATE)] == [MARKS, UPDATE, READ]
    node.close()


def test_what_was_just_sold_is_read_again(
    world: World, counter: tuple[Node, Account, ChipMemory]
) -> None:
    node, account, _ = counter
    commands(world, node, account, 5, "second")
    assert commands(world, node, account, 5, "third").count(READ) == 3
    node.close()


def test_a_slot_that_its_meter_wrote_to_is_read_again_and_heard(
    world: World, counter: tuple[Node, Account, ChipMemory]
) -> None:
    node, account, chip = counter
    world.load(chip, account.meters[5].meter)
    assert commands(world, node, account, 4, "second").count(READ) == 3
    told = node.enquiries.readings(meter=account.meters[5].meter)
    assert [row.count for row in told.rows] == [1]
    node.close()


def test_a_card_that_was_away_is_read_whole(
    world: World, counter: tuple[Node, Account, ChipMemory]
) -> None:
    node, account, chip = counter
    world.hand.pull()
    assert not node.cards.present()
    world.hand.insert(chip)
    assert commands(world, node, account, 5, "second").count(READ) == 2 * 8 + 1
    node.close()


def test_under_other_keys_the_card_is_read_whole(
    world: World, counter: tuple[Node, Account, ChipMemory]
) -> None:
    node, account, _ = counter
    world.headquarters.publish_keys()
    node.courier.sync()
    assert commands(world, node, account, 5, "second").count(READ) == 2 * 8 + 1
    node.close()


def test_a_record_spoilt_meanwhile_is_not_what_was_shown(
    world: World, counter: tuple[Node, Account, ChipMemory]
) -> None:
    node, account, chip = counter
    memory = chip.load()
    spoilt = list(memory.records[File.CREDIT])
    spoilt[5] = spoilt[5][:60] + bytes(10) + spoilt[5][70:-1] + b"\0"

    chip.commit(replace(memory, records={**memory.records, File.CREDIT: tuple(spoilt)}))
    world.hand.insert(chip)
    with pytest.raises(YikaError):
        node.sales.sell(OPERATOR, account.card or "", [for_money(5, 2_000)], "second")
    node.close()


def test_what_could_not_be_recorded_is_read_again(
    world: World, counter: tuple[Node, Account, ChipMemory], monkeypatch: pytest.MonkeyPatch
) -> None:
    node, account, chip = counter
    world.load(chip, account.meters[5].meter)

    def full(*_args: object, **_options: object) -> None:
        raise OSError("no room")

    with monkeypatch.context() as patched:
        patched.setattr(node.journal, "append", full)
        with pytest.raises(OSError, match="no room"):
            node.cards.read(OPERATOR)
    node.cards.read(OPERATOR)
    assert len(node.enquiries.readings(meter=account.meters[5].meter).rows) == 1
    node.close()


def test_the_marks_are_the_macs_of_record_and_write_back(
    world: World, counter: tuple[Node, Account, ChipMemory]
) -> None:
    node, account, chip = counter
    world.load(chip, account.meters[0].meter)
    icc = UserCardIcc(chip, world.random)
    key = node.cards.keyring.card(account.card or "").node_key
    marks = open_session(icc, world.random, key).marks()
    records = chip.load().records
    assert len(marks) == 8 * MARK_SIZE
    assert marks[:8] == records[File.CREDIT][0][-8:] != bytes(8)
    assert marks[8:16] == records[File.WRITE_BACK][0][84:92] != bytes(8)
    assert marks[MARK_SIZE : 2 * MARK_SIZE] == mark_of(EMPTY_RECORD, EMPTY_WRITE_BACK)
    node.close()


def test_a_meter_reads_no_marks(world: World, counter: tuple[Node, Account, ChipMemory]) -> None:
    node, account, chip = counter
    icc = UserCardIcc(chip, world.random)
    auth = node.cards.keyring.meter(account.meters[0].meter).keys.auth
    session = open_meter_session(icc, world.random, 0, auth)
    with pytest.raises(CardRefused):
        session._dialogue.marks()
    node.close()
