"""How the vending point is: every part in a sentence with advice, and what to send a helper."""

from flask import Blueprint, Response, render_template

from yika_common.infra.web.guard import needs
from yika_common.infra.web.site import site
from yika_node.services.rights import Right
from yika_node.web.front import node

pages = Blueprint("health", __name__)


@pages.get("/health")
@needs(Right.SEE_OFFICE)
def page() -> str:
    """Every part in one line, and what went wrong lately."""
    from yika_node.web import health_shown  # noqa: PLC0415 - seldom needed

    return render_template(
        "health.html",
        findings=health_shown.findings(),
        found=health_shown.found,
        troubles=health_shown.troubles(),
    )


@pages.get("/health/bundle")
@needs(Right.SEE_OFFICE)
def diagnostics() -> Response:
    """The diagnostic bundle."""
    from yika_node.web import health_shown  # noqa: PLC0415 - seldom needed

    name = f"{node().state().node or 'yika'}-{site().clock():%Y%m%d-%H%M}-diagnostics.zip"
    return Response(
        health_shown.packed(),
        mimetype="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
