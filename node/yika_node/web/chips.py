"""The status line under every page: card, pending sales, what waits to be sent, headquarters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from yika_common.clock import Clock, from_timestamp
from yika_common.infra.web.site import Chip, Mood, Text
from yika_node.hardware.errors import ReaderSought
from yika_node.services.backup_state import OLD, TOO_OLD, age_of
from yika_node.services.rights import Place
from yika_node.services.state_views import SyncState
from yika_node.services.views import Age
from yika_node.web.front import front, node
from yika_node.web.labels import age
from yika_node.web.print_room import printer_view
from yika_node.web.watch import Presence, Seen

if TYPE_CHECKING:
    from yika_node.services.printer_desk import PrinterView

TROUBLES: Final[dict[str, Text]] = {
    "paper_out": _("out of paper"),
    "cover_open": _("cover open"),
    "printer_offline": _("off-line"),
    "printer_silent": _("does not answer"),
    "printer_missing": _("not connected"),
}
"""The printer's troubles, in a word."""

LONG_UNSENT = timedelta(days=1)
"""Records older than this that no acknowledgement covers are worth a second look."""

JUST_NOW = timedelta(minutes=1)
"""What is younger has no age worth telling."""


def chips_with(clock: Clock) -> tuple[Chip, ...]:
    """What every signed-in page shows."""
    return tuple(_chips(clock))


def _chips(clock: Clock) -> Iterator[Chip]:
    state = node().state()
    if front().place is Place.COUNTER:
        yield _card(front().watch.seen())
    printer = printer_view(node())
    if printer is not None and printer.known:
        yield _printer(printer)
    if state.refusal is not None:
        yield Chip(gettext("Selling"), gettext("stopped"), "bad", "record.sync")
    if state.pending:
        yield Chip(gettext("Pending sales"), str(state.pending), "warn", "sale.pending")
    if state.tariffs is not Age.FRESH:
        yield _prices(state.tariffs)
    if state.enrolled and not node().standing.membership.practice:
        yield from _backup(clock)
    if node().roster.late():
        yield Chip(gettext("List of persons"), gettext("out of date"), "warn", "record.sync")
    if state.sync is not None:
        yield from _allowance()
        yield _waiting(state.sync, clock)
        yield _headquarters(state.sync, clock)


def _allowance() -> Iterator[Chip]:
    """What may still be sold without headquarters, once most of it is used."""
    left = node().allowance.left(node().standing.membership.epoch)
    if left is not None and left.nearly:
        over = left.money == 0 or left.sales == 0
        text = gettext("used up") if over else gettext("nearly used up")
        mood: Mood = "bad" if over else "warn"
        yield Chip(gettext("Selling without headquarters"), text, mood, "record.sync")


def _card(seen: Seen) -> Chip:
    name = gettext("Card")
    if isinstance(seen.problem, ReaderSought):
        return Chip(gettext("Reader"), gettext("is looked for"), "busy", "reader.page")
    if seen.presence is Presence.TROUBLE:
        return Chip(gettext("Reader"), gettext("does not answer"), "bad", "reader.page")
    if seen.presence is Presence.CARD:
        return Chip(name, gettext("in the reader"), "good", "counter.card")
    return Chip(name, gettext("none"), "idle")


def _printer(view: PrinterView) -> Chip:
    name = gettext("Printer")
    if view.problem is not None:
        text = TROUBLES.get(view.problem.code)
        return Chip(name, str(text or gettext("in trouble")), "bad", "printer.page")
    if view.failed:
        return Chip(name, gettext("a paper did not come out"), "warn", "printer.page")
    if view.paper_low:
        return Chip(name, gettext("paper nearly out"), "warn", "printer.page")
    return Chip(name, gettext("ready"), "good", "printer.page")


def _prices(age_: Age) -> Chip:
    expired = age_ is Age.EXPIRED
    text = gettext("expired") if expired else gettext("should be newer")
    return Chip(gettext("Prices"), text, "bad" if expired else "warn", "record.tariffs")


def _backup(clock: Clock) -> Iterator[Chip]:
    """A word, once the last good backup is so old that a day would be lost with the disk."""
    held, here = node().safekeeping.state(), node().standing.membership
    since = age_of(held, clock(), lambda: from_timestamp(here.certificate.issued))
    if since > OLD:
        text = gettext("%(age)s old", age=age(since)) if held.good else gettext("none yet")
        mood: Mood = "bad" if since > TOO_OLD else "warn"
        yield Chip(gettext("Backup"), text, mood, "health.page")


def _waiting(sync: SyncState, clock: Clock) -> Chip:
    name = gettext("Waiting to send")
    if not sync.waiting or sync.oldest is None:
        return Chip(name, "0", "good", "record.sync")
    since = clock() - sync.oldest
    if since < JUST_NOW:
        return Chip(name, str(sync.waiting), "busy", "record.sync")
    text = gettext("%(count)s, oldest %(age)s", count=sync.waiting, age=age(since))
    return Chip(name, text, "warn" if since > LONG_UNSENT else "busy", "record.sync")


def _headquarters(sync: SyncState, clock: Clock) -> Chip:
    name = gettext("Headquarters")
    if sync.last_contact is None:
        return Chip(name, gettext("not reached yet"), "idle", "record.sync")
    since = clock() - sync.last_contact
    text = gettext("just now") if since < JUST_NOW else gettext("%(age)s ago", age=age(since))
    return Chip(name, text, "idle" if sync.problem else "good", "record.sync")
