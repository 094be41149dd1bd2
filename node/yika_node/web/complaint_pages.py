"""Complaints: written down, listed, each with its evidence on screen, paper and as a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response as AnyResponse

from yika_common.infra.web.again import or_again
from yika_common.infra.web.guard import needs
from yika_common.infra.web.site import Text
from yika_node.services.rights import Right
from yika_node.web.front import front, node, operator

if TYPE_CHECKING:
    from yika_node.services.complaint_desk import Complaint, ComplaintDesk
    from yika_node.services.evidence import Pack, Sources

pages = Blueprint("complaint", __name__)

ABOUT: Final[dict[str, Text]] = {
    "price": _("The price or the bill"),
    "credit": _("Credit that is missing"),
    "meter": _("What the meter shows"),
    "card": _("The card"),
    "other": _("Something else"),
}
_PLACE: Final = re.compile(r"([0-9]{1,17})-([0-9]{1,17})", re.ASCII)


def _desk() -> ComplaintDesk:
    from yika_node.services.complaint_desk import ComplaintDesk  # noqa: PLC0415 - seldom used

    here = node()
    return ComplaintDesk(
        here.journal,
        here.store,
        here.accounts,
        here.enquiries,
        here.standing,
        here.keyring,
        here.clock,
        here.cards.counter.random,
    )


def _place(text: str | None) -> tuple[int, int] | None:
    match = _PLACE.fullmatch(text or "")
    return (int(match[1]), int(match[2])) if match else None


@pages.get("/complaints")
@needs(Right.SEE_SALES)
def listed() -> str:
    """Complaints, newest first."""
    from yika_node.services.complaint_desk import PAGE  # noqa: PLC0415 - seldom used

    before, account = request.args.get("before"), request.args.get("account") or None
    rows = _desk().listed(_place(before), account)
    older = f"{rows[-1].epoch}-{rows[-1].seq}" if len(rows) == PAGE else None
    return render_template(
        "complaints.html", rows=rows, older=older, before=before, account=account, about=ABOUT
    )


def _form(number: str) -> str:
    receipt = request.values.get("receipt", "")
    place = _place(receipt)
    return render_template(
        "complaint_new.html",
        account=node().accounts.get(number),
        receipt=node().enquiries.receipt(*place) if place else None,
        about=ABOUT,
    )


@pages.get("/accounts/<number>/complaint")
@needs(Right.COMPLAIN)
def new(number: str) -> str:
    """What is complained of, and in which words."""
    return _form(number)


@pages.post("/accounts/<number>/complaint")
@needs(Right.COMPLAIN)
@or_again(_form)
def write(number: str) -> AnyResponse:
    """Write it down."""
    form = request.form
    place = _place(form.get("receipt"))
    written = _desk().open(operator(), number, form.get("about", ""), form.get("words", ""), place)
    front().soon()
    return redirect(url_for("complaint.page", epoch=written.epoch, seq=written.seq), 303)


@pages.get("/complaints/<int:epoch>/<int:seq>")
@needs(Right.SEE_SALES)
def page(epoch: int, seq: int) -> str:
    """One complaint with its evidence; printed, it is a sheet to sign."""
    complaint = _desk().get(epoch, seq)
    return _filled("complaint.html", complaint, _pack(complaint))


@pages.get("/complaints/<int:epoch>/<int:seq>/pack.zip")
@needs(Right.TAKE_JOURNAL)
def pack(epoch: int, seq: int) -> Response:
    """The page, the records, and the same signed, as one file."""
    from yika_node.services.evidence import zipped  # noqa: PLC0415 - seldom used

    complaint = _desk().get(epoch, seq)
    gathered = _pack(complaint)
    page = _filled("complaint_file.html", complaint, gathered)
    file = zipped(_sources(), complaint, gathered, page.encode())
    return Response(
        file,
        mimetype="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{complaint.number}.zip"'},
    )


def _pack(complaint: Complaint) -> Pack:
    from yika_node.services.evidence import gather  # noqa: PLC0415 - seldom used
    from yika_node.services.reprints import Printing  # noqa: PLC0415 - seldom used
    from yika_node.web.till import till_of  # noqa: PLC0415 - seldom used

    here = node()
    printing = Printing(here.journal, till_of(here), here.standing, here.clock)
    return gather(_sources(), complaint, printing.papers)


def _sources() -> Sources:
    from yika_node.services.evidence import Sources  # noqa: PLC0415 - seldom used

    here = node()
    return Sources(here.queries, here.enquiries, here.accounts, here.standing, here.stick.cutter)


def _filled(template: str, complaint: Complaint, pack: Pack) -> str:
    settings = node().settings.settings()
    return render_template(
        template, complaint=complaint, pack=pack, about=ABOUT, settings=settings
    )
