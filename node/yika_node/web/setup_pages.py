"""The first start: a system card or a token, and the first operator; then never again."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from yika_common.errors import YikaError
from yika_common.infra.web.again import or_again, refusal_here
from yika_common.infra.web.faults import sentence_here
from yika_common.infra.web.guard import public
from yika_common.infra.web.login import begin_session
from yika_common.infra.web.parts import kit
from yika_node.errors import AlreadyEnrolled
from yika_node.web.entrance import identity_of
from yika_node.web.front import front, node
from yika_node.web.machine_pages import pages as machine
from yika_node.web.special_pages import system_start_of

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


def _form() -> str:
    refusal = refusal_here()
    return render_template(
        "setup.html",
        filled=request.form,
        by_card="pin" in request.form,
        last=refusal is not None and refusal.code == "pin_last_try",
    )


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


@pages.post("/setup/card")
@public
@or_again(_form)
def enrol_with_card() -> Response:
    """Register with the system card in the reader, and burn it; the operator is then signed in."""
    _refuse_twice()
    form, start = request.form, system_start_of(node())
    pin, name = "".join(form.get("pin", "").split()), form.get("name", "").strip()
    admitted = start.enrol(pin, name, form.get("password", ""), last="last" in form)
    begin_session(identity_of(admitted))
    front().soon()
    try:
        start.burn(admitted.name)
    except YikaError as problem:
        # It is registered; the first page says that the card is still to be burnt.
        flash(sentence_here(problem), "bad")
    return redirect(url_for("counter.home"), 303)


def _refuse_twice() -> None:
    if node().enrolment.enrolled():
        raise AlreadyEnrolled(node=node().state().node)
