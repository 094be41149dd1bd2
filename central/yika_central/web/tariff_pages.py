"""Tariffs: every version, what it is now, what it changed, and which vending points hold it."""

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from yika_central.bootstrap import Headquarters
from yika_central.domain.tariff_comparison import compare, every_key
from yika_central.web.ranks import Rank
from yika_central.web.tariff_labels import register_labels
from yika_common.infra.web.faults import NoSuchPage, language_here
from yika_common.infra.web.guard import needs
from yika_common.tariffs.document import parse_tariff


def tariff_pages(hq: Headquarters) -> Blueprint:
    """The pages ``tariff.…``."""
    pages = Blueprint("tariff", __name__)
    register_labels(pages)
    office = hq.tariff_office

    @pages.get("/tariffs")
    @needs(Rank.AUDITOR)
    def listed() -> str:
        return render_template(
            "tariffs.html",
            versions=office.published(),
            ending=office.shelf.ending(),
            drafts=office.drafts.all(still_open=True),
        )

    @pages.get("/tariffs/<tariff_id>/<int:version>")
    @needs(Rank.AUDITOR)
    def detail(tariff_id: str, version: int) -> str:
        entry = office.shelf.entry(tariff_id, version)
        document = office.document(tariff_id, version)
        if entry is None or document is None:
            raise NoSuchPage
        before = office.shelf.predecessor(tariff_id, version)
        return render_template(
            "tariff.html",
            tariff=parse_tariff(document),
            published=entry,
            before=before[0] if before else 0,
            changes=compare(before[1], document, language_here()) if before else (),
            keys=every_key(document, language_here()),
            holdings=office.held_by(tariff_id, version),
            ending=[entry] if entry.wants_successor(hq.clock()) else [],
        )

    @pages.get("/tariffs/<tariff_id>/<int:version>.json")
    @needs(Rank.AUDITOR)
    def document(tariff_id: str, version: int) -> Response:
        found = office.document(tariff_id, version)
        if found is None:
            raise NoSuchPage
        return as_file(found, f"{tariff_id}-v{version}.json")

    @pages.get("/tariffs/<tariff_id>/<int:version>.tariff")
    @needs(Rank.AUDITOR)
    def signed(tariff_id: str, version: int) -> Response:
        found = office.shelf.signed_file(tariff_id, version)
        if found is None:
            raise NoSuchPage
        name = f"{tariff_id}-v{version}.tariff"
        return as_file(found, name, mimetype="application/vnd.yika.signed-files")

    return pages


def as_file(document: bytes, name: str, *, mimetype: str = "application/json") -> Response:
    """A tariff file to be kept."""
    return Response(
        document,
        mimetype=mimetype,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
