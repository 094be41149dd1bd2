"""A parallel port's registers, through Linux's ppdev and pyparallel.

The port is claimed for this program alone; ``lp`` must not be loaded.  The handshakes are our own
(:mod:`yika_node.hardware.parallel_handshake`): pyparallel has no reading and writing of blocks.
``PPDATADIR`` takes True for forward there, the reverse of the system call.
"""

import errno
import os
from typing import Protocol

from yika_common.infra.system_errors import why_refused
from yika_node.hardware.errors import PortBusy, PortMissing, PortUnusable
from yika_node.hardware.parallel_errors import ParallelNotInstalled

try:
    from parallel import Parallel
except ImportError:  # the extra “parallel” was not installed
    Parallel = None

_GONE = frozenset({errno.ENXIO, errno.ENODEV, errno.EIO})
_BUSY = frozenset({errno.EBUSY, errno.EAGAIN})


class Registers(Protocol):
    """The three registers of one port, see :mod:`yika_common.readers.ieee1284`.

    Every method raises OSError where the port itself is gone.
    """

    def status(self) -> int:
        """The status register."""
        ...

    def control(self, mask: int, value: int) -> None:
        """Set the bits of the control register that are in ``mask``; the others stay."""
        ...

    def data(self) -> int:
        """What stands on the data lines."""
        ...

    def set_data(self, value: int) -> None:
        """Set the data lines, while the port drives them."""
        ...

    def turn(self, *, reverse: bool) -> None:
        """Let the other side drive the data lines, or drive them."""
        ...

    def close(self) -> None:
        """Release the port; harmless when repeated."""
        ...


class PpdevRegisters:
    """The registers of ``/dev/parportN``.

    Raises:
        ParallelNotInstalled: pyparallel is missing.
        PortMissing: there is no such port.
        PortBusy: another program or driver holds it.
        PortUnusable: we may not use it, or it is no parallel port.
    """

    def __init__(self, port: str) -> None:
        if Parallel is None:
            raise ParallelNotInstalled(port=port)
        try:
            self._port = Parallel(port)
        except (FileNotFoundError, NotADirectoryError) as cause:
            raise PortMissing(port=port) from cause
        except OSError as cause:
            # Only opening names a file; ENXIO from claiming says that another driver has it.
            claiming = cause.filename is None
            if cause.errno in _GONE:
                raise (PortBusy if claiming else PortMissing)(port=port) from cause
            if cause.errno in _BUSY:
                raise PortBusy(port=port) from cause
            raise PortUnusable(port=port, why=why_refused(cause)) from cause

    def status(self) -> int:
        """See :class:`Registers`, as for all that follow."""
        return int(self._port.PPRSTATUS())

    def control(self, mask: int, value: int) -> None:
        """Set bits of the control register."""
        self._port.PPFCONTROL(mask, value)

    def data(self) -> int:
        """Read the data lines."""
        return int(self._port.PPRDATA())

    def set_data(self, value: int) -> None:
        """Set the data lines."""
        self._port.PPWDATA(value)

    def turn(self, *, reverse: bool) -> None:
        """Change the direction of the data lines."""
        self._port.PPDATADIR(not reverse)

    def close(self) -> None:
        """Release the port."""
        # pyparallel has no close; what it does when it is forgotten would fail on a lost port.
        held, self._port._fd = self._port._fd, None
        if held is not None:
            os.close(held)
