"""libieee1284, which knows nothing of us, uses our simulated device; our host does as it does.

What that library did to the registers is kept in ``tests/vectors/readers/ieee1284-*.trace``: a
line is one write and the reads that followed it, ``d`` data, ``s`` status, ``c`` control,
capitals for writing.  Of a reading that stays the same only the first four are kept: how often a
host looks at lines that do not move is a matter of time.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import pytest

import ieee1284_client
from ieee1284_client import COUNT, DATA
from parallel_builders import NOT_BYTES, DirectRegisters, Port, with_port
from wire_traces import TRACES
from yika_common.readers.ieee1284 import Mode
from yika_common.simulated.parallel_link import IDENTITY, WRITE, ParallelLink
from yika_node.hardware.parallel_handshake import Handshake

JOBS = tuple(ieee1284_client.JOBS)
EACH = pytest.mark.parametrize("job", JOBS)
MODES = {job: NOT_BYTES if job == "refused" else frozenset(Mode) for job in JOBS}
WAITING = {job: DATA if job in ("nibble", "byte") else b"" for job in JOBS}
REJECTED = -4
LENGTH = len(IDENTITY) + 2
ANSWERS = {
    "forward": (COUNT, b""),
    "nibble": (COUNT, DATA),
    "byte": (COUNT, DATA),
    "identity": (LENGTH + 2, LENGTH.to_bytes(2, "big") + IDENTITY + bytes(2)),
    "refused": (REJECTED, b""),
}
"""The library takes a device id for two bytes longer than it says, and finds nothing there."""
ENDED = ("22", "23", "24", "25", "26", "27", "28")
REGISTERS = "dsc"
SAME_MAX = 4


@dataclass
class Device:
    """A device whose lines are watched."""

    path: Path
    job: str
    events: list[str] = field(default_factory=list)
    accesses: list[tuple[int, int]] = field(default_factory=list)

    def __enter__(self) -> "Device":
        self.link = ParallelLink(
            self.path,
            modes=MODES[self.job],
            on_event=self.events.append,
            on_access=lambda *access: self.accesses.append(access),
        )
        self.link.to_program(WAITING[self.job])
        return self

    def __exit__(self, *_: object) -> None:
        self.link.close()

    @property
    def phases(self) -> list[str]:
        """The events, without the end of a byte's pulse, which nobody waits for."""
        return [event for event in self.events if event not in ("ack", "busy")]

    def trace(self) -> str:
        """What happened to the registers."""
        text = ""
        for (register, value), same in groupby(self.accesses):
            times = len(list(same))
            if register & WRITE:
                text += f"\n{REGISTERS[register & ~WRITE].upper()} {value:02x}" * times
            else:
                text += f" {REGISTERS[register]} {value:02x}" * min(times, SAME_MAX)
        return text.strip() + "\n"


def library_at(device: Device) -> tuple[int, bytes]:
    """Let libieee1284 do its job; its return value, and what it read."""
    done = subprocess.run(
        [sys.executable, ieee1284_client.__file__, device.job],
        env=with_port(device.path, "/dev/port"),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    code, _, received = done.stdout.strip().partition(" ")
    return int(code), bytes.fromhex(received)


def came_forward(device: Device) -> bytes:
    time.sleep(0.02)
    try:
        return os.read(device.link.master, 4096)
    except BlockingIOError:
        return b""


def ours(port: Port) -> Handshake:
    return Handshake(DirectRegisters(port), time.monotonic)


OURS: dict[str, Callable[[Handshake], object]] = {
    "forward": lambda host: host.send(DATA),
    "nibble": lambda host: host.receive(Mode.NIBBLE, COUNT),
    "byte": lambda host: host.receive(Mode.BYTE, COUNT),
    "identity": lambda host: host.receive(Mode.NIBBLE_ID, LENGTH),
    "refused": lambda host: host.takes(Mode.BYTE),
}
RESULTS = {
    "forward": None,
    "nibble": DATA,
    "byte": DATA,
    "identity": LENGTH.to_bytes(2, "big") + IDENTITY,
    "refused": False,
}


@EACH
def test_the_library_finds_a_device_that_does_what_the_standard_says(
    tmp_path: Path, job: str
) -> None:
    with Device(tmp_path / "s", job) as device:
        assert library_at(device) == ANSWERS[job]
        assert came_forward(device) == (DATA if job == "forward" else b"")
        assert device.link.peripheral.violations == []
        assert device.link.peripheral.aborts == 0
        assert device.trace() == (TRACES / f"ieee1284-{job}.trace").read_text()


@EACH
def test_our_host_goes_through_the_same_phases(tmp_path: Path, job: str) -> None:
    port = Port(MODES[job])
    with Device(tmp_path / "s", job) as device, Device(tmp_path / "t", job) as other:
        library_at(device)
        port.link = other.link
        assert OURS[job](ours(port)) == RESULTS[job]
        assert came_forward(other) == came_forward(device)
        phases = device.phases
        if job == "identity":
            assert phases.pop(-1 - len(ENDED)) == "7", "it looked for two bytes more"
        assert other.phases == phases
        assert other.link.peripheral.violations == []


@EACH
def test_what_the_library_did_then_gives_the_same_lines_today(tmp_path: Path, job: str) -> None:
    """The recorded accesses, one by one; needs no library."""
    with Device(tmp_path / "s", job) as device:
        tokens = (TRACES / f"ieee1284-{job}.trace").read_text().split()
        for letter, value in zip(tokens[::2], tokens[1::2], strict=True):
            register = REGISTERS.index(letter.lower())
            if letter.isupper():
                device.link.access(register | WRITE, int(value, 16))
            else:
                assert device.link.access(register) == int(value, 16)
        assert device.link.peripheral.violations == []


def test_the_phases_are_those_of_the_standard_in_its_order(tmp_path: Path) -> None:
    negotiated = ["1", "2", "3", "4", "5", "6"]
    nibbles = ["7", "8", "9", "10", "11", "7", "8", "9", "10", "13", "11"]
    byte = ["7", "8", "9", "10", "13", "11", "16", "17"]
    middles = {"nibble": nibbles * COUNT, "byte": byte * COUNT, "refused": [], "forward": None}
    for job, middle in middles.items():
        with Device(tmp_path / "s", job) as device:
            library_at(device)
            expected = [] if middle is None else [*negotiated, *middle, *ENDED]
            assert device.phases == expected


def test_a_host_that_does_not_wait_is_caught(tmp_path: Path) -> None:
    """The control: without it, no violation would prove nothing."""
    with Device(tmp_path / "s", "nibble") as device:
        port = Port()
        port.link = device.link
        registers = DirectRegisters(port)
        registers.set_data(Mode.NIBBLE)
        registers.control(0x0A, 0x02)
        registers.control(0x01, 0x01)
        assert device.link.peripheral.violations == ["event 3 before 2"]
