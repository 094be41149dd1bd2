"""A vending point's server carries only what it needs, and answers before it has loaded all of it.

Headquarters' libraries and Alembic never come; SQLAlchemy comes when the first page can be had, a
reader's driver with the reader, SQLModel with the first page that a sale can do without, and what
receipts and exchanges need with the first of each.
"""

import json
import subprocess
import sys
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path

import pytest

from node_world import World, abandon
from yika_common.infra.sqlite_errors import DatabaseDamaged
from yika_node.config import Config
from yika_node.db.store import FILE_NAME
from yika_node.jobs import Jobs

KEPT_OUT = {"openpyxl", "numpy", "lxml", "psycopg", "psycopg_c", "alembic", "mako", "yika_central"}
WHEN_USED = {
    "yika_common.tariffs.mixing",
    "requests",
    "segno",
    "serial",
    "cryptography.hazmat.primitives.serialization",
    "yika_common.cards.memory.user_card",
    "cryptography.x509",
    "yika_common.infra.tls_door",
    "yika_common.signing.es256",
    "yika_common.sync.lan",
    "yika_common.journal.account_bodies",
    "yika_common.journal.complaint_bodies",
    "yika_node.db.card_queries",
    "yika_node.db.card_rows",
    "yika_node.db.complaint_projections",
    "yika_node.db.complaint_queries",
    "yika_node.services.complaint_desk",
    "yika_common.sync.line_approval",
    "yika_node.services.line_approvals",
    "yika_node.services.evidence",
    "yika_node.services.photographs",
    "yika_node.services.photo_making",
    "yika_node.db.finder_queries",
    "yika_node.db.life_projections",
    "yika_node.db.life_tables",
    "yika_node.services.account_changes",
    "yika_node.services.change_table",
    "yika_node.services.table_file",
    "yika_node.services.table_workbook",
    "yika_node.services.undo_files",
    "yika_node.services.account_finder",
    "yika_node.services.account_history",
    "yika_node.services.account_import",
    "yika_node.services.account_index",
    "yika_node.services.account_life",
    "yika_common.sync.addresses",
    "yika_node.services.holds",
    "yika_node.services.inspected_lan",
    "yika_node.services.lan_certificate",
    "yika_node.services.lan_errors",
    "yika_node.web.network",
    "yika_node.services.last_readings",
    "yika_node.services.life_errors",
    "yika_node.services.pinyin",
    "yika_common.journal.till_bodies",
    "yika_common.journal.cash_bodies",
    "yika_node.db.cash_projections",
    "yika_node.db.cash_tables",
    "yika_node.db.shift_queries",
    "yika_node.db.shift_sums",
    "yika_node.services.banking",
    "yika_node.db.total_queries",
    "yika_node.db.total_sums",
    "yika_node.services.differences",
    "yika_node.services.period_totals",
    "yika_node.services.sales_days",
    "yika_node.services.sale_stops",
    "yika_node.web.stop_view",
    "yika_node.services.shift_cuts",
    "yika_node.services.total_papers",
    "yika_node.services.shift_reports",
    "yika_node.services.shifts",
    "yika_node.db.till_projections",
    "yika_node.db.till_tables",
    "yika_common.journal.staff_bodies",
    "yika_common.journal.phone_bodies",
    "yika_common.signing.phone_code",
    "yika_common.sync.person_list",
    "yika_node.db.phone_projections",
    "yika_node.services.person_shelf",
    "yika_node.services.phone_desk",
    "yika_node.services.phone_entry",
    "yika_node.services.phone_errors",
    "yika_node.db.staff_projections",
    "yika_node.db.staff_tables",
    "yika_node.web.staff_words",
    "yika_node.services.staff_office",
    "yika_node.services.day_limits",
    "yika_node.db.staff_queries",
    "yika_common.infra.weak_passwords",
    "yika_node.db.till_queries",
    "yika_node.services.charge_views",
    "yika_node.services.charge_words",
    "yika_node.services.charges",
    "yika_node.services.closing",
    "yika_node.services.closing_errors",
    "yika_node.services.closing_paper",
    "yika_node.services.guarantee_errors",
    "yika_node.services.guarantees",
    "yika_node.services.open_sales",
    "yika_node.services.reprints",
    "yika_node.services.tenders",
    "yika_common.journal.correction_bodies",
    "yika_node.db.correction_projections",
    "yika_node.db.correction_queries",
    "yika_node.services.corrections",
    "yika_node.services.make_up",
    "yika_node.services.make_up_minting",
    "PIL",
    "escpos",
    "yika_common.journal.practice_bodies",
    "yika_node.practice",
    "yika_node.services.diagnostics",
    "yika_node.services.inspection",
    "yika_node.services.safekeeping",
    "yika_node.web.health_shown",
    "yika_node.web.manual_search",
    "pydantic",
    "sqlalchemy.orm",
    "sqlmodel",
    "yika_node.db.seldom",
    "yika_node.db.tables",
    "yika_node.hardware.escpos_printer",
    "yika_node.hardware.printer_line",
    "yika_node.printing",
    "yika_node.services.paper_office",
    "yika_node.services.printer_choice",
    "yika_node.services.printer_desk",
    "yika_node.hardware.asedrive",
    "yika_node.hardware.gempc_twin",
    "yika_node.hardware.gemplus",
    "yika_node.db.business_queries",
    "yika_node.services.reports",
    "yika_node.services.reports.desk",
    "yika_node.web.business_charts",
    "yika_node.web.business_view",
}
LATE = {"sqlalchemy"}

