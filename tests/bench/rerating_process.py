"""A process that prices everything in a folder again and tells its seconds and its peak memory.

Arguments: ``drain`` (the program's own way) or ``hand`` (:mod:`bench.hand_written`), the folder.
"""

import json
import re
import sys
from pathlib import Path
from time import perf_counter

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])

from zoneinfo import ZoneInfo

from bench.hand_written import price_again
from bench.stored_purchases import END, ZONE
from yika_central.db.database import open_database
from yika_central.services.rerating import Rerating
from yika_common.clock import from_timestamp

_KIB = 1024


def drain(folder: Path) -> None:
    """Queue everything and drain, as ``yika-central rerate --all`` does."""
    database = open_database("", folder)
    rerating = Rerating(database, lambda: from_timestamp(END), ZoneInfo(ZONE))
    rerating.queue_everything()
    rerating.drain()
    database.close()


def peak_mb() -> float:
    """The most memory this program has had resident; of its parent it knows nothing."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) / _KIB if found is not None else 0.0


if __name__ == "__main__":
    way, where = sys.argv[1], Path(sys.argv[2])
    begin = perf_counter()
    if way == "drain":
        drain(where)
    else:
        price_again(where / "central.db")
    seconds = perf_counter() - begin
    print(json.dumps({"seconds": seconds, "peak_mb": peak_mb()}))
