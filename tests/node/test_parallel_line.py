"""Bytes cross a parallel port whole, by byte and by half byte, and nothing ever hangs."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parallel_builders import HANDSHAKES, NOT_BYTES, Access, Port, device, parallel_line
from yika_common.readers.errors import ReaderError
from yika_common.readers.ieee1284 import UNCONNECTED, Mode, nibble_in, nibble_status
from yika_common.simulated.parallel_link import DATA, STATUS, WRITE, ParallelLink
from yika_common.simulated.reader_gempc_twin import GemPcTwin
from yika_common.simulated.reader_slot import Slot
from yika_node.hardware.errors import PortUnusable, ReaderSilent, ReaderUnplugged
from yika_node.hardware.parallel_errors import HandshakeStopped, ModeRefused
from yika_node.hardware.parallel_handshake import Handshake
from yika_node.hardware.parallel_line import ParallelLine

BOTH = pytest.mark.parametrize("mode", HANDSHAKES)
SOON = 2.0


@contextmanager
def device_again(folder: Path, port: Port) -> Iterator[ParallelLink]:
    """A device on a port that is there already."""
    link = port.wire(folder / "port", GemPcTwin(Slot(lambda _event, _facts: None)))
    try:
        yield link
    finally:
        link.close()


def soon() -> float:
    return time.monotonic() + SOON


def all_of(line: ParallelLine, count: int) -> bytes:
    """That many bytes, in as many pieces as they come."""
    found = b""
    while len(found) < count and (more := line.read(soon())):
        found += more
    return found


def talk(line: ParallelLine) -> None:
    """Send and receive until something happens."""
    while True:
        line.write(b"ab")
        line.read(time.monotonic() + 0.05)


@pytest.mark.parametrize("nibble", range(16))
def test_a_half_byte_survives_its_pins(nibble: int) -> None:
    assert nibble_in(nibble_status(nibble)) == nibble


def test_the_pins_of_a_half_byte_are_those_of_the_standard() -> None:
    """nFault bit 0, Select bit 1, PError bit 2, Busy bit 3, which the port shows upside down."""
    shown = [nibble_status(1 << bit) for bit in range(4)]
    assert shown == [0x88, 0x90, 0xA0, 0x00]
    assert nibble_status(0) == 0x80


@BOTH
@given(data=st.binary(min_size=1, max_size=300))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_byte_string_comes_back_as_it_went(mode: str, tmp_path: Path, data: bytes) -> None:
    with device(tmp_path) as port:
        line = parallel_line(port, mode)
        line.open()
        line.write(data)
        assert all_of(line, len(data)) == data
        line.close()
        assert port.device.peripheral.violations == []
        assert port.device.peripheral.aborts == 0


@given(
    chunks=st.lists(st.tuples(st.binary(max_size=40), st.binary(max_size=40)), max_size=8),
    mode=st.sampled_from(HANDSHAKES),
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_both_directions_take_turns_without_losing_a_byte(
    tmp_path: Path, chunks: list[tuple[bytes, bytes]], mode: str
) -> None:
    with device(tmp_path, echo=False) as port:
        line = parallel_line(port, mode)
        line.open()
        taken, found = b"", b""
        for forward, back in chunks:
            line.write(forward)
            port.device.to_program(back)
            found += line.read(time.monotonic())
            taken += forward
        assert found == b"".join(back for _, back in chunks)
        assert port.events.count("busy") >= len(taken)
        assert port.device.peripheral.violations == []


def test_a_device_that_sends_whole_bytes_is_asked_for_them(tmp_path: Path) -> None:
    with device(tmp_path) as port:
        line = parallel_line(port)
        line.open()
        assert (line.transfer, line.baud) == ("byte", 0)


def test_a_device_that_refuses_whole_bytes_sends_halves(tmp_path: Path) -> None:
    with device(tmp_path, NOT_BYTES) as port:
        line = parallel_line(port)
        line.open()
        assert line.transfer == "nibble"
        line.write(b"half by half")
        assert all_of(line, 12) == b"half by half"


def test_a_port_that_can_not_turn_its_data_lines_gets_halves(tmp_path: Path) -> None:
    with device(tmp_path) as port:
        latch = [0]

        def one_way(register: int, value: int) -> int:
            if register == DATA | WRITE:
                latch[0] = value
            return latch[0] if register == DATA else port.reach(register, value)

        port.access = one_way
        line = parallel_line(port)
        line.open()
        assert line.transfer == "nibble"
        line.close()
        with pytest.raises(ModeRefused):
            parallel_line(port, "byte").open()


def test_a_configured_mode_that_is_refused_is_said_and_the_port_released(tmp_path: Path) -> None:
    with device(tmp_path, NOT_BYTES) as port:
        line = parallel_line(port, "byte")
        with pytest.raises(ModeRefused):
            line.open()
        assert not line.is_open
        assert port.registers.closed
        assert port.registers.at_rest


def test_the_device_id_is_read(tmp_path: Path) -> None:
    with device(tmp_path) as port:
        registers = port.opened("")
        assert Handshake(registers, time.monotonic).identity().startswith("MFG:Yika;")
        assert port.device.peripheral.violations == []


def test_a_device_without_an_id_has_none(tmp_path: Path) -> None:
    with device(tmp_path, frozenset({Mode.NIBBLE})) as port:
        assert Handshake(port.opened(""), time.monotonic).identity() == ""


@pytest.mark.parametrize(
    "identity",
    [b"MFG:HP;CLS:PRINTER;", b"MANUFACTURER:X; CLASS: printer ;", b"CLS:PRINTER", b"cls:Printer;"],
)
@pytest.mark.parametrize("named", [True, False])
def test_a_printer_gets_nothing_though_the_settings_name_it(
    tmp_path: Path, identity: bytes, named: bool
) -> None:
    port = Port()
    port.link = ParallelLink(tmp_path / "port", identity=identity, on_event=port.events.append)
    line = parallel_line(port, named=named)
    with pytest.raises(PortUnusable, match="a printer"):
        line.open()
    assert not line.is_open
    assert "ack" not in port.events
    port.link.close()


def test_a_device_without_an_id_gets_something_only_where_the_settings_name_its_port(
    tmp_path: Path,
) -> None:
    with device(tmp_path, frozenset({Mode.NIBBLE, Mode.BYTE})) as port:
        with pytest.raises(PortUnusable, match="does not say what it is"):
            parallel_line(port, named=False).open()
        assert "ack" not in port.events
        parallel_line(port).open()


def test_a_port_with_nothing_on_it_is_silent_in_time() -> None:
    port = Port()
    begun = time.monotonic()
    with pytest.raises(ReaderSilent):
        parallel_line(port).open()
    assert time.monotonic() - begun < 1
    assert port.registers.closed
    assert port.registers.at_rest


STEPS = {
    "byte": ["busy", "2", "5", "6", "8", "9", "13", "11", "23", "24", "26", "27"],
    "nibble": ["busy", "2", "5", "6", "8", "9", "11", "13", "23", "24", "26", "27"],
}
TABLE = [(mode, step) for mode, steps in STEPS.items() for step in steps]


@pytest.mark.parametrize(("mode", "step"), TABLE)
def test_a_device_that_stops_at_a_step_is_said_in_time_and_its_port_is_left_at_rest(
    tmp_path: Path, mode: str, step: str
) -> None:
    with device(tmp_path) as port:
        line = parallel_line(port, mode)
        line.open()
        port.device.peripheral.stops_at = step
        begun = time.monotonic()
        with pytest.raises((ReaderSilent, HandshakeStopped)):
            talk(line)
        assert time.monotonic() - begun < 3
        assert not line.is_open
        assert port.registers.closed
        assert port.registers.at_rest
        with pytest.raises(ReaderUnplugged):
            line.write(b"x")
        with pytest.raises((ReaderSilent, HandshakeStopped)):
            line.open()


@pytest.mark.parametrize(("mode", "step"), TABLE)
def test_a_device_that_was_switched_off_and_on_is_used_again(
    tmp_path: Path, mode: str, step: str
) -> None:
    port = Port()
    with device_again(tmp_path, port) as link:
        line = parallel_line(port, mode)
        line.open()
        link.peripheral.stops_at = step
        link.to_program(b"over")
        with pytest.raises((ReaderSilent, HandshakeStopped)):
            talk(line)
    with device_again(tmp_path, port) as link:
        line.open()
        link.to_program(b"again")
        assert all_of(line, 5) == b"again"
        line.close()


class Killed(Exception):
    """The program that used the port is gone, with the lines as they are."""


def killed_after(count: int, access: Access) -> Access:
    left = iter(range(count))

    def killed(register: int, value: int) -> int:
        if next(left, None) is None:
            raise Killed
        return access(register, value)

    return killed


def gone_after(count: int, access: Access) -> Access:
    left = iter(range(count))

    def gone(register: int, value: int) -> int:
        if next(left, None) is not None:
            return access(register, value)
        return UNCONNECTED if register == STATUS else 0xFF

    return gone


@BOTH
def test_a_device_left_in_the_middle_by_another_program_is_brought_back(
    tmp_path: Path, mode: str
) -> None:
    """Whatever the last program did, the next one can work."""

    def use(line: ParallelLine) -> None:
        line.open()
        while True:
            line.read(soon())

    for accesses in range(0, 150, 3):
        with device(tmp_path) as port:
            port.device.to_program(b"left over")
            port.access = killed_after(accesses, port.reach)
            with pytest.raises(Killed):
                use(parallel_line(port, mode))
            port.access = port.reach
            fresh = parallel_line(port, mode)
            fresh.open()
            fresh.discard()
            fresh.write(b"fresh")
            assert all_of(fresh, 5) == b"fresh"


@BOTH
def test_a_device_that_vanishes_at_any_access_is_said_in_time(tmp_path: Path, mode: str) -> None:
    for accesses in range(1, 160, 7):
        with device(tmp_path) as port:
            line = parallel_line(port, mode)
            line.open()
            port.access = gone_after(accesses, port.reach)
            with pytest.raises((ReaderSilent, HandshakeStopped)):
                talk(line)
            assert port.registers.closed
            assert port.registers.at_rest


@BOTH
def test_a_port_that_goes_away_is_an_unplugged_reader(tmp_path: Path, mode: str) -> None:
    with device(tmp_path) as port:
        line = parallel_line(port, mode)
        line.open()

        def gone(register: int, value: int) -> int:
            raise OSError(5, "Input/output error")

        port.access = gone
        with pytest.raises(ReaderUnplugged):
            line.write(b"x")
        assert not line.is_open


@BOTH
@pytest.mark.parametrize("seed", range(6))
def test_spikes_on_the_status_lines_change_no_byte(tmp_path: Path, mode: str, seed: int) -> None:
    """One reading in thirty shows a line that is not so."""
    spikes = random.Random(seed)  # noqa: S311 - the same noise each time
    with device(tmp_path) as port:

        def noisy(register: int, value: int) -> int:
            found = port.reach(register, value)
            if register == STATUS and spikes.random() < 1 / 30:
                return found ^ 1 << spikes.randrange(3, 8)
            return found

        port.access = noisy
        line = parallel_line(port, mode)
        line.open()
        data = bytes(range(256))
        line.write(data)
        assert all_of(line, 256) == data
        assert port.device.peripheral.violations == []


@BOTH
@pytest.mark.parametrize("seed", range(4))
def test_a_line_that_is_nothing_but_noise_ends_in_time(
    tmp_path: Path, mode: str, seed: int
) -> None:
    spikes = random.Random(seed)  # noqa: S311 - the same noise each time
    with device(tmp_path) as port:
        line = parallel_line(port, mode)
        line.open()
        port.access = lambda register, _value: spikes.randrange(256) if not register & 0x80 else 0
        begun = time.monotonic()
        with pytest.raises(ReaderError):
            talk(line)
        assert time.monotonic() - begun < 10
        assert port.registers.at_rest


def test_without_agreement_of_two_readings_spikes_do_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the same noise against a host that believes the first reading."""

    def hasty(self: Handshake, step: str, mask: int, value: int, limit_s: float = 0.1) -> int:
        for _ in range(1000):
            found = self._registers.status()
            if found & mask == value:
                return found
        raise AssertionError(step)

    monkeypatch.setattr(Handshake, "_wait", hasty)
    harmed = 0
    for seed in range(6):
        try:
            test_spikes_on_the_status_lines_change_no_byte(tmp_path, "nibble", seed)
        except (AssertionError, ReaderError):
            harmed += 1
    assert harmed == 6
