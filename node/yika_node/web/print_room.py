"""What pages need to print: the papers of this vending point, made when the first is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from flask import current_app, flash

from yika_common.errors import YikaError
from yika_common.infra.web.faults import sentence_here
from yika_common.infra.web.site import site
from yika_node.bootstrap import Node
from yika_node.web.front import node, operator

if TYPE_CHECKING:
    from yika_node.services.charge_views import Charge
    from yika_node.services.paper_office import PaperOffice
    from yika_node.services.printer_choice import PrinterSearch
    from yika_node.services.printer_desk import PrinterView

_SEARCH = "yika_printer_search"


def printer_view(here: Node) -> PrinterView | None:
    """How the printer is; None where the browser prints."""
    desk = here.printers.desk
    return None if desk is None else desk.view


def paper_office_of(here: Node) -> PaperOffice | None:
    """What prints receipts and slips; None where the browser does."""
    desk = here.printers.desk
    if desk is None:
        return None
    from yika_node.db.till_queries import TillQueries  # noqa: PLC0415 - see above
    from yika_node.services.paper_office import PaperOffice  # noqa: PLC0415
    from yika_node.services.paper_words import Words  # noqa: PLC0415
    from yika_node.services.reprints import Printing  # noqa: PLC0415

    return PaperOffice(
        desk,
        Words(
            here.printers.language,
            here.config.place.zone,
            site().currency,
            practice=here.standing.membership.practice,
        ),
        here.settings,
        here.tariffs,
        here.receipt_codes,
        Printing(here.journal, TillQueries(here.store), here.standing, here.clock),
        here.clock,
        drawer=here.printers.config.drawer,
    )


def print_at_once(ask: Callable[[PaperOffice], object]) -> None:
    """Print what was just recorded; where it can't be, say why on the next page.

    What is recorded is valid without its paper: nothing that goes wrong here reaches it.
    """
    try:
        office = paper_office_of(node())
        if office is not None:
            ask(office)
    except YikaError as problem:
        flash(sentence_here(problem), "warn")


def print_charge(office: PaperOffice, charge: Charge, reason: str = "") -> None:
    """Print the receipt of a fee, deposit or guarantee, with the account's holder."""
    account = node().accounts.get(charge.account) if charge.account else None
    office.charge(operator(), charge, account, reason)


def printer_search() -> PrinterSearch:
    """The search for printers of this program."""
    held = current_app.extensions.get(_SEARCH)
    if held is None:
        from yika_node.hardware.printer_finding import found_printers  # noqa: PLC0415
        from yika_node.services.printer_choice import PrinterSearch  # noqa: PLC0415

        reader = node().config.reader.port
        held = current_app.extensions[_SEARCH] = PrinterSearch(lambda: found_printers(reader))
    return cast("PrinterSearch", held)
