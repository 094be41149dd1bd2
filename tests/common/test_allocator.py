"""The allocator is called as cffi itself would call it, and takes every setting."""

import re
import subprocess
import sys
from pathlib import Path

from cffi import FFI

from yika_common.infra import allocator

HEAPS_AND_MODULES = """
import sys, threading
from yika_common.infra.allocator import keep_memory_small
keep_memory_small()
room = threading.Barrier(9)

def work():
    kept = [bytearray(600) for _ in range(2000)]
    room.wait()

threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
room.wait()
for thread in threads: thread.join()
import _cffi_backend
print("ctypes" in sys.modules, end=" ")
sys.stdout.flush()
stats = _cffi_backend.load_library(None).load_function
stats(_cffi_backend.new_function_type((), _cffi_backend.new_void_type(), False), "malloc_stats")()
"""


def test_what_stands_there_is_what_cffi_writes(tmp_path: Path) -> None:
    source = FFI()
    source.cdef(allocator.DECLARED)
    source.set_source("written", None)
    source.emit_python_code(str(tmp_path / "written.py"))
    written = (tmp_path / "written.py").read_text(encoding="utf-8")
    own = Path(allocator.__file__).read_text(encoding="utf-8")
    (types,) = re.findall(r"_types = b'(.*)'", written)
    (kept,) = re.findall(r'fromhex\(\s*"(.*)"\s*\)', own)
    assert bytes.fromhex(kept) == bytes.fromhex(types.replace("\\x", ""))
    (version,) = re.findall(r"_version = (\w+)", written)
    assert f"_version={version}" in own
    (names,) = re.findall(r"_globals = \((.*)\),", written)
    assert names.rstrip(",").replace("'", '"').replace(",", ", ") in own


def test_eight_threads_share_one_heap() -> None:
    command = [sys.executable, "-c", HEAPS_AND_MODULES]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["False"]
    assert done.stderr.count("Arena ") == 1
    alone = [*command[:2], HEAPS_AND_MODULES.replace("\nkeep_memory_small()", "")]
    done = subprocess.run(alone, capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr.count("Arena ") > 1
