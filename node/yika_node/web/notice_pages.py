"""Answering headquarters' notices about a card: told, called, kept."""

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from yika_common.infra.web.guard import needs
from yika_node.services.notices import NoticeGone, Subject
from yika_node.services.rights import Right
from yika_node.web.front import front, node, operator

pages = Blueprint("notice", __name__)

_DIGITS_MAX = 9


@pages.post("/card/notice/told")
@needs(Right.REPORT_CARD)
def told() -> Response:
    """The holder was told, or headquarters was called."""
    node().notices.told(operator(), _card(), _subject(), request.form.get("reason", ""))
    front().soon()
    return redirect(url_for("counter.card"), 303)


@pages.post("/card/notice/kept")
@needs(Right.REPORT_CARD)
def kept() -> Response:
    """The card was kept at the counter."""
    account = node().accounts.of_card(_card())
    node().notices.kept(operator(), account, _card(), _subject())
    front().soon()
    return redirect(url_for("counter.card"), 303)


def _card() -> str:
    return request.form.get("card", "")


def _subject() -> Subject:
    """Which notice the form is about."""
    number = request.form.get("number", "")
    if not (number.isascii() and number.isdigit() and len(number) <= _DIGITS_MAX):
        raise NoticeGone
    return Subject(request.form.get("about", ""), request.form.get("meter", ""), int(number))
