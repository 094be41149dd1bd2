"""Commands on customers' money: adjustments, debts, accounting months."""

from datetime import date, datetime
from typing import Any

import click

from yika_central.bootstrap import Headquarters
from yika_central.cli.kit import Place, command, password, say
from yika_central.services.debt_office import NewDebt
from yika_central.services.debt_views import DebtView
from yika_central.services.staff import Credential
from yika_central.services.two_persons import check_bookkeeper
from yika_common.numbers import MONEY_PLACES, Money, money_to_text, scaled_from_text

_DAY = click.DateTime(["%Y-%m-%d"])
_PERCENT_PLACES = 4

_by = click.option("--by", required=True, help="Who does it: an accountant or administrator.")
_second = click.option("--second", default="", help="The second person, where one is needed.")
_reason = click.option("--reason", required=True, help="Why it is done.")


@command
@click.argument("account")
@click.option("--amount", required=True, help="Above zero to the customer's favour.")
@_reason
@_by
@_second
def adjust(place: Place, account: str, amount: str, *, reason: str, by: str, second: str) -> None:
    """Adjust an account by hand."""
    hq = place.open()
    total = hq.adjustments.adjust(
        account,
        _money(amount),
        by=bookkeeper(hq, by),
        reason=reason,
        second=credential(second),
    )
    say(account=account, adjustment=money_to_text(total))


@command
@click.argument("month")
@_by
def close_month(place: Place, month: str, by: str) -> None:
    """Close an accounting month (YYYY-MM) for ever."""
    hq = place.open()
    closed = hq.accounting.close(month, by=bookkeeper(hq, by))
    say(month=closed.month, figures_sha256=closed.digest, sales=closed.figures["sales.count"])


@click.group()
def debt() -> None:
    """Register, waive and list what customers owe."""


@command
@click.argument("account")
@click.argument("amount")
@click.option("--zh", required=True, help="Its name in Chinese.")
@click.option("--en", required=True, help="Its name in English.")
@click.option("--share", default="30", show_default=True, help="Per cent of each payment.")
@click.option("--least", default="0", help="At least so much per sale.")
@click.option("--priority", default=10, show_default=True, help="Lower is collected first.")
@click.option("--parts", default=1, show_default=True, help="Monthly instalments.")
@click.option("--not-before", type=_DAY, help="First day of collection, YYYY-MM-DD.")
@click.option("--due-on", type=_DAY, help="Last day without a late fee, YYYY-MM-DD.")
@click.option("--daily-fee", default="0", help="Per cent of the unpaid sum a day.")
@click.option("--fee-most", default="", help="Late fees at most; else the debt itself.")
@_reason
@_by
@_second
def add(place: Place, account: str, amount: str, **terms: Any) -> None:
    """Register a debt of an account, or its instalments."""
    hq = place.open()
    new = NewDebt(
        account=account,
        amount=_money(amount),
        zh=terms["zh"],
        en=terms["en"],
        share=scaled_from_text(terms["share"], _PERCENT_PLACES),
        least=_money(terms["least"]),
        priority=terms["priority"],
        not_before=_date(terms["not_before"]),
        due_on=_date(terms["due_on"]),
        daily_fee=scaled_from_text(terms["daily_fee"], _PERCENT_PLACES),
        fee_most=_money(terms["fee_most"]) if terms["fee_most"] else None,
        parts=terms["parts"],
    )
    by, second = bookkeeper(hq, terms["by"]), credential(terms["second"])
    for number in hq.debt_office.register(new, by=by, reason=terms["reason"], second=second):
        say(debt=number, account=account)


@command
@click.argument("number")
@click.argument("amount")
@_reason
@_by
@_second
def waive(place: Place, number: str, amount: str, *, reason: str, by: str, second: str) -> None:
    """Waive a part of a debt."""
    hq = place.open()
    left = hq.debt_office.waive(
        number,
        _money(amount),
        by=bookkeeper(hq, by),
        reason=reason,
        second=credential(second),
    )
    say(debt=number, left=money_to_text(left))


@command
@click.option("--account", default="", help="Only this account's.")
@click.option("--all", "everything", is_flag=True, help="Also those that are paid.")
def list_(place: Place, account: str, *, everything: bool) -> None:
    """List debts, one JSON line each."""
    hq = place.open()
    for view in hq.debt_office.listed(account=account, open_only=not everything):
        say(**_facts(view))


for _command in (add, waive, list_):
    debt.add_command(_command)


def bookkeeper(hq: Headquarters, name: str) -> str:
    """The name of the person, signed in and entitled.

    Raises:
        WrongPassword, TooManyAttempts, NotABookkeeper: nothing is done.
    """
    check_bookkeeper(hq.staff.sign_in(Credential(name, password(name))))
    return name


def credential(name: str) -> Credential | None:
    """The second person's name and password; None where no name was given."""
    return Credential(name, password(name)) if name else None


def _money(text: str) -> Money:
    return Money(scaled_from_text(text, MONEY_PLACES))


def _date(day: datetime | None) -> date | None:
    return None if day is None else day.date()


def _facts(view: DebtView) -> dict[str, object]:
    owed = view.owed
    return {
        "debt": view.debt,
        "account": view.account,
        "name": view.en,
        "amount": money_to_text(owed.amount),
        "fees": money_to_text(owed.fees),
        "waived": money_to_text(owed.waived),
        "collected": money_to_text(owed.collected),
        "left": money_to_text(owed.left),
        "due_on": str(view.due_on or ""),
    }
