"""The receipt printer: how it is, its test page, which one it is, and printing once more."""

from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from yika_common.infra.web.again import or_again
from yika_common.infra.web.guard import needs, passive
from yika_common.infra.web.site import Text
from yika_node import config as configuration
from yika_node.services.rights import Right
from yika_node.web.front import node, operator
from yika_node.web.print_room import paper_office_of, print_charge, printer_search, printer_view
from yika_node.web.shift_pages import shift_reports_of, whose
from yika_node.web.till import charge_desk_of

pages = Blueprint("printer", __name__)

KINDS: Final[dict[str, Text]] = {
    "none": _("none: the browser prints"),
    "usb": _("USB"),
    "serial": _("serial port"),
    "network": _("network"),
    "file": _("a file, for trials"),
}
PROFILES: Final[dict[str, Text]] = {
    "gb18030": _("Chinese characters and QR codes of its own"),
    "gb18030-basic": _("Chinese characters of its own, QR codes as pictures"),
    "raster": _("everything as pictures"),
}


@pages.get("/printer")
@needs(Right.LOOK)
def page() -> str:
    """How the printer is, and what is configured."""
    return _page()


def _page() -> str:
    return render_template(
        "printer.html",
        view=printer_view(node()),
        chosen=node().printers.config,
        search=printer_search(),
        kinds=list(KINDS.items()),
        names=KINDS,
        profiles=list(PROFILES.items()),
        speeds=[(speed, speed) for speed in configuration.PRINTER_SPEEDS],
        taken="port" in request.args,
    )


@pages.get("/printer/line/<int:turn>")
@needs(Right.LOOK)
@passive
def line(turn: int) -> str | tuple[str, int]:
    """For a page that watches the printer: nothing (204) while all is as it was."""
    view = printer_view(node())
    if view is None or view.turn == turn:
        return "", 204
    return render_template("_printer.html", view=view)


@pages.get("/printer/found")
@needs(Right.LOOK)
@passive
def found() -> str | tuple[str, int]:
    """For a page that waits for a search: nothing (204) while it runs, then what was found."""
    if printer_search().running:
        return "", 204
    return render_template("_printers_found.html", search=printer_search(), names=KINDS)


@pages.post("/printer/test")
@needs(Right.TEST_PRINTER)
@or_again(_page)
def test() -> Response:
    """Print the test page."""
    office = paper_office_of(node())
    if office is not None:
        office.test_page()
    return redirect(url_for("printer.page"), 303)


@pages.post("/printer/find")
@needs(Right.TEST_PRINTER)
def find() -> Response:
    """Begin to look for printers."""
    printer_search().begin()
    return redirect(url_for("printer.page"), 303)


@pages.post("/printer/use")
@needs(Right.SET_PRINTER)
@or_again(_page)
def use() -> Response:
    """Use this printer from now on."""
    from yika_node.services.printer_choice import chosen  # noqa: PLC0415 - rare

    form, now = request.form, node().printers.config
    node().printers.choose(
        chosen(
            {
                "kind": form.get("kind", ""),
                "port": form.get("port", "").strip(),
                "speed": int(form.get("speed", "")) if form.get("speed", "").isdecimal() else 0,
                "flow": now.flow,
                "answers": "answers" in form,
                "profile": form.get("profile", ""),
                "width": int(form.get("width", "")) if form.get("width", "").isdecimal() else 0,
                "language": form.get("language", ""),
                "cut": "cut" in form,
                "drawer": "drawer" in form,
                "logo": now.logo,
            }
        )
    )
    flash(gettext("This printer is used from now on. Print the test page."), "good")
    return redirect(url_for("printer.page"), 303)


def _again() -> str:
    """Why is it printed once more?"""
    return render_template("print_again.html")


@pages.post("/receipts/<int:epoch>/<int:basket>/print")
@needs(Right.PRINT)
@or_again(_again)
def receipt(epoch: int, basket: int) -> Response:
    """Print a receipt: its original if none came out yet, else a copy with a number."""
    office = paper_office_of(node())
    found_receipt = node().enquiries.receipt(epoch, basket)
    if office is not None:
        office.receipt(operator(), found_receipt, request.form.get("reason", "").strip())
    return redirect(url_for("sale.receipt", epoch=epoch, basket=basket), 303)


@pages.post("/refunds/<int:epoch>/<int:seq>/print")
@needs(Right.PRINT)
@or_again(_again)
def refund(epoch: int, seq: int) -> Response:
    """Print a refund's slip."""
    from yika_node.web.refund_pages import refund_desk_of  # noqa: PLC0415 - most sales stand

    office = paper_office_of(node())
    view = refund_desk_of(node()).refund(epoch, seq)
    own = node().enquiries.receipt(view.sale.epoch, view.sale.seq)
    original = node().enquiries.receipt(view.purchase.epoch, view.purchase.basket)
    if office is not None:
        reason = request.form.get("reason", "").strip()
        office.refund(operator(), view, (own, original), reason)
    return redirect(url_for("refund.slip", epoch=epoch, seq=seq), 303)


@pages.post("/charges/<int:epoch>/<int:seq>/print")
@needs(Right.PRINT)
@or_again(_again)
def charge(epoch: int, seq: int) -> Response:
    """Print the receipt of a fee or a deposit."""
    office = paper_office_of(node())
    taken = charge_desk_of(node()).charge(epoch, seq)
    if office is not None:
        print_charge(office, taken, request.form.get("reason", "").strip())
    return redirect(url_for("charge.slip", epoch=epoch, seq=seq), 303)


@pages.post("/shift/z/<int:number>/print")
@needs(Right.PRINT)
def z_report(number: int) -> Response:
    """Print a Z report, with its lines to sign."""
    report = shift_reports_of(node()).z(number, whose=whose())
    office = paper_office_of(node())
    if office is not None:
        office.shift(report)
    return redirect(url_for("shift.report", number=number), 303)


@pages.post("/shift/x/<int:epoch>/<int:seq>/print")
@needs(Right.PRINT)
def x_report(epoch: int, seq: int) -> Response:
    """Print what an open shift comes to so far."""
    report = shift_reports_of(node()).x(epoch, seq, whose=whose())
    office = paper_office_of(node())
    if office is not None:
        office.shift(report)
    return redirect(url_for("shift.x_report", epoch=epoch, seq=seq), 303)


@pages.post("/slips/<card>/print")
@needs(Right.PRINT)
def slip(card: str) -> Response:
    """Print a new card's slip."""
    office = paper_office_of(node())
    made = node().life.reissue.slip(card)
    if office is not None:
        office.card(made)
    return redirect(url_for("life.slip", card=card), 303)
