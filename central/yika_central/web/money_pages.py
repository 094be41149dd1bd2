"""Adjustments of accounts, and the policies by which differences become adjustments."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from yika_central.bootstrap import Headquarters
from yika_central.domain.policy import FIXED, Policy, Side
from yika_central.reports.labels import ADJUSTMENT_KINDS, CAUSES
from yika_central.services.adjustments import NO_MONEY
from yika_central.web.bookkeeping import (
    bookkeeper,
    midnight,
    second_person,
    typed,
    typed_count,
    typed_money,
)
from yika_central.web.ranks import Rank
from yika_common.infra.web.again import or_again
from yika_common.infra.web.guard import needs
from yika_common.infra.web.site import site
from yika_common.numbers import QUANTITY_PLACES, Quantity, scaled_from_text

KINDS = {kind: _(name) for kind, name in ADJUSTMENT_KINDS.items()}


def money_pages(hq: Headquarters) -> Blueprint:
    """The pages ``money.…``."""
    pages = Blueprint("money", __name__)
    _add_adjustments(pages, hq)
    _add_corrections(pages, hq)
    _add_policies(pages, hq)
    return pages


def _add_adjustments(pages: Blueprint, hq: Headquarters) -> None:
    @pages.get("/adjustments")
    @needs(Rank.AUDITOR)
    def listed() -> str:
        everything = request.args.get("all") == "1"
        return render_template(
            "adjustments.html",
            lines=hq.adjustments.listed(open_only=not everything),
            everything=everything,
        )

    @pages.get("/adjustments/of")
    @needs(Rank.AUDITOR)
    def find() -> Response:
        account = request.args.get("account", "").strip()
        return redirect(url_for("money.account", account=account or "-"), 303)


def _add_corrections(pages: Blueprint, hq: Headquarters) -> None:
    @pages.get("/adjustments/of/<account>")
    @needs(Rank.AUDITOR)
    def account(account: str) -> str:
        return render_template(
            "adjustment.html",
            shown=hq.adjustments.account(account),
            debts=hq.debt_office.listed(account=account, open_only=False),
            kinds=KINDS,
            limit=hq.adjustments.limit,
            belonging=hq.duplicates.belonging(account),
        )

    @pages.post("/adjustments/of/<account>")
    @needs(Rank.ACCOUNTANT)
    @or_again(account)
    def adjust(account: str) -> Response:
        hq.adjustments.adjust(
            account,
            typed_money("amount"),
            by=bookkeeper(hq),
            reason=typed("reason"),
            second=second_person(),
        )
        return redirect(url_for("money.account", account=account), 303)

    @pages.post("/adjustments/of/<account>/transfer")
    @needs(Rank.ACCOUNTANT)
    @or_again(account)
    def transfer(account: str) -> Response:
        hq.adjustments.transfer(
            account,
            typed("to").upper(),
            typed_money("amount"),
            by=bookkeeper(hq),
            reason=typed("reason"),
            second=second_person(),
        )
        return redirect(url_for("money.account", account=account), 303)

    @pages.post("/adjustments/of/<account>/quantity")
    @needs(Rank.ACCOUNTANT)
    @or_again(account)
    def adjust_quantity(account: str) -> Response:
        amount = scaled_from_text(typed("quantity") or "0", QUANTITY_PLACES)
        hq.adjustments.adjust_quantity(
            account,
            typed_count("slot", 0),
            Quantity(amount),
            by=bookkeeper(hq),
            reason=typed("reason"),
            second=second_person(),
            instead=typed_money("instead") if typed("instead") else NO_MONEY,
        )
        return redirect(url_for("money.account", account=account), 303)


def _add_policies(pages: Blueprint, hq: Headquarters) -> None:
    @pages.get("/policies")
    @needs(Rank.AUDITOR)
    def policies() -> str:
        return render_template(
            "policies.html",
            current=hq.policies.current(),
            history=hq.policies.history(),
            causes=CAUSES,
            fixed=FIXED,
        )

    @pages.post("/policies")
    @needs(Rank.ACCOUNTANT)
    @or_again(policies)
    def change_policy() -> Response:
        owes, owed = (
            Side(typed(f"{side}-adjusted") == "1", typed_money(f"{side}-threshold"))
            for side in ("owes", "owed")
        )
        since = midnight("from", site().time_zone)
        today = since is not None and since.date() == hq.enquiries.today
        hq.policies.change(
            typed("cause"),
            Policy(owes=owes, owed=owed),
            by=bookkeeper(hq),
            reason=typed("reason"),
            valid_from=None if today else since,
        )
        return redirect(url_for("money.policies"), 303)
