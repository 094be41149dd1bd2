"""Papers of sales days, months and years, and the deposit slip that goes to the bank."""

from collections.abc import Mapping
from typing import Final

from yika_common.errors import N_
from yika_common.journal.cash_bodies import DAY, MONTH, YEAR
from yika_common.numbers import Money
from yika_common.sync.settings import Settings
from yika_node.printing.paper import Line, Paper, Part, Rule
from yika_node.services.paper_words import Words
from yika_node.services.sales_days import Total
from yika_node.services.shift_views import BankingView
from yika_node.services.till_papers import SORT_NAMES, TENDER_NAMES

PERIOD_NAMES: Final[Mapping[str, str]] = {
    DAY: N_("Sales day"),
    MONTH: N_("Sales month"),
    YEAR: N_("Sales year"),
}


def total_paper(words: Words, settings: Settings, total: Total, copy: int = 0) -> Paper:
    """What a day, a month or a year came to; one without a sale says so."""
    said, money = words.say, words.money
    parts: list[Part] = [
        *words.head(settings, PERIOD_NAMES[total.what]),
        *words.copy(copy),
        *words.facts(
            (N_("Period"), total.period),
            (N_("Number"), str(total.number)),
            (N_("Vending point"), total.node),
            (N_("Made"), words.time(total.at)),
            (N_("Receipts"), str(total.receipts)),
            (N_("Refunds"), str(total.refunds)),
        ),
        Rule(),
    ]
    for row in total.reports:
        parts.append(Line(f"Z {row.number} {row.operator}", money(row.to_bank)))
    for part in total.parts:
        parts.append(Line(part.period, money(Money(part.taken - part.given_back))))
    parts += [Rule(), Line(said(N_("Takings")), bold=True)]
    if total.empty:
        parts.append(Line(said(N_("Nothing was sold: a null record."))))
    for one in total.takings:
        left = f"{said(SORT_NAMES[one.what])}, {said(TENDER_NAMES[one.tender])} x {one.times}"
        parts.append(Line(left, money(Money(one.amount))))
    parts += [
        Line(said(N_("All together")), money(total.turnover), bold=True),
        Rule(),
        *words.facts(
            (N_("Taken otherwise than to be banked"), money(total.elsewhere)),
            (N_("Moved beside sales"), money(total.beside)),
            (N_("Over or short"), money(total.difference)),
            (N_("To be brought to the bank"), money(total.to_bank)),
            (N_("Ever taken, up to this record"), money(total.ever_taken)),
            (N_("Ever given back, up to this record"), money(total.ever_given)),
        ),
    ]
    name = f"{total.what} {total.number}"
    return Paper(name, (*parts, *words.foot(settings, "")))


def banking_paper(words: Words, settings: Settings, banking: BankingView, copy: int = 0) -> Paper:
    """The deposit slip: to whose account, from which shifts, how much."""
    said, money = words.say, words.money
    parts: list[Part] = [
        *words.head(settings, N_("Deposit slip")),
        *words.copy(copy),
        *words.facts(
            (N_("Number"), str(banking.number)),
            (N_("Time"), words.time(banking.at)),
            (N_("Operator"), banking.operator),
            (N_("Account holder"), banking.holder),
            (N_("Account of the utility"), banking.bank_account),
            (N_("Branch"), banking.branch),
            (N_("Bank"), banking.bank),
            (N_("Number of the bank's slip"), banking.reference),
        ),
        Rule(),
        *(Line(f"Z {row.number} {row.operator}", money(row.to_bank)) for row in banking.reports),
        Line(said(N_("All together")), money(banking.expected)),
        Rule("="),
        *words.total(N_("Brought to the bank"), banking.amount),
    ]
    if banking.difference:
        parts.append(Line(said(N_("Difference")), money(banking.difference), bold=True))
        parts += words.facts((N_("Reason"), banking.reason))
    for signed in (N_("Handed over by"), N_("Received by"), N_("Date")):
        parts += [Line(""), Line(said(signed)), Rule("_")]
    return Paper(f"deposit {banking.number}", (*parts, *words.foot(settings, "")))
