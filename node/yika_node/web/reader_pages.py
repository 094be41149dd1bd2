"""The card reader: which one it is, whether it answers, and what the card in it says."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from yika_common.infra.web.guard import needs, passive
from yika_node.services.reader_test import way_of
from yika_node.services.rights import Right
from yika_node.web.front import node

pages = Blueprint("reader", __name__)


@pages.get("/reader")
@needs(Right.LOOK)
def page() -> str:
    """What the last test told, and the button for the next one."""
    return render_template("reader.html", test=node().reader_test, way_of=way_of)


@pages.get("/reader/seen")
@needs(Right.LOOK)
@passive
def seen() -> str | tuple[str, int]:
    """For a page that waits for a test: nothing (204) while it runs, then what it told."""
    if node().reader_test.running:
        return "", 204
    return render_template("_reader_report.html", test=node().reader_test, way_of=way_of)


@pages.post("/reader/test")
@needs(Right.TEST_READER)
def test() -> Response:
    """Begin a test; the page shows it when it has ended."""
    node().reader_test.begin()
    return redirect(url_for("reader.page"), 303)
