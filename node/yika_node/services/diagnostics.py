"""The diagnostic bundle: what somebody far away needs to help, and nothing of anybody.

===================  ==========================================================================
file                 content
===================  ==========================================================================
health.json          every line of the inspection: part, how it stands, text, facts, advice
versions.json        program, Python, SQLite, operating system
configuration.json   the settings in force; of an address only what leads there, no password
journal.json         figures: records, acknowledged, rows of the tables
backups.json         how the last backups went
log.jsonl            the last lines of the log: of their facts only those that name no one
===================  ==========================================================================

What may stand in it is listed, not what may not: a fact that nobody thought of is left out.
"""

import json
import platform
import sqlite3
import zipfile
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from yika_common.errors import YikaError
from yika_node.config import Config
from yika_node.services.backup_state import Safekeeping
from yika_node.services.findings import Finding, reading

_FACTS: Final = frozenset({"at", "level", "of", "event", "code", "status", "sent", "upto", "why"})
"""What a line of the log may tell."""

_COUNTED: Final = ("record", "account", "card", "intent", "refund", "reading", "operator", "item")


def bundle(
    folder: Path,
    config: Config,
    findings: Iterable[Finding],
    log: Iterable[str],
    now: datetime,
) -> bytes:
    """The bundle as a ZIP file; the data folder is read only."""
    files = {
        "health.json": [finding._asdict() for finding in findings],
        "versions.json": _versions(now),
        "configuration.json": _configuration(config),
        "journal.json": _journal(folder),
        "backups.json": Safekeeping(folder).state()._asdict(),
    }
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, held in files.items():
            archive.writestr(name, json.dumps(held, ensure_ascii=False, indent=1, default=str))
        archive.writestr("log.jsonl", "".join(f"{_masked(line)}\n" for line in log))
    return packed.getvalue()


def _versions(now: datetime) -> dict[str, str]:
    return {
        "yika": version("yika"),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": platform.platform(),
        "machine": platform.machine(),
        "at": now.isoformat(),
    }


def _configuration(config: Config) -> dict[str, Any]:
    held = asdict(config)
    held["headquarters"]["url"] = _bare(config.headquarters.url)
    return held


def _bare(url: str) -> str:
    """The address without a name or password in it, and without a query."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def _journal(folder: Path) -> dict[str, Any]:
    try:
        with reading(folder) as connection:
            rows = {}
            for table in _COUNTED:
                counting = f"SELECT count(*) FROM {table}"  # noqa: S608 - names from the tuple
                (rows[table],) = connection.execute(counting).fetchone()
            ends = connection.execute("SELECT epoch, seq, at FROM tip ORDER BY epoch").fetchall()
            known = connection.execute(
                "SELECT epoch, upto, headquarters_at, status FROM acknowledgement ORDER BY epoch"
            ).fetchall()
            (tables,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except YikaError as problem:
        return {"problem": problem.code}
    return {"rows": rows, "ends": ends, "acknowledged": known, "tables": tables}


def _masked(line: str) -> str:
    """A line of the log with the facts that are listed, and the names of the others."""
    held = json.loads(line)
    told = {name: fact for name, fact in held.items() if name in _FACTS}
    if others := sorted(held.keys() - _FACTS):
        told["left_out"] = others
    return json.dumps(told, ensure_ascii=True)
