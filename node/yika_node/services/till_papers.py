"""Papers of the till: how a payment was made, receipts for fees and deposits, Z and X reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from yika_common.errors import N_
from yika_common.journal.till_bodies import BANK, CARD, CASH, CHEQUE, MOBILE, VOUCHER
from yika_common.numbers import Money
from yika_common.sync.settings import Settings
from yika_node.db.till_queries import TenderRow
from yika_node.printing.paper import Line, Paper, Part, Rule
from yika_node.services.charge_views import Charge
from yika_node.services.charge_words import WORDS
from yika_node.services.loading import CHINESE
from yika_node.services.paper_words import Words
from yika_node.services.shift_views import ZReport
from yika_node.services.views import Account

if TYPE_CHECKING:
    from yika_node.db.correction_queries import Correction

TENDER_NAMES: Final[Mapping[str, str]] = {
    CASH: N_("Cash"),
    CARD: N_("Bank card"),
    BANK: N_("Bank transfer"),
    CHEQUE: N_("Cheque"),
    MOBILE: N_("Mobile payment"),
    VOUCHER: N_("Voucher"),
}
SORT_NAMES: Final[Mapping[str, str]] = {
    "float": N_("Float"),
    "sale": N_("Sales"),
    "refund": N_("Refunds"),
    "card_fee": N_("Card fees"),
    "fee": N_("Fees"),
    "deposit": N_("Deposits"),
    "guarantee": N_("Guarantees"),
    "guarantee_back": N_("Guarantees handed back"),
    "debt": N_("Debts paid as accounts ended"),
    "prepaid_back": N_("Deposits handed back as accounts ended"),
    "corrected": N_("Payments set right"),
    "corrected_z": N_("Payments of closed shifts set right"),
    "drop": N_("Into the safe"),
    "paid_in": N_("Paid in"),
    "paid_out": N_("Paid out of the drawer"),
    "petty": N_("Petty cash"),
}
"""What moves money, by the journal's names."""


class Papers(NamedTuple):
    """What a receipt is printed with: its signed text, and its number as a copy, 0: none.

    And how its payment was set right, and the number of its shift.
    """

    code: str = ""
    copy: int = 0
    corrected: Sequence[Correction] = ()
    shift: str = ""


def tender_parts(
    words: Words, tenders: Iterable[TenderRow], corrected: Iterable[Correction] = ()
) -> tuple[Part, ...]:
    """How a payment was made, and how that was set right; nothing where it was exactly in cash."""
    parts: list[Part] = []
    for row in tenders:
        name = f"{words.say(TENDER_NAMES[row.tender])} {row.reference}".rstrip()
        parts.append(Line(name, words.money(Money(row.given))))
        if row.change:
            parts.append(Line(words.say(N_("Change given back")), words.money(Money(row.change))))
    for one in corrected:
        parts.append(Line(words.say(N_("Set right")), words.time(one.at)))
        for part in one.before:
            tender = f"{words.say(TENDER_NAMES[part.tender])} {part.reference}".rstrip()
            before = f"{words.say(N_('before:'))} {tender}"
            parts.append(Line(before, words.money(Money(part.given))))
        parts.append(Line(one.reason))
    return tuple(parts)


def charge_paper(
    words: Words, settings: Settings, charge: Charge, account: Account | None, papers: Papers
) -> Paper:
    """The receipt of a fee, deposit or guarantee; ``account`` is whose it is, if anybody's."""
    name = charge.names[0 if words.language == CHINESE else 1]
    told = WORDS[charge.what]
    person = None if account is None else account.person
    parts: list[Part] = [
        *words.head(settings, told.title),
        *words.copy(papers.copy),
        *words.facts(
            (N_("Number"), charge.number),
            (N_("Time"), words.time(charge.at)),
            (N_("Vending point"), charge.number.partition("-")[0]),
            (N_("Account number"), charge.account),
            (N_("Account holder"), words.holder(settings, person.name) if person else ""),
            (N_("Address"), words.place(settings, person.address) if person else ""),
            (N_("Operator"), charge.operator),
            (N_("Shift"), papers.shift),
            (N_("Collected"), words.time(charge.happened) if charge.happened else ""),
            (N_("Note"), charge.reason),
        ),
        Rule(),
        Line(name or words.say(told.name), words.money(charge.amount)),
    ]
    if charge.tax:
        parts.append(Line(words.say(N_("Tax in it")), words.money(charge.tax)))
    parts += [
        Rule("="),
        *words.total(told.total, charge.amount),
        *tender_parts(words, charge.tenders, papers.corrected),
    ]
    if charge.back:
        parts.append(Line(words.say(N_("This money was given back.")), bold=True))
    elif told.note:
        parts.append(Line(words.say(told.note)))
    return Paper(charge.number, (*parts, *words.foot(settings, papers.code)))


