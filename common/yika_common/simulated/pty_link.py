"""A serial port made of a pseudo terminal, found under a path of our choice.

The simulated device keeps the terminal's own side open as well: otherwise the first program that
closes the port would end it (reads fail with EIO from then on).
"""

import contextlib
import os
import tty
from pathlib import Path

from yika_common.errors import N_, Phrase, YikaError
from yika_common.infra.system_errors import why_refused


class LinkUnusable(YikaError):
    """The simulated port can't appear where it should."""

    code = "link_unusable"
    sentence = N_(
        "The simulated port cannot appear at %(path)s (%(why)s). Nothing was changed. "
        "Choose another path."
    )


class PtyLink:
    """A pseudo terminal behind a symbolic link; open from construction to :meth:`close`.

    Attributes:
        link: the path that programs open as their serial port.
        master: file descriptor of the device's side, not blocking.
        slave: file descriptor of the program's side, for looking at its settings.

    Raises:
        LinkUnusable: something that is no symbolic link stands there, or the system refuses.
    """

    def __init__(self, link: Path) -> None:
        self.link = link
        if link.exists() and not link.is_symlink():
            raise LinkUnusable(path=str(link), why=Phrase("something else is there"))
        self.master, self.slave = os.openpty()
        os.set_blocking(self.master, False)
        tty.setraw(self.slave)
        self._target = os.ttyname(self.slave)
        try:
            fresh = link.with_name(f"{link.name}.new")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(self._target)
            fresh.replace(link)
        except OSError as cause:
            os.close(self.master)
            os.close(self.slave)
            raise LinkUnusable(path=str(link), why=why_refused(cause)) from cause

    def write(self, data: bytes) -> None:
        """Send to whoever has the port open; what nobody reads in time is lost, as on a wire."""
        with contextlib.suppress(BlockingIOError):
            os.write(self.master, data)

    def close(self) -> None:
        """End the port; programs that hold it open see it fail, as when a plug is pulled."""
        if self.link.is_symlink() and str(self.link.readlink()) == self._target:
            self.link.unlink()
        os.close(self.master)
        os.close(self.slave)
