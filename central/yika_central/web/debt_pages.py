"""The debt office: the register, a debt's statement, waivers."""

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from yika_central.bootstrap import Headquarters
from yika_central.reports.labels import DEBT_AGES
from yika_central.services.debt_office import NewDebt
from yika_central.services.over_use import OverUse
from yika_central.web.bookkeeping import (
    PERCENT_PLACES,
    bookkeeper,
    second_person,
    typed,
    typed_count,
    typed_money,
    typed_share,
)
from yika_central.web.forms import day_from
from yika_central.web.ranks import Rank
from yika_common.infra.web.again import or_again
from yika_common.infra.web.guard import needs
from yika_common.numbers import money_to_text, scaled_to_text

AGES = tuple(_(age) for age in DEBT_AGES)

MOVES = {
    "REGISTERED": _("registered"),
    "FEE": _("late fee"),
    "WAIVED": _("waived"),
    "MOVED": _("moved to the account it was merged into"),
    "COLLECTED": _("collected"),
    "PAID": _("paid as the account ended"),
}


def debt_pages(hq: Headquarters) -> Blueprint:
    """The pages ``debt.…``."""
    pages = Blueprint("debt", __name__)
    pages.add_app_template_filter(_percent, "percent")

    @pages.get("/debts")
    @needs(Rank.AUDITOR)
    def listed() -> str:
        everything = request.args.get("all") == "1"
        debts = hq.debt_office.listed(open_only=not everything)
        ageing = [sum(d.owed.left for d in debts if d.age == age) for age in range(len(AGES))]
        return render_template(
            "debts.html",
            debts=debts,
            everything=everything,
            ages=AGES,
            ageing=ageing,
            limit=hq.adjustments.limit,
            account=request.args.get("account", ""),
            **_over_use(hq.over_uses.waiting()),
        )

    @pages.post("/debts")
    @needs(Rank.ACCOUNTANT)
    @or_again(listed)
    def register() -> Response:
        new = _new_debt()
        first, *_rest = hq.debt_office.register(
            new, by=bookkeeper(hq), reason=typed("reason"), second=second_person()
        )
        return redirect(url_for("debt.statement", debt=first), 303)

    @pages.get("/debts/<debt>")
    @needs(Rank.AUDITOR)
    def statement(debt: str) -> str:
        view, moves = hq.debt_office.statement(debt)
        return render_template(
            "debt.html",
            debt=view,
            moves=moves,
            names=MOVES,
            ages=AGES,
            limit=hq.adjustments.limit,
        )

    @pages.post("/debts/<debt>/waive")
    @needs(Rank.ACCOUNTANT)
    @or_again(statement)
    def waive(debt: str) -> Response:
        hq.debt_office.waive(
            debt,
            typed_money("amount"),
            by=bookkeeper(hq),
            reason=typed("reason"),
            second=second_person(),
        )
        return redirect(url_for("debt.statement", debt=debt), 303)

    return pages


def _new_debt() -> NewDebt:
    """The debt that the form describes."""
    return NewDebt(
        account=typed("account"),
        amount=typed_money("amount"),
        zh=typed("zh"),
        en=typed("en"),
        share=typed_share("share"),
        least=typed_money("least"),
        priority=typed_count("priority", 10),
        not_before=day_from(typed("not-before")),
        due_on=day_from(typed("due-on")),
        daily_fee=typed_share("daily-fee"),
        fee_most=typed_money("fee-most") if typed("fee-most") else None,
        parts=typed_count("parts", 1),
        cause=typed("cause"),
    )


def _over_use(waiting: Sequence[OverUse]) -> dict[str, object]:
    """What the page says of over-use; ``over`` is what the form is filled in with, if any."""
    over = next((one for one in waiting if one.cause == request.args.get("over")), None)
    worth = "" if over is None else money_to_text(over.amount)
    return {"over_uses": waiting, "over": over, "worth": worth}


def _percent(share: int) -> str:
    """Millionths as a percentage."""
    return f"{scaled_to_text(share, PERCENT_PLACES, least=0)} %"
