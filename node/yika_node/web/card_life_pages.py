"""The life of cards: lost and found, replaced, ended, written again, and blank ones counted."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from yika_common.errors import Phrase
from yika_common.infra.web.again import or_again
from yika_common.infra.web.faults import sentence_here
from yika_common.infra.web.guard import needs
from yika_common.numbers import money_to_text, scaled_from_text
from yika_node.services.rights import Right
from yika_node.web.approval_pages import ask
from yika_node.web.card_words import END_CHOICES, MOVES
from yika_node.web.forms import token_of
from yika_node.web.front import front, node, operator
from yika_node.web.labels import SERVICES
from yika_node.web.limit_pages import tell_limit

pages = Blueprint("life", __name__)


@pages.get("/cards")
@needs(Right.SEE_ACCOUNTS)
def cards() -> str:
    """The cards that are lost, those that ended, and the blank ones."""
    reports, stock = node().life.reports, node().life.stock
    return render_template(
        "cards.html", lost=reports.lost(), ended=reports.ended(), stock=stock.count()
    )


def _stock() -> str:
    stock = node().life.stock
    return render_template(
        "card_stock.html",
        filled=request.form,
        stock=stock.count(),
        moves=stock.moves(),
        choices=list(MOVES.items()),
    )


@pages.get("/cards/stock")
@needs(Right.SEE_ACCOUNTS)
def stock() -> str:
    """Blank cards: how many there must be, and why."""
    return _stock()


@pages.post("/cards/stock")
@needs(Right.KEEP_STOCK)
@or_again(_stock)
def move() -> Response:
    """Record that blank cards came, left, or were useless."""
    form = request.form
    chips = scaled_from_text(form.get("chips", "").strip(), 0)
    node().life.stock.move(operator(), form.get("what", ""), chips, form.get("reason", ""))
    return redirect(url_for("life.stock"), 303)


def _account() -> str:
    account = node().accounts.get(_number())
    history = None if account.card is None else node().life.reports.history(account.card)
    return render_template(
        "card_of_account.html",
        filled=request.form,
        account=account,
        history=history,
        synced=node().state().sync,
    )


def _number() -> str:
    return str((request.view_args or {})["number"])


@pages.get("/accounts/<number>/card")
@needs(Right.SEE_ACCOUNTS)
def of_account(number: str) -> str:
    """The account's card: where it is in its life, and what can be done about it."""
    return _account()


@pages.post("/accounts/<number>/card/lost")
@needs(Right.REPORT_CARD)
@or_again(_account)
def lose(number: str) -> Response:
    """The holder says that the card is lost."""
    card = node().life.reports.lose(operator(), number, request.form.get("reason", ""))
    front().last_card.keep(None)
    flash(gettext("Card %(card)s is reported lost. Nothing is sold to it.", card=card), "good")
    return _done(number)


@pages.post("/accounts/<number>/card/found")
@needs(Right.REPORT_CARD)
@or_again(_account)
def find(number: str) -> Response:
    """The holder has the card again."""
    card = node().life.reports.find(operator(), number, request.form.get("reason", ""))
    front().last_card.keep(None)
    flash(gettext("Card %(card)s is released. It can be sold to again.", card=card), "good")
    return _done(number)


def _done(number: str) -> Response:
    front().soon()
    return redirect(url_for("life.of_account", number=number), 303)


def _replace() -> str:
    number, reissue = _number(), node().life.reissue
    return render_template(
        "card_replace.html",
        filled=request.form or request.args,
        account=node().accounts.get(number),
        old=reissue.old_card(number),
        carried=reissue.carried(number),
        fee=reissue.fee(number),
    )


@pages.get("/accounts/<number>/card/replace")
@needs(Right.REPLACE_CARD)
def replacing(number: str) -> str:
    """What a new card will carry, what it costs, and the button that makes it."""
    return _replace()


@pages.post("/accounts/<number>/card/old")
@needs(Right.REPLACE_CARD)
@or_again(_replace)
def look(number: str) -> Response:
    """Read the old card, so that what it shows goes onto the new one."""
    front().last_card.keep(None)
    node().life.reissue.look(operator())
    return redirect(url_for("life.replacing", number=number, **_kept()), 303)


