"""The settings that every vending point sells by, and how they came to be."""

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from yika_central.bootstrap import Headquarters
from yika_central.services.settings_office import (
    NAMES,
    NothingChanged,
    ReasonMissing,
    SettingRefused,
    typed_of,
)
from yika_central.web.ranks import Rank
from yika_common.infra.web.faults import sentence_here
from yika_common.infra.web.guard import needs
from yika_common.infra.web.site import signed_in
from yika_common.services import Service

LABELS = {
    "debt_base": _("A debt's share is taken of"),
    "least_supply": _("Least share of a payment that becomes supply, in millionths"),
    "debit_share": _("Most of a payment that settles what is owed from before, in millionths"),
    "residual": _("Money that buys nothing"),
    "cash_unit": _("Smallest coin, in minor units"),
    "cash_rounding": _("Rounding to coins"),
    "stale_tariff": _("A tariff that has expired"),
    "holder_quota": _("The quotas of an account that another holder takes over"),
    "card_fee": _("Fee for a replacement card, in minor units"),
    "receipt_title": _("Head of every receipt"),
    "receipt_tax_number": _("The utility's tax number on receipts"),
    "receipt_person": _("The customer's name and address on receipts"),
    "receipt_note": _("Foot of every receipt"),
    "offline_money": _("Most money sold without an answer from here, in minor units (0: any)"),
    "offline_sales": _("Most purchases sold without an answer from here (0: any)"),
    "offline_hours": _("Hours of selling after the last answer from here (0: any)"),
    "operators": _("Who works at a vending point"),
    "operators_days": _("Days for which a list of persons is good"),
    "operators_grace": _("Days after that in which vending points only warn"),
    "difference_accepted": _("Over or short at a drawer's close that needs no words, minor units"),
    "difference_unsigned": _(
        "Over or short beyond which a second person signs, minor units (0: never)"
    ),
    "bank_holder": _("Holder of the account that takings are brought to"),
    "bank_number": _("Number of that account (empty: it is typed at the point)"),
    "bank_branch": _("Branch of the bank"),
    "bank_name": _("Name of the bank"),
    "fees": _("Fees beside supply"),
    "guarantees": _("Kinds of guarantee"),
    "instructions": _("What receipts say the customer does at the meter"),
}

CHOICES = {
    "debt_base": {
        "tender": _("the payment"),
        "after_fixed": _("the payment less fixed charges"),
    },
    "residual": {
        "change": _("goes back as change"),
        "balance": _("is kept for the next purchase"),
    },
    "cash_rounding": {
        "half_up": _("to the nearest"),
        "down": _("always down"),
        "up": _("always up"),
    },
    "receipt_person": {
        "whole": _("are printed whole"),
        "masked": _("are masked"),
    },
    "operators": {
        "local": _("whom its own supervisors let sign in"),
        "listed": _("of these only who is on the list of persons"),
    },
    "holder_quota": {
        "goes_on": _("go on"),
        "begins_anew": _("begin anew, as if the account were opened that day"),
    },
    "stale_tariff": {
        "warn": _("is sold by, with a warning"),
        "refuse": _("is not sold by"),
    },
}


def settings_pages(hq: Headquarters) -> Blueprint:
    """The pages ``settings.…``."""
    pages = Blueprint("settings", __name__)

    @pages.get("/settings")
    @needs(Rank.AUDITOR)
    def shown() -> str:
        return _page(hq, {})

    @pages.post("/settings")
    @needs(Rank.ADMIN)
    def change() -> Response | tuple[str, int]:
        typed = {name: request.form[name] for name in NAMES if name in request.form}
        reason = request.form.get("reason", "").strip()
        try:
            hq.settings_office.change(typed, by=signed_in().user_id, reason=reason)
        except (SettingRefused, NothingChanged, ReasonMissing) as refusal:
            return _page(hq, typed, reason, sentence_here(refusal)), 422
        return redirect(url_for("settings.shown"), 303)

    return pages


def _page(hq: Headquarters, typed: Mapping[str, str], reason: str = "", refused: str = "") -> str:
    """The page with the settings in force, or with what was typed and why it was refused."""
    current = hq.settings_office.current()
    return render_template(
        "settings.html",
        names=NAMES,
        labels=LABELS,
        choices=CHOICES,
        current={name: typed.get(name, typed_of(current, name)) for name in NAMES},
        typed_of=typed_of,
        services=list(Service),
        reason=reason,
        refused=refused,
        history=hq.settings_office.history(),
    )
