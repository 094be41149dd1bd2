"""One JSON object per line and event; never a secret.

An event is a word and its facts::

    log.info("acknowledged", extra={"facts": {"upto": 412}})

``ensure_ascii`` escapes whatever could forge a second line or turn the text around on a screen.  A
fact whose name says that it is secret is left out, whoever logged it.
"""

import json
import logging
import re
from datetime import UTC, datetime
from typing import TextIO

_SECRET = re.compile(r"pass|pin|secret|token|seed|key(?!id)|image|cookie|authorization", re.I)
HIDDEN = "[hidden]"
TEXT_MAX = 500


class JsonLines(logging.Formatter):
    """Formats a log record as one line of JSON: at, level, of, event, and the facts."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its newline; texts are cut at 500 characters."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "of": record.name,
            "event": record.getMessage()[:TEXT_MAX],
        }
        facts = getattr(record, "facts", {})
        line.update((name, _told(name, fact)) for name, fact in facts.items() if name not in line)
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=True)


def log_to(stream: TextIO) -> None:
    """Send everything that is logged to the stream, as JSON lines.

    Chatter of libraries below a warning is left out.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for ours in ("yika_common", "yika_node", "yika_central"):
        logging.getLogger(ours).setLevel(logging.INFO)


def _told(name: str, fact: object) -> object:
    if _SECRET.search(name) or isinstance(fact, bytes | bytearray | memoryview):
        return HIDDEN
    return fact if isinstance(fact, int) else str(fact)[:TEXT_MAX]