@pages.post("/accounts/<number>/card/free")
@needs(Right.REPLACE_CARD)
@or_again(_replace)
def free(number: str) -> Response:
    """Ask a second person to let the new card cost nothing."""
    reissue, reason = node().life.reissue, request.form.get("reason", "")
    what = Phrase(
        "A new card for account %(account)s without the fee of %(fee)s, because: %(why)s",
        account=number,
        fee=money_to_text(reissue.fee(number)),
        why=reason,
    )
    then = url_for("life.replacing", number=number, **_kept())
    digest, fee = reissue.free_digest(number, reason.strip()), reissue.fee(number)
    return ask(digest, what, then, "free card", fee)


def _kept() -> dict[str, Any]:
    """What was typed so far, for the page that comes next."""
    reason = request.form.get("reason", "").strip()
    return {"reason": reason} if reason else {}


@pages.post("/accounts/<number>/card/replace")
@needs(Right.REPLACE_CARD)
@or_again(_replace)
def replace(number: str) -> Response:
    """Make the blank card in the reader the account's card, in the place of the one before."""
    form = request.form
    front().last_card.keep(None)
    made = node().life.reissue.replace(
        operator(), number, form.get("reason", ""), token_of(form), form.get("approval", "")
    )
    if made.problem is not None:
        flash(sentence_here(made.problem), "warn")
    front().soon()
    return redirect(url_for("life.slip", card=made.number), 303)


@pages.get("/slips/<card>")
@needs(Right.SEE_ACCOUNTS)
def slip(card: str) -> str:
    """What a new card cost and carries, for the customer to take home."""
    return render_template(
        "card_slip.html",
        slip=node().life.reissue.slip(card),
        settings=node().settings.settings(),
    )


def _ending() -> str:
    return render_template(
        "card_end.html",
        filled=request.form or request.args,
        choices=[(how, text) for how, (text, _) in END_CHOICES.items()],
        ends=END_CHOICES,
    )


@pages.get("/card/end")
@needs(Right.END_CARD)
def ending() -> str:
    """The ways in which a card can end."""
    return _ending()


@pages.post("/card/end")
@needs(Right.END_CARD)
@or_again(_ending)
def end() -> Response:
    """End the card in the reader, or finish what was begun with it."""
    form = request.form
    front().last_card.keep(None)
    done = node().life.ends.end(operator(), form.get("how", ""), form.get("reason", ""))
    flash(gettext("Card %(card)s: %(how)s.", card=done.card, how=END_CHOICES[done.how][1]), "good")
    front().soon()
    return redirect(url_for("life.cards"), 303)


@pages.post("/card/spoilt")
@needs(Right.END_CARD)
@or_again(_ending)
def spoil() -> Response:
    """A card that no reader can read any more is thrown away."""
    form = request.form
    number = form.get("card", "").strip().upper()
    node().life.ends.spoil(operator(), number, form.get("reason", ""))
    front().soon()
    return redirect(url_for("life.cards"), 303)


def _again() -> str:
    card, slot = str((request.view_args or {})["card"]), int((request.view_args or {})["slot"])
    return render_template(
        "card_again.html",
        filled=request.form or request.args,
        card=card,
        slot=slot,
        sale=node().life.supplements.offer(card, slot),
    )


@pages.get("/card/<card>/again/<int:slot>")
@needs(Right.WRITE_AGAIN)
def again(card: str, slot: int) -> str:
    """The purchase that would be written to the slot once more."""
    return _again()


@pages.post("/card/<card>/again/<int:slot>")
@needs(Right.WRITE_AGAIN)
@or_again(_again)
def write_again(card: str, slot: int) -> Response:
    """Ask a second person; once he has approved, write it."""
    supplements, form = node().life.supplements, request.form
    reason = form.get("reason", "").strip()
    approval = form.get("approval", "")
    if not approval:
        sale = supplements.offer(card, slot)
        what = Phrase(
            "Write purchase %(count)s of %(service)s to card %(card)s once more, because: %(why)s",
            count=sale.count,
            service=str(SERVICES[sale.service]),
            card=card,
            why=reason,
        )
        then = url_for("life.again", card=card, slot=slot, reason=reason)
        tell_limit("supplements", sale.amount)
        return ask(supplements.digest(card, slot, reason), what, then, "supplement")
    front().last_card.keep(None)
    supplements.write(operator(), card, slot, reason, approval)
    flash(gettext("The purchase is on the card."), "good")
    front().soon()
    return redirect(url_for("counter.card"), 303)
