"""The memory that a small machine's server keeps from the system: no more than it uses.

Source: mallopt(3).  glibc gives every thread a heap of its own, and after the first large block
is returned (a password's hash takes 19 MiB) it keeps all later ones for itself.  A vending
point's few threads wait for one clerk, so one heap serves them, and large blocks go back.

=================  =====  =========  ===========================================
parameter          value  setting    meaning
=================  =====  =========  ===========================================
M_ARENA_MAX        -8     1          heaps for all threads together
M_MMAP_THRESHOLD   -3     128 KiB    from this size on a block is mapped alone
M_TRIM_THRESHOLD   -1     128 KiB    free memory above this goes back
=================  =====  =========  ===========================================
"""

import ctypes
from typing import Final

_SETTINGS: Final = ((-8, 1), (-3, 128 << 10), (-1, 128 << 10))


def keep_memory_small() -> None:
    """Set the allocator up so; call it before threads are started.

    Another C library than glibc has its own ways and is left alone.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "gnu_get_libc_version"):
        for parameter, value in _SETTINGS:
            library.mallopt(parameter, value)
