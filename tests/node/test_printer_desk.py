"""The printer's queue: nobody waits for it, trouble is seen, nothing is printed twice."""

import errno
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from printer_builders import printer_at, until
from yika_common.errors import YikaError
from yika_common.infra.config import WrongSetting
from yika_common.simulated.receipt_printer import PtyWire, ReceiptPrinter
from yika_node.cli import main
from yika_node.config import FILE_NAME, Config, PrinterConfig, load
from yika_node.hardware.printer_errors import PaperOut, PrinterSilent
from yika_node.hardware.printer_finding import FoundPrinter, found_printers
from yika_node.hardware.printer_status import PrinterStatus
from yika_node.printing.encoding import encoded
from yika_node.printing.paper import Line, Logo, Paper
from yika_node.printing.profiles import Profile
from yika_node.services.paper_errors import ChoiceNotKept, PrinterBusy
from yika_node.services.printer_choice import PrinterSearch, chosen, write_choice
from yika_node.services.printer_desk import QUEUE_MAX, PrinterDesk
from yika_node.services.printers import Printers, printer_of


class Slow:
    """A printer that prints when it is told to, or fails."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.problem: YikaError | None = None
        self.printed: list[bytes] = []

    def status(self) -> PrinterStatus:
        return PrinterStatus(problem=None)

    def print(self, data: bytes) -> PrinterStatus:
        assert self.go.wait(10)
        if self.problem is not None:
            raise self.problem
        self.printed.append(data)
        return PrinterStatus()


def paper(name: str) -> Paper:
    return Paper(name, (Line(name),))


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def desk(slow: Slow) -> Iterator[PrinterDesk]:
    desk = PrinterDesk(slow, Profile(), look=timedelta(milliseconds=50))
    yield desk
    slow.go.set()
    desk.close()


def test_whoever_prints_does_not_wait(slow: Slow, desk: PrinterDesk) -> None:
    begun, noted = time.monotonic(), threading.Event()
    desk.submit(paper("1"), noted.set)
    assert time.monotonic() - begun < 0.1
    assert desk.view.waiting == 1
    assert not noted.is_set()
    slow.go.set()
    until(noted.is_set)
    until(lambda: desk.view.waiting == 0)
    assert slow.printed == [encoded(paper("1"), Profile())]


def test_papers_come_out_in_their_order_and_each_once(slow: Slow, desk: PrinterDesk) -> None:
    for name in ("1", "2", "2", "1", "3"):
        desk.submit(paper(name))
    slow.go.set()
    until(lambda: desk.view.waiting == 0)
    assert slow.printed == [encoded(paper(name), Profile()) for name in "123"]
    desk.submit(paper("1"))
    until(lambda: len(slow.printed) == 4)


def test_the_queue_is_bounded(slow: Slow, desk: PrinterDesk) -> None:
    def flood() -> None:
        for number in range(QUEUE_MAX + 3):
            desk.submit(paper(str(number)))

    with pytest.raises(PrinterBusy):
        flood()
    slow.go.set()
    until(lambda: desk.view.waiting == 0)


def test_a_paper_that_fails_is_named_until_one_comes_out(slow: Slow, desk: PrinterDesk) -> None:
    slow.problem, noted = PaperOut(), []
    slow.go.set()
    desk.submit(paper("1"), lambda: noted.append(1))
    until(lambda: desk.view.failed == "1")
    # The next look finds the printer well: the paper is still named.
    until(lambda: desk.view.problem is None)
    assert desk.view.failed == "1"
    assert noted == []
    slow.problem = None
    desk.submit(paper("1"), lambda: noted.append(1))
    until(lambda: desk.view.failed == "")
    assert noted == [1]


def test_a_note_that_cannot_be_made_is_told_and_ends_nothing(
    slow: Slow, desk: PrinterDesk
) -> None:
    def refuse() -> None:
        raise PrinterSilent(port="journal")

    slow.go.set()
    desk.submit(paper("1"), refuse)
    until(lambda: desk.view.failed == "1")
    desk.submit(paper("2"))
    until(lambda: desk.view.failed == "" and len(slow.printed) == 2)


def test_a_logo_that_cannot_be_printed_is_told(slow: Slow, tmp_path: Path) -> None:
    desk = PrinterDesk(slow, Profile(logo=tmp_path / "none.png"))
    slow.go.set()
    desk.submit(Paper("1", (Logo(),)))
    until(lambda: desk.view.problem is not None)
    assert desk.view.problem is not None
    assert desk.view.problem.code == "logo_unusable"
    desk.close()


def test_an_empty_roll_is_seen_before_anybody_prints(tmp_path: Path) -> None:
    simulated = printer_at(tmp_path / "node")
    simulated.paper(out=True)
    printer = printer_of(load(tmp_path / "node").printer, tmp_path / "node")
    desk = PrinterDesk(printer, Profile(), look=timedelta(milliseconds=50))
    until(lambda: isinstance(desk.view.problem, PaperOut))
    simulated.paper(low=True)
    until(lambda: desk.view.problem is None and desk.view.paper_low)
    turn = desk.view.turn
    time.sleep(0.3)
    assert desk.view.turn == turn, "what stays as it is, is shown as it is"
    desk.close()
    simulated.close()


def test_no_printer_means_no_thread(tmp_path: Path) -> None:
    before = threading.active_count()
    assert Printers(Config(), tmp_path).desk is None
    assert threading.active_count() == before


def test_another_printer_is_used_at_once_and_after_the_next_start(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(
        '# ours\n[sync]\ninterval_s = 60\n\n[printer]\nkind = "usb"\nport = "/dev/usb/lp0"\n'
        '\n[place]\nlanguage = "en"\n',
        encoding="utf-8",
    )
    printers = Printers(load(tmp_path), tmp_path)
    assert (printers.config.kind, printers.language) == ("usb", "en")
    simulated = ReceiptPrinter(PtyWire(tmp_path / "tty"))
    config = chosen(
        {"kind": "serial", "port": str(tmp_path / "tty"), "width": 58, "language": "zh"}
    )
    printers.choose(config)
    assert (printers.config, printers.language) == (config, "zh")
    assert printers.desk is not None
    printers.desk.submit(paper("1"))
    until(lambda: simulated.papers)
    printers.close()
    simulated.close()
    again = load(tmp_path)
    assert (again.printer, again.sync.interval_s, again.place.language) == (config, 60, "en")
    assert (tmp_path / FILE_NAME).read_text(encoding="utf-8").startswith("# ours\n")
    write_choice(tmp_path, PrinterConfig())
    assert load(tmp_path).printer == PrinterConfig()


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "fax"},
        {"kind": "usb"},
        {"kind": "usb", "port": "x", "width": 70},
        {"kind": "usb", "port": "x", "speed": 1},
        {"kind": "usb", "port": "x", "profile": "ascii"},
        {"kind": "usb", "port": "x", "language": "fr"},
        {"kind": "usb", "port": "x", "flow": "slow"},
    ],
)
def test_a_printer_that_cannot_be_is_refused(wrong: dict[str, str | int | bool]) -> None:
    with pytest.raises(WrongSetting, match=r"printer\."):
        chosen(wrong)


@pytest.mark.parametrize("port", ['a"b', "a\\b", "a\nb", "[printer]", "打印机"])
def test_whatever_a_port_is_called_the_file_stays_sound(tmp_path: Path, port: str) -> None:
    write_choice(tmp_path, PrinterConfig(kind="file", port=port))
    write_choice(tmp_path, PrinterConfig(kind="file", port=port))
    assert load(tmp_path).printer.port == port.replace("\n", "")


def test_printers_are_found_on_usb_and_at_the_speed_at_which_they_answer(tmp_path: Path) -> None:
    (tmp_path / "lp0").touch()
    simulated = ReceiptPrinter(PtyWire(tmp_path / "tty"))
    mute = ReceiptPrinter(PtyWire(tmp_path / "reader"))
    port, reader = str(tmp_path / "tty"), str(tmp_path / "reader")
    search = PrinterSearch(
        lambda: found_printers(reader, lambda: [reader, port, "/dev/nothing"], tmp_path)
    )
    search.begin()
    search.begin()
    until(lambda: search.found is not None and not search.running)
    assert search.found == [
        FoundPrinter("usb", str(tmp_path / "lp0"), 9600),
        FoundPrinter("serial", port, 9600),
    ]
    assert mute.on_paper == b""
    simulated.close()
    mute.close()


def test_the_command_line_tells_of_the_printer_and_prints_a_test_page(tmp_path: Path) -> None:
    folder = tmp_path / "node"
    simulated = printer_at(folder)
    run = CliRunner()
    told = run.invoke(main, ["--data", str(folder), "check", "--test-page"])
    assert f"The receipt printer at {load(folder).printer.port} answers." in told.output
    (page,) = simulated.papers
    assert "测试页".encode("gb18030") in page
    simulated.paper(low=True)
    told = run.invoke(main, ["--data", str(folder), "check"])
    assert "nearly at its end" in told.output
    simulated.paper(out=True)
    told = run.invoke(main, ["--data", str(folder), "check", "--test-page"])
    assert told.output.count("out of paper") == 2
    simulated.close()
    write_choice(folder, PrinterConfig())
    told = run.invoke(main, ["--data", str(folder), "check", "--test-page"])
    assert "No receipt printer is set up" in told.output


def test_a_choice_that_cannot_be_written_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr("yika_node.services.printer_choice.replace_file", full)
    printers = Printers(Config(), tmp_path)
    with pytest.raises(ChoiceNotKept, match="disk is full"):
        printers.choose(PrinterConfig(kind="file", port="papers"))
    assert printers.config == PrinterConfig()
    assert load(tmp_path) == Config()
