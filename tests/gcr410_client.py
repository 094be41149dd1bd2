"""Gemplus' own driver, used by ctypes: one order a line on standard input, its result in a line.

Started in a ``/dev`` where ``/dev/ttyS3`` is the port (:mod:`gcr410_driver`).  Through pcscd this
driver can't send APDUs (it judges them by a buffer that it never filled), so it is used as pcscd
would.  A result is the driver's own code, then what came back in hexadecimal.
"""

import ctypes
import sys
from ctypes import byref, c_long, c_ubyte, c_ulong

COM4 = 0x0102E8
POWER = {"power-up": 500, "power-down": 501, "reset": 502}
PLAIN = {"close": "IFDHCloseChannel", "present": "IFDHICCPresence"}
BUFFER = 300
T1 = 1


class Header(ctypes.Structure):
    """SCARD_IO_HEADER."""

    _fields_ = (("protocol", c_ulong), ("length", c_ulong))


def obey(driver: ctypes.CDLL, order: str, data: bytes) -> str:
    """Carry out one order."""
    buffer, size, lun = (c_ubyte * BUFFER)(), c_ulong(BUFFER), c_ulong(0)
    answered = 0
    if order == "open":
        code = driver.IFDHCreateChannel(lun, c_ulong(COM4))
    elif order == "speed":
        # T=1, which it calls T=0 here; its code is the one it takes from the unfilled buffer.
        none = c_ulong(0)
        ta1 = c_ulong(data[0])
        driver.IFDHSetProtocolParameters(lun, c_ulong(T1), c_ulong(0x10), ta1, none, none)
        code = 0
    elif order in POWER:
        code = driver.IFDHPowerICC(lun, c_ulong(POWER[order]), buffer, byref(size))
        answered = 0 if order == "power-down" else size.value
    elif order == "apdu":
        sent = (c_ubyte * len(data)).from_buffer_copy(data)
        code = driver.IFDHTransmitToICC(
            lun, Header(T1, 16), sent, c_ulong(len(data)), buffer, byref(size), byref(Header())
        )
        answered = size.value
    else:
        code = getattr(driver, PLAIN[order])(lun)
    return f"{code} {bytes(buffer[:answered]).hex()}"


def main() -> None:
    """Obey until the input ends."""
    driver = ctypes.CDLL(sys.argv[1])
    for name in ("IFDHCreateChannel", "IFDHPowerICC", "IFDHTransmitToICC", *PLAIN.values()):
        getattr(driver, name).restype = c_long
    for line in sys.stdin:
        order, _, data = line.strip().partition(" ")
        sys.stdout.write(obey(driver, order, bytes.fromhex(data)) + "\n")
        sys.stdout.flush()


main()
