"""Accounts: opening one, finding one, giving it its card."""

from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from yika_common.infra.web.again import or_again
from yika_common.infra.web.class_names import class_choices
from yika_common.infra.web.guard import needs
from yika_common.services import PROFILES
from yika_node.services.customers import masked
from yika_node.services.found import found_of
from yika_node.services.rights import Right
from yika_node.web.forms import Form, account_of, name_of, profile_of
from yika_node.web.front import front, node, operator

pages = Blueprint("account", __name__)

RECENT = 10
BEST: Final = 8
"""Accounts that are listed while a text is being typed."""
LISTED: Final = 14


pages.add_app_template_filter(masked, "masked")


@pages.get("/accounts")
@needs(Right.SEE_ACCOUNTS)
def search() -> str | Response:
    """Accounts in which the text asked for occurs; the one that fits is opened at once."""
    text, after = request.args.get("text", ""), request.args.get("after")
    found = node().accounts.find(text, after=after, limit=LISTED)
    if text.strip() and not after and len(found.rows) == 1:
        return redirect(url_for("account.page", number=found.rows[0].number), 303)
    rows = tuple(map(found_of, found.rows))
    return render_template("accounts.html", found=rows, next=found.next, text=text, after=after)


@pages.get("/accounts/found")
@needs(Right.SEE_ACCOUNTS)
def as_typed() -> str:
    """The best of the accounts in which the letters typed so far occur."""
    text, finder = request.args.get("text", ""), node().accounts.finder
    if not text.strip():
        finder.warm_up()
        return render_template("_found.html", found=(), text="")
    found = finder.find(text, BEST + 1)
    return render_template("_found.html", found=found[:BEST], text=text, more=found[BEST:])


@pages.get("/accounts/new")
@needs(Right.OPEN_ACCOUNT)
def new() -> str:
    """The form; empty but for the name that was looked for, where the search led to it."""
    return _form(name_of(request.args.get("text", "")))


def _form(name: str = "") -> str:
    desk = node().accounts
    return render_template(
        "account_new.html",
        areas=[(area, area) for area in desk.areas()],
        classes=class_choices(desk.classes()),
        carried=bool(name) and not name.isascii(),  # "ls" may have been initials: it is looked at.
        **_meter_fields(request.form or {"name": name}),
    )


@pages.get("/accounts/new/meters")
@needs(Right.OPEN_ACCOUNT)
def meters() -> str:
    """The fields for the meters of another size of card; what is filled in already stays."""
    return render_template("_meters.html", **_meter_fields(request.args))


def _meter_fields(form: Form) -> dict[str, object]:
    profile = profile_of(form)
    return {
        "filled": form,
        "profiles": PROFILES,
        "profile": profile,
        "sold": {
            service: node().accounts.kinds_for_place(service) for service in PROFILES[profile]
        },
        "free": {
            service: node().accounts.free_for_place(service) for service in PROFILES[profile]
        },
    }


@pages.post("/accounts/new")
@needs(Right.OPEN_ACCOUNT)
@or_again(_form)
def create() -> Response:
    """Open the account."""
    opened = node().accounts.open(operator(), account_of(request.form))
    front().soon()
    return redirect(url_for("account.page", number=opened.number), 303)


@pages.get("/accounts/<number>")
@needs(Right.SEE_ACCOUNTS)
def page(number: str) -> str:
    """One account, its meters, its card and its latest sales."""
    from yika_node.services.last_readings import figures_of  # noqa: PLC0415 - seldom looked at
    from yika_node.web.till import guarantee_desk_of, till_of  # noqa: PLC0415

    account = node().accounts.get(number)
    sales = node().enquiries.sales(account=number, limit=RECENT, carried=False)
    written = node().enquiries.sales(account=number, limit=1)
    return render_template(
        "account.html",
        account=account,
        figures=figures_of(account, node().cards.queries),
        ended_here=bool(till_of(node()).ended(number)),
        held=guarantee_desk_of(node()).of(account),
        sales=sales.rows,
        written=bool(written.rows),
    )


@pages.post("/accounts/<number>/card")
@needs(Right.ISSUE_CARD)
def initialise(number: str) -> Response:
    """Make the blank card in the reader this account's card; its first sale comes next."""
    front().last_card.keep(None)
    node().cards.initialise(operator(), number)
    front().soon()
    return redirect(url_for("sale.form"), 303)
