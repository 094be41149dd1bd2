"""What this journal says of practice: history only, no table follows from it."""

import sqlite3
from typing import Final

from yika_common.journal.practice_bodies import PracticeUsed
from yika_common.journal.record import Record


def _nothing(_c: sqlite3.Connection, _epoch: int, _record: Record, _body: PracticeUsed) -> None:
    """Auditors read the record itself."""


APPLY: Final = {PracticeUsed: _nothing}