# The production command line up to the moment in which its server takes connections.
SERVING = """
import json, sys, threading
from unittest.mock import patch
from yika_node.__main__ import main

def loaded():
    return sorted(sys.modules)

def served(app, *, ready, **_options):
    status = app.test_client().get(PAGE).status_code
    first = loaded()
    ready(0)
    (warming,) = [one for one in threading.enumerate() if one.name == "warm-up"]
    warming.join()
    print(json.dumps([status, first, loaded()]))

with patch("yika_common.infra.serving.serve", served):
    main()
"""

# Many threads ask the tables at once, and nobody has before.
ASKED_AT_ONCE = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from yika_node.db.queries import Queries
from yika_node.db.store import Store

assert "sqlalchemy" not in sys.modules
queries, start = Queries(Store(Path(sys.argv[1]))), threading.Barrier(8)
asked = [queries.pending, queries.operators, queries.accounts_opened, lambda: queries.tip(1)] * 2

def ask(question):
    start.wait()
    return question()

with ThreadPoolExecutor(8) as threads:
    for answer in threads.map(ask, asked):
        print(type(answer).__name__)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    world = World(tmp_path / "node")
    world.enrolled().close()
    return world.folder


@pytest.fixture
def new_folder(tmp_path: Path) -> Path:
    world = World(tmp_path / "new")
    world.build().close()
    return world.folder


def serving(folder: Path, page: str) -> tuple[int, set[str], set[str]]:
    """The page's status, and what is loaded after it and after the program has warmed up."""
    command = [sys.executable, "-c", SERVING.replace("PAGE", repr(page))]
    command += ["--data", str(folder), "serve", "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    status, first, warm = json.loads(done.stdout.splitlines()[-1])
    return status, set(first), set(warm)


def test_a_serving_node_has_loaded_no_foreign_library(folder: Path) -> None:
    _, _, warm = serving(folder, "/login")
    assert {"flask", "argon2", "waitress", "yika_node"} | LATE <= warm
    assert warm & KEPT_OUT == set()


def test_what_a_sale_can_do_without_is_not_loaded_before_it(folder: Path) -> None:
    _, _, warm = serving(folder, "/login")
    assert warm & WHEN_USED == set()
    for name in WHEN_USED:
        assert import_module(name), name


def test_the_values_it_loads_share_their_methods(folder: Path) -> None:
    """A frozen dataclass of :mod:`yika_common.values` takes 8 KiB less than the library's own."""
    _, _, warm = serving(folder, "/login")
    here = [import_module(name) for name in sorted(warm) if name.startswith("yika_")]
    values = [
        kind
        for module in here
        for kind in vars(module).values()
        if isinstance(kind, type)
        and is_dataclass(kind)
        and kind.__module__ == module.__name__
        and "frozen=True" in str(kind.__dataclass_params__)  # type: ignore[attr-defined]
        and "order=False" in str(kind.__dataclass_params__)  # type: ignore[attr-defined]
    ]
    assert len(values) > 100
    shared = vars(Config)["__setattr__"]
    own = [f"{one.__module__}.{one.__name__}" for one in values if one.__setattr__ is not shared]
    assert own == [], "import dataclass from yika_common.values instead"


def test_the_sign_in_page_does_not_wait_for_sqlalchemy(folder: Path) -> None:
    status, first, _ = serving(folder, "/login")
    assert status == 200
    assert first.isdisjoint(LATE)


def test_nor_does_the_page_of_the_first_start(new_folder: Path) -> None:
    status, first, _ = serving(new_folder, "/setup")
    assert status == 200
    assert first.isdisjoint(LATE)


def test_many_threads_may_be_the_first_to_ask_the_tables(folder: Path) -> None:
    command = [sys.executable, "-c", ASKED_AT_ONCE, str(folder / FILE_NAME)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["list", "list", "int", "Tip"] * 2


def test_what_hinders_the_warming_up_is_logged_and_left_to_the_next_page(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    node = World(folder).build()
    path = folder / FILE_NAME
    path.write_bytes(path.read_bytes()[:8192] + bytes(path.stat().st_size - 8192))
    jobs = Jobs(node, sweep=lambda: None)
    jobs.warm_up()
    jobs.stop()
    assert [record.message for record in caplog.records] == ["warm_up_failed"]
    with pytest.raises(DatabaseDamaged):
        node.queries.pending()
    abandon(node)


@pytest.mark.parametrize("side", ["node", "central"])
def test_a_migration_is_named_for_its_revision(side: str) -> None:
    """A start compares these numbers and loads Alembic only when they differ."""
    folder = Path(__file__).parents[2] / side / f"yika_{side}" / "db" / "migrations"
    files = sorted(folder.glob("[0-9]*.py"))
    assert files
    for file in files:
        assert f'\nrevision = "{file.name[:4]}"\n' in file.read_text(encoding="utf-8")
