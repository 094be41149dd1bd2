"""The people of headquarters."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from yika_central.bootstrap import Headquarters
from yika_central.services.staff import Credential, StaffRole
from yika_central.web.ranks import Rank
from yika_central.web.words import ROLES
from yika_common.infra.web.again import or_again
from yika_common.infra.web.guard import needs

ENTERED = (StaffRole.ACCOUNTANT, StaffRole.AUDITOR, StaffRole.ADMIN)
"""Roles that a page can give; a tariff officer's key stands in the root document."""


def staff_pages(hq: Headquarters) -> Blueprint:
    """The pages ``staff.…``."""
    pages = Blueprint("staff", __name__)

    @pages.get("/staff")
    @needs(Rank.AUDITOR)
    def listed() -> str:
        return render_template(
            "staff.html",
            people=hq.staff.everyone(),
            roles=ROLES,
            offered=[(role, ROLES[role]) for role in ENTERED],
        )

    @pages.post("/staff")
    @needs(Rank.ADMIN)
    @or_again(listed)
    def enter() -> Response:
        role = request.form.get("role", "")
        hq.staff.enter(
            Credential(request.form.get("name", "").strip(), request.form.get("password", "")),
            frozenset(offered for offered in ENTERED if offered == role),
            full_name=request.form.get("full-name", "").strip(),
        )
        return redirect(url_for("staff.listed"), 303)

    return pages
