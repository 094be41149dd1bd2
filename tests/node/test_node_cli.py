"""The command line, on real files, a real port and a headquarters reached over HTTP."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
import requests
from click.testing import CliRunner, Result

from household_tables import HEAD, a_row
from little_headquarters import NODE, SECRET, LittleHeadquarters
from yika_common.clock import to_timestamp
from yika_common.infra.entropy import system_random
from yika_common.infra.wall_clock import system_clock
from yika_common.simulated.reader import SimulatedReader
from yika_common.simulated.reader_asedrive import AseDrive
from yika_common.simulated.reader_gemplus import Gemplus
from yika_common.sync.enrolment import EnrolmentToken
from yika_node.bootstrap import build
from yika_node.cli import main
from yika_node.services.lockout import CLOSED_AT
from yika_node.uplink import HeadquartersRefused

PASSWORD = "four short words"
WHO = ("--operator", "mei")


def served(headquarters: LittleHeadquarters) -> Callable[..., Iterable[bytes]]:
    """Headquarters as a web program."""

    def answer(environment: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        path = environment["PATH_INFO"]
        body = environment["wsgi.input"].read(int(environment.get("CONTENT_LENGTH") or 0))
        try:
            found = headquarters.post(path, body) if body else headquarters.get(path)
        except HeadquartersRefused:
            start("404 Not Found", [])
            return [b""]
        start("200 OK", [("Content-Type", "application/octet-stream")])
        return [found]

    return answer


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def headquarters() -> Iterator[tuple[LittleHeadquarters, str]]:
    little = LittleHeadquarters(now=to_timestamp(system_clock()))
    with make_server("127.0.0.1", 0, served(little), handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield little, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(10)


class Shell:
    """Runs commands on one data folder."""

    def __init__(self, folder: Path, little: LittleHeadquarters, url: str) -> None:
        self.folder = folder
        self.little = little
        self.token = EnrolmentToken(
            url=url, node=NODE, secret=SECRET, root=little.root.digest
        ).to_text()

    def run(self, *arguments: str, password: str = PASSWORD, language: str = "en") -> Result:
        environment = {"YIKA_PASSWORD": password, "YIKA_LANGUAGE": language}
        return CliRunner().invoke(main, ["--data", str(self.folder), *arguments], env=environment)

    def init(self) -> Result:
        return self.run("init", "--token", self.token, *WHO)


@pytest.fixture
def shell(tmp_path: Path, headquarters: tuple[LittleHeadquarters, str]) -> Shell:
    return Shell(tmp_path / "data", *headquarters)


@pytest.fixture
def ready(shell: Shell) -> Shell:
    assert shell.init().exit_code == 0
    return shell


def refusal_in(folder: Path) -> str | None:
    """Why the node in a folder records nothing more, if it does not."""
    with contextlib.closing(build(folder, clock=system_clock, random=system_random)) as node:
        refusal = node.state().refusal
    return None if refusal is None else refusal.code


def test_init_registers_once(shell: Shell) -> None:
    done = shell.init()
    assert (done.exit_code, done.stdout) == (0, "This vending point is registered as N0001.\n")
    again = shell.init()
    assert (again.exit_code, again.stdout) == (1, "")
    assert "already registered as N0001" in again.stderr


@pytest.mark.parametrize(("language", "words"), [("en", "token"), ("zh", "令牌")])
def test_a_token_that_is_none_is_refused_in_the_language_of_the_shell(
    shell: Shell, language: str, words: str
) -> None:
    refused = shell.run("init", "--token", "nonsense", *WHO, language=language)
    assert (refused.exit_code, refused.stderr.count("\n")) == (2, 1)
    assert words in refused.stderr


def test_send_exchanges_once(ready: Shell) -> None:
    sent = ready.run("send", *WHO)
    assert sent.exit_code == 0
    assert f"up to record {len(ready.little.lines)}." in sent.stdout
    assert len(ready.little.lines) > 0


def test_send_says_when_the_password_is_wrong(ready: Shell) -> None:
    refused = ready.run("send", *WHO, password="something else")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "do not belong together" in refused.stderr


def test_a_table_is_opened_and_leaves_what_takes_it_back(ready: Shell, tmp_path: Path) -> None:
    table, undo = tmp_path / "table.csv", tmp_path / "undo.csv"
    table.write_text(f"{HEAD}\n{a_row(0)}\n", encoding="utf-8")
    assert ready.run("send", *WHO).exit_code == 0
    tried = ready.run("accounts", *WHO, "--undo", str(undo), str(table))
    assert (tried.exit_code, undo.exists()) == (0, False)
    opened = ready.run("accounts", *WHO, "--open", "--undo", str(undo), str(table))
    assert opened.exit_code == 0, opened.output
    number = opened.stdout.split()[1]
    assert undo.read_text(encoding="utf-8-sig").splitlines()[1:] == [f"{number},withdrawn"]


def test_a_stick_carries_both_ways(ready: Shell, tmp_path: Path) -> None:
    out = ready.run("export", *WHO, str(tmp_path / "stick"))
    assert out.exit_code == 0
    names = out.stdout.split()
    assert {path.name for path in (tmp_path / "stick/YIKA/up/N0001").iterdir()} == set(names)
    missing = ready.run("import", *WHO, str(tmp_path / "elsewhere"))
    assert (missing.exit_code, "cannot be used" in missing.stderr) == (2, True)
    down = tmp_path / "stick/YIKA/down/N0001"
    down.mkdir(parents=True)
    (down / "manifest.yika").write_bytes(ready.little.manifests[-1])
    assert ready.run("import", *WHO, str(tmp_path / "stick")).exit_code == 0


def test_a_closed_name_is_released_by_whoever_keeps_the_machine(ready: Shell) -> None:
    with contextlib.closing(build(ready.folder, clock=system_clock, random=system_random)) as node:
        node.lockout.failed("mei", CLOSED_AT - 1)
        node.lockout.failed("mei", CLOSED_AT)
    assert "this name is closed" in ready.run("send", *WHO).stderr
    assert ready.run("release", "nobody").exit_code == 1
    assert "open again" in ready.run("release", "mei").stdout
    assert ready.run("send", *WHO).exit_code == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::"])  # noqa: S104 - refused
def test_no_page_is_served_to_other_machines_without_encryption(ready: Shell, host: str) -> None:
    refused = ready.run("serve", "--host", host, "--port", "0")
    assert (refused.exit_code, f"The address {host} would let" in refused.stderr) == (1, True)


def test_a_running_node_keeps_others_out(ready: Shell) -> None:
    node = build(ready.folder, clock=system_clock, random=system_random)
    with contextlib.closing(node):
        refused = ready.run("send", *WHO)
    assert (refused.exit_code, "already running" in refused.stderr) == (1, True)


def test_check_tries_every_part(ready: Shell, tmp_path: Path) -> None:
    port = tmp_path / "port"
    (ready.folder / "node.toml").write_text(f'[reader]\nport = "{port}"\n')
    failing = ready.run("check")
    assert failing.exit_code == 1
    assert [line[0] for line in failing.stdout.splitlines()] == list("+++++!++-+++++")
    assert f"port {port} does not exist" in failing.stdout
    with SimulatedReader(port):
        good = ready.run("check", language="zh")
    marks = [line[0] for line in good.stdout.splitlines()]
    assert (good.exit_code, marks) == (0, list("+++++!++++++++"))
    assert "读卡器" in good.stdout
    with SimulatedReader(port, firmware=AseDrive):
        assert (
            f"{port} answers as asedrive at 115200 baud; it is empty" in ready.run("check").stdout
        )
    with SimulatedReader(port, firmware=Gemplus):
        said = f"{port} answers as gemplus at 76800 baud, firmware GemCore-R1.21-YK; it is empty"
        assert said in ready.run("check").stdout


def test_check_of_an_empty_folder_names_what_is_missing(shell: Shell) -> None:
    found = shell.run("check")
    assert found.exit_code == 1
    assert found.stdout.count("is not registered with headquarters yet") == 7
    assert not shell.folder.exists()


def test_check_names_a_wrong_configuration(ready: Shell) -> None:
    (ready.folder / "node.toml").write_text("[web]\nprot = 1\n")
    found = ready.run("check")
    assert (found.exit_code, "sets “web.prot”, which does not exist" in found.stdout) == (1, True)
    assert ready.run("send", *WHO).exit_code == 2


def test_check_finds_a_damaged_database(ready: Shell) -> None:
    path = ready.folder / "node.db"
    data = bytearray(path.read_bytes())
    data[8192:] = bytes(len(data) - 8192)
    path.write_bytes(data)
    assert "- The database file is damaged." in ready.run("check").stdout


def test_check_finds_a_clock_that_was_set_back(ready: Shell) -> None:
    node = build(ready.folder, clock=system_clock, random=system_random)
    node.journal.note("UPDATE tip SET at = at + 3600", ())
    node.close()
    assert "earlier than the last record" in ready.run("check").stdout


def test_a_backup_is_whole_and_a_restored_one_sells_nothing(
    ready: Shell, tmp_path: Path, headquarters: tuple[LittleHeadquarters, str]
) -> None:
    kept = ready.run("backup", str(tmp_path / "kept"))
    assert kept.exit_code == 0, kept.stderr
    (backup,) = map(str, (tmp_path / "kept").iterdir())
    other = Shell(tmp_path / "other", *headquarters)
    assert other.run("restore", *WHO, backup).exit_code == 0
    assert other.run("restore", *WHO, backup).exit_code == 2
    assert refusal_in(other.folder) == "node_restored"
    records = [shell.run("check").stdout.splitlines()[2] for shell in (ready, other)]
    assert records[0] == records[1]


def test_what_is_no_backup_is_not_restored(shell: Shell, tmp_path: Path) -> None:
    refused = shell.run("restore", *WHO, str(tmp_path))
    assert refused.exit_code == 2
    assert shell.run("backup", str(tmp_path / "kept")).exit_code == 2


def test_a_missing_argument_is_the_command_lines_fault(shell: Shell) -> None:
    assert shell.run("send").exit_code == 2


def test_serve_answers_until_it_is_told_to_end(ready: Shell) -> None:
    command = [str(Path(sys.executable).parent / "yika-node"), "--data", str(ready.folder)]
    process = subprocess.Popen(
        [*command, "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "YIKA_LANGUAGE": "en"},
    )
    with process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            url = line.removeprefix("The pages are at ").strip()
            assert requests.get(f"{url}healthz", timeout=10).json()["status"] == "ok"
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert line.startswith("The pages are at http://127.0.0.1:")
