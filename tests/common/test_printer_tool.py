"""``yika printer``: a printer for whoever has none, on the command line."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from yika_common.tools.printer import text_of
from yika_node.hardware.escpos_printer import EscPosPrinter
from yika_node.hardware.printer_errors import CoverOpen, PaperOut
from yika_node.hardware.printer_line import network_line, serial_line
from yika_node.printing.encoding import encoded
from yika_node.printing.paper import Code, Line, Paper, Rule
from yika_node.printing.profiles import Profile

PAPER = Paper("r", (Line("电费", "￥12.00"), Rule(), Line("王㐂明"), Code("YIKA:ABC")))
YIKA = Path(sys.executable).with_name("yika")


class Tool:
    """The program, its commands and its events."""

    def __init__(self, *arguments: str | Path) -> None:
        self.process = subprocess.Popen(
            [YIKA, "printer", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def event(self) -> dict[str, str | int]:
        assert self.process.stdout is not None
        told: dict[str, str | int] = json.loads(self.process.stdout.readline())
        return told

    def say(self, line: str) -> dict[str, str | int]:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.event()

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("quit\n")
        self.process.stdin.close()
        assert self.process.wait(10) == 0
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def tool(tmp_path: Path) -> Iterator[Tool]:
    tool = Tool("--link", tmp_path / "tty", "--papers", tmp_path / "papers")
    assert tool.say("paper") == {"event": "done", "command": "paper"}
    yield tool
    tool.close()


def test_papers_are_kept_as_they_came_and_as_text(tool: Tool, tmp_path: Path) -> None:
    driver = EscPosPrinter(lambda: serial_line(str(tmp_path / "tty"), 9600, "none"), done_s=2.0)
    data = encoded(PAPER, Profile(58))
    for name in ("0001", "0002"):
        driver.print(data)
        assert tool.event() == {"event": "printed", "paper": name}
        assert (tmp_path / "papers" / f"{name}.escpos").read_bytes() == data
    text = (tmp_path / "papers" / "0002.txt").read_text(encoding="utf-8")
    assert text.splitlines()[:2] == ["电费" + " " * 21 + "￥12.00", "-" * 32]
    assert "[picture]\n[code]\n" in text


def test_its_troubles_are_told_to_whoever_prints(tool: Tool, tmp_path: Path) -> None:
    driver = EscPosPrinter(lambda: serial_line(str(tmp_path / "tty"), 9600, "none"), done_s=2.0)
    tool.say("paper-out")
    assert isinstance(driver.status().problem, PaperOut)
    tool.say("paper-low")
    assert driver.status().paper_low
    tool.say("open")
    assert isinstance(driver.status().problem, CoverOpen)
    tool.say("close")
    assert driver.status().problem is None


def test_what_is_no_command_is_said(tool: Tool) -> None:
    assert tool.say("dance")["code"] == "printer_command_wrong"


def test_it_may_stand_on_the_network(tmp_path: Path) -> None:
    tool = Tool("--papers", tmp_path / "papers")
    port = tool.event()["port"]
    EscPosPrinter(lambda: network_line(f"127.0.0.1:{port}"), done_s=2.0).print(
        encoded(PAPER, Profile())
    )
    assert tool.event()["event"] == "printed"
    tool.close()


def test_text_of_nothing_is_nothing() -> None:
    assert text_of(b"") == ""
    assert text_of(b"\x1b@\x1b") == ""
