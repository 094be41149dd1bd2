"""Reports: choose the days, get the workbook."""

import tempfile
from datetime import timedelta
from pathlib import Path

from flask import Blueprint, render_template, request, send_file
from werkzeug.wrappers import Response

from yika_central.bootstrap import Headquarters
from yika_central.web.forms import day_from
from yika_central.web.ranks import Rank
from yika_common.infra.language import translate
from yika_common.infra.web.faults import language_here
from yika_common.infra.web.guard import needs
from yika_common.infra.web.site import signed_in

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def report_pages(hq: Headquarters) -> Blueprint:
    """The pages ``report.…``."""
    pages = Blueprint("report", __name__)

    @pages.get("/reports")
    @needs(Rank.AUDITOR)
    def choose() -> str:
        today = hq.enquiries.today
        months_end = today.replace(day=1) - timedelta(days=1)
        return render_template(
            "reports.html",
            today=today,
            month=(today.replace(day=1), today),
            last_month=(months_end.replace(day=1), months_end),
            nodes=hq.registry.nodes(),
        )

    @pages.get("/reports/consolidated.xlsx")
    @needs(Rank.AUDITOR)
    def consolidated() -> Response:
        today = hq.enquiries.today
        scope = hq.report_office.scope(
            day_from(request.args.get("first", "")) or today,
            day_from(request.args.get("last", "")) or today,
            node=request.args.get("node", ""),
            area=request.args.get("area", "").strip(),
        )
        language = language_here()
        with tempfile.TemporaryDirectory(prefix="yika-report-") as folder:
            path = Path(folder) / "report.xlsx"
            hq.report_office.write(
                path,
                scope,
                made_by=signed_in().name,
                translate=lambda sentence: translate(sentence, language),
            )
            # Opened here: the folder goes, the open file stays until it is sent.
            return send_file(
                path.open("rb"),
                mimetype=WORKBOOK,
                as_attachment=True,
                download_name=f"yika-{scope.first_day}-{scope.last_day}.xlsx",
            )

    return pages
