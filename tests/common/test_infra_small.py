import io
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from flask import Flask

from web_kit_site import CountingRandom, SettableClock
from yika_common.errors import Phrase
from yika_common.infra.config import (
    ConfigurationUnreadable,
    OutOfRange,
    UnknownSetting,
    WrongSetting,
    load_config,
)
from yika_common.infra.logs import HIDDEN, JsonLines, log_to
from yika_common.infra.scheduling import Schedule
from yika_common.infra.serving import NotThisMachine, PortTaken, serve
from yika_common.infra.sessions import Limits, MemorySessions, Session, SessionExpired, Sessions

# Sessions


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


def test_signing_in_again_ends_the_session_elsewhere(clock: SettableClock) -> None:
    sessions = Sessions(clock=clock, random=CountingRandom())
    first = sessions.begin("wang", "Wang", 1)
    second = sessions.begin("wang", "Wang", 1)
    assert sessions.resume(second).user_id == "wang"
    with pytest.raises(SessionExpired):
        sessions.resume(first)


def test_a_use_that_overtakes_signing_out_does_not_bring_the_session_back(
    clock: SettableClock,
) -> None:
    store = MemorySessions()
    sessions = Sessions(clock=clock, random=CountingRandom(), store=store)
    key = sessions.begin("wang", "Wang", 1)
    sessions.end(key)
    store.touch(key, clock())
    with pytest.raises(SessionExpired):
        sessions.resume(key)


def test_the_end_of_a_session_is_told_once(clock: SettableClock) -> None:
    ended: list[Session] = []
    sessions = Sessions(clock=clock, random=CountingRandom(), on_end=ended.append)
    key = sessions.begin("wang", "Wang", 1)
    clock.forward(hours=9)
    for _ in range(2):
        with pytest.raises(SessionExpired):
            sessions.resume(key)
    assert [session.user_id for session in ended] == ["wang"]


def test_a_clock_that_jumps_back_prolongs_no_session_beyond_its_limits(
    clock: SettableClock,
) -> None:
    limits = Limits(idle=timedelta(minutes=15), absolute=timedelta(hours=8))
    sessions = Sessions(clock=clock, random=CountingRandom(), limits=limits)
    key = sessions.begin("wang", "Wang", 1)
    clock.forward(days=-1)
    sessions.resume(key)
    clock.forward(minutes=16)
    with pytest.raises(SessionExpired):
        sessions.resume(key)


# Jobs


@pytest.fixture
def schedule() -> Iterator[Schedule]:
    schedule = Schedule()
    yield schedule
    schedule.stop()


def wait_for(condition: Callable[[], bool], seconds: int = 5) -> None:
    moment = threading.Event()
    for _ in range(seconds * 100):
        if condition():
            return
        moment.wait(0.01)
    raise AssertionError("it did not happen in time")


def test_a_job_runs_soon_after_it_is_asked_for(schedule: Schedule) -> None:
    ran = threading.Event()
    schedule.every(3600, "send", ran.set)
    schedule.start()
    schedule.soon("send")
    assert ran.wait(5)


def test_a_job_runs_at_its_interval(schedule: Schedule) -> None:
    runs: list[int] = []
    schedule.every(1, "send", lambda: runs.append(1))
    schedule.start()
    wait_for(lambda: len(runs) >= 2)


def test_a_job_never_overlaps_itself_and_no_request_is_lost(schedule: Schedule) -> None:
    inside, most, runs = 0, 0, 0
    lock, gate = threading.Lock(), threading.Event()

    def job() -> None:
        nonlocal inside, most, runs
        with lock:
            inside += 1
            runs += 1
            most = max(most, inside)
        gate.wait(5)
        with lock:
            inside -= 1

    schedule.every(3600, "send", job)
    schedule.start()
    schedule.soon("send")
    wait_for(lambda: runs == 1)
    for _ in range(20):
        schedule.soon("send")
    gate.set()
    wait_for(lambda: runs >= 2 and inside == 0)
    schedule.stop()
    assert (most, 2 <= runs <= 4) == (1, True)


def test_stopping_waits_for_what_runs(schedule: Schedule) -> None:
    begun, done = threading.Event(), threading.Event()

    def job() -> None:
        begun.set()
        threading.Event().wait(0.2)
        done.set()

    schedule.every(3600, "send", job)
    schedule.start()
    schedule.soon("send")
    begun.wait(5)
    schedule.stop()
    assert done.is_set()


def test_two_jobs_of_one_name_are_a_bug(schedule: Schedule) -> None:
    schedule.every(1, "send", list)
    with pytest.raises(ValueError, match="send"):
        schedule.every(1, "send", list)


# Logs


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("yika_common.test_infra")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield logger, stream
    logger.removeHandler(handler)


