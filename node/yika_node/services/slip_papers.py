"""Papers beside receipts: a refund's slip, a new card's, and the page that tests a printer."""

from datetime import datetime
from typing import Final

from yika_common.errors import N_
from yika_common.numbers import Money
from yika_common.sync.settings import Settings
from yika_node.printing.paper import Align, Code, Line, Paper, Part, Rule
from yika_node.printing.profiles import Profile
from yika_node.services.card_views import Slip
from yika_node.services.loading import CONTACT_TIME
from yika_node.services.paper_words import Words
from yika_node.services.payments import Receipt
from yika_node.services.refund_views import RefundState, RefundView
from yika_node.services.service_names import SERVICE_NAMES
from yika_node.services.views import SaleState

TEST_PAGE: Final = "test-page"
_REFUND_STATES: Final[dict[RefundState, str]] = {
    RefundState.WRITING: N_("waits for the card"),
    RefundState.WAITING: N_("on the card, not paid out"),
    RefundState.PAID: N_("paid out"),
    RefundState.OVERTAKEN: N_("did not take place"),
}


def refund_paper(
    words: Words,
    settings: Settings,
    refund: RefundView,
    receipts: tuple[Receipt, Receipt],
    code: str,
    copy: int = 0,
    shift: str = "",
) -> Paper:
    """A refund's slip; ``receipts`` are its own and that of the purchase."""
    receipt, original = receipts
    sale, paid = refund.sale, refund.state is RefundState.PAID
    name = (
        ""
        if receipt.account is None or receipt.account.person is None
        else (receipt.account.person.name)
    )
    parts: list[Part] = [
        *words.head(settings, N_("Refund")),
        *words.copy(copy),
        *words.facts(
            (N_("Number"), receipt.number),
            (N_("Of receipt"), original.number),
            (N_("Time"), words.time(receipt.at)),
            (N_("Vending point"), receipt.node),
            (N_("Account number"), receipt.account_number),
            (N_("Account holder"), words.holder(settings, name)),
            (N_("Card"), receipt.card),
            (N_("Operator"), receipt.operator),
            (N_("Shift"), shift),
            (N_("Approved by"), refund.approved_by),
            (N_("Reason"), refund.reason),
        ),
        Rule(),
        Line(words.say(SERVICE_NAMES[sale.service]), bold=True),
        *words.facts(
            (N_("Meter"), sale.meter),
            (N_("Purchase number"), str(refund.purchase.count)),
            (N_("Quantity"), words.quantity(sale.quantity, sale.service.unit)),
            (N_("Bought so far"), words.quantity(sale.total, sale.service.unit)),
            (N_("State"), words.say(_REFUND_STATES[refund.state])),
        ),
        Rule("="),
        *words.total(N_("Paid out") if paid else N_("To be paid out"), refund.money),
    ]
    if not paid:
        parts.append(Line(words.say(N_("This slip is no proof that money was handed out."))))
    parts += [Rule(), Line(words.say(N_("Received by (signature)"))), Line(""), Rule("_")]
    return Paper(receipt.number, (*parts, *words.foot(settings, code)))


def card_paper(words: Words, settings: Settings, slip: Slip) -> Paper:
    """What a customer takes home with a new card."""
    parts: list[Part] = [
        *words.head(settings, N_("New card")),
        *words.facts(
            (N_("Card"), slip.card),
            (N_("In the place of card"), slip.replaces),
            (N_("Time"), words.time(slip.at)),
            (N_("Account number"), slip.account),
            (N_("Operator"), slip.operator),
            (N_("Reason"), slip.reason),
        ),
    ]
    for sale in slip.lines:
        parts += [
            Rule(),
            Line(words.say(SERVICE_NAMES[sale.service]), sale.meter, bold=True),
            *words.facts(
                (N_("Purchase number"), str(sale.count)),
                (N_("Bought so far"), words.quantity(sale.total, sale.service.unit)),
            ),
        ]
        if sale.state is SaleState.PENDING:
            parts.append(Line(words.say(N_("NOT ON THE CARD YET")), bold=True))
    told = N_(
        "The old card is dead. Put the new card into each meter: it takes what it has not "
        "taken yet."
    )
    parts += [
        Rule("="),
        *words.total(N_("Fee for the card"), slip.fee),
        Rule(),
        Line(words.say(told)),
        Line(words.say(CONTACT_TIME)),
    ]
    return Paper(slip.card, (*parts, *words.foot(settings, "")))


def trial_paper(words: Words, settings: Settings, profile: Profile, at: datetime) -> Paper:
    """A page on which everything stands that receipts need; who looks at it sees what is wrong."""
    ruler = "".join(str(n % 10) for n in range(1, profile.columns + 1))
    said = words.say(
        N_(
            "The two ends of this line of digits are at the two edges of the paper, and the "
            "Chinese below it is readable. If not, choose another width or another profile."
        )
    )
    return Paper(
        TEST_PAGE,
        (
            *words.head(settings, N_("Test page")),
            Line(words.say(N_("Time")), words.time(at)),
            Line(ruler),
            Line("一二三四五六七八九十 壹贰叁肆伍陆柒捌玖拾"),
            Line("冷水 热水 电 燃气 采暖 ￥ ①"),
            Line(said),
            Line(words.say(N_("Bold")), words.money(Money(123_456)), bold=True),
            Line(words.say(N_("Right")), align=Align.RIGHT),
            Code("YIKA:TEST"),
        ),
    )
