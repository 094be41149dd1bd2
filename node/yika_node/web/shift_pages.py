"""Shifts: opening a drawer, cash in and out, counting and closing, Z reports, the bank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from yika_common.errors import Phrase
from yika_common.infra.web.again import or_again
from yika_common.infra.web.formats import money_shown
from yika_common.infra.web.guard import needs
from yika_common.infra.web.site import Text, signed_in, site
from yika_common.numbers import Money, money_from_text, money_to_text, scaled_from_text
from yika_node.bootstrap import Node
from yika_node.services.rights import Right
from yika_node.web.approval_pages import ask
from yika_node.web.forms import token_of, typed
from yika_node.web.front import front, node, operator
from yika_node.web.print_room import print_at_once

if TYPE_CHECKING:
    from yika_node.services.banking import BankingDesk
    from yika_node.services.cash_count import Count
    from yika_node.services.differences import Differences
    from yika_node.services.shift_reports import ShiftReports
    from yika_node.services.shift_views import ZReport
    from yika_node.services.shifts import ShiftDesk

pages = Blueprint("shift", __name__)

LATEST: Final = 8
ROWS: Final = 30
"""Reports on the first page, and on a page of their list."""

MOVES: Final[dict[str, Text]] = {
    "drop": _("into the safe"),
    "paid_in": _("paid into the drawer"),
    "paid_out": _("paid out of the drawer"),
    "petty": _("petty cash"),
}
SORTS: Final[dict[str, Text]] = {
    "float": _("float"),
    "sale": _("sales"),
    "refund": _("refunds"),
    "card_fee": _("card fees"),
    "fee": _("fees"),
    "deposit": _("deposits"),
    "guarantee": _("guarantees"),
    "guarantee_back": _("guarantees handed back"),
    "debt": _("debts paid as accounts ended"),
    "prepaid_back": _("deposits handed back as accounts ended"),
    "settled_back": _("headquarters' credits paid out as accounts ended"),
    "settled_paid": _("headquarters' claims paid as accounts ended"),
    "corrected": _("payments set right"),
    "corrected_z": _("payments of closed shifts set right"),
    **MOVES,
}
CHANGES: Final[dict[str, Text]] = {
    "program": _("another version of the program"),
    "settings": _("other settings"),
    "tariffs": _("another tariff"),
}
"""What a part of a shift ends with."""

TENDERS: Final[dict[str, Text]] = {
    "cash": _("cash"),
    "card": _("bank card"),
    "bank": _("bank transfer"),
    "cheque": _("cheque"),
    "mobile": _("mobile payment"),
    "voucher": _("voucher"),
}


def shift_desk_of(here: Node) -> ShiftDesk:
    """The desk of a node's drawers; loaded when it is asked for."""
    from yika_node.db.shift_queries import ShiftQueries  # noqa: PLC0415 - see above
    from yika_node.services.shifts import ShiftDesk  # noqa: PLC0415

    return ShiftDesk(
        here.journal,
        ShiftQueries(here.store),
        here.standing,
        here.approvals,
        here.guard,
        here.clock,
        here.settings,
        here.config.cash.second_from,
    )


def differences_of(here: Node) -> Differences:
    """What records why a node's drawers held more or less than expected."""
    from yika_node.db.shift_queries import ShiftQueries  # noqa: PLC0415 - see above
    from yika_node.services.differences import Differences  # noqa: PLC0415

    return Differences(
        here.journal, ShiftQueries(here.store), here.standing, here.approvals, here.clock
    )


def shift_reports_of(here: Node) -> ShiftReports:
    """What a node recorded of its shifts."""
    from yika_node.db.shift_queries import ShiftQueries  # noqa: PLC0415 - see above
    from yika_node.services.shift_reports import ShiftReports  # noqa: PLC0415

    return ShiftReports(ShiftQueries(here.store), here.standing, here.clock)


def banking_desk_of(here: Node) -> BankingDesk:
    """The desk that brings a node's takings to the bank."""
    from yika_node.db.shift_queries import ShiftQueries  # noqa: PLC0415 - see above
    from yika_node.services.banking import BankingDesk  # noqa: PLC0415

    return BankingDesk(here.journal, ShiftQueries(here.store), here.clock, here.settings)


def _may(right: Right) -> bool:
    return site().allows(signed_in(), right)


