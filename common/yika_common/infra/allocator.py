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

The call goes through the library that Argon2 and the keys need anyway; ``ctypes`` would keep most
of a megabyte for it.
"""

from typing import Final

import _cffi_backend

DECLARED: Final = "int mallopt(int, int); const char *gnu_get_libc_version(void);"

_C: Final = _cffi_backend.FFI(
    "yika_common.infra.allocator",
    # What cffi writes for these two functions (its "out-of-line ABI mode").
    _version=0x2601,
    _types=bytes.fromhex(
        "0000060d 0000000f 0000030d 00000701 00000701 0000000f 00000703 00000201"
    ),
    _globals=(b"\x00\x00\x00\x23gnu_get_libc_version", 0, b"\x00\x00\x02\x23mallopt", 0),
)
_SETTINGS: Final = ((-8, 1), (-3, 128 << 10), (-1, 128 << 10))


def keep_memory_small() -> None:
    """Set the allocator up so; call it before threads are started.

    Another C library than glibc has its own ways and is left alone.
    """
    library = _C.dlopen(None)
    if hasattr(library, "gnu_get_libc_version"):
        for parameter, value in _SETTINGS:
            library.mallopt(parameter, value)