def shift_paper(words: Words, settings: Settings, report: ZReport) -> Paper:
    """A Z report with its lines to sign, or an X report, which says that it closes nothing."""
    said, money = words.say, words.money
    name = said(N_("Z report %(number)s"), number=report.number) if report.number else "X"
    parts: list[Part] = [
        *words.head(settings, N_("Z report") if report.number else N_("X report")),
        *_closes_nothing(words, report),
        *words.facts(
            (N_("Number"), str(report.number or "")),
            (N_("Vending point"), report.node),
            (N_("Operator"), report.operator),
            (N_("Shift"), report.shift),
            (N_("Shift opened"), words.time(report.opened_at)),
            (N_("Shift closed") if report.number else N_("Made"), words.time(report.closed_at)),
            (N_("Counted by"), report.closed_by),
            (N_("Receipts"), str(report.receipts)),
            (N_("First receipt"), report.first),
            (N_("Last receipt"), report.last),
            (N_("Refunds"), str(report.refunds)),
            (N_("Drawer opened without a sale"), str(report.opens)),
            (N_("Sales not on their cards yet"), str(report.pending)),
        ),
        *_drawer(words, report),
        Rule(),
        Line(said(N_("Takings")), bold=True),
    ]
    for one in report.takings:
        left = f"{said(SORT_NAMES[one.what])}, {said(TENDER_NAMES[one.tender])} x {one.times}"
        parts.append(Line(left, money(Money(one.amount))))
    if report.expected is not None:
        parts.append(Line(said(N_("All together")), money(report.turnover), bold=True))
    for part in report.parts:
        until = words.time(part.until) if part.until else words.time(report.closed_at)
        name = said(N_("Part %(number)s, until %(time)s"), number=part.number, time=until)
        parts.append(Line(name, money(Money(part.taken - part.given_back))))
    if report.number:
        parts += [Rule(), *_perpetual(words, report)]
        for signed in (N_("Handed over by"), N_("Received by"), N_("Date")):
            parts += [Line(""), Line(said(signed)), Rule("_")]
    return Paper(name, (*parts, *words.foot(settings, "")))


def _closes_nothing(words: Words, report: ZReport) -> tuple[Part, ...]:
    """What tells an X report from a Z report."""
    if report.number:
        return ()
    return (Line(words.say(N_("It closes nothing and has no number.")), bold=True),)


def _drawer(words: Words, report: ZReport) -> tuple[Part, ...]:
    """The cash: what must be there, what was counted; nothing before it was counted."""
    if report.expected is None:
        return ()
    say, money = words.say, words.money
    parts: list[Part] = [
        Rule(),
        Line(say(N_("Cash")), bold=True),
        Line(say(N_("Float")), money(report.float_amount)),
        Line(say(N_("Taken in cash, less given back")), money(report.cash)),
        *(Line(say(SORT_NAMES[one.what]), money(Money(one.amount))) for one in report.drawer),
        Line(say(N_("Expected in the drawer")), money(report.expected), bold=True),
    ]
    if report.declared is not None and report.difference is not None:
        parts.append(Line(say(N_("Counted")), money(report.declared), bold=True))
        parts.append(Line(say(N_("Difference")), money(report.difference), bold=True))
        parts += words.facts(
            (N_("Reason"), report.reason), (N_("Signed for by"), report.signed_by)
        )
    parts += [
        Line(f"  {money(Money(one.value))} x {one.pieces}", money(Money(one.value * one.pieces)))
        for one in report.counts
    ]
    return tuple(parts)


def _perpetual(words: Words, report: ZReport) -> tuple[Part, ...]:
    """What is carried from report to report, and what goes to the bank."""
    return words.facts(
        (N_("Ever taken, up to this report"), words.money(report.taken)),
        (N_("Ever given back, up to this report"), words.money(report.given_back)),
        (N_("Put into the safe"), words.money(report.safe)),
        (N_("To be brought to the bank"), words.money(report.to_bank)),
    )
