"""What the operating system refuses, in words that can be said in either language.

Source: errno(3).  The system's own texts are in whatever language the system was set up in.
"""

import errno
from typing import Final

from yika_common.errors import Phrase

_WORDS: Final = {
    errno.EPERM: Phrase("the system does not permit it"),
    errno.ENOENT: Phrase("it does not exist"),
    errno.EIO: Phrase("the device failed"),
    errno.ENXIO: Phrase("there is no such device"),
    errno.EACCES: Phrase("the system does not permit it"),
    errno.EBUSY: Phrase("another program is using it"),
    errno.EEXIST: Phrase("it is already there"),
    errno.ENODEV: Phrase("there is no such device"),
    errno.ENOTDIR: Phrase("a part of its path is not a folder"),
    errno.EISDIR: Phrase("it is a folder"),
    errno.ENOSPC: Phrase("the disk is full"),
    errno.EROFS: Phrase("the disk cannot be written"),
    errno.ENAMETOOLONG: Phrase("its name is too long"),
    errno.ELOOP: Phrase("its links lead nowhere"),
    errno.EADDRINUSE: Phrase("another program is using it"),
    errno.EADDRNOTAVAIL: Phrase("this machine does not have that address"),
}


def why_refused(failure: OSError) -> Phrase:
    """Why the system refused, in a few words; a rare error by its name in errno(3)."""
    if failure.errno is None:
        return Phrase("the system does not say why")
    name = errno.errorcode.get(failure.errno, str(failure.errno))
    return _WORDS.get(failure.errno, Phrase("the system answers %(name)s", name=name))
