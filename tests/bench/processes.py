"""Servers as processes of their own: started, watched, ended, and never left behind."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

from requests import Session

BIN: Final = Path(sys.executable).parent
_URL = re.compile(r"http://127\.0\.0\.1:\d+")
_TIMEOUT_S: Final = 30
_KIB: Final = 1024


@dataclass(frozen=True, slots=True)
class Server:
    """A process that told its address; ``started`` is the moment before it was started."""

    process: subprocess.Popen[str]
    url: str
    started: float

    def page(self, path: str) -> float:
        """Get a page; gives the milliseconds since the process was started.

        Raises:
            RuntimeError: the answer is no page.
        """
        with Session() as browser:
            browser.trust_env = False
            answer = browser.get(f"{self.url}{path}", timeout=_TIMEOUT_S)
        if answer.status_code != 200 or "<html" not in answer.text:
            raise RuntimeError(f"{path} answered {answer.status_code}")
        return (perf_counter() - self.started) * 1000

    def resident_mb(self) -> float:
        """Resident memory now, in MiB."""
        return self._status("VmRSS")

    def peak_mb(self) -> float:
        """The most resident memory so far, in MiB."""
        return self._status("VmHWM")

    def loaded(self) -> str:
        """The files mapped into the process, one a line."""
        return Path(f"/proc/{self.process.pid}/maps").read_text(encoding="utf-8")

    def _status(self, key: str) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        found = re.search(rf"^{key}:\s+(\d+) kB$", status, re.MULTILINE)
        if found is None:
            raise RuntimeError(f"the system does not tell {key}")
        return int(found[1]) / _KIB


@contextmanager
def served(command: Sequence[str], changes: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Start a server that prints its address when it takes connections; end it afterwards."""
    environment = {key: os.environ[key] for key in ("HOME", "LANG", "PATH") if key in os.environ}
    started = perf_counter()
    process = subprocess.Popen(
        command,
        env=environment | dict(changes or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield Server(process, _address(process), started)
    finally:
        process.terminate()
        try:
            process.wait(_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _address(process: subprocess.Popen[str]) -> str:
    """What the process prints; the system ends a process that never prints it."""
    for line in process.stdout or ():
        found = _URL.search(line)
        if found is not None:
            return found[0]
    raise RuntimeError(f"{process.args!r} ended without serving")
