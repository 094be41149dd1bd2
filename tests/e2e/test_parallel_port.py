"""The production driver through the real pyparallel, on a machine with a parallel port.

No kernel here has one, so ``packaging/dev/parport.c`` shows it to a program of its own.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import parallel_child
from parallel_builders import with_port
from yika_common.simulated.parallel_link import ParallelLink
from yika_node.hardware import parallel_registers
from yika_node.hardware.errors import PortMissing, PortUnusable
from yika_node.hardware.parallel_errors import ParallelNotInstalled
from yika_node.hardware.parallel_registers import PpdevRegisters

YIKA = str(Path(sys.executable).with_name("yika"))
NODE = str(Path(sys.executable).with_name("yika-node"))
HOLD = """
import sys
from yika_node.hardware.parallel_registers import PpdevRegisters
held = PpdevRegisters("/dev/parport0")
print("held", flush=True)
sys.stdin.read()
"""


def told(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """What a program says on a machine with the port."""
    return subprocess.run(
        command,
        env=with_port(folder / "s"),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


@pytest.mark.parametrize(
    ("protocol", "mode", "modes"),
    [
        ("gempc-twin", "auto", "byte"),
        ("gempc-twin", "auto", "nibble"),
        ("gempc-twin", "nibble", "byte"),
        ("asedrive", "auto", "byte"),
        ("asedrive", "auto", "nibble"),
    ],
)
def test_a_counter_works_over_the_parallel_port(
    tmp_path: Path, protocol: str, mode: str, modes: str
) -> None:
    script = str(Path(parallel_child.__file__))
    done = told(tmp_path, sys.executable, script, str(tmp_path), protocol, mode, modes)
    assert (done.returncode, done.stdout, done.stderr) == (0, "every step held\n", "")


@contextmanager
def simulated(folder: Path, widest: str) -> Iterator[None]:
    command = [YIKA, "reader", "--protocol", "gempc-twin", "--parallel", widest]
    with subprocess.Popen(
        [*command, "--link", str(folder / "s")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["event"] == "ready"
        yield
        process.stdin.close()


def checked(folder: Path, **settings: str) -> str:
    """What ``yika-node check`` says of the reader."""
    data = folder / "node"
    data.mkdir(exist_ok=True)
    lines = "".join(f'{key} = "{value}"\n' for key, value in settings.items())
    (data / "node.toml").write_text(f"[reader]\n{lines}")
    said = told(folder, NODE, "--data", str(data), "check").stdout.splitlines()
    return next(line for line in said if "/dev/parport0" in line)


def test_check_says_port_protocol_and_mode(tmp_path: Path) -> None:
    with simulated(tmp_path, "byte"):
        good = checked(tmp_path, port="/dev/parport0")
        assert good.startswith(
            "+ The card reader at /dev/parport0 answers as gempc-twin by whole bytes"
        )
        assert "by half bytes" in checked(
            tmp_path, port="/dev/parport0", protocol="gempc-twin", parallel_mode="nibble"
        )
    assert "does not answer" in checked(tmp_path, port="/dev/parport0")
    with simulated(tmp_path, "nibble"):
        assert "by half bytes" in checked(tmp_path, port="/dev/parport0")
        refused = checked(tmp_path, port="/dev/parport0", parallel_mode="byte")
        assert "can't send in byte mode" in refused


def test_a_port_that_another_program_holds_is_said_to_be_in_use(tmp_path: Path) -> None:
    with (
        simulated(tmp_path, "byte"),
        subprocess.Popen(
            [sys.executable, "-c", HOLD],
            env=with_port(tmp_path / "s"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as holder,
    ):
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert "is in use by another program" in checked(tmp_path, port="/dev/parport0")
        holder.communicate("")
        assert "by whole bytes" in checked(tmp_path, port="/dev/parport0")


def test_a_printer_on_the_port_gets_nothing(tmp_path: Path) -> None:
    taken: list[str] = []
    link = ParallelLink(
        tmp_path / "s", identity=b"MFG:HP;MDL:LaserJet;CLS:PRINTER;", on_event=taken.append
    )
    assert "a printer is connected to it" in checked(tmp_path, port="/dev/parport0")
    with pytest.raises(BlockingIOError):
        os.read(link.master, 1)
    assert "ack" not in taken
    link.close()


def test_a_port_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(PortMissing):
        PpdevRegisters(str(tmp_path / "parport0"))


def test_a_file_that_is_no_parallel_port_is_unusable(tmp_path: Path) -> None:
    path = tmp_path / "parport0"
    path.write_bytes(b"")
    with pytest.raises(PortUnusable):
        PpdevRegisters(str(path))


def test_without_pyparallel_the_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parallel_registers, "Parallel", None)
    with pytest.raises(ParallelNotInstalled) as caught:
        PpdevRegisters("/dev/parport0")
    assert "yika[parallel]" in str(caught.value)
