"""The simulated reader as a program finds it: bytes in and out of its port."""

import json
import os
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reader_builders import EchoCard, command
from yika_common.errors import Phrase
from yika_common.infra.entropy import system_random
from yika_common.infra.language import said
from yika_common.readers.ccid import (
    NAK_FRAME,
    Decoder,
    Event,
    Icc,
    Kind,
    Message,
    Movement,
    Refusal,
)
from yika_common.readers.iso7816 import USER_CARD_ATR, pps_request
from yika_common.readers.port import MemoryKind
from yika_common.readers.t1 import information_block
from yika_common.simulated.card_file import new_card_file
from yika_common.simulated.chip_file import new_chip_file
from yika_common.simulated.pty_link import LinkUnusable
from yika_common.simulated.reader import SimulatedReader
from yika_common.simulated.reader_slot import CardGone, Slot
from yika_common.tools.reader import FIRMWARES

POWER_ON = Message(Kind.POWER_ON, 1, b"\x01\0\0")
STATUS = Message(Kind.SLOT_STATUS, 2)


class Host:
    """A program that has the port open, without any driver's patience."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.decoder = Decoder()

    def say(self, data: bytes, events: int) -> list[Event]:
        os.write(self.port, data)
        got: list[Event] = []
        while len(got) < events:
            got += self.decoder.feed(os.read(self.port, 4096))
        return got

    def ask(self, message: Message) -> Message:
        echo, *between, answer = self.say(message.to_frame(), 2)
        assert (echo, between) == (message, [])
        assert isinstance(answer, Message)
        return answer


@contextmanager
def plugged(folder: Path) -> Iterator[tuple[SimulatedReader, Host, list[str]]]:
    told: list[str] = []
    with SimulatedReader(folder / "port", on_event=lambda e, f: told.append(e)) as simulated:
        port = os.open(simulated.link, os.O_RDWR | os.O_NOCTTY)
        try:
            yield simulated, Host(port), told
        finally:
            os.close(port)


def test_a_card_is_powered_asked_and_powered_down(tmp_path: Path) -> None:
    card = EchoCard()
    with plugged(tmp_path) as (simulated, host, told):
        assert host.ask(STATUS).icc is Icc.ABSENT
        assert host.ask(POWER_ON).failed
        simulated.insert(card)
        assert host.say(b"", 1) == [Movement(present=True)]
        assert host.ask(STATUS).icc is Icc.UNPOWERED
        assert host.ask(POWER_ON).data == USER_CARD_ATR
        pps = pps_request(1, 0x96)
        assert host.ask(Message(Kind.TRANSFER, 3, data=pps)).data == pps
        block = information_block(0, command(b"abc")).encode()
        answered = host.ask(Message(Kind.TRANSFER, 4, data=block))
        assert answered.data == information_block(0, b"abc\x90\x00").encode()
        assert host.ask(Message(Kind.POWER_OFF, 5)).icc is Icc.UNPOWERED
        simulated.remove()
    assert told == ["ready", "inserted", "powered", "unpowered", "removed"]


def test_movement_is_reported_with_an_answer_once_that_was_asked_for(tmp_path: Path) -> None:
    with plugged(tmp_path) as (simulated, host, _):
        assert not host.ask(Message(Kind.ESCAPE, 1, data=b"\x01\x01\x01")).failed
        simulated.insert(EchoCard())
        echo, movement, answer = host.say(STATUS.to_frame(), 3)
        assert (echo, movement) == (STATUS, Movement(present=True))
        assert isinstance(answer, Message)
        assert answer.icc is Icc.UNPOWERED


def test_a_frame_with_a_wrong_lrc_is_refused_unread(tmp_path: Path) -> None:
    card = EchoCard()
    with plugged(tmp_path) as (simulated, host, _):
        simulated.insert(card)
        host.say(b"", 1)
        frame = POWER_ON.to_frame()
        assert host.say(frame[:-1] + bytes([frame[-1] ^ 1]), 1) == [Refusal()]
        assert card.resets == 0
        assert host.ask(STATUS).icc is Icc.UNPOWERED
    assert NAK_FRAME == b"\x03\x15\x16"


def test_an_unknown_command_and_a_wrong_speed_request_fail(tmp_path: Path) -> None:
    with plugged(tmp_path) as (simulated, host, _):
        simulated.insert(EchoCard())
        host.say(b"", 1)
        host.ask(POWER_ON)
        assert host.ask(Message(0x72, 3)).failed
        assert host.ask(Message(Kind.ESCAPE, 4, data=b"\x6a")).failed
        assert host.ask(Message(Kind.TRANSFER, 5, data=b"\xff\x11\x96\x00")).failed


def test_a_chain_is_torn_where_the_whole_command_says(tmp_path: Path) -> None:
    card = EchoCard()
    apdu = command(bytes(100), write=True)
    with plugged(tmp_path) as (simulated, host, told):
        simulated.insert(card)
        host.say(b"", 1)
        host.ask(POWER_ON)
        simulated.pull_after(70)
        first = information_block(0, apdu[:60], more=True).encode()
        assert not host.ask(Message(Kind.TRANSFER, 2, data=first)).failed
        second = information_block(1, apdu[60:]).encode()
        _, movement, answer = host.say(Message(Kind.TRANSFER, 3, data=second).to_frame(), 3)
        assert movement == Movement(present=False)
        assert isinstance(answer, Message)
        assert (answer.failed, answer.icc) == (True, Icc.ABSENT)
    assert card.seen == []
    assert told[-1] == "torn"


def test_the_port_survives_its_users_and_a_stale_link(tmp_path: Path) -> None:
    (tmp_path / "port").symlink_to("/dev/pts/nowhere")
    with plugged(tmp_path) as (simulated, _, _):
        for _ in range(3):
            port = os.open(simulated.link, os.O_RDWR | os.O_NOCTTY)
            assert not termios.tcgetattr(port)[3] & termios.ECHO
            assert Host(port).ask(STATUS).icc is Icc.ABSENT
            os.close(port)
    assert not simulated.link.is_symlink()


def test_a_file_in_the_way_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "port").write_text("mine")
    with pytest.raises(LinkUnusable), SimulatedReader(tmp_path / "port"):
        pass
    assert (tmp_path / "port").read_text() == "mine"


def test_a_chip_whose_storage_fails_is_silent_and_the_event_says_why(tmp_path: Path) -> None:
    events: list[tuple[str, dict[str, str | int]]] = []
    slot = Slot(lambda name, facts: events.append((name, facts)))
    slot.insert(new_card_file(tmp_path / "card", system_random))
    (tmp_path / "card").unlink()
    assert slot.power_on() == b""
    (facts,) = [facts for name, facts in events if name == "failed"]
    assert isinstance(facts["why"], Phrase)
    assert facts["why"].startswith(f"{tmp_path / 'card'} is not a simulated card")
    assert "不是模拟卡（不存在）" in said(facts["why"], "zh")


def test_a_memory_chip_whose_storage_fails_is_silent_too(tmp_path: Path) -> None:
    events: list[str] = []
    slot = Slot(lambda name, facts: events.append(name))
    slot.insert(new_chip_file(tmp_path / "card", MemoryKind.SLE4428, system_random))
    (tmp_path / "card").unlink()
    assert slot.power_on_chip() == b""
    assert events == ["failed"]


def test_a_card_is_silent_to_whoever_powers_it_as_one_of_the_other_family(tmp_path: Path) -> None:
    slot = Slot(lambda name, facts: None)
    slot.insert(new_chip_file(tmp_path / "chip", MemoryKind.SLE4428, system_random))
    assert slot.power_on() == b""
    with pytest.raises(CardGone):
        slot.transfer(b"\0\0\0\0")
    slot.insert(new_card_file(tmp_path / "card", system_random))
    assert slot.power_on_chip() == b""
    with pytest.raises(CardGone):
        slot.read_chip(0x0E, 0, 1)
    with pytest.raises(CardGone):
        slot.write_chip(0x33, 0, b"\0")


def yika_reader(
    *arguments: str, commands: str = "", language: str = "en"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("yika")), "reader", *arguments],
        input=commands,
        env={**os.environ, "YIKA_LANGUAGE": language},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_obeys_line_by_line_and_tells_every_event(tmp_path: Path) -> None:
    link, card = str(tmp_path / "port"), str(tmp_path / "card")
    new_card_file(tmp_path / "card", system_random)
    done = yika_reader(
        *("--protocol", "gempc-twin", "--link", link, "--card", card),
        commands=f"remove\ninsert {card}\n\npull-after 3\npull-answer\ndisturb nak 2\n"
        "disturb silence\ncalm\nunplug\nplug\nquit\nremove\n",
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events == [
        {"event": "ready", "link": link},
        {"event": "inserted"},
        {"event": "removed"},
        {"event": "inserted"},
        {"event": "unplugged"},
        {"event": "plugged", "link": link},
    ]
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("protocol", FIRMWARES)
def test_every_reader_can_be_simulated(tmp_path: Path, protocol: str) -> None:
    link = str(tmp_path / "port")
    done = yika_reader("--protocol", protocol, "--link", link, commands="quit\n")
    assert (json.loads(done.stdout), done.returncode) == ({"event": "ready", "link": link}, 0)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("insert nowhere", "card_file_wrong"),
        ("insert", "reader_command_wrong"),
        ("eject", "reader_command_wrong"),
        ("remove it", "reader_command_wrong"),
        ("pull-after", "reader_command_wrong"),
        ("pull-after -1", "reader_command_wrong"),
        ("pull-after ٣", "reader_command_wrong"),
        ("disturb", "reader_command_wrong"),
        ("disturb everybody", "reader_command_wrong"),
        ("disturb nak many", "reader_command_wrong"),
    ],
)
def test_a_line_that_cannot_be_done_is_said_so_and_the_next_is_read(
    tmp_path: Path, line: str, code: str
) -> None:
    link = str(tmp_path / "port")
    done = yika_reader("--protocol", "gempc-twin", "--link", link, commands=f"{line}\nquit\n")
    ready, error = [json.loads(text) for text in done.stdout.splitlines()]
    assert (ready["event"], error["event"], error["code"]) == ("ready", "error", code)
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--protocol", "gempc-twin", "--link", "/nowhere/x"), "cannot appear at /nowhere/x"),
        (
            ("--protocol", "gempc-twin", "--link", "x", "--card", "no"),
            "no is not a simulated card",
        ),
    ],
)
def test_a_wrong_command_line_is_one_sentence_and_status_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = yika_reader(*arguments)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert sentence in done.stderr
    assert not (tmp_path / "x").is_symlink()


def test_what_cannot_be_done_is_said_in_the_language_asked_for(tmp_path: Path) -> None:
    link = str(tmp_path / "port")
    arguments = ("--protocol", "gempc-twin", "--link", link)
    done = yika_reader(*arguments, commands="insert nowhere\nquit\n", language="zh")
    assert json.loads(done.stdout.splitlines()[1])["message"].startswith(
        "nowhere 不是模拟卡（不存在）"
    )
    done = yika_reader(*arguments, "--card", "nowhere", language="zh")
    assert done.stderr.startswith("nowhere 不是模拟卡（不存在）")
