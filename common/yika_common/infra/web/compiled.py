"""Compiled templates are kept beside them, as Python keeps its own byte code.

Compiling the first page takes a tenth of a vending point's start.  Jinja names an entry for the
template and checks it against the template's text, so an entry that no longer fits is made anew.
"""

import sys
from contextlib import suppress
from pathlib import Path

from jinja2.bccache import Bucket, FileSystemBytecodeCache


class CompiledTemplates(FileSystemBytecodeCache):
    """The entries in a folder; where it can't be written, templates are compiled every time."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder), "%s.jinja")

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep an entry, if Python may keep its own."""
        if sys.dont_write_bytecode:
            return
        with suppress(OSError):
            Path(self.directory).mkdir(exist_ok=True)
            super().dump_bytecode(bucket)
