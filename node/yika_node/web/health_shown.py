"""What the page of health shows; loaded when somebody looks."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

from yika_common.errors import N_, YikaError
from yika_common.infra.language import filled
from yika_common.infra.log_tail import last_lines
from yika_common.infra.web.faults import language_here
from yika_common.infra.web.formats import time_shown
from yika_common.infra.web.site import site
from yika_node.hardware.readers import reader_at
from yika_node.services.diagnostics import bundle
from yika_node.services.findings import Finding, failed, good
from yika_node.services.inspected_printer import PART as PRINTER
from yika_node.services.inspected_printer import printer
from yika_node.services.inspection import Inspection
from yika_node.services.printer_desk import PrinterView
from yika_node.web.front import front, node
from yika_node.web.messages import messages
from yika_node.web.print_room import printer_view
from yika_node.web.watch import Presence

SHOWN: Final = 10
_TIMES: Final = frozenset({"now", "at", "last"})
"""Facts that are moments, as texts of ISO 8601."""


class Trouble(NamedTuple):
    """Something that went wrong while nobody looked, in words."""

    at: datetime
    event: str
    said: str


def findings() -> tuple[Finding, ...]:
    """Every part, as the running program sees it."""
    here = node()
    inspection = Inspection(
        here.folder,
        reader_at,
        site().clock,
        running=True,
        live=True,
        ahead_s=here.clock.ahead_s,
        printer=printer_view(here),
    )
    return tuple(_seen(finding) for finding in inspection.findings())


def _printer(view: PrinterView) -> Finding:
    """The printer's line, by what its queue knows."""
    here = node()
    try:
        return printer(here.folder, here.printers.config, view)
    except YikaError as problem:
        return failed(PRINTER, problem)


def _seen(finding: Finding) -> Finding:
    """The reader's and the printer's line as the running program sees them."""
    view = printer_view(node())
    if finding.part == PRINTER and view is not None:
        return _printer(view)
    if finding.part != "Card reader":
        return finding
    seen = front().watch.seen()
    if seen.problem is not None:
        return failed(finding.part, seen.problem)
    if seen.presence is Presence.CARD:
        return good(finding.part, N_("The reader answers; a card is in it."))
    return good(finding.part, N_("The reader answers; no card is in it."))


def packed() -> bytes:
    """The diagnostic bundle."""
    return bundle(node().folder, node().config, findings(), last_lines(), site().clock())


def found(finding: Finding) -> str:
    """The finding and its advice in the page's language, moments by the clock on the wall."""
    facts = {
        name: time_shown(datetime.fromisoformat(str(fact)), site().time_zone)
        if name in _TIMES
        else fact
        for name, fact in finding.facts.items()
    }
    language = language_here()
    return " ".join(
        filled(text, facts, language) for text in (finding.text, finding.advice) if text
    )


def troubles() -> tuple[Trouble, ...]:
    """What went wrong lately, newest first."""
    return tuple(_troubles())[-SHOWN:][::-1]


def _troubles() -> Iterator[Trouble]:
    sentences = None
    for line in last_lines():
        held = json.loads(line)
        ours = held["of"].startswith("yika_")
        if ours and held["level"] in ("warning", "error", "critical"):
            sentences = sentences or dict(messages(language_here()))
            code = str(held.get("code", ""))
            yield Trouble(
                datetime.fromisoformat(held["at"]), held["event"], sentences.get(code, code)
            )
