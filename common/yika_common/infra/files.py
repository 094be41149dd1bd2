"""A small file is replaced whole, or not at all, whatever is cut.

Source: POSIX: a rename within one folder is atomic, and it is durable once the folder was flushed.
"""

import os
from pathlib import Path
from typing import Final

from yika_common.infra.sqlite_errors import named_failures

PRIVATE: Final = 0o600
READABLE: Final = 0o644


def replace_file(path: Path, data: bytes, *, mode: int = READABLE) -> None:
    """Make ``path`` hold exactly ``data``, on the disk when this returns.

    Raises:
        DiskFull: ``path`` holds what it held before.
        OSError: the disk fails otherwise; the same holds.
    """
    with named_failures(path):
        _replace(path, data, mode)


def _replace(path: Path, data: bytes, mode: int) -> None:
    unfinished = path.with_name(f".{path.name}.new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Make the names in the folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
