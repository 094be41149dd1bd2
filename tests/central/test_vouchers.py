"""A voucher that pays at two vending points is a line to look at."""

import pytest

from central_builders import HandClock, Pen
from settlement_builders import a_town, deliver, rows
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Suspense
from yika_common.journal.correction_bodies import PaymentCorrected
from yika_common.journal.till_bodies import BANK, CASH, FEE, VOUCHER, Charged, Part, Tendered

SUM = 5_000


@pytest.fixture
def pens(headquarters: Headquarters, clock: HandClock) -> tuple[Pen, Pen]:
    return a_town(headquarters, clock)


def fee(pen: Pen, tender: str, number: str) -> int:
    """Take a fee in that tender; its seq."""
    charged = pen.write(Charged(what=FEE, code="VISIT", amount=SUM))
    pen.write(Tendered(receipt=charged, parts=(Part(tender, SUM, number),)))
    return charged


def hand_back(pen: Pen, charged: int, number: str) -> None:
    back = Charged(what=FEE, code="VISIT", amount=SUM, takes_back=charged, approved=1)
    receipt = pen.write(back)
    pen.write(Tendered(receipt=receipt, parts=(Part(VOUCHER, SUM, number),)))


def set_right(pen: Pen, receipt: int, before: Part, after: Part) -> None:
    pen.write(
        PaymentCorrected(
            receipt=receipt, before=(before,), after=(after,), reason="mistyped", approved=1
        )
    )


def doubted(headquarters: Headquarters) -> list[tuple[str, str, int]]:
    return [
        (row["node"], row["subject"], row["amount"])
        for row in rows(headquarters, Suspense)
        if row["reason"] == "voucher_twice"
    ]


def test_a_voucher_that_paid_elsewhere_is_doubted_once_whatever_comes_twice(
    headquarters: Headquarters, pens: tuple[Pen, Pen]
) -> None:
    first, second = pens
    fee(first, VOUCHER, "V-1")
    fee(first, VOUCHER, "V-2")
    deliver(first)
    assert doubted(headquarters) == []
    fee(second, VOUCHER, "V-1")
    fee(second, BANK, "V-2")
    again = second.cut()
    second.send(again)
    second.send(again)
    assert doubted(headquarters) == [("N0002", "V-1", SUM)]


def test_a_voucher_whose_payment_was_given_back_may_pay_again(
    headquarters: Headquarters, pens: tuple[Pen, Pen]
) -> None:
    first, second = pens
    charged = fee(first, VOUCHER, "V-1")
    deliver(first)
    # Its first record came in an earlier run, its giving back in a later one.
    hand_back(first, charged, "V-1")
    deliver(first)
    fee(second, VOUCHER, "V-1")
    deliver(second)
    assert doubted(headquarters) == []


def test_a_payment_set_right_takes_the_use_away_or_makes_one(
    headquarters: Headquarters, pens: tuple[Pen, Pen]
) -> None:
    first, second = pens
    charged = fee(first, VOUCHER, "V-1")
    set_right(first, charged, Part(VOUCHER, SUM, "V-1"), Part(VOUCHER, SUM, "V-7"))
    deliver(first)
    fee(second, VOUCHER, "V-1")
    cash = second.write(Charged(what=FEE, code="VISIT", amount=SUM))
    deliver(second)
    assert doubted(headquarters) == []
    set_right(second, cash, Part(CASH, SUM, ""), Part(VOUCHER, SUM, "V-7"))
    deliver(second)
    assert doubted(headquarters) == [("N0002", "V-7", SUM)]
