"""Tariffs: every version, who signed it, who holds it, and how one is published."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from yika_central.bootstrap import Headquarters
from yika_central.services.staff import Credential
from yika_central.web.ranks import Rank
from yika_common.infra.web.faults import NoSuchPage
from yika_common.infra.web.guard import needs
from yika_common.tariffs.document import parse_tariff

SIGNERS = ("first", "second")


def tariff_pages(hq: Headquarters) -> Blueprint:
    """The pages ``tariff.…``."""
    pages = Blueprint("tariff", __name__)

    @pages.get("/tariffs")
    @needs(Rank.AUDITOR)
    def listed() -> str:
        return render_template(
            "tariffs.html", versions=hq.tariff_office.published(), now=hq.clock()
        )

    @pages.get("/tariffs/<tariff_id>/<int:version>")
    @needs(Rank.AUDITOR)
    def detail(tariff_id: str, version: int) -> str:
        document = hq.tariff_office.document(tariff_id, version)
        if document is None:
            raise NoSuchPage
        return render_template(
            "tariff.html",
            tariff=parse_tariff(document),
            published=_published(hq, tariff_id, version),
            holdings=hq.tariff_office.held_by(tariff_id, version),
        )

    @pages.get("/tariffs/<tariff_id>/<int:version>.json")
    @needs(Rank.AUDITOR)
    def document(tariff_id: str, version: int) -> Response:
        found = hq.tariff_office.document(tariff_id, version)
        if found is None:
            raise NoSuchPage
        name = f"{tariff_id}-v{version}.json"
        disposition = f'attachment; filename="{name}"'
        return Response(
            found,
            mimetype="application/json",
            headers={"Content-Disposition": disposition},
        )

    @pages.post("/tariffs")
    @needs(Rank.OFFICER)
    def publish() -> Response:
        file = request.files.get("file")
        tariff = hq.tariff_office.publish(
            file.read() if file else b"", [_credential(which) for which in SIGNERS]
        )
        target = url_for("tariff.detail", tariff_id=tariff.id, version=tariff.version)
        return redirect(target, 303)

    return pages


def _credential(which: str) -> Credential:
    name = request.form.get(f"{which}-name", "").strip()
    return Credential(name, request.form.get(f"{which}-password", ""))


def _published(hq: Headquarters, tariff_id: str, version: int) -> object:
    return next(
        entry
        for entry in hq.tariff_office.published()
        if (entry.tariff_id, entry.version) == (tariff_id, version)
    )
