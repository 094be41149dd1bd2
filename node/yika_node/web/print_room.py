"""What pages need to print: the papers of this vending point, made when the first is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import current_app

from yika_common.errors import YikaError
from yika_common.infra.web.site import site
from yika_node.bootstrap import Node
from yika_node.services.payments import Receipt

if TYPE_CHECKING:
    from yika_node.services.paper_office import PaperOffice
    from yika_node.services.printer_choice import PrinterSearch
    from yika_node.services.printer_desk import PrinterView

_SEARCH = "yika_printer_search"


def printer_view(node: Node) -> PrinterView | None:
    """How the printer is; None where the browser prints."""
    desk = node.printers.desk
    return None if desk is None else desk.view


def paper_office_of(node: Node) -> PaperOffice | None:
    """What prints receipts and slips; None where the browser does."""
    desk = node.printers.desk
    if desk is None:
        return None
    from yika_node.db.till_queries import TillQueries  # noqa: PLC0415 - see above
    from yika_node.services.paper_office import PaperOffice  # noqa: PLC0415
    from yika_node.services.paper_words import Words  # noqa: PLC0415
    from yika_node.services.reprints import Printing  # noqa: PLC0415

    return PaperOffice(
        desk,
        Words(
            node.printers.language,
            node.config.place.zone,
            site().currency,
            practice=node.standing.membership.practice,
        ),
        node.settings,
        node.tariffs,
        node.receipt_codes,
        Printing(node.journal, TillQueries(node.store), node.standing, node.clock),
        node.clock,
        drawer=node.printers.config.drawer,
    )


def print_sold(node: Node, operator: str, sold: Receipt) -> YikaError | None:
    """Print the receipt of a sale that was just made; why not, where it can't be.

    A sale is valid without its receipt: nothing that goes wrong here reaches it.
    """
    try:
        office = paper_office_of(node)
        if office is not None and sold.complete:
            office.receipt(operator, sold)
    except YikaError as problem:
        return problem
    return None


def printer_search() -> PrinterSearch:
    """The search for printers of this program."""
    held = current_app.extensions.get(_SEARCH)
    if held is None:
        from yika_node.hardware.printer_finding import found_printers  # noqa: PLC0415
        from yika_node.services.printer_choice import PrinterSearch  # noqa: PLC0415
        from yika_node.web.front import node  # noqa: PLC0415

        reader = node().config.reader.port
        held = current_app.extensions[_SEARCH] = PrinterSearch(lambda: found_printers(reader))
    return cast("PrinterSearch", held)
