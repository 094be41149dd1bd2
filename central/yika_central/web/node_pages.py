"""The vending points: how far each is known here, and how a new one comes in."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from yika_central.bootstrap import Headquarters
from yika_central.web.forms import ticked_services
from yika_central.web.ranks import Rank
from yika_central.web.words import service_choices
from yika_common.infra.web.again import or_again
from yika_common.infra.web.guard import needs


def node_pages(hq: Headquarters) -> Blueprint:
    """The pages ``node.…``."""
    pages = Blueprint("node", __name__)

    @pages.get("/nodes")
    @needs(Rank.AUDITOR)
    def listed() -> str:
        return render_template("nodes.html", nodes=hq.registry.nodes(), services=service_choices())

    @pages.post("/nodes")
    @needs(Rank.ADMIN)
    @or_again(listed)
    def invite() -> str:
        node = request.form.get("node", "").strip()
        token = hq.enrolment.invite(
            node,
            name=request.form.get("name", "").strip(),
            areas=tuple(request.form.get("areas", "").split()),
            url=request.host_url.rstrip("/"),
            services=ticked_services(),
        )
        return render_template("invited.html", node=node, token=token)

    @pages.post("/nodes/<node>/stop")
    @needs(Rank.ADMIN)
    @or_again(listed)
    def stop(node: str) -> Response:
        hq.registry.stop(node)
        return redirect(url_for("node.listed"), 303)

    @pages.post("/nodes/<node>/release")
    @needs(Rank.ADMIN)
    @or_again(listed)
    def release(node: str) -> Response:
        hq.registry.release(node)
        return redirect(url_for("node.listed"), 303)

    return pages
