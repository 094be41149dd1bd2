"""The demonstration is the product's main job; it runs to its end, and its summary is true."""

import json
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

TOWN = 60
TIMEOUT_S = 600


@pytest.mark.timeout(TIMEOUT_S)
def test_the_main_job_runs_to_its_end(tmp_path: Path) -> None:
    yika = Path(sys.executable).parent / "yika"
    done = subprocess.run(
        [str(yika), "demo", "--once"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["verified"] is True
    assert summary["meters_credited"] == summary["sales"] > TOWN * 4
    assert summary["rerated"] == 1
    assert summary["difference"] != "0.00"
    assert summary["segments"] > 0
    book = openpyxl.load_workbook(summary["workbook"], read_only=True)
    assert "Sales" in book.sheetnames
    book.close()
    assert len(list((tmp_path / "demo-data" / "cards").glob("*.secret"))) == TOWN
