"""The benchmarks measure what they say: tried at small sizes, and no time is asserted."""

import itertools
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bench import page_render, stored_sales
from bench.business import measure_pages, measure_workbook
from bench.commits import measure_commits
from bench.hand_written import same_results
from bench.measure import BENCH, Result, interleaved
from bench.processes import served
from bench.quote import measure_quotes
from bench.recording import Twin, recorded
from bench.registry import BENCHES, main
from bench.rerating import measure_rerating
from bench.stored_sales import commit_sale, open_journal, reopen_journal, store_sales
from bench.sync_size import sync_bytes
from bench.traffic import NODE, Town
from yika_common.clock import to_timestamp
from yika_node.db.journal import Position
from yika_node.db.projections import TABLES
from yika_node.db.store import FILE_NAME
from yika_node.services.minting import remade


def rows(path: Path, table: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return sorted(connection.execute(f"SELECT * FROM {table}"), key=repr)  # noqa: S608


def test_a_line_has_the_six_keys_and_says_whether_the_bound_holds() -> None:
    line = json.loads(Result("speed", 3.0, "us", 1.5, "why", bound=1.9).line())
    assert list(line) == ["bench", "value", "unit", "limit", "ratio", "note"]
    assert (line["ratio"], line["note"]) == (2.0, "bound 1.9: FAILS; why")
    assert Result("speed", 3.0, "us", 1.5, "why", bound=2.0).holds


def test_value_and_limit_take_turns() -> None:
    ticks = itertools.count()
    values, limits = interleaved(lambda: next(ticks), lambda: next(ticks), 4)
    assert (values, limits) == ([0, 3, 4, 7], [1, 2, 5, 6])


def test_an_unknown_benchmark_is_a_wrong_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no_such_bench"]) == 2
    told = capsys.readouterr().err
    assert all(name in told for name in BENCHES)


def test_every_sale_of_the_town_can_be_minted_again_from_its_intent() -> None:
    for seq, sale in enumerate(itertools.islice(Town(30).sales(), 200), 1):
        position = Position(NODE, 1, seq, bytes(32), to_timestamp(sale.at))
        intent = sale.minting.draft(0)(position)
        assert remade(intent, position, sale.minting.meter)[-8:].hex() == intent.mac


def test_a_filled_history_is_what_its_journal_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_sales, "SAMPLE", 40)
    path, town = tmp_path / FILE_NAME, Town(10)
    store_sales(tmp_path, town, 150)
    assert len(rows(path, "intent")) == len(rows(path, "form")) == 150
    filled = {table: rows(path, table) for table in TABLES}
    with closing(reopen_journal(tmp_path)) as journal:
        journal.rebuild()
        assert {table: rows(path, table) for table in TABLES} == filled
        commit_sale(journal, next(town.sales()), "next")
    assert len(rows(path, "record")) == 302


def test_the_twin_repeats_exactly_the_rows_of_the_journal(tmp_path: Path) -> None:
    with closing(open_journal(tmp_path)):
        pass
    twin = Twin(tmp_path / FILE_NAME, tmp_path / "twin.db")
    with recorded() as opened, closing(reopen_journal(tmp_path)) as journal:
        opened[-1].taken()
        for number, sale in enumerate(itertools.islice(Town(5).sales(), 30)):
            commit_sale(journal, sale, str(number))
            notes = opened[-1].taken()
            assert [sql for sql, _ in notes].count("COMMIT") == 2
            twin.repeat(notes)
    twin.close()
    for table in ("record", "tip", "intent", "meter_position", "tally", "form"):
        assert rows(tmp_path / "twin.db", table) == rows(tmp_path / FILE_NAME, table) != []


def test_the_commits_are_measured(tmp_path: Path) -> None:
    result = measure_commits(tmp_path, 20, 12)
    assert result.value > 0 < result.limit
    assert "at 20 stored ones" in result.note


def test_the_bytes_of_an_exchange_are_above_what_no_coding_can_save(tmp_path: Path) -> None:
    results = list(sync_bytes(tmp_path))
    assert [result.bench for result in results][:2] == ["sync_bytes_1", "sync_bytes_10"]
    assert all(result.value > result.limit for result in results)
    assert [result.limit for result in results] == [128, 20, 8.6, 8.24]


def test_a_server_is_started_watched_and_ended() -> None:
    with served([sys.executable, str(BENCH / "bare_page.py")]) as server:
        assert server.page("/") > 0
        assert 0 < server.resident_mb() <= server.peak_mb()
    assert server.process.returncode is not None


def test_a_server_that_ends_at_once_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="ended without serving"), served(["true"]):
        pass


def test_a_page_and_a_workbook_of_business_data_are_measured(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    results = list(measure_pages(tmp_path / "pages", 90, 60, 4))
    assert [result.bench for result in results] == ["business_page", "business_page_p99"]
    (tmp_path / "book").mkdir()
    results.append(measure_workbook(tmp_path / "book", 70, 2))
    assert all(result.value > 0 for result in results)


def test_pages_and_start_are_measured_with_a_history_behind_them(tmp_path: Path) -> None:
    pages = list(page_render.measure_pages(tmp_path / "pages", 20, 60, 1))
    assert [result.bench for result in pages] == ["page_render", "page_render_p99"]
    start = page_render.measure_start(tmp_path / "start", 20, 60, 2)
    assert (start.bench, start.value > 0) == ("start_with_history", True)


def test_a_price_is_measured_by_every_published_tariff(tmp_path: Path) -> None:
    results = list(measure_quotes(tmp_path, (3, 20), 2))
    assert [result.bench for result in results] == ["quote_3", "quote_20", "quote_depth"]
    assert all(result.value > 0 for result in results)
    assert not list(tmp_path.iterdir())


def test_what_is_drained_is_what_is_computed_by_hand(tmp_path: Path) -> None:
    drained, memory = measure_rerating(tmp_path, 3000, 2)
    assert (drained.bench, memory.bench) == ("rerating_3000", "rerating_memory")
    with closing(sqlite3.connect(tmp_path / "by_hand" / "central.db")) as connection:
        connection.execute(
            "UPDATE rating_share SET amount = amount + 1 WHERE cause = 'quota_split'"
        )
        connection.commit()
    files = (tmp_path / way / "central.db" for way in ("drained", "by_hand"))
    assert not same_results(*files)
