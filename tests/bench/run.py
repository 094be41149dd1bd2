"""``make bench``: every benchmark, or the ones named, one line of JSON for each result.

Exit status: 0 every bound holds, 1 one does not, 2 an argument names no benchmark.
"""

import sys
from importlib import import_module
from pathlib import Path

if __name__ == "__main__":
    # The benchmarks share the tests' builders, so the folder above is where imports begin.
    sys.path[0] = str(Path(__file__).parents[1])
    sys.exit(import_module("bench.registry").main(sys.argv[1:]))
