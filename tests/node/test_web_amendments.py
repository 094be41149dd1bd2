"""The supervisor's pages about an account: what sets its prices, its limits, what is owed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from customer_builders import ELSEWHERE, a_sheet
from node_pages import Clerk, Pages, code_of, facts, pages_in, said
from node_world import OPERATOR, PASSWORD
from staff_builders import add_operator
from tariff_builders import a_document, as_bytes
from yika_common.services import Service
from yika_common.sync.customers import DebtSheet, OwnLimit, SlotSheet
from yika_common.sync.settings import Settings, Stale
from yika_node.services.views import Level

FACTS, LIMITS = f"/accounts/{ELSEWHERE}/facts", f"/accounts/{ELSEWHERE}/limits"
PAGE = f"/accounts/{ELSEWHERE}"
GOOD = {
    "tariff_class": "residential",
    "persons": "6",
    "persons_until": "2027-03-31",
    "area_m2": "80.5",
    "gross_m2": "1234.5",
    "heat_class": "low",
    "heat_from": "2026-11-15",
    "suspended": "2027, 2026",
    "equipment": "boiler",
    "reason": "出生",
}


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    """A vending point that was told of an account with dues and limits."""
    with pages_in(tmp_path / "node") as pages:
        pages.node.staff.sign_in(OPERATOR, PASSWORD)
        until = int(datetime(2026, 9, 1, tzinfo=UTC).timestamp())
        pages.world.headquarters.tell(
            a_sheet(
                adjustment_number=1,
                adjustment=-8000,
                slots=(SlotSheet(4, 1, 1, 5, money_number=1, money_total=-3000),),
                debts=(DebtSheet("D1", "旧欠", "Old arrears", 20_000, 300_000, 0, 1),),
                limits=(OwnLimit(Service.COLD_WATER, 90_000, 0, 0, 0, 5, until),),
            )
        )
        pages.node.courier.sync()
        yield pages


@pytest.fixture
def clerk(pages: Pages) -> Clerk:
    return pages.clerk()


def test_an_account_opened_elsewhere_shows_where_and_what_is_owed(clerk: Clerk) -> None:
    page = clerk.get(PAGE)
    assert facts(page)["Opened at"] == "N0002"
    assert facts(page)["Owed by the customer from before"] == "¥50.00"
    assert "Old arrears" in page.text
    assert "¥200.00" in page.text
    assert "30\N{NO-BREAK SPACE}%" in page.text
    assert "旧欠" in clerk.pages.clerk("zh").get(PAGE).text


def test_amended_facts_are_shown_and_come_back_into_the_form(clerk: Clerk) -> None:
    sent = clerk.post(FACTS, GOOD, on=FACTS)
    assert sent.status_code == 303, sent.text
    shown = facts(clerk.get(PAGE))
    assert shown["Persons in the household"] == "6"
    assert shown["Proof of their number holds until"] == "2027-03-31"
    assert shown["Gross area"] == "1,234.5\N{NO-BREAK SPACE}m²"
    assert shown["Heating years without supply"] == "2026, 2027"
    form = clerk.get(FACTS).text
    for value in ("2027-03-31", "1234.5", "2026-11-15", "2026 2027", "boiler"):
        assert f'value="{value}"' in form, value
    assert clerk.pages.soon


@pytest.mark.parametrize(
    ("field", "value", "label"),
    [
        ("persons_until", "31.3.2027", "Proof of their number holds until"),
        ("persons_until", "0001-01-01", "Proof of their number holds until"),
        ("heat_from", "9999-12-31", "Heated since"),
        ("reason", " ", "Reason"),
        ("equipment", "<b>", "Registered equipment"),
        ("suspended", "26", "Heating years without supply"),
        ("tariff_class", "palace", "Class"),
    ],
)
def test_a_field_that_cannot_be_used_is_named_and_nothing_changes(
    clerk: Clerk, field: str, value: str, label: str
) -> None:
    before = clerk.pages.node.accounts.get(ELSEWHERE)
    sent = clerk.post(FACTS, GOOD | {field: value}, on=FACTS)
    assert (sent.status_code, code_of(sent)) == (422, "amendment_unusable")
    assert [label in sentence for sentence in said(sent)] == [True]
    assert 'value="1234.5"' in sent.text, "what was typed stays"
    assert clerk.pages.node.accounts.get(ELSEWHERE) == before


def test_own_limits_are_listed_and_set(clerk: Clerk) -> None:
    assert "2026-09-01" in clerk.get(LIMITS).text
    typed = {
        "service": "cold_water",
        "per_sale": "55",
        "until": "2026-05-31",
        "reason": "a wedding",
    }
    service = next(meter.service for meter in clerk.pages.node.accounts.get(ELSEWHERE).meters)
    sent = clerk.post(LIMITS, typed | {"service": str(service)}, on=LIMITS)
    assert sent.status_code == 303, sent.text
    page = clerk.get(LIMITS).text
    assert "2026-05-31" in page
    assert "no bound" in page
    late = clerk.post(LIMITS, typed | {"service": str(service), "until": "2030-01-01"}, on=LIMITS)
    assert (late.status_code, code_of(late)) == (422, "amendment_unusable")
    odd = clerk.post(LIMITS, typed | {"service": "tea"}, on=LIMITS)
    assert odd.status_code == 400


def test_a_clerk_may_look_and_not_amend(pages: Pages) -> None:
    add_operator(pages.node, "lan", Level.CLERK)
    clerk = pages.clerk(name="lan")
    assert "Amend" not in clerk.get(PAGE).text
    for path in (FACTS, LIMITS):
        assert clerk.get(path).status_code == 403
        assert clerk.post(path, GOOD).status_code == 403


def test_the_sale_page_warns_of_an_old_price_and_an_expired_one_is_refused_if_so_set(
    clerk: Clerk,
) -> None:
    pages, hq = clerk.pages, clerk.pages.world.headquarters
    number, _ = clerk.open_with_card(index=1)
    account = pages.node.accounts.get(number)
    document = a_document(
        area=account.area,
        expires={"soft": "2026-04-10T00:00:00", "hard": "2026-05-10T00:00:00"},
    )
    hq.publish_tariff(as_bytes(document))
    pages.node.courier.sync()
    assert "Cold water: this price" not in clerk.get("/sell").text
    pages.world.pass_time(days=20)
    clerk = pages.clerk()
    assert "Cold water: this price list should have been replaced" in clerk.get("/sell").text
    pages.world.pass_time(days=30)
    clerk = pages.clerk()
    assert "Cold water: this price list has expired" in clerk.get("/sell").text
    slot = next(m.slot for m in account.meters if m.service is Service.COLD_WATER)
    wanted = {f"amount-{slot}": "7", f"by-{slot}": "m"}
    assert clerk.sell(wanted).status_code == 200
    hq.publish_settings(Settings(stale_tariff=Stale.REFUSE))
    pages.node.courier.sync()
    refused = clerk.sell(wanted)
    assert (refused.status_code, code_of(refused)) == (409, "tariff_expired")


def test_a_tariff_past_its_times_is_seen_on_every_page(clerk: Clerk) -> None:
    hq = clerk.pages.world.headquarters
    document = a_document(
        **{"class": "commercial"},
        expires={"soft": "2026-04-10T00:00:00", "hard": "2026-05-10T00:00:00"},
    )
    hq.publish_tariff(as_bytes(document))
    clerk.pages.node.courier.sync()
    assert "should be newer" not in clerk.get(PAGE).text
    clerk.pages.world.pass_time(days=20)
    clerk = clerk.pages.clerk()
    assert "should be newer" in clerk.get(PAGE).text
    clerk.pages.world.pass_time(days=30)
    clerk = clerk.pages.clerk()
    assert "expired" in clerk.get(PAGE).text
    assert "expired" in clerk.get("/tariffs").text