def _count(desk: ShiftDesk) -> Count:
    """What was counted, as it was typed."""
    total = typed(request.form, "total")
    pieces = {
        value: scaled_from_text(text, 0)
        for value in desk.denominations
        if (text := typed(request.form, f"pieces-{value}"))
    }
    return desk.counted(money_from_text(total) if total else None, pieces)


def whose() -> str:
    """Whose reports may be seen: one's own, or (empty) everybody's."""
    return "" if _may(Right.SEE_SHIFTS) else operator()


def _page(epoch: int = 0, seq: int = 0) -> str:
    """The operator's drawer, or that of the shift that a record opened."""
    desk, here = shift_desk_of(node()), node()
    shift = desk.open_at(epoch, seq) if epoch else desk.open_of(operator())
    sync = here.state().sync
    return render_template(
        "shift.html",
        shift=shift,
        denominations=desk.denominations,
        pending=here.enquiries.pending() if shift else (),
        unsettled=desk.unsettled(shift.epoch, shift.seq) if shift else 0,
        unsent=sync.waiting if sync and shift else 0,
        others=desk.open_shifts() if _may(Right.LEAD_SHIFTS) else (),
        rows=shift_reports_of(here).reports(LATEST, whose=whose()),
        kept=here.guard.on,
    )


@pages.get("/shift")
@needs(Right.SEE_SALES)
def page() -> str:
    """One's own drawer: open it, or count and close it."""
    return _page()


@pages.get("/shift/of/<int:epoch>/<int:seq>")
@needs(Right.LEAD_SHIFTS)
def another(epoch: int, seq: int) -> str:
    """Another's drawer, to be counted and closed."""
    return _page(epoch, seq)


@pages.post("/shift/open")
@needs(Right.WORK_SHIFT)
@or_again(_page)
def begin() -> Response:
    """Open a shift with the float that was counted."""
    desk = shift_desk_of(node())
    shift = desk.open(operator(), _count(desk))
    said = gettext("Your shift is open, with %(money)s in the drawer.", money=_money(shift.amount))
    flash(said, "good")
    front().soon()
    return redirect(url_for("counter.home"), 303)


@pages.post("/shift/close/<int:epoch>/<int:seq>")
@needs(Right.WORK_SHIFT)
@or_again(_page)
def close(epoch: int, seq: int) -> Response:
    """Close a shift with what was counted; one that is closed keeps its report."""
    desk = shift_desk_of(node())
    number = desk.close(
        operator(),
        epoch,
        seq,
        _count(desk),
        leads=_may(Right.LEAD_SHIFTS),
        carried=request.form.get("carried", 0, type=int),
    )
    front().soon()
    node().safekeeping.ask()
    return redirect(url_for("shift.report", number=number), 303)


def _cash() -> str:
    filled = request.form or request.args
    desk = shift_desk_of(node())
    return render_template(
        "shift_cash.html",
        shift=desk.open_of(operator()),
        moves=list(MOVES.items()),
        filled=filled,
        second_from=desk.second_from,
    )


@pages.get("/shift/cash")
@needs(Right.WORK_SHIFT)
def cash() -> str:
    """Cash in and out beside all sales, and the drawer opened without one."""
    return _cash()


@pages.post("/shift/cash")
@needs(Right.WORK_SHIFT)
@or_again(_cash)
def move() -> Response:
    """Record a movement of cash; where it is a large one, a second person approves it first."""
    desk, form = shift_desk_of(node()), request.form
    what, amount = form.get("what", ""), money_from_text(typed(form, "amount"))
    reason, reference = form.get("reason", ""), form.get("reference", "")
    approval = form.get("approval", "")
    if desk.needs_second(amount) and not approval:
        digest = desk.digest(what, amount, reason, reference)
        said = Phrase(
            "%(operator)s moves %(money)s of cash (%(move)s), because: %(why)s",
            operator=operator(),
            money=money_to_text(amount),
            move=str(MOVES[what]),
            why=reason.strip(),
        )
        then = url_for(
            "shift.cash",
            what=what,
            amount=money_to_text(amount),
            reason=reason,
            reference=reference,
        )
        return ask(digest, said, then, "cash", amount)
    desk.move(
        operator(),
        what,
        amount,
        reason,
        token=token_of(form),
        reference=reference,
        approval=approval,
    )
    flash(gettext("%(money)s: recorded.", money=_money(amount)), "good")
    front().soon()
    return redirect(url_for("shift.page"), 303)


