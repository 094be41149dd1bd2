"""``yika-central`` as scripts use it: JSON lines, one sentence for a failure, pinned statuses."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from central_builders import water_tariff
from yika_central.bootstrap import build
from yika_central.cli import main
from yika_central.services.staff import StaffRole

PASSWORD = {"YIKA_PASSWORD": "a long enough password", "YIKA_LANGUAGE": "en"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder that was set up."""
    folder = tmp_path / "central"
    folder.mkdir()
    (folder / "central.toml").write_text("password_memory = 8\n")
    done = run(folder, "init", "--officer", "li", "--officer", "wang", "--area", "A01=东河")
    assert done.exit_code == 0
    return folder


def run(folder: Path, *arguments: str) -> Result:
    """Run the command on a data folder."""
    return CliRunner().invoke(main, ["--data", str(folder), *arguments], env=PASSWORD)


def test_a_folder_is_set_up_once(folder: Path) -> None:
    again = run(folder, "init", "--officer", "li", "--officer", "wang")
    assert again.exit_code == 1
    assert "already holds a headquarters" in again.stderr


def test_an_accountant_is_entered_with_the_first_people(tmp_path: Path) -> None:
    folder = tmp_path / "central"
    init = ("init", "--officer", "li", "--officer", "wang", "--accountant")
    short = CliRunner().invoke(
        main,
        ["--data", str(folder), *init, "chen"],
        env=PASSWORD | {"YIKA_PASSWORD_CHEN": "short"},
    )
    assert short.exit_code == 1
    assert not folder.exists(), "nobody was entered"
    assert run(folder, *init, "li").exit_code == 2
    assert run(folder, *init, "chen").exit_code == 0
    hq = build(folder)
    [chen] = [person for person in hq.staff.everyone() if person.name == "chen"]
    hq.close()
    assert chen.roles == {StaffRole.ACCOUNTANT}


def test_stock_is_printed_as_json(folder: Path, tmp_path: Path) -> None:
    done = run(
        folder, "stock", "--area", "A01", "--profile", "4", "--cards", "1",
        "--factory", str(tmp_path / "maker"),
    )  # fmt: skip
    said = json.loads(done.stdout)
    assert (len(said["meters"]), said["cards"]) == (4, ["860000000001"])
    assert len(list((tmp_path / "maker").iterdir())) == 4


def test_a_token_is_all_that_enrol_prints(folder: Path) -> None:
    done = run(folder, "enrol", "N0001", "--area", "A01", "--url", "http://127.0.0.1:8600")
    assert done.exit_code == 0
    assert done.stdout.startswith("YIKA1.")
    assert len(done.stdout.split()) == 1


def test_two_officers_publish_a_tariff(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "water.json"
    path.write_bytes(water_tariff())
    done = run(folder, "publish", str(path), "--officer", "li", "--officer", "wang")
    assert json.loads(done.stdout)["tariff"] == "CN-BJ-WATER-RES"
    alone = run(folder, "publish", str(path), "--officer", "li")
    assert (alone.exit_code, alone.stdout) == (1, "")


@pytest.mark.parametrize(
    "arguments",
    [
        ("enrol", "N0001", "--area", "A01", "--url", "ftp://x"),
        ("stock",),
        ("stock", "--area", "A01", "--meters", "/nowhere.csv"),
        ("publish", "--officer", "li"),
        ("report", "--from", "yesterday", "--to", "today", "--output", "x.xlsx"),
        ("nonsense",),
    ],
)
def test_a_wrong_command_line_is_status_2(folder: Path, arguments: tuple[str, ...]) -> None:
    assert run(folder, *arguments).exit_code == 2


@pytest.mark.parametrize("content", [b"", b"{}", b'{"format": 1.0}', b"\xff"])
def test_a_malformed_tariff_is_status_2_and_one_sentence(
    folder: Path, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "tariff.json"
    path.write_bytes(content)
    done = run(folder, "publish", str(path), "--officer", "li", "--officer", "wang")
    assert (done.exit_code, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1


def test_a_slip_in_the_configuration_is_status_2(folder: Path) -> None:
    (folder / "central.toml").write_text("prot = 8600\n")
    done = run(folder, "check")
    assert done.exit_code == 2
    assert "prot" in done.stderr


def test_a_folder_that_was_never_set_up_is_status_1(tmp_path: Path) -> None:
    assert run(tmp_path / "nowhere", "check").exit_code == 1


def test_a_sound_headquarters_passes_its_check(folder: Path) -> None:
    done = run(folder, "check")
    assert done.exit_code == 0
    assert all(line.startswith("OK ") for line in done.stdout.splitlines())


def test_a_backup_can_be_restored_elsewhere(folder: Path, tmp_path: Path) -> None:
    assert run(folder, "backup", str(tmp_path / "backup")).exit_code == 0
    restored = run(tmp_path / "elsewhere", "restore", str(tmp_path / "backup"))
    assert json.loads(restored.stdout)["nodes"] == 0
    assert run(tmp_path / "elsewhere", "check").exit_code == 0


def test_an_empty_period_is_an_empty_workbook(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "book.xlsx"
    done = run(
        folder, "report", "--from", "2026-01-01", "--to", "2026-01-31", "--output", str(output)
    )
    assert json.loads(done.stdout)["sales"] == 0
    assert output.read_bytes().startswith(b"PK")


def test_nothing_waits_to_be_rated_in_a_new_headquarters(folder: Path) -> None:
    said = json.loads(run(folder, "rerate", "--all").stdout)
    nothing = {"posted": "0.00", "absorbed": "0.00", "adjusted": "0.00", "cases": 0}
    assert said == {"pairs": 0, "changed": 0} | nothing


def test_money_is_acted_on_by_bookkeepers_alone(folder: Path) -> None:
    by = ("--by", "admin", "--reason", "Goodwill")
    done = run(folder, "adjust", "N0001-000017", "--amount", "-5.00", *by)
    assert (done.exit_code, "knows no account N0001-000017" in done.stderr) == (1, True)
    officer = run(folder, "close-month", "2026-01", "--by", "li")
    assert (officer.exit_code, "neither accountant" in officer.stderr) == (1, True)
    done = run(folder, "close-month", "2000-01", "--by", "admin")
    assert (done.exit_code, "Close " in done.stderr) == (1, True)
    terms = ("--zh", "旧欠", "--en", "Arrears")
    done = run(folder, "debt", "add", "N0001-000017", "20", *terms, *by)
    assert done.exit_code == 1
    assert run(folder, "debt", "waive", "D0000001", "5", *by).exit_code == 1
    assert run(folder, "debt", "list", "--all").stdout == ""
