"""What was recorded, what prices hold, and how this vending point stands with headquarters."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from yika_common.infra.web.guard import needs
from yika_node.services.rights import Right
from yika_node.web.front import node, units_of

pages = Blueprint("record", __name__)


@pages.get("/sales")
@needs(Right.SEE_SALES)
def sales() -> str:
    """Every sale, newest first."""
    account, before = request.args.get("account") or None, request.args.get("before")
    found = node().enquiries.sales(before=before, account=account)
    return render_template("sales.html", found=found, before=before, account=account)


@pages.get("/readings")
@needs(Right.SEE_OFFICE)
def readings() -> str:
    """What meters told through cards, newest first."""
    meter, before = request.args.get("meter", "").strip() or None, request.args.get("before")
    found = node().enquiries.readings(before=before, meter=meter)
    return render_template(
        "readings.html",
        found=found,
        before=before,
        meter=meter,
        units=units_of(reading.meter for reading in found.rows),
    )


@pages.get("/tariffs")
@needs(Right.SEE_OFFICE)
def tariffs() -> str:
    """The tariffs held: in force, to come, and past."""
    return render_template("tariffs.html", shelf=node().tariffs.shelf())


@pages.get("/sync")
@needs(Right.SEE_OFFICE)
def sync() -> str:
    """What waits to be sent, and what was acknowledged."""
    state = node().state()
    allowance = node().allowance.left(node().standing.membership.epoch) if state.enrolled else None
    return render_template("sync.html", state=state, allowance=allowance)


@pages.get("/sync/journal")
@needs(Right.TAKE_JOURNAL)
def journal() -> Response:
    """The whole journal as signed files in a row, for a stick or an auditor."""
    files = (data for _name, data in node().stick.files(everything=True))
    name = f"{node().state().node}-journal.yika"
    return Response(
        files,
        mimetype="application/vnd.yika.signed-files",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@pages.post("/sync/now")
@needs(Right.EXCHANGE)
def sync_now() -> Response:
    """Exchange with headquarters now."""
    report = node().courier.sync()
    flash(
        gettext(
            "Headquarters has acknowledged everything up to record %(upto)s.",
            upto=report.acknowledged,
        ),
        "good",
    )
    return redirect(url_for("record.sync"), 303)