@pages.post("/shift/drawer")
@needs(Right.WORK_SHIFT)
@or_again(_cash)
def drawer() -> Response:
    """Record that the drawer is opened and no money moves."""
    reason = request.form.get("reason", "")
    shift_desk_of(node()).open_drawer(operator(), reason, token=token_of(request.form))
    flash(gettext("The opening of the drawer is recorded."), "good")
    front().soon()
    print_at_once(lambda office: office.open_drawer())
    return redirect(url_for("shift.page"), 303)


@pages.get("/shift/x/<int:epoch>/<int:seq>")
@needs(Right.SEE_SALES)
def x_report(epoch: int, seq: int) -> str:
    """What an open shift comes to so far; for whoever counts it, without cash."""
    return _sheet_of(shift_reports_of(node()).x(epoch, seq, whose=whose()))


def _report(number: int) -> str:
    return _sheet_of(shift_reports_of(node()).z(number, whose=whose()))


def _sheet_of(z: ZReport) -> str:
    return render_template(
        "shift_report.html",
        z=z,
        filled=request.form or request.args,
        changes=CHANGES,
        settings=node().settings.settings(),
        sorts=SORTS,
        tenders=TENDERS,
    )


@pages.get("/shift/z/<int:number>")
@needs(Right.SEE_SALES)
def report(number: int) -> str:
    """A Z report, which is also the sheet that is signed when the money is handed over."""
    return _report(number)


@pages.post("/shift/z/<int:number>/reason")
@needs(Right.WORK_SHIFT)
@or_again(_report)
def explain(number: int) -> Response:
    """Record why there was more or less than expected; a great difference is signed for first."""
    desk, reason = differences_of(node()), request.form.get("reason", "")
    approval = request.form.get("approval", "")
    if desk.needs_second(number) and not approval:
        z = shift_reports_of(node()).z(number, whose=whose())
        said = Phrase(
            "%(operator)s answers for Z report %(number)s: %(difference)s beyond what was "
            "expected, because: %(why)s",
            operator=operator(),
            number=number,
            difference=money_to_text(z.difference or Money(0)),
            why=reason.strip(),
        )
        then = url_for("shift.report", number=number, reason=reason)
        return ask(desk.digest(number, reason), said, then, "over or short")
    desk.explain(operator(), number, reason, leads=_may(Right.LEAD_SHIFTS), approval=approval)
    front().soon()
    return redirect(url_for("shift.report", number=number), 303)


@pages.get("/shift/z")
@needs(Right.SEE_SALES)
def reports() -> str:
    """Z reports, newest first; days without a sale; what was over and short by operator."""
    found, below = shift_reports_of(node()), request.args.get("below", type=int)
    rows = found.reports(ROWS, below, whose=whose())
    return render_template(
        "shift_reports.html",
        rows=rows,
        below=below,
        older=rows[-1].number if len(rows) == ROWS else 0,
        idle=found.idle(),
        over_short=found.over_short() if _may(Right.SEE_SHIFTS) else (),
    )


def _bank() -> str:
    desk, below = banking_desk_of(node()), request.args.get("below", type=int)
    rows = desk.bankings(ROWS, below)
    return render_template(
        "banking.html",
        waiting=desk.waiting(),
        account=desk.last_account(),
        settings=node().settings.settings(),
        rows=rows,
        below=below,
        older=rows[-1].number if len(rows) == ROWS else 0,
    )


@pages.get("/shift/bank")
@needs(Right.SEE_SHIFTS)
def bank() -> str:
    """What waits to be brought to the bank, and what was brought."""
    return _bank()


@pages.post("/shift/bank")
@needs(Right.LEAD_SHIFTS)
@or_again(_bank)
def deposit() -> Response:
    """Record that takings were brought to the bank; the slip that goes with them."""
    form = request.form
    number = banking_desk_of(node()).bank(
        operator(),
        [scaled_from_text(text, 0) for text in form.getlist("report")],
        money_from_text(typed(form, "amount")),
        token=token_of(form),
        bank_account=form.get("bank_account", ""),
        reference=form.get("reference", ""),
        reason=form.get("reason", ""),
    )
    front().soon()
    return redirect(url_for("shift.slip", number=number), 303)


@pages.get("/shift/bank/<int:number>")
@needs(Right.SEE_SHIFTS)
def slip(number: int) -> str:
    """The deposit slip of a banking."""
    banking = banking_desk_of(node()).banking(number)
    settings = node().settings.settings()
    return render_template("banking_slip.html", banking=banking, settings=settings)


def _money(amount: Money) -> str:
    return money_shown(amount, site().currency)
