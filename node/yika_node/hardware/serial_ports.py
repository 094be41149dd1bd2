"""The serial ports of the machine, and which of them another program or the system holds.

Opening a port moves its lines and may start a device anew, so a port that is not ours to disturb
is recognised without opening it:

* a lock file ``/run/lock/LCK..NAME`` names a process that lives (UUCP's custom, FHS 5.9);
* a process has it open, as far as ``/proc`` lets us see;
* the system's console is on it (``/proc/consoles``).
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_LOCKS: Final = Path("/run/lock")
_PROC: Final = Path("/proc")
_TERMINALS: Final = Path("/sys/class/tty")
_BUILT_IN: Final = "ttyS*"
_NOTHING_THERE = "0"
_PSEUDO: Final = range(136, 144)
"""Major numbers of pseudo terminals; whatever stands behind one keeps it open itself."""


def serial_ports() -> list[str]:
    """Every port once: the ones that were plugged in first, then those built in.

    What pyserial knows, what udev has named below ``/dev/serial/by-id``, and built-in ports that
    have a chip behind them.
    """
    from serial.tools import list_ports  # noqa: PLC0415 - a configured port does without

    found = [port.device for port in list_ports.comports()]
    links = sorted(Path("/dev/serial/by-id").glob("*"))
    found += [str(link.resolve()) for link in links]
    found += [f"/dev/{terminal.name}" for terminal in _chips() if _has_device(terminal.name)]
    return sorted(dict.fromkeys(found), key=lambda port: (port.startswith("/dev/ttyS"), port))


def is_held(port: str) -> bool:
    """Whether the port is another program's, or the system's, at the moment."""
    try:
        device = Path(port).stat().st_rdev
    except OSError:
        return False
    if os.major(device) in _PSEUDO:
        return False
    name = Path(port).resolve().name
    return _locked(name) or _is_console(name) or any(_is_open(device))


def _chips() -> Iterator[Path]:
    """Built-in ports that are more than a number: pyserial leaves out those of some machines."""
    for terminal in sorted(_TERMINALS.glob(_BUILT_IN)):
        try:
            kind = (terminal / "type").read_text(encoding="ascii").strip()
        except OSError:
            continue
        if kind != _NOTHING_THERE:
            yield terminal


def _has_device(name: str) -> bool:
    return (Path("/dev") / name).exists()


def _locked(name: str) -> bool:
    """A lock file of a process that lives; a stale one counts for nothing."""
    try:
        owner = (_LOCKS / f"LCK..{name}").read_text(encoding="ascii").split()[0]
        return (_PROC / str(int(owner))).exists()
    except (OSError, ValueError, IndexError):
        return False


def _is_console(name: str) -> bool:
    try:
        consoles = (_PROC / "consoles").read_text(encoding="ascii")
    except OSError:
        return False
    return any(line.split()[:1] == [name] for line in consoles.splitlines())


def _is_open(device: int) -> Iterator[bool]:
    """For each open file of another process that is this device."""
    own = str(os.getpid())
    for process in _PROC.iterdir():
        if not process.name.isdigit() or process.name == own:
            continue
        try:
            descriptors = list((process / "fd").iterdir())
        except OSError:
            continue  # It has ended, or is another user's; then the port is the system's to guard.
        for descriptor in descriptors:
            try:
                if descriptor.stat().st_rdev == device:
                    yield True
            except OSError:
                continue
