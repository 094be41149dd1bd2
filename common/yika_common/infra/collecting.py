"""Loading modules without looking for garbage meanwhile.

While a program's modules are loaded nothing becomes garbage.  Looking for it again and again takes
a fifth of that time, and afterwards the collector need never look at them again.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """Load inside; what is there at the end is never looked at again."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()
