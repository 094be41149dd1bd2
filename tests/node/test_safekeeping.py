"""Backups: made beside a running node, tried, sealed, thinned out, and put back safely."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from backup_builders import keeper
from card_builders import repeatable_random
from node_world import OPERATOR, PASSWORD, Fate, World, a_form, contents, for_money, open_with_card
from yika_common.infra.sessions import WrongPassword
from yika_common.signing.errors import SealBroken
from yika_node.bootstrap import Node
from yika_node.db.store import FILE_NAME
from yika_node.errors import JournalDamaged, NodeRestored, VaultDamaged
from yika_node.services import backup_file, safekeeping
from yika_node.services.backup_errors import (
    BackupRunning,
    BackupUnreadable,
    FolderInUse,
    NoBackup,
    NoRoomForBackup,
    NothingToKeep,
    SecondMediumAbsent,
)
from yika_node.services.backup_file import Header
from yika_node.services.backup_places import SUFFIX, backups_in, check_second
from yika_node.services.backup_state import BackupState, Safekeeping
from yika_node.services.safekeeping import Keeper, put_back


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


@pytest.fixture
def node(world: World) -> Iterator[Node]:
    node = world.enrolled()
    yield node
    node.close()


def only_backup(folder: Path) -> Path:
    (found,) = backups_in(folder / "backups")
    return found


def restored(world: World, backup: Path) -> World:
    other = World(world.folder.parent / "restored")
    put_back(backup, other.folder, OPERATOR, PASSWORD, repeatable_random(5))
    other.now, other.headquarters, other.hand = world.now, world.headquarters, world.hand
    return other


def test_a_backup_is_made_while_the_node_runs_and_is_restored_on_trial(
    world: World, node: Node
) -> None:
    open_with_card(world, node)
    state = keeper(world).keep()
    assert state.problem is None
    assert state.good is not None
    assert state.good.seq == node.courier.state().head
    assert only_backup(world.folder).name == "N0001-20260401T080000Z.yikabackup"
    assert Safekeeping(world.folder).state() == state
    left = {path.name for path in (world.folder / "backups").iterdir()}
    assert left == {only_backup(world.folder).name, "state.json", "backup.lock"}


def test_a_backup_needs_no_open_vault(world: World, node: Node) -> None:
    node.staff.lock()
    assert keeper(world).keep().good is not None


def test_a_restored_node_holds_everything_and_sells_nothing(world: World, node: Node) -> None:
    account, _ = open_with_card(world, node)
    node.sales.sell(OPERATOR, str(account.card), [for_money(0, 2_000)], "one")
    before = contents(world.folder / FILE_NAME)
    keeper(world).keep()
    other = restored(world, only_backup(world.folder))
    assert contents(other.folder / FILE_NAME) == before
    again = other.restarted()
    assert isinstance(again.journal.refusal, NodeRestored)
    with pytest.raises(NodeRestored):
        again.accounts.open(OPERATOR, a_form(index=2))
    again.close()


def test_after_an_older_backup_nothing_is_sold_twice_and_nothing_pending_is_decided(
    world: World, node: Node
) -> None:
    account, chip = open_with_card(world, node)
    card = str(account.card)
    node.sales.sell(OPERATOR, card, [for_money(0, 1_000)], "nought")
    world.hand.fate = Fate(at=first_write(world, node, card), how="pull")
    node.sales.sell(OPERATOR, card, [for_money(0, 2_000)], "one")
    assert len(node.queries.pending()) == 1
    keeper(world).keep()
    world.hand.fate = Fate()
    world.hand.insert(chip)
    node.cards.read(OPERATOR)  # The pending sale is written after the backup was made.
    node.sales.sell(OPERATOR, card, [for_money(0, 3_000)], "two")
    on_card = chip.load().records
    other = restored(world, only_backup(world.folder))
    again = other.restarted()
    with pytest.raises(NodeRestored):
        again.sales.sell(OPERATOR, card, [for_money(0, 3_000)], "two")
    with pytest.raises(NodeRestored):
        again.cards.read(OPERATOR)
    assert chip.load().records == on_card
    assert len(again.queries.pending()) == 1
    again.close()


def test_without_its_mark_a_restored_node_would_sell(world: World, node: Node) -> None:
    keeper(world).keep()
    other = restored(world, only_backup(world.folder))
    (other.folder / "sentinel").unlink()
    again = other.restarted()
    assert again.journal.refusal is None
    again.close()


def test_a_restored_node_still_sends_what_headquarters_lacks(world: World, node: Node) -> None:
    node.courier.sync()
    open_with_card(world, node)
    keeper(world).keep()
    lines = len(world.headquarters.lines)
    other = restored(world, only_backup(world.folder))
    again = other.restarted()
    again.courier.sync()
    assert len(world.headquarters.lines) > lines
    assert isinstance(again.journal.refusal, NodeRestored)
    again.close()


def test_what_lies_on_a_stick_tells_nothing_of_what_was_sold(world: World, node: Node) -> None:
    account, _ = open_with_card(world, node)
    keeper(world).keep()
    held = only_backup(world.folder).read_bytes()
    plain = (world.folder / FILE_NAME).read_bytes() + (
        world.folder / f"{FILE_NAME}-wal"
    ).read_bytes()
    for word in (account.number, str(account.card), account.meters[0].meter):
        assert word.encode() in plain
        assert word.encode() not in held


def test_only_an_operator_opens_a_backup(world: World, node: Node) -> None:
    keeper(world).keep()
    target = world.folder.parent / "other"
    for name, word in ((OPERATOR, "another password"), ("nobody", PASSWORD)):
        with pytest.raises(WrongPassword):
            put_back(only_backup(world.folder), target, name, word, repeatable_random(6))
    assert not target.exists()


@pytest.mark.parametrize("place", [0.3, 0.6, 0.9, 0.999])
def test_a_changed_backup_is_not_restored(world: World, node: Node, place: float) -> None:
    keeper(world).keep()
    backup = only_backup(world.folder)
    data = bytearray(backup.read_bytes())
    data[int(len(data) * place)] ^= 1
    backup.write_bytes(bytes(data))
    refused_and_nothing_left(world, backup)


@pytest.mark.parametrize("less", [1, 17, 5_000])
def test_a_shortened_backup_is_not_restored(world: World, node: Node, less: int) -> None:
    keeper(world).keep()
    backup = only_backup(world.folder)
    backup.write_bytes(backup.read_bytes()[:-less])
    refused_and_nothing_left(world, backup)


def test_a_whole_piece_that_is_missing_at_the_end_is_noticed(tmp_path: Path) -> None:
    key, header = bytes(32), a_header()
    plain = Random(9).randbytes(3 << 20)  # noqa: S311 - bytes that do not shrink, no secret
    (tmp_path / "plain").write_bytes(plain)
    sealed = tmp_path / f"N0001-20260401T080000Z{SUFFIX}"
    with (tmp_path / "plain").open("rb") as source, sealed.open("wb") as target:
        backup_file.write(source, target, header, key)
    with (tmp_path / "back").open("wb") as target:
        backup_file.read(sealed, key, target)
    assert (tmp_path / "back").read_bytes() == plain
    data = sealed.read_bytes()
    at = 12 + int.from_bytes(data[8:12], "big")
    pieces = []
    while at < len(data):
        pieces.append(at)
        at += 4 + int.from_bytes(data[at : at + 4], "big")
    assert len(pieces) == 4
    sealed.write_bytes(data[: pieces[-1]])
    with (tmp_path / "back").open("wb") as target, pytest.raises(BackupUnreadable):
        backup_file.read(sealed, key, target)


def test_what_is_no_backup_is_named_so(world: World, node: Node) -> None:
    stranger = world.folder.parent / "letter"
    for content in (b"", b"Dear", b"YIKABAK1\0\0\0\2{}", b"YIKABAK1\xff\xff\xff\xff"):
        stranger.write_bytes(content)
        with pytest.raises(NoBackup):
            put_back(stranger, world.folder.parent / "x", OPERATOR, PASSWORD, repeatable_random(6))


def test_a_folder_in_use_is_not_restored_into(world: World, node: Node) -> None:
    keeper(world).keep()
    with pytest.raises(FolderInUse):
        put_back(only_backup(world.folder), world.folder, OPERATOR, PASSWORD, repeatable_random(6))


def test_an_empty_folder_has_nothing_to_keep(tmp_path: Path) -> None:
    with pytest.raises(NothingToKeep):
        Keeper(tmp_path, World(tmp_path).clock, repeatable_random(1)).keep()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE record SET line = replace(line, 'boot', 'BOOT') WHERE seq = 1",
        "DELETE FROM record WHERE seq = 1",
        "UPDATE tip SET signature = zeroblob(64)",
        "UPDATE tip SET seq = seq - 1",
    ],
)
def test_a_copy_whose_chain_does_not_hold_is_no_backup(
    world: World, node: Node, damage: str
) -> None:
    with closing(sqlite3.connect(world.folder / FILE_NAME)) as connection, connection:
        connection.execute(damage)
    with pytest.raises(JournalDamaged):
        keeper(world).keep()
    assert backups_in(world.folder / "backups") == []
    state = Safekeeping(world.folder).state()
    assert state.problem is not None
    assert (state.problem.code, state.good) == ("journal_damaged", None)


def test_a_failure_leaves_the_backup_before_it(world: World, node: Node) -> None:
    good = keeper(world).keep().good
    with closing(sqlite3.connect(world.folder / FILE_NAME)) as connection, connection:
        connection.execute("UPDATE tip SET signature = zeroblob(64)")
    world.pass_time(hours=1)
    with pytest.raises(JournalDamaged):
        keeper(world).keep()
    state = BackupState.load(world.folder / "backups")
    assert (state.good, state.problem is None) == (good, False)
    assert len(backups_in(world.folder / "backups")) == 1


def test_a_disk_without_room_is_noticed_before_anything_is_written(
    world: World, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safekeeping, "ROOM", 10**12)
    with pytest.raises(NoRoomForBackup):
        keeper(world).keep()


def test_one_backup_is_made_at_a_time(world: World, node: Node) -> None:
    (world.folder / "backups").mkdir()
    with safekeeping._alone(world.folder / "backups"), pytest.raises(BackupRunning):
        keeper(world).keep()


def test_the_second_medium_gets_a_copy(world: World, node: Node, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    state = keeper(world, stick).keep()
    assert (state.second_problem, state.second_at) == (None, state.good.at if state.good else 0)
    (copy,) = backups_in(stick)
    assert copy.read_bytes() == only_backup(world.folder).read_bytes()


def test_an_absent_second_medium_is_said_and_hinders_nothing(
    world: World, node: Node, tmp_path: Path
) -> None:
    state = keeper(world, tmp_path / "stick").keep()
    assert state.good is not None
    assert state.second_problem is not None
    assert state.second_problem.code == SecondMediumAbsent.code


def test_the_empty_folder_of_a_stick_is_not_the_stick(tmp_path: Path) -> None:
    """Control: the same folder as another file system is believed."""
    (tmp_path / "stick").mkdir()
    with pytest.raises(SecondMediumAbsent):
        check_second(tmp_path / "stick", tmp_path)
    check_second(tmp_path / "stick", tmp_path, lambda path: len(str(path)))


def test_migrating_and_restoring_go_together(world: World, node: Node) -> None:
    """What is restored is opened by this program's tables, and projected anew."""
    keeper(world).keep()
    other = restored(world, only_backup(world.folder))
    with closing(sqlite3.connect(other.folder / FILE_NAME)) as connection:
        assert connection.execute("SELECT count(*) FROM operator").fetchone() == (1,)


def first_write(world: World, node: Node, card: str) -> int:
    """The step in which a sale's first record goes to the card."""
    world.hand.fate = fate = Fate()
    node.sales.sell(OPERATOR, card, [for_money(0, 1_000)], "trial")
    return fate.steps.index("before card DC")


def refused_and_nothing_left(world: World, backup: Path) -> None:
    target = world.folder.parent / "other"
    with pytest.raises((BackupUnreadable, NoBackup, SealBroken, WrongPassword, VaultDamaged)):
        put_back(backup, target, OPERATOR, PASSWORD, repeatable_random(6))
    assert not target.exists() or list(target.iterdir()) == []


def a_header() -> Header:
    return Header(
        node="N0001",
        epoch=1,
        seq=1,
        head="00" * 32,
        at=0,
        counts={},
        software="",
        key=b"",
        files={},
    )
