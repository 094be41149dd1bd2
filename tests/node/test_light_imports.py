"""A vending point's server carries nothing that only headquarters or a migration needs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from node_world import World

KEPT_OUT = ("openpyxl", "numpy", "lxml", "psycopg", "psycopg_c", "alembic", "mako", "yika_central")

# The production command line up to the moment in which its server takes connections.
SERVING = """
import json, sys
from unittest.mock import patch

def loaded(app, *, ready, **_options):
    app.test_client().get("/login")
    print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))

with patch("yika_common.infra.serving.serve", loaded):
    from yika_node.__main__ import main
    main()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    world = World(tmp_path / "node")
    world.enrolled().close()
    return world.folder


def test_a_serving_node_has_loaded_no_foreign_library(folder: Path) -> None:
    command = [sys.executable, "-c", SERVING, "--data", str(folder), "serve", "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    loaded = set(json.loads(done.stdout))
    assert {"flask", "sqlmodel", "argon2", "waitress", "yika_node"} <= loaded
    assert loaded.isdisjoint(KEPT_OUT)


@pytest.mark.parametrize("side", ["node", "central"])
def test_a_migration_is_named_for_its_revision(side: str) -> None:
    """A start compares these numbers and loads Alembic only when they differ."""
    folder = Path(__file__).parents[2] / side / f"yika_{side}" / "db" / "migrations"
    files = sorted(folder.glob("[0-9]*.py"))
    assert files
    for file in files:
        assert f'\nrevision = "{file.name[:4]}"\n' in file.read_text(encoding="utf-8")
