"""Money beside sales: fees, deposits without the card, all receipts, and giving those back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from yika_common.errors import Phrase
from yika_common.infra.web.again import or_again
from yika_common.infra.web.faults import language_here
from yika_common.infra.web.formats import money_shown
from yika_common.infra.web.guard import needs
from yika_common.infra.web.site import site
from yika_common.numbers import Money, money_from_text, money_to_text
from yika_node.services.rights import Right
from yika_node.web.approval_pages import ask
from yika_node.web.forms import token_of, typed
from yika_node.web.front import front, node, operator
from yika_node.web.print_room import print_at_once, print_charge
from yika_node.web.tender_forms import given_of
from yika_node.web.till import charge_desk_of, corrections_of, till_of

if TYPE_CHECKING:
    from yika_common.sync.settings import FeeItem
    from yika_node.services.charge_views import Charge

pages = Blueprint("charge", __name__)

FEE: Final = "fee"
PAGE: Final = 50
_KEY: Final = re.compile(r"([0-9]{1,9})-([0-9]{1,15})", re.ASCII)


def _chinese() -> bool:
    return language_here().startswith("zh")


def name_of(charge: Charge) -> str:
    """What a charge is for, in the page's language."""
    from yika_node.services.charge_words import WORDS  # noqa: PLC0415 - seldom needed

    named, own = gettext(WORDS[charge.what].name), charge.names[0 if _chinese() else 1]
    if not own or charge.what == FEE:
        return own or str(named)
    return f"{named}: {own}"


@pages.app_context_processor
def _words() -> dict[str, object]:
    return {"name_of": name_of}


def fee_named(fee: FeeItem) -> tuple[str, str]:
    """A fee's code, and what is shown of it."""
    name = fee.zh if _chinese() else fee.en
    price = money_shown(Money(fee.price), site().currency)
    told = gettext("%(price)s, or what is typed", price=price) if fee.open else price
    return fee.code, f"{name} · {told}"


@pages.get("/charges")
@needs(Right.SEE_SALES)
def listed() -> str:
    """Fees, deposits and guarantees, newest first."""
    from yika_node.services.charge_words import TAKES  # noqa: PLC0415 - seldom looked at

    match = _KEY.fullmatch(request.args.get("before", ""))
    before = (int(match[1]), int(match[2])) if match else None
    account = request.args.get("account") or None
    rows = charge_desk_of(node()).charges(before, PAGE, account)
    older = f"{rows[-1].epoch}-{rows[-1].seq}" if len(rows) == PAGE else None
    return render_template(
        "charges.html", rows=rows, older=older, before=before, account=account, takes=TAKES
    )


def _fee() -> str:
    fees = [fee_named(fee) for fee in node().settings.settings().fees]
    account = request.args.get("account", "")
    return render_template("charge_fee.html", fees=fees, filled=request.form, account=account)


@pages.get("/charges/fee")
@needs(Right.SELL)
def fee() -> str:
    """A fee of the utility's list."""
    return _fee()


@pages.post("/charges/fee")
@needs(Right.SELL)
@or_again(_fee)
def take_fee() -> Response:
    """Take it, or find that this form has; either way to the receipt."""
    form, amount = request.form, typed(request.form, "amount")
    taken = charge_desk_of(node()).take_fee(
        operator(),
        form.get("code", ""),
        token_of(form),
        amount=money_from_text(amount) if amount else None,
        account=typed(form, "account").upper(),
        note=typed(form, "note"),
        given=given_of(form),
    )
    front().soon()
    print_at_once(lambda office: print_charge(office, taken))
    return redirect(url_for("charge.slip", epoch=taken.epoch, seq=taken.seq), 303)


def _deposit() -> str:
    number = typed(request.form, "account") or request.args.get("account", "")
    return render_template("charge_deposit.html", filled=request.form, account=number)


@pages.get("/charges/deposit")
@needs(Right.SELL)
def deposit() -> str:
    """Money for an account whose card is not here."""
    return _deposit()


@pages.post("/charges/deposit")
@needs(Right.SELL)
@or_again(_deposit)
def take_deposit() -> Response:
    """Take it, or find that this form has; either way to the receipt."""
    form = request.form
    taken = charge_desk_of(node()).take_deposit(
        operator(),
        typed(form, "account").upper(),
        money_from_text(typed(form, "amount")),
        token_of(form),
        note=typed(form, "note"),
        given=given_of(form),
    )
    front().soon()
    print_at_once(lambda office: print_charge(office, taken))
    return redirect(url_for("charge.slip", epoch=taken.epoch, seq=taken.seq), 303)


@pages.get("/charges/<int:epoch>/<int:seq>")
@needs(Right.SEE_SALES)
def slip(epoch: int, seq: int) -> str:
    """The receipt of a fee, deposit or guarantee, and of its giving back."""
    from yika_node.services.charge_words import WORDS  # noqa: PLC0415 - seldom looked at
    from yika_node.web.qr import qr_drawing  # noqa: PLC0415

    desk = charge_desk_of(node())
    charge = desk.charge(epoch, seq)
    account = node().accounts.get(charge.account) if charge.account else None
    back = till_of(node()).tenders(epoch, charge.back) if charge.back else ()
    code = node().receipt_codes.of(epoch, seq)
    return render_template(
        "charge.html",
        charge=charge,
        name=name_of(charge),
        account=account,
        words=WORDS[charge.what],
        waits=desk.waits(charge),
        back=back,
        corrections=corrections_of(node(), epoch, seq) if charge.tenders else (),
        settings=node().settings.settings(),
        code=code,
        drawing=qr_drawing(code),
    )


def _back() -> str:
    place = request.view_args or {}
    charge = charge_desk_of(node()).charge(int(place["epoch"]), int(place["seq"]))
    filled = request.form or request.args
    return render_template("charge_back.html", charge=charge, name=name_of(charge), filled=filled)


@pages.get("/charges/<int:epoch>/<int:seq>/back")
@needs(Right.GIVE_BACK)
def back(epoch: int, seq: int) -> str:
    """Why it is given back."""
    return _back()


@pages.post("/charges/<int:epoch>/<int:seq>/back")
@needs(Right.GIVE_BACK)
@or_again(_back)
def give_back(epoch: int, seq: int) -> Response:
    """Ask a second person; once he has approved, hand the money back."""
    desk, form = charge_desk_of(node()), request.form
    reason, approval = typed(form, "reason"), form.get("approval", "")
    charge = desk.charge(epoch, seq)
    if not approval and not charge.back:
        digest = desk.digest(epoch, seq, reason)
        what = Phrase(
            "Give back %(money)s of %(number)s (%(name)s), because: %(why)s",
            money=money_to_text(charge.amount),
            number=charge.number,
            name=name_of(charge),
            why=reason,
        )
        then = url_for("charge.back", epoch=epoch, seq=seq, reason=reason)
        return ask(digest, what, then, "charge back", charge.amount)
    given = given_of(form)
    done = desk.give_back(operator(), epoch, seq, reason, approval, given)
    money = money_shown(done.amount, site().currency)
    flash(gettext("Hand out %(money)s now.", money=money), "good")
    front().soon()
    return redirect(url_for("charge.slip", epoch=epoch, seq=seq), 303)
