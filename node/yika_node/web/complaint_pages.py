"""Complaints: written down, listed, each with its evidence on screen, paper and as a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response as AnyResponse

from yika_common.infra.web.again import or_again
from yika_common.infra.web.guard import needs, takes_files
from yika_common.infra.web.site import Text
from yika_node.services.rights import Right
from yika_node.web.front import front, node, operator

if TYPE_CHECKING:
    from yika_node.services.complaint_desk import Complaint, ComplaintDesk
    from yika_node.services.evidence import Pack, Sources
    from yika_node.services.photographs import Photo, Photographs

pages = Blueprint("complaint", __name__)

ABOUT: Final[dict[str, Text]] = {
    "price": _("The price or the bill"),
    "credit": _("Credit that is missing"),
    "meter": _("What the meter shows"),
    "card": _("The card"),
    "other": _("Something else"),
}
SENT_MAX: Final = (8 << 20) + (64 << 10)
"""Bytes of a form with a picture."""
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
    return _page(epoch, seq)


def _page(epoch: int, seq: int) -> str:
    complaint = _desk().get(epoch, seq)
    return _filled("complaint.html", complaint, _pack(complaint))


def _photographs() -> Photographs:
    from yika_node.services.photographs import Photographs  # noqa: PLC0415 - seldom used

    here = node()
    random = here.cards.counter.random
    return Photographs(here.journal, here.store, here.standing, here.keyring, here.clock, random)


@pages.post("/complaints/<int:epoch>/<int:seq>/photographs")
@needs(Right.COMPLAIN)
@takes_files(SENT_MAX)
@or_again(_page)
def add_photograph(epoch: int, seq: int) -> AnyResponse:
    """Keep a photograph with the complaint."""
    sent = request.files.get("picture")
    complaint = _desk().get(epoch, seq)
    _photographs().add(operator(), complaint, b"" if sent is None else sent.read())
    front().soon()
    return redirect(url_for("complaint.page", epoch=epoch, seq=seq), 303)


@pages.get("/complaints/<int:epoch>/<int:seq>/photographs/<int:number>")
@needs(Right.SEE_SALES)
def photograph(epoch: int, seq: int, number: int) -> Response:
    """One of the complaint's photographs, of the type that it was made in here."""
    kept = _photographs()
    for photo in kept.of(_desk().get(epoch, seq)):
        if photo.nth == number:
            name = photo.name.rpartition("/")[2]
            headers = {"Content-Disposition": f'inline; filename="{name}"'}
            return Response(kept.content(photo), mimetype="image/jpeg", headers=headers)
    return abort(404)


@pages.get("/complaints/<int:epoch>/<int:seq>/pack.zip")
@needs(Right.TAKE_JOURNAL)
def pack(epoch: int, seq: int) -> Response:
    """The page, the records, and the same signed, as one file."""
    from yika_node.services.evidence import zipped  # noqa: PLC0415 - seldom used

    complaint = _desk().get(epoch, seq)
    gathered = _pack(complaint)
    page = _filled("complaint_file.html", complaint, gathered)
    kept = _photographs()
    photos = [(photo, kept.content(photo)) for photo in kept.of(complaint)]
    file = zipped(_sources(), complaint, gathered, page.encode(), photos)
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
    from yika_node.services.photographs import EACH_MAX  # noqa: PLC0415 - seldom used

    def source(photo: Photo) -> str:
        """Where the page finds the picture: beside it in the file, else at its own address."""
        if template == "complaint_file.html":
            return photo.name
        return url_for(
            "complaint.photograph", epoch=complaint.epoch, seq=complaint.seq, number=photo.nth
        )

    return render_template(
        template,
        complaint=complaint,
        pack=pack,
        about=ABOUT,
        settings=node().settings.settings(),
        photos=_photographs().of(complaint),
        source=source,
        each_max=EACH_MAX,
    )
