"""Headquarters survives the loss of its machine, and finds out when its data were changed."""

import shutil
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import update

from central_builders import HandClock, Pen, enrol, publish_water
from yika_central.bootstrap import Headquarters, build
from yika_central.db.tables import Record, table_of
from yika_central.errors import AlreadyInitialised, FolderNotReady, SecretsDamaged
from yika_central.services import safekeeping
from yika_central.services.safekeeping import LEAP, back_up, leap_ahead, put_back
from yika_common.journal.bodies import Witness
from yika_common.services import PROFILES
from yika_common.sync.errors import ItemChanged, ItemOlder
from yika_common.sync.messages import Manifest, Status
from yika_common.sync.rules import check_manifest

ACCOUNT = "N0001-000017"


@pytest.fixture
def pen(headquarters: Headquarters, clock: HandClock) -> Pen:
    """A node whose account and first sale have arrived."""
    publish_water(headquarters)
    headquarters.stock.take_in_new("A01", PROFILES[4], 1)
    node = enrol(headquarters, clock)
    node.open_account(ACCOUNT, [f"{n:012}" for n in range(1, 5)], card="860000000001")
    node.sell(ACCOUNT, "000000000004", card="860000000001")
    node.send(node.cut())
    return node


def restored(pen: Pen, backup: Path, database_url: str, *, leap: bool = True) -> Headquarters:
    """A headquarters from a backup, in another folder and an emptied database."""
    folder = backup.parent / "elsewhere"
    if database_url:
        pen.hq.close()
        empty(database_url)
    put_back(backup, folder, database_url=database_url)
    hq = build(folder, clock=pen.clock, database_url=database_url)
    if leap:
        leap_ahead(hq.database, hq.keys)
    return hq


def empty(database_url: str) -> None:
    """Take every table out of a PostgreSQL database, as a new machine has none."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")


def test_a_restored_headquarters_goes_on_where_the_backup_was_taken(
    pen: Pen, tmp_path: Path, database_url: str
) -> None:
    back_up(pen.hq.folder, tmp_path / "backup", database_url=database_url)
    pen.sell(ACCOUNT, "000000000004", card="860000000001")
    pen.send(pen.cut(pen.seq - 1))
    hq = restored(pen, tmp_path / "backup", database_url)
    pen.hq = hq
    answer = pen.send(pen.cut(pen.seq - 1))
    assert (answer.ack.status, answer.ack.upto) == (Status.OK, pen.seq)
    hq.close()


def test_no_acknowledgement_or_manifest_number_is_given_twice_after_a_restore(
    pen: Pen, tmp_path: Path, database_url: str
) -> None:
    back_up(pen.hq.folder, tmp_path / "backup", database_url=database_url)
    seen = [pen.send(pen.sign_of_life()) for _ in range(3)]
    hq = restored(pen, tmp_path / "backup", database_url)
    pen.hq = hq
    after = pen.send(pen.sign_of_life())
    assert after.ack.count > max(answer.ack.count for answer in seen)
    assert after.manifest is not None
    assert after.manifest.version > max(answer.ack.manifest for answer in seen)
    hq.close()


def test_without_the_leap_a_number_would_be_given_twice(
    pen: Pen, tmp_path: Path, database_url: str
) -> None:
    back_up(pen.hq.folder, tmp_path / "backup", database_url=database_url)
    given = pen.send(pen.sign_of_life()).ack.count
    hq = restored(pen, tmp_path / "backup", database_url, leap=False)
    pen.hq = hq
    assert pen.send(pen.sign_of_life()).ack.count == given
    hq.close()


def what_follows(pen: Pen, fee: int) -> Manifest:
    """What the office changes changes for the node, too: its keys, and everybody's settings."""
    hq = pen.hq
    hq.stock.take_in_new("A01", PROFILES[4], 1)
    hq.settings_office.change({"card_fee": f"{fee}"}, by="admin", reason="costs")
    told = pen.send(pen.sign_of_life()).manifest
    assert told is not None
    return told


