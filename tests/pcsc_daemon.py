"""Debian's pcscd with libccid's serial driver, on a port of our choice, for one test.

Each daemon has ``/run/pcscd`` to itself in a mount namespace of its own, so that tests run beside
each other and beside the machine's own daemon.  A client reaches its socket through
``/proc/PID/root`` (``PCSCLITE_CSOCK_NAME``).

Traps: LIBPATH must be the last line of the reader's entry; the port must exist when the daemon
starts; ``-c`` keeps Debian's own entries out.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

DRIVER = Path("/usr/lib/pcsc/drivers/serial/libccidtwin.so")
READER = "Yika GemPC Twin"
_START_S = 15.0
_STOP_S = 10.0
_IN_OWN_RUN = "mkdir -p /run/pcscd && mount -t tmpfs none /run/pcscd && exec pcscd -f -d -a -c "


class PcscDaemon:
    """A running daemon and its clients."""

    def __init__(self, pid: int, log: Path) -> None:
        self._socket = f"/proc/{pid}/root/run/pcscd/pcscd.comm"
        self.log = log

    @property
    def is_ready(self) -> bool:
        return Path(self._socket).exists()

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

    def card_is_listed(self) -> bool:
        """Whether ``opensc-tool`` says that a card is in our reader."""
        lines = self.opensc("--list-readers").stdout.splitlines()
        return any(READER in line and "Yes" in line.split() for line in lines)


@contextmanager
def pcsc_daemon(folder: Path, port: Path) -> Iterator[PcscDaemon]:
    """Start the daemon on ``port``; fails in one line where something is not installed."""
    missing = [name for name in ("pcscd", "opensc-tool", "unshare") if not shutil.which(name)]
    if missing or not DRIVER.exists():
        pytest.fail(
            f"install pcscd, libccid, opensc (missing: {missing or DRIVER})", pytrace=False
        )
    entries = folder / "reader.conf.d"
    entries.mkdir()
    (entries / "yika").write_text(
        f'FRIENDLYNAME "{READER}"\nDEVICENAME {port}\nCHANNELID 0x800009\nLIBPATH {DRIVER}\n'
    )
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    log = folder / "pcscd.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["unshare", "--mount", *as_root, "sh", "-c", f'{_IN_OWN_RUN} "$0"', str(entries)],
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
