"""A client of pcscd for cards that ``opensc-tool`` can't use: commands on standard input, in hex.

Connects to the card in the reader of that name, sends each line by ``SCardControl`` and prints the
answer in hex.  A program of its own, because the library finds its daemon once in a process.
"""

import ctypes
import sys

_SHARED, _RAW, _LEAVE = 2, 4, 0
_CARD_COMMAND = 0
_ROOM = 300


def main(wanted: str) -> None:
    library = ctypes.CDLL("libpcsclite.so.1")
    context, card, protocol = ctypes.c_long(), ctypes.c_long(), ctypes.c_ulong()
    _done(library.SCardEstablishContext(ctypes.c_ulong(_SHARED), None, None, _by(context)))
    size = ctypes.c_ulong(_ROOM)
    names = ctypes.create_string_buffer(_ROOM)
    _done(library.SCardListReaders(context, None, names, _by(size)))
    name = next(name for name in names.raw.split(b"\0") if name.startswith(wanted.encode()))
    shared, raw = ctypes.c_ulong(_SHARED), ctypes.c_ulong(_RAW)
    _done(library.SCardConnect(context, name, shared, raw, _by(card), _by(protocol)))
    for line in sys.stdin:
        command, size = bytes.fromhex(line), ctypes.c_ulong(_ROOM)
        answer = ctypes.create_string_buffer(_ROOM)
        length = ctypes.c_ulong(len(command))
        code = ctypes.c_ulong(_CARD_COMMAND)
        room = ctypes.c_ulong(_ROOM)
        _done(library.SCardControl(card, code, command, length, answer, room, _by(size)))
        sys.stdout.write(answer.raw[: size.value].hex() + "\n")
    _done(library.SCardDisconnect(card, ctypes.c_ulong(_LEAVE)))


def _by(value: ctypes.c_long | ctypes.c_ulong) -> object:
    return ctypes.byref(value)


def _done(status: int) -> None:
    if status & 0xFFFFFFFF:
        sys.exit(f"pcscd says {status & 0xFFFFFFFF:08X}")


if __name__ == "__main__":
    main(sys.argv[1])
