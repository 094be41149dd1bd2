"""Operators: who may sign in, and at which level."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from yika_common.infra.web.again import or_again
from yika_common.infra.web.guard import needs
from yika_node.services.rights import Right
from yika_node.web.forms import level_of
from yika_node.web.front import node, operator
from yika_node.web.labels import LEVELS

pages = Blueprint("staff", __name__)


@pages.get("/operators")
@needs(Right.SEE_OPERATORS)
def operators() -> str:
    """Everybody who may sign in here."""
    return _page()


def _page() -> str:
    return render_template(
        "operators.html",
        filled=request.form,
        operators=node().staff.operators(),
        level_options=[(level.name, name) for level, name in LEVELS.items()],
    )


@pages.post("/operators")
@needs(Right.MANAGE_OPERATORS)
@or_again(_page)
def add() -> Response:
    """Let another person sign in."""
    form = request.form
    name, level = form.get("name", "").strip(), level_of(form)
    added = node().staff.add(operator(), name, form.get("password", ""), level)
    flash(gettext("%(name)s can sign in now.", name=added.name), "good")
    return redirect(url_for("staff.operators"), 303)