@pytest.mark.parametrize("leaping", [True, False])
def test_a_node_takes_what_a_restored_headquarters_tells_it(
    pen: Pen,
    clock: HandClock,
    tmp_path: Path,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    leaping: bool,
) -> None:
    if not leaping:
        monkeypatch.setattr(safekeeping, "_leaped", lambda item: item)
    what_follows(pen, 1)
    back_up(pen.hq.folder, tmp_path / "backup", database_url=database_url)
    for fee in (2, 3, 4):
        clock.pass_by(days=1)
        held = what_follows(pen, fee)
    pen.hq = restored(pen, tmp_path / "backup", database_url)
    clock.pass_by(days=1)
    refused = False
    for fee in (5, 6):
        told = what_follows(pen, fee)
        try:
            check_manifest(told, node=pen.node, held=held, held_digest="")
            held = told
        except (ItemOlder, ItemChanged):
            refused = True
    assert refused is not leaping
    assert pen.hq.settings_office.history()[0].number > LEAP
    pen.hq.close()


def test_a_headquarters_is_never_overwritten(pen: Pen, tmp_path: Path) -> None:
    shutil.copytree(pen.hq.folder, tmp_path / "backup")
    with pytest.raises(AlreadyInitialised):
        put_back(tmp_path / "backup", pen.hq.folder, database_url="")


def test_a_folder_without_keys_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(FolderNotReady):
        put_back(tmp_path, tmp_path / "elsewhere", database_url="")


def test_keys_that_others_may_read_are_not_used(
    headquarters: Headquarters, database_url: str
) -> None:
    (headquarters.folder / "secrets.json").chmod(0o644)
    with pytest.raises(SecretsDamaged):
        build(headquarters.folder, database_url=database_url)


def test_keys_of_another_headquarters_are_not_used(
    headquarters: Headquarters, database_url: str
) -> None:
    path = headquarters.folder / "secrets.json"
    text = path.read_text()
    seed = text.split('"ack": "')[1][:64]
    path.write_text(text.replace(seed, "00" * 32))
    with pytest.raises(SecretsDamaged):
        build(headquarters.folder, database_url=database_url)


def test_whole_journals_pass_the_inspection(pen: Pen) -> None:
    findings = list(pen.hq.inspection.findings())
    assert all(finding.holds for finding in findings)
    assert {"journals": 1, "records": 4} in [finding.facts for finding in findings]


def test_a_forked_journal_is_whole_in_both_branches(pen: Pen) -> None:
    clone = pen.copy()
    pen.sell(ACCOUNT, "000000000004", card="860000000001")
    clone.sell(ACCOUNT, "000000000004", card="860000000001", quantity=20_000)
    pen.send(pen.cut())
    clone.send(clone.cut())
    findings = list(pen.hq.inspection.findings())
    assert {"journals": 2, "records": 8} in [finding.facts for finding in findings]
    assert [finding.facts for finding in findings if not finding.holds] == [
        {"node": "N0001", "reason": "two journals of it exist"}
    ]


def test_a_line_changed_in_the_database_is_found(pen: Pen) -> None:
    table = table_of(Record)
    forged = pen.lines[2].replace(b'"amt":5000', b'"amt":4000')
    assert forged != pen.lines[2]
    with pen.hq.database.writing() as connection:
        connection.execute(update(table).where(table.c.seq == 3).values(line=forged))
    assert not all(finding.holds for finding in pen.hq.inspection.findings())


def test_a_record_taken_out_of_the_database_is_found(pen: Pen) -> None:
    table = table_of(Record)
    with pen.hq.database.writing() as connection:
        connection.execute(table.delete().where(table.c.seq == 4))
    assert not all(finding.holds for finding in pen.hq.inspection.findings())


def test_a_card_that_contradicts_a_journal_is_found(pen: Pen, clock: HandClock) -> None:
    other = enrol(pen.hq, clock, "N0002", seed=2)
    truth, lie = pen.head(2)[:8].hex(), "00" * 8
    for head, holds in ((truth, True), (lie, False)):
        other.write(Witness(card="860000000001", slot=3, node="N0001", epoch=1, seq=3, head=head))
        other.send(other.cut(other.seq))
        assert all(finding.holds for finding in pen.hq.inspection.findings()) is holds


def test_a_card_that_is_ahead_of_a_journal_contradicts_nothing(pen: Pen, clock: HandClock) -> None:
    other = enrol(pen.hq, clock, "N0002", seed=2)
    other.write(Witness(card="860000000001", slot=3, node="N0001", epoch=1, seq=99, head="00" * 8))
    other.send(other.cut())
    assert all(finding.holds for finding in pen.hq.inspection.findings())
