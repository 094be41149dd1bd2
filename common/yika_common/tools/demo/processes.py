"""The programs of the demonstration, each a process of its own, with its log in a file."""

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import requests

BIN = Path(sys.executable).parent
"""Where the commands of this installation are."""

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 15


class StepFailed(Exception):
    """A step of the demonstration did not hold; the text says which, and where to look."""


def free_port() -> int:
    """A port of this machine that nothing listened on a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def run(arguments: Sequence[str], *, secrets: Mapping[str, str] | None = None) -> str:
    """Run one of our commands to its end and return what it printed.

    Args:
        arguments: the command's name and its arguments.
        secrets: passwords, handed over in the environment and never on the command line.

    Raises:
        StepFailed: the command did not exit with 0; the text carries its sentence.
    """
    done = subprocess.run(
        [str(BIN / arguments[0]), *arguments[1:]],
        env={**os.environ, **(secrets or {})},
        capture_output=True,
        text=True,
        timeout=START_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        raise StepFailed(f"{' '.join(arguments[:2])}: {done.stderr.strip()[-400:]}")
    return done.stdout


class Server:
    """A program that serves pages, from its start until :meth:`stop`."""

    def __init__(self, arguments: Sequence[str], *, url: str, log: Path) -> None:
        self.url = url
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            [str(BIN / arguments[0]), *arguments[1:]],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        self._wait_until_it_answers(log)

    def stop(self) -> None:
        """Ask the program to end; end it if it does not."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _wait_until_it_answers(self, log: Path) -> None:
        pause = threading.Event()
        for _ in range(START_TIMEOUT_S * 10):
            if self._process.poll() is not None:
                break
            with contextlib.suppress(requests.ConnectionError):
                if requests.get(f"{self.url}/healthz", timeout=5).ok:
                    return
            pause.wait(0.1)
        self.stop()
        raise StepFailed(f"{self.url} did not start; its log is {log}")


class Printer:
    """A simulated receipt printer behind a pty; every paper is kept in a folder."""

    def __init__(self, link: Path, papers: Path, log: Path) -> None:
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            [str(BIN / "yika"), "printer", "--link", str(link), "--papers", str(papers)],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=self._log,
        )

    def stop(self) -> None:
        """Pull its plug."""
        self._process.communicate(b"quit\n", timeout=STOP_TIMEOUT_S)
        self._log.close()


class Reader:
    """A simulated card reader behind a pty, driven through its standard input."""

    def __init__(self, link: Path, log: Path) -> None:
        self.link = link
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            [str(BIN / "yika"), "reader", "--protocol", "gempc-twin", "--link", str(link)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            bufsize=1,
        )
        self.card: Path | None = None
        self._events: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self._await("ready")

    def insert(self, card: Path) -> None:
        """Put a card in, and wait until it sits."""
        self._say(f"insert {card}")
        self._await("inserted")
        self.card = card

    def remove(self) -> None:
        """Take the card out."""
        self._say("remove")
        self._await("removed")
        self.card = None

    def pull_after(self, count: int) -> None:
        """Let the card be pulled after ``count`` bytes of the next write."""
        self._say(f"pull-after {count}")

    def stop(self) -> None:
        """Unplug the reader."""
        with contextlib.suppress(BrokenPipeError):
            self._say("quit")
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._log.close()

    def _say(self, command: str) -> None:
        _pipe(self._process.stdin).write(command + "\n")

    def _listen(self) -> None:
        with contextlib.suppress(ValueError):
            for line in _pipe(self._process.stdout):
                self._events.put(json.loads(line))

    def _await(self, event: str) -> None:
        while True:
            try:
                seen = self._events.get(timeout=START_TIMEOUT_S)
            except queue.Empty:
                raise StepFailed(f"the reader never said {event!r}") from None
            if seen.get("event") == event:
                return


def _pipe(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise StepFailed("the reader has no pipe")
    return pipe
