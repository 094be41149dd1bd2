"""Debian's ``libgcr410``, Gemplus' own driver, on a port of our choice, for one test.

It takes no name of a port but a number, and opens ``/dev/ttyS3`` for the fourth: it gets a
``/dev`` of its own in a mount namespace, with links to the machine's devices and to our port.  It
trusts ``tcdrain``, which means nothing on a pseudo terminal, and gets one that takes its time.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

DRIVER = Path("/usr/lib/pcsc/drivers/serial/libgcr410.so")
_WIRE_TIME = Path(__file__).parents[1] / "packaging" / "dev" / "wire_time.c"
SUCCESS, COMMUNICATION_ERROR, PRESENT, NOT_PRESENT = 0, 612, 615, 616

_START = """set -e
mount --rbind /dev "$0"; mount -t tmpfs none /dev
for node in "$0"/*; do ln -s "$node" /dev/; done
ln -sfn "$1" /dev/ttyS3
export LD_PRELOAD="$5"
exec "$2" "$3" "$4"
"""


class Gcr410:
    """The driver, at work in a program of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def do(self, order: str, data: bytes = b"") -> tuple[int, bytes]:
        """Its code for an order of :mod:`gcr410_client`, and what came back."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{order} {data.hex()}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the driver ended"
        code, _, answer = line.strip().partition(" ")
        return int(code), bytes.fromhex(answer)

    def apdu(self, command: bytes) -> bytes:
        """The card's response."""
        code, answer = self.do("apdu", command)
        assert code == SUCCESS
        return answer


@contextmanager
def gcr410(folder: Path, port: Path) -> Iterator[Gcr410]:
    """Load the driver; fails in one line where it is not installed."""
    if not DRIVER.exists():
        pytest.fail(f"install libgcr410 (missing: {DRIVER})", pytrace=False)
    machine = folder / "dev"
    machine.mkdir(exist_ok=True)
    wire_time = folder / "wire_time.so"
    flags = ["-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, "-o", wire_time, _WIRE_TIME], check=True, timeout=60)
    client = Path(__file__).with_name("gcr410_client.py")
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    arguments = [str(each) for each in (machine, port, sys.executable, client, DRIVER, wire_time)]
    with subprocess.Popen(
        ["unshare", "--mount", *as_root, "sh", "-c", _START, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Gcr410(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(10)
