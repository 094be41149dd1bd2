"""The driver of receipt printers, on a pseudo terminal, on the network, and on a plain file."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printer_emulator import emulate, needs_emulator
from yika_common.simulated.escpos_stream import first_of
from yika_common.simulated.receipt_printer import NetworkWire, PtyWire, ReceiptPrinter
from yika_node.hardware.escpos_printer import EscPosPrinter
from yika_node.hardware.printer_errors import (
    CoverOpen,
    PaperOut,
    PrinterError,
    PrinterFailed,
    PrinterMissing,
    PrinterOffline,
    PrinterSilent,
    PrinterStuck,
)
from yika_node.hardware.printer_line import (
    PrinterLine,
    device_line,
    network_line,
    serial_line,
)
from yika_node.hardware.printer_status import ASKED, question, status_of
from yika_node.printing.encoding import encoded
from yika_node.printing.paper import Code, Line, Paper, Rule
from yika_node.printing.profiles import Profile

RECEIPT = Paper("r", (Line("电费", "￥12.00"), Rule(), Code("YIKA:ABC"), *[Line("x")] * 40))
DATA = encoded(RECEIPT, Profile())
PICTURE = encoded(RECEIPT, Profile(chinese=False, codes=False))


@pytest.fixture(params=["serial", "network"])
def pair(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[ReceiptPrinter, EscPosPrinter]]:
    """A simulated printer, and the driver that speaks to it."""
    if request.param == "serial":
        port = str(tmp_path / "printer")
        simulated = ReceiptPrinter(PtyWire(Path(port)))
        driver = EscPosPrinter(lambda: serial_line(port, 115_200, "none"), done_s=1.0)
    else:
        wire = NetworkWire()
        simulated = ReceiptPrinter(wire)
        driver = EscPosPrinter(lambda: network_line(f"127.0.0.1:{wire.port}"), done_s=1.0)
    yield simulated, driver
    simulated.close()


@pytest.mark.parametrize("data", [DATA, PICTURE], ids=["text", "picture"])
def test_what_is_sent_is_what_is_printed(
    pair: tuple[ReceiptPrinter, EscPosPrinter], data: bytes
) -> None:
    simulated, driver = pair
    assert driver.status().problem is None
    status = driver.print(data)
    assert (status.problem, status.paper_low) == (None, False)
    assert simulated.papers == [data]


TROUBLES: list[tuple[Callable[[ReceiptPrinter], None], type[PrinterError]]] = [
    (lambda printer: printer.paper(out=True), PaperOut),
    (lambda printer: printer.cover(is_open=True), CoverOpen),
    (lambda printer: printer.switch(online=False), PrinterOffline),
    (lambda printer: printer.jam(stuck=True), PrinterFailed),
]


@pytest.mark.parametrize(("trouble", "told"), TROUBLES, ids=["paper", "cover", "line", "knife"])
def test_what_stops_a_printer_is_noticed_before_anything_is_sent(
    pair: tuple[ReceiptPrinter, EscPosPrinter],
    trouble: Callable[[ReceiptPrinter], None],
    told: type[PrinterError],
) -> None:
    simulated, driver = pair
    trouble(simulated)
    assert type(driver.status().problem) is told
    with pytest.raises(told):
        driver.print(DATA)
    for repair in (simulated.cover, simulated.jam):
        repair(**{"is_open" if repair == simulated.cover else "stuck": False})
    simulated.switch(online=True)
    simulated.paper()
    assert simulated.papers == []
    driver.print(DATA)
    assert simulated.papers == [DATA]


def test_paper_that_ends_in_the_middle_is_noticed_and_nothing_comes_out_twice(
    pair: tuple[ReceiptPrinter, EscPosPrinter],
) -> None:
    simulated, driver = pair
    simulated.lines_left = 10
    with pytest.raises(PaperOut):
        driver.print(DATA)
    simulated.paper()
    time.sleep(0.2)
    assert simulated.papers == []
    driver.print(DATA)
    assert simulated.papers == [DATA]


def test_without_being_told_to_forget_a_printer_would_print_the_rest_later(
    pair: tuple[ReceiptPrinter, EscPosPrinter], monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated, driver = pair
    monkeypatch.setattr("yika_node.hardware.escpos_printer.THROW_AWAY", b"")
    simulated.lines_left = 10
    with pytest.raises(PaperOut):
        driver.print(DATA)
    simulated.paper()
    assert len(simulated.papers) == 1


def test_a_roll_near_its_end_prints_and_says_so(
    pair: tuple[ReceiptPrinter, EscPosPrinter],
) -> None:
    simulated, driver = pair
    simulated.paper(low=True)
    assert driver.print(DATA).paper_low
    assert len(simulated.papers) == 1


def test_a_printer_that_does_not_tell_its_end_is_asked_how_it_is(
    pair: tuple[ReceiptPrinter, EscPosPrinter],
) -> None:
    simulated, driver = pair
    simulated.knows_done = False
    assert driver.print(DATA).problem is None
    simulated.lines_left = 10
    with pytest.raises(PaperOut):
        driver.print(DATA)


def test_a_printer_that_answers_nothing_is_given_nothing(
    pair: tuple[ReceiptPrinter, EscPosPrinter],
) -> None:
    simulated, driver = pair
    simulated.mute = True
    begun = time.monotonic()
    with pytest.raises(PrinterSilent):
        driver.print(DATA)
    assert time.monotonic() - begun < 3
    assert (simulated.papers, simulated.on_paper) == ([], b"")


def test_a_printer_on_a_one_way_line_is_believed_to_be_well(tmp_path: Path) -> None:
    port = str(tmp_path / "printer")
    simulated = ReceiptPrinter(PtyWire(Path(port)))
    simulated.mute = True
    EscPosPrinter(lambda: serial_line(port, 9600, "none"), answers=False).print(DATA)
    time.sleep(0.3)
    assert simulated.papers == [DATA]
    simulated.close()


def test_a_printer_that_hangs_holds_nobody_for_long(tmp_path: Path) -> None:
    """A network printer that takes the connection and then nothing: the line's buffers fill."""
    wire = NetworkWire()
    simulated = ReceiptPrinter(wire)
    simulated.dead = True
    line = network_line(f"127.0.0.1:{wire.port}")
    begun = time.monotonic()
    with pytest.raises(PrinterStuck):
        line.write(bytes(64 << 20), pause_s=0.5)
    assert time.monotonic() - begun < 10
    line.close()
    simulated.dead = False
    simulated.close()


