"""What is installed is whole: one wheel, three packages, and every file that they open."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DATA = (
    "yika_common/infra/web/templates/_layout.html",
    "yika_common/infra/web/static/yika.css",
    "yika_common/tariffs/shipped/cn-bj-water-res.json",
    "yika_common/translations/zh_Hans_CN/LC_MESSAGES/messages.mo",
    "yika_node/db/migrations/0001_initial.py",
    "yika_node/translations/zh_Hans_CN/LC_MESSAGES/messages.mo",
    "yika_node/web/templates/sell.html",
    "yika_central/db/migrations/0001_office.py",
    "yika_central/translations/zh_Hans_CN/LC_MESSAGES/messages.mo",
    "yika_central/web/templates/overview.html",
    "yika_common/py.typed",
    "yika_node/py.typed",
    "yika_central/py.typed",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names of the files in the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir"]
    subprocess.run([*command, str(folder), str(ROOT)], check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("yika-*.whl"))) as archive:
        return archive.namelist()


@pytest.mark.parametrize("name", DATA)
def test_the_wheel_carries_what_the_program_opens(wheel: list[str], name: str) -> None:
    assert any(entry.startswith(name) for entry in wheel)


def test_the_wheel_carries_the_three_packages_and_nothing_else(wheel: list[str]) -> None:
    tops = {entry.split("/", 1)[0] for entry in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "yika_common",
        "yika_node",
        "yika_central",
    }
