"""The page that sets a payment right, with a second person, in both languages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node_pages import Clerk, Pages, code_of, pages_in
from second_person import approved_with
from yika_node.services.rights import Right, may
from yika_node.services.views import Level
from yika_node.web.till import corrections_of


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "node") as pages:
        yield pages


@pytest.fixture(params=["en", "zh"])
def clerk(pages: Pages, request: pytest.FixtureRequest) -> Clerk:
    clerk = pages.clerk(request.param)
    clerk.open_with_card()
    assert clerk.sell({"amount-4": "20"}).status_code == 200
    return clerk


def place(pages: Pages) -> tuple[int, int]:
    (sale,) = pages.node.enquiries.sales().rows
    return sale.epoch, sale.basket


def address(pages: Pages) -> str:
    return "/payments/{}/{}/correct".format(*place(pages))


TYPED = {
    "tender-cash": "",
    "tender-card": "20",
    "reference-card": "8831",
    "reason": "he paid by card",
}


def test_a_payment_is_set_right_and_its_receipt_says_both(pages: Pages, clerk: Clerk) -> None:
    page = address(pages)
    receipt = "/receipts/{}/{}".format(*place(pages))
    assert page in clerk.get(receipt).text
    before = clerk.get(page).text
    assert before.count("autofocus") == 1
    assert 'name="tender-cash" value="20.00"' in before
    back = approved_with(clerk, page, TYPED)
    ready = clerk.get(back).text
    assert ready.count('name="approval"') == 1
    token = back.rpartition("approval=")[2]
    done = clerk.post(page, {**TYPED, "approval": token}, on=back)
    assert done.status_code == 303, done.text
    told = clerk.get(done.location).text
    assert done.location.endswith(receipt)
    assert "8831" in told
    assert "he paid by card" in told
    assert "data-corrected" in told
    [one] = corrections_of(pages.node, *place(pages))
    assert [part.tender for part in (*one.before, *one.after)] == ["cash", "card"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"tender-card": "19"}, "correction_sum_differs"),
        ({"tender-card": "much"}, "not_a_number"),
        ({"tender-card": "", "tender-cash": "20"}, "nothing_to_correct"),
        ({"reason": ""}, "correction_reason_missing"),
    ],
)
def test_what_is_refused_comes_back_as_typed(
    pages: Pages, clerk: Clerk, fields: dict[str, str], code: str
) -> None:
    page = address(pages)
    refused = clerk.post(page, TYPED | fields, on=page)
    assert refused.status_code in (409, 422)
    assert code_of(refused) == code
    for name, value in fields.items():
        if value:
            assert f'name="{name}" value="{value}"' in refused.text
    assert not corrections_of(pages.node, *place(pages))


def test_there_is_no_page_for_what_was_never_paid(pages: Pages, clerk: Clerk) -> None:
    assert code_of(clerk.get("/payments/1/999999/correct")) == "payment_unknown"


def test_a_clerk_has_no_right_to_it() -> None:
    assert not may(Level.CLERK, Right.CORRECT_PAYMENTS)
    assert may(Level.SUPERVISOR, Right.CORRECT_PAYMENTS)
