"""That practice was started is told in the real vending point's journal.

Practice has no key of the real node and may run while that is closed.  So it leaves a line in the
real node's data folder, and the real node, when it is next open, records it and removes the file.
"""

import json
import os
from pathlib import Path
from typing import Final

from yika_common.clock import Clock, to_timestamp
from yika_common.infra.entropy import RandomSource
from yika_common.journal.body import Body
from yika_node.db.journal import Journal

FILE: Final = "practice-uses.jsonl"
_USE_SIZE: Final = 8
_WHO_MAX: Final = 80
_MOST: Final = 500
"""Uses in one commit; whoever starts more often between two days is told of in part."""


def leave_word(folder: Path, who: str, what: str, clock: Clock, random: RandomSource) -> None:
    """Leave a line in the real node's data folder, on the disk when this returns.

    Raises:
        OSError: it can't be written; practice must not begin.
    """
    printable = "".join(sign for sign in who if sign.isprintable())[:_WHO_MAX]
    line = {
        "use": random(_USE_SIZE).hex(),
        "at": to_timestamp(clock()),
        "who": printable or "?",
        "what": what,
    }
    with (folder / FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def tell(folder: Path, journal: Journal, clock: Clock) -> int:
    """Record what was left; how many uses there were.

    After a cut between the two steps the same use is told twice, under the same name.

    Raises:
        VaultLocked, NodeRestored and their like: nothing was recorded, nothing removed.
    """
    left = folder / FILE
    taken = left.with_suffix(".taken")
    if left.exists() and not taken.exists():
        left.rename(taken)
    if not taken.exists():
        return 0
    used = list(_read(taken))[:_MOST]
    if used:
        journal.append(used, at=clock())
    taken.unlink()
    return len(used)


def waiting(folder: Path) -> bool:
    """Whether there is anything to tell."""
    return (folder / FILE).exists() or (folder / FILE).with_suffix(".taken").exists()


def _read(path: Path) -> list[Body]:
    from yika_common.journal.practice_bodies import PracticeUsed  # noqa: PLC0415 - seldom

    found: list[Body] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            held = json.loads(line)
            found.append(PracticeUsed(**held))
        except (ValueError, TypeError):
            continue  # A line that was cut off while it was written.
    return found
