"""Debian's libieee1284 at a parallel port, by ctypes; knows nothing of this product.

Started as ``ieee1284_client.py JOB`` with ``packaging/dev/parport.c`` loaded in the place of
``/dev/port``; says the library's return value and, in hexadecimal digits, what it read.

Two things of that library to know: it believes itself in nibble mode at the start, so the first
act has to be a termination; and it leaves the port turned to reverse after reading bytes.
"""

import ctypes
import sys
from collections.abc import Callable

BASE = 0x378
FRESH = 2
NIBBLE, BYTE = 0, 1
COUNT = 104
DATA = bytes((7 * number + 3) % 256 for number in range(COUNT))


class Parport(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("base", ctypes.c_ulong),
        ("hibase", ctypes.c_ulong),
        ("private", ctypes.c_void_p),
        ("filename", ctypes.c_char_p),
    )


class Ports(ctypes.Structure):
    _fields_ = (("count", ctypes.c_int), ("ports", ctypes.POINTER(ctypes.POINTER(Parport))))


class Library:
    """The library with the port that it found at 378."""

    def __init__(self) -> None:
        self._lib = ctypes.CDLL("libieee1284.so.3")
        for name in ("compat_write", "nibble_read", "byte_read", "get_deviceid"):
            getattr(self._lib, f"ieee1284_{name}").restype = ctypes.c_ssize_t
        found = Ports()
        self._lib.ieee1284_find_ports(ctypes.byref(found), 0)
        ports = [found.ports[at] for at in range(found.count)]
        self._port = next(port for port in ports if port.contents.base == BASE)

    def call(self, name: str, *arguments: object) -> int:
        """One of its functions, on the port."""
        return int(getattr(self._lib, f"ieee1284_{name}")(self._port, *arguments))

    def take(self) -> None:
        """Have the port, in compatibility mode."""
        assert self.call("open", 0, None) == 0
        assert self.call("claim") == 0
        self.call("terminate")


def forward(library: Library) -> tuple[int, bytes]:
    library.take()
    return library.call("compat_write", 0, DATA, COUNT), b""


def backward(library: Library, mode: int, name: str) -> tuple[int, bytes]:
    library.take()
    assert library.call("negotiate", mode) == 0
    buffer = ctypes.create_string_buffer(COUNT)
    count = library.call(name, 0, buffer, COUNT)
    library.call("terminate")
    library.call("data_dir", 0)
    return count, buffer.raw


def identity(library: Library) -> tuple[int, bytes]:
    buffer = ctypes.create_string_buffer(256)
    count = library.call("get_deviceid", -1, FRESH, buffer, len(buffer))
    return count, buffer.raw[:count]


def refused(library: Library) -> tuple[int, bytes]:
    library.take()
    return library.call("negotiate", BYTE), b""


JOBS: dict[str, Callable[[Library], tuple[int, bytes]]] = {
    "forward": forward,
    "nibble": lambda library: backward(library, NIBBLE, "nibble_read"),
    "byte": lambda library: backward(library, BYTE, "byte_read"),
    "identity": identity,
    "refused": refused,
}

if __name__ == "__main__":
    code, received = JOBS[sys.argv[1]](Library())
    print(code, received.hex())
