"""The receipt of an account's end on paper: what was settled, and one total."""

from yika_common.errors import N_
from yika_common.numbers import Money
from yika_common.sync.settings import Settings
from yika_node.printing.paper import Line, Paper, Part, Rule
from yika_node.services.charge_words import TAKES, WORDS
from yika_node.services.closing import ClosingReceipt
from yika_node.services.loading import CHINESE
from yika_node.services.paper_words import Words
from yika_node.services.till_papers import Papers, tender_parts


def closing_paper(
    words: Words, settings: Settings, ended: ClosingReceipt, papers: Papers
) -> Paper:
    """The one receipt of all that closing an account settled."""
    person = ended.account.person
    total = N_("Handed out") if ended.paid > 0 else N_("Paid")
    parts: list[Part] = [
        *words.head(settings, N_("Closing of an account")),
        *words.copy(papers.copy),
        *words.facts(
            (N_("Number"), ended.number),
            (N_("Time"), words.time(ended.at)),
            (N_("Vending point"), ended.number.partition("-")[0]),
            (N_("Operator"), ended.operator),
            (N_("Shift"), papers.shift),
            (N_("Account number"), ended.account.number),
            (N_("Account holder"), words.holder(settings, person.name) if person else ""),
            (N_("Address"), words.place(settings, person.address) if person else ""),
            (N_("Card"), ended.account.card or ""),
            (N_("Reason"), ended.reason),
        ),
        Rule(),
    ]
    for charge in ended.charges:
        own = charge.names[0 if words.language == CHINESE else 1]
        amount = -charge.amount if charge.what in TAKES else charge.amount
        name = words.say(WORDS[charge.what].name)
        parts.append(Line(f"{name}: {own}" if own else name, words.money(Money(amount))))
    parts += [
        Rule("="),
        *words.total(total, Money(abs(ended.paid))),
        *tender_parts(words, ended.tenders),
        Line(""),
        Line(words.say(N_("Signature of the customer"))),
        Rule("_"),
    ]
    return Paper(ended.number, (*parts, *words.foot(settings, papers.code)))