def test_ports_that_are_not_there_are_named() -> None:
    tries: list[Callable[[], PrinterLine]] = [
        lambda: serial_line("/dev/no-such-port", 9600, "none"),
        lambda: device_line("/no/such/folder/lp0"),
        lambda: network_line("127.0.0.1:1"),
        lambda: network_line("127.0.0.1:x"),
    ]
    for open_line in tries:
        with pytest.raises(PrinterMissing) as missing:
            open_line()
        assert "valid" in str(missing.value)


def test_a_file_gets_the_papers_one_after_another(tmp_path: Path) -> None:
    printer = EscPosPrinter(lambda: device_line(str(tmp_path / "papers")), answers=False)
    printer.print(DATA)
    printer.print(PICTURE)
    assert (tmp_path / "papers").read_bytes() == DATA + PICTURE


def test_a_usb_printer_is_written_to_and_asked_through_its_device(tmp_path: Path) -> None:
    """A device that reads and writes, as usblp is: a pseudo terminal's own side stands for it."""
    simulated = ReceiptPrinter(PtyWire(tmp_path / "lp0"))
    target = str((tmp_path / "lp0").readlink())
    EscPosPrinter(lambda: device_line(target), done_s=1.0).print(DATA)
    assert simulated.papers == [DATA]
    simulated.close()


def test_a_plug_that_is_pulled_while_it_prints_is_noticed(tmp_path: Path) -> None:
    wire = NetworkWire()
    simulated = ReceiptPrinter(wire)
    driver = EscPosPrinter(lambda: network_line(f"127.0.0.1:{wire.port}"), done_s=5.0)
    simulated.lines_left = 10
    threading.Timer(0.5, simulated.close).start()
    with pytest.raises(PrinterError):
        driver.print(DATA)


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=8))
def test_a_stream_is_cut_alike_wherever_it_is_broken(pieces: list[bytes]) -> None:
    data = b"".join(pieces) + DATA
    whole, part = [], first_of(data)
    while data and (part := first_of(data)) is not None:
        assert part
        whole.append(part)
        data = data[len(part) :]
    assert b"".join(whole) + data == b"".join(pieces) + DATA


def test_a_receipt_is_cut_into_its_own_commands() -> None:
    data, commands = PICTURE, []
    while data:
        part = first_of(data)
        assert part is not None
        commands.append(part)
        data = data[len(part) :]
    assert commands[-1] == b"\x1dV\x01"
    assert sum(part.startswith(b"\x1dv0") for part in commands) == PICTURE.count(b"\x1dv0\0\x48")


@needs_emulator
@pytest.mark.parametrize(
    ("faults", "told"),
    [
        ((), None),
        (("paper-out",), PaperOut),
        (("cover-open",), CoverOpen),
        (("offline",), PrinterOffline),
        (("paper-near-end",), None),
    ],
)
def test_an_emulator_that_is_not_ours_answers_as_it_is_understood(
    tmp_path: Path, faults: tuple[str, ...], told: type[PrinterError] | None
) -> None:
    printed = emulate(b"".join(map(question, ASKED)), tmp_path, *faults)
    status = status_of(dict(zip(ASKED, printed.answers, strict=True)))
    assert (None if status.problem is None else type(status.problem)) is told
    assert status.paper_low is bool({"paper-near-end", "paper-out"} & set(faults))


@needs_emulator
def test_an_emulator_that_is_not_ours_tells_the_end_as_it_is_understood(tmp_path: Path) -> None:
    printed = emulate(DATA + b"\x1dr1", tmp_path)
    assert printed.answers == b"\x00"
    assert emulate(DATA + b"\x1dr1", tmp_path, "paper-out").answers == b""