def test_an_event_is_one_line_whatever_it_contains(
    log: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, stream = log
    logger.info("sold", extra={"facts": {"to": "王\n{\u2028\u202e\x1b[2J", "seq": 7}})
    (line,) = stream.getvalue().splitlines()
    assert line.isascii()
    told = json.loads(line)
    assert (told["event"], told["to"], told["seq"]) == ("sold", "王\n{\u2028\u202e\x1b[2J", 7)


@pytest.mark.parametrize("name", ["password", "PIN", "card_key", "token", "seed", "card_image"])
def test_secrets_are_left_out(log: tuple[logging.Logger, io.StringIO], name: str) -> None:
    logger, stream = log
    logger.info("event", extra={"facts": {name: "hunter2", "raw": b"hunter2", "keyid": "k1"}})
    told = json.loads(stream.getvalue())
    assert (told[name], told["raw"], told["keyid"]) == (HIDDEN, HIDDEN, "k1")
    assert "hunter2" not in stream.getvalue()


def test_facts_cannot_pass_for_what_the_log_says_itself(
    log: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, stream = log
    logger.info("event", extra={"facts": {"level": "forged", "at": "forged"}})
    assert "forged" not in stream.getvalue()


def test_a_program_logs_its_own_events_and_no_chatter() -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    for handler in before:
        root.removeHandler(handler)
    try:
        log_to(stream)
        logging.getLogger("yika_common.sync").info("begun")
        logging.getLogger("urllib3").info("chatter")
    finally:
        for handler in root.handlers[:]:
            root.removeHandler(handler)
            handler.close()
        for handler in before:
            root.addHandler(handler)
        root.setLevel(level)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["begun"]


# Configuration


@dataclass(frozen=True, slots=True)
class ReaderSettings:
    port: str
    baud: int = 9600

    def __post_init__(self) -> None:
        if self.baud not in (1200, 9600, 115200):
            raise OutOfRange("baud", Phrase("it must be above zero"))


@dataclass(frozen=True, slots=True)
class Settings:
    name: str
    data: Path
    areas: tuple[str, ...] = ()
    training: bool = False
    reader: ReaderSettings = field(default_factory=lambda: ReaderSettings("/dev/ttyS0"))


def configured(folder: Path, text: str) -> Settings:
    path = folder / "node.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path, Settings)


def test_a_configuration_becomes_checked_values(tmp_path: Path) -> None:
    text = 'name = "北门"\ndata = "data"\nareas = ["A01"]\n[reader]\nport = "COM3"\nbaud = 1200\n'
    assert configured(tmp_path, text) == Settings(
        name="北门", data=tmp_path / "data", areas=("A01",), reader=ReaderSettings("COM3", 1200)
    )


@pytest.mark.parametrize(
    ("text", "error", "named"),
    [
        ("name = ", ConfigurationUnreadable, "node.toml"),
        ("name = 1\n7 7", ConfigurationUnreadable, "line 2, column 3"),
        ('name = "n"\ndata = "d"\nnmae = "x"', UnknownSetting, "nmae"),
        (
            'name = "n"\ndata = "d"\n[reader]\nport = "p"\nwpm = 1',
            UnknownSetting,
            "reader.wpm",
        ),
        ('data = "d"', WrongSetting, "name"),
        ('name = 7\ndata = "d"', WrongSetting, "name"),
        ('name = "n"\ndata = "d"\ntraining = 1', WrongSetting, "training"),
        ('name = "n"\ndata = "d"\nareas = [1]', WrongSetting, "areas"),
        ('name = "n"\ndata = "d"\n[reader]\nport = "p"\nbaud = true', WrongSetting, "reader.baud"),
        ('name = "n"\ndata = "d"\n[reader]\nport = "p"\nbaud = 7', WrongSetting, "reader.baud"),
    ],
)
def test_a_slip_in_the_configuration_is_named(
    tmp_path: Path, text: str, error: type[Exception], named: str
) -> None:
    with pytest.raises(error) as refusal:
        configured(tmp_path, text)
    assert named in str(refusal.value)


def test_a_missing_configuration_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationUnreadable, match="it does not exist"):
        load_config(tmp_path / "none.toml", Settings)


# Serving


def test_a_program_listens_on_its_own_machine_only() -> None:
    for host in ("0.0.0.0", "192.0.2.1", "::", "counter.example"):  # noqa: S104
        with pytest.raises(NotThisMachine):
            serve(Flask(__name__), host=host, port=0)


def test_a_taken_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken) as refusal:
            serve(Flask(__name__), port=port)
    assert refusal.value.facts["why"] == "another program is using it"


SERVER = """
import sys, time
sys.path.insert(0, sys.argv[1])
from web_kit_site import build
from yika_common.infra.serving import serve
app, counter = build()
slow = app.view_functions["counter.anybody"]
def anybody():
    print("begun", flush=True)
    time.sleep(0.5)
    return slow()
anybody._yika_entrance = slow._yika_entrance
app.view_functions["counter.anybody"] = anybody
serve(app, port=0, ready=lambda port: print(port, flush=True))
print("gone", flush=True)
"""


@pytest.mark.parametrize("order", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_server_told_to_stop_finishes_what_is_under_way(order: signal.Signals) -> None:
    tests = str(Path(__file__).resolve().parents[1])
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, tests],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        answers: list[str] = []

        def ask() -> None:
            answers.append(requests.get(f"http://127.0.0.1:{port}/open", timeout=5).text)

        asking = threading.Thread(target=ask)
        asking.start()
        assert server.stdout.readline() == "begun\n"
        os.kill(server.pid, order)
        asking.join()
        out, err = server.communicate(timeout=10)
    assert (answers, out, err, server.returncode) == (["open to all"], "gone\n", "", 0)
