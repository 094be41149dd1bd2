"""The process that writes a workbook: ``python -m yika_node.services.reports.making``.

It is told on its standard input what to make, in one line of JSON (:class:`Order`), and lives no
longer than that input stays open: when whoever asked is gone, so is it.  It reads one snapshot of
the tables and changes nothing.  How far it has come stands in ``state.json`` beside the workbook::

    {"rows": 1500, "size": 60000, "status": "running"}

The status becomes ``done``, with the hash of the rows, or ``failed``, with a sentence.
"""

import json
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from yika_common.errors import YikaError
from yika_common.infra.files import PRIVATE, replace_file
from yika_common.infra.language import sentence, translate
from yika_common.infra.sqlite import open_for_money
from yika_common.values import dataclass
from yika_node.services.reports.catalogue import REPORTS
from yika_node.services.reports.holders import Holders
from yika_node.services.reports.model import Scope, Source

BOOK_FILE: Final = "workbook.xlsx"
STATE_FILE: Final = "state.json"
RUNNING, DONE, FAILED = "running", "done", "failed"
_NICE: Final = 10
"""Whoever sells comes first."""

_ABANDONED: Final = 3
_PIECE: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to make; keys are 64 hex digits, empty where none may be used."""

    database: str
    folder: str
    report: str
    scope: Mapping[str, Any]
    filters: Sequence[Sequence[str]]
    zone: str
    node: str
    now: int
    language: str
    made_by: str
    software: str
    personal: str
    data: str
    full: bool


def make(order: Order) -> None:
    """Write the workbook into the order's folder, and say how far it has come."""
    # Loaded here, so that orders can be read without the workbook's library.
    from yika_node.services.reports.book import Asked, Writer  # noqa: PLC0415

    report, folder = REPORTS[order.report], Path(order.folder)
    accounts = order.scope["accounts"]
    told = {**order.scope, "accounts": None if accounts is None else tuple(accounts)}
    scope = Scope(**told)
    asked = Asked(
        filters=tuple((name, value) for name, value in order.filters),
        made_by=order.made_by,
        made_at=order.now,
        software=order.software,
    )
    with closing(open_for_money(Path(order.database), read_only=True)) as connection:
        connection.execute("BEGIN")

        def ask(statement: str, values: Sequence[object]) -> Any:
            return connection.execute(statement, tuple(values))

        source = Source(
            ask=ask,
            people=Holders(ask, _key(order.personal), _key(order.data), full=order.full),
            zone=ZoneInfo(order.zone),
            node=order.node,
            now=order.now,
        )
        size = report.size(source, scope) if report.size else 0

        def tell(rows: int) -> None:
            _say(folder, rows=rows, size=size, status=RUNNING)

        tell(0)
        writer = Writer(report, source, asked, lambda text: translate(text, order.language))
        made = writer.write(folder / BOOK_FILE, scope, tell)
    (folder / BOOK_FILE).chmod(PRIVATE)
    _say(folder, rows=made.rows, size=made.rows, status=DONE, digest=made.digest)


def main() -> None:
    """Read the order, and make what it says."""
    order = Order(**json.loads(sys.stdin.buffer.readline()))
    os.umask(0o077)
    os.nice(_NICE)
    threading.Thread(target=_leave_when_alone, daemon=True).start()
    try:
        make(order)
    except YikaError as problem:
        said = sentence(problem, order.language)
        _say(Path(order.folder), rows=0, size=0, status=FAILED, sentence=said)


def _leave_when_alone() -> None:
    while os.read(sys.stdin.fileno(), _PIECE):
        pass
    os._exit(_ABANDONED)


def _say(folder: Path, **state: int | str) -> None:
    replace_file(folder / STATE_FILE, json.dumps(state, ensure_ascii=False).encode(), mode=PRIVATE)


def _key(text: str) -> bytes | None:
    return bytes.fromhex(text) or None


if __name__ == "__main__":
    main()
