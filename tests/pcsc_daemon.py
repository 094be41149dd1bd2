"""Debian's pcscd with a serial driver of Debian's, on a port of our choice, for one test.

Each daemon has ``/run/pcscd`` to itself in a mount namespace of its own, so that tests run beside
each other and beside the machine's own daemon.  A client reaches its socket through
``/proc/PID/root`` (``PCSCLITE_CSOCK_NAME``).

Traps: LIBPATH must be the last line of the reader's entry; the port must exist when the daemon
starts; ``-c`` keeps Debian's own entries out.  Athena's driver takes no name of a port but a
number N and opens ``/dev/ttyUSBN``: the daemon gets a ``/dev`` of its own, with links to the
machine's devices and to our port.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

READER = "Yika reader"
SOCKET = Path(tempfile.gettempdir(), f"yika-pcscd-{os.getpid()}")
"""Where this process finds its daemon: the library looks once, so the daemon changes behind it."""
_START_S = 15.0
_STOP_S = 10.0
_OWN_RUN = "set -e; mkdir -p /run/pcscd; mount -t tmpfs none /run/pcscd\n"
_OWN_DEV = """mount --rbind /dev "$1"; mount -t tmpfs none /dev
for node in "$1"/*; do ln -s "$node" /dev/; done
ln -s "$2" /dev/ttyUSB9
"""
_DAEMON = 'exec pcscd -f -d -a -c "$0"'


@dataclass(frozen=True)
class Driver:
    """One of Debian's drivers: where it is, its package, and how it is told the port."""

    path: Path
    package: str
    entry: str
    prepare: str = ""


TWIN = Driver(
    Path("/usr/lib/pcsc/drivers/serial/libccidtwin.so"),
    "libccid",
    "DEVICENAME {port}\nCHANNELID 0x800009\n",
)
VPCD = Driver(
    Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so"),
    "vsmartcard-vpcd",
    "DEVICENAME /dev/null:{port}\nCHANNELID 0x8C7B\n",
)
ATHENA = Driver(
    Path("/usr/lib/pcsc/drivers/ifd-ASEDriveIIIe-Serial/libASESerial.so"),
    "libasedrive-serial",
    "CHANNELID 0x800009\n",
    _OWN_DEV,
)


class PcscDaemon:
    """A running daemon and its clients."""

    def __init__(self, pid: int, log: Path) -> None:
        self.pid = pid
        self._socket = f"/proc/{pid}/root/run/pcscd/pcscd.comm"
        self.log = log

    @property
    def is_ready(self) -> bool:
        return Path(self._socket).exists()

    def serve_this_process(self) -> None:
        """Let PC/SC in this process mean this daemon."""
        forget_daemon()
        SOCKET.symlink_to(self._socket)

    def opensc(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``opensc-tool`` against this daemon."""
        return subprocess.run(
            ["opensc-tool", *arguments],
            env={**os.environ, "PCSCLITE_CSOCK_NAME": self._socket},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def control(self, *commands: bytes) -> list[bytes]:
        """What the driver answers to commands that are not for a CPU card, one card throughout."""
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("pcsc_client.py")), READER],
            env={**os.environ, "PCSCLITE_CSOCK_NAME": self._socket},
            input="\n".join(command.hex() for command in commands),
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return [bytes.fromhex(line) for line in done.stdout.splitlines()]

    def card_is_listed(self) -> bool:
        """Whether ``opensc-tool`` says that a card is in our reader."""
        lines = self.opensc("--list-readers").stdout.splitlines()
        return any(READER in line and "Yes" in line.split() for line in lines)


def forget_daemon() -> None:
    """Let PC/SC in this process find no daemon."""
    os.environ["PCSCLITE_CSOCK_NAME"] = str(SOCKET)
    SOCKET.unlink(missing_ok=True)


@contextmanager
def pcsc_daemon(
    folder: Path,
    port: Path | str,
    driver: Driver | None = TWIN,
    more: Sequence[tuple[Driver, Path | str]] = (),
) -> Iterator[PcscDaemon]:
    """Start the daemon on ``port``, and with more readers; fails where something is missing.

    The reader on ``port`` is named :data:`READER`, the others ``READER and 1`` and so on; without
    a driver there is none.
    """
    programs = [name for name in ("pcscd", "opensc-tool", "unshare") if not shutil.which(name)]
    readers = [] if driver is None else [(driver, port), *more]
    missing = [*programs, *(one.package for one, _ in readers if not one.path.exists())]
    if missing:
        pytest.fail(f"not installed: {', '.join(missing)} (and pcscd, opensc)", pytrace=False)
    entries = folder / "reader.conf.d"
    entries.mkdir(exist_ok=True)
    for number, (one, at) in enumerate(readers):
        name = f"{READER} and {number}" if number else READER
        (entries / f"yika{number}").write_text(
            f'FRIENDLYNAME "{name}"\n{one.entry.format(port=at)}LIBPATH {one.path}\n'
        )
    machine = folder / "dev"
    machine.mkdir(exist_ok=True)
    script = _OWN_RUN + "".join({one.prepare for one, _ in readers}) + _DAEMON
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    log = folder / "pcscd.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["unshare", "--mount", *as_root, "sh", "-c", script]
            + [str(path) for path in (entries, machine, port)],
            env={**os.environ, "LIBCCID_ifdLogLevel": "0x000F"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        daemon = PcscDaemon(process.pid, log)
        if not until(lambda: process.poll() is not None or daemon.is_ready, _START_S):
            pytest.fail(f"pcscd does not start: {log.read_text()[-300:]}", pytrace=False)
        if process.poll() is not None:
            pytest.fail(f"pcscd cannot run here: {log.read_text()[-300:]}", pytrace=False)
        yield daemon
    finally:
        if SOCKET.is_symlink() and SOCKET.readlink().parts[2] == str(process.pid):
            SOCKET.unlink()
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until(condition: Callable[[], bool], limit_s: float) -> bool:
    """Wait for something to become true; whether it did in time."""
    deadline = time.monotonic() + limit_s
    while not (true := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return true


def two_free_ports() -> int:
    """The first of two TCP ports that follow each other and are free at the moment."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            port: int = first.getsockname()[1]
            try:
                socket.create_server(("127.0.0.1", port + 1)).close()
            except (OSError, OverflowError):
                continue
            return port
