"""The first start: a one-time token of headquarters and the first operator; then never again."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from yika_common.infra.web.guard import public
from yika_common.infra.web.login import begin_session
from yika_common.infra.web.parts import kit
from yika_node.errors import AlreadyEnrolled
from yika_node.web.again import Refusal, or_again
from yika_node.web.entrance import identity_of
from yika_node.web.front import front, node
from yika_node.web.machine_pages import pages as machine

pages = Blueprint("setup", __name__)


@pages.before_app_request
def lead_here() -> Response | None:
    """Until headquarters has given a name, every page is this one."""
    belongs = request.blueprint in {pages.name, kit.name, machine.name}
    if belongs or node().enrolment.enrolled():
        return None
    return redirect(url_for("setup.page"), 303)


@pages.get("/setup")
@public
def page() -> str:
    """The form of the first start."""
    _refuse_twice()
    return _form()


def _form(refusal: Refusal | None = None) -> str:
    return render_template("setup.html", refusal=refusal, filled=request.form)


@pages.post("/setup")
@public
@or_again(_form)
def enrol() -> Response:
    """Register with headquarters; the first operator is then signed in."""
    _refuse_twice()
    form = request.form
    token, name = "".join(form.get("token", "").split()), form.get("name", "").strip()
    begin_session(identity_of(node().enrolment.enrol(token, name, form.get("password", ""))))
    front().soon()
    return redirect(url_for("counter.home"), 303)


def _refuse_twice() -> None:
    if node().enrolment.enrolled():
        raise AlreadyEnrolled(node=node().state().node)
