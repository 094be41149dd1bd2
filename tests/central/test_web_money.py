"""The pages about customers' money: who may do what, and that both languages say it."""

import re
from datetime import date

import pytest

from central_builders import ADMIN, LI, HandClock
from central_pages import form_token, post, signed_in
from settlement_builders import (
    ACCOUNT,
    BO,
    MEI,
    a_town,
    bring_up_to_date,
    deliver,
    register,
    sell,
)
from yika_central.bootstrap import Headquarters
from yika_central.services.staff import Credential, StaffRole

AUDITOR = Credential("an auditor", "the auditor's password")


@pytest.fixture
def debt(headquarters: Headquarters, clock: HandClock) -> str:
    """A town with a split quota, a debt, and everything settled."""
    first, second = a_town(headquarters, clock)
    headquarters.staff.enter(AUDITOR, frozenset({StaffRole.AUDITOR}))
    deliver(first)
    number = register(headquarters, 20_000, due_on=date(2026, 6, 5), daily_fee=3_000)
    sell(first, 100_000, count=1, debts=[(number, 1500, 18_500)])
    clock.pass_by(minutes=5)
    sell(second, 120_000, count=2, total=220_000)
    deliver(first, second)
    bring_up_to_date(headquarters)
    return number


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_page_is_there_in_both_languages(
    headquarters: Headquarters, debt: str, language: str
) -> None:
    client = signed_in(headquarters, AUDITOR)
    for path in (
        "/adjustments",
        "/adjustments?all=1",
        f"/adjustments/of/{ACCOUNT}",
        "/policies",
        "/debts",
        f"/debts/{debt}",
        "/months",
        "/months/2026-06",
        "/rulings",
        "/sales/N0002/1/0/1",
    ):
        answer = client.get(path, headers={"Accept-Language": language})
        assert answer.status_code == 200, path
        assert "None" not in re.sub(r"<[^>]+>", "", answer.text), path


def test_what_is_not_there_is_said_so(headquarters: Headquarters, debt: str) -> None:
    client = signed_in(headquarters, AUDITOR)
    for path in ("/adjustments/of/NOBODY", "/debts/D0000099", "/months/2026-13"):
        assert client.get(path).status_code == 404, path


@pytest.mark.parametrize("who", [AUDITOR, LI])
def test_only_bookkeepers_act(headquarters: Headquarters, debt: str, who: Credential) -> None:
    """A tariff officer signs prices; that makes nobody an accountant."""
    client = signed_in(headquarters, who)
    data = {"csrf_token": form_token(client.get("/adjustments").text)}
    acts = {
        f"/adjustments/of/{ACCOUNT}": {"amount": "5", "reason": "Goodwill"},
        f"/debts/{debt}/waive": {"amount": "5", "reason": "Hardship"},
        "/months": {"month": "2026-06"},
        "/policies": {"cause": "stale_tariff", "reason": "Mild"},
        "/rulings/N0002/1/0/1": {"act": "void", "reason": "Mistake"},
    }
    for path, form in acts.items():
        assert client.post(path, data=data | form).status_code == 403, path
    assert headquarters.adjustments.account(ACCOUNT).total == -8000


def test_an_accountant_adjusts_waives_and_registers(headquarters: Headquarters, debt: str) -> None:
    client = signed_in(headquarters, MEI)
    target = f"/adjustments/of/{ACCOUNT}"
    assert post(client, target, amount="12.50", reason="Goodwill") == 303
    assert headquarters.adjustments.account(ACCOUNT).total == -8000 + 1250
    assert post(client, target, amount="twelve", reason="Goodwill") == 422
    large = {"amount": "900", "reason": "Goodwill"}
    assert post(client, target, **large) >= 400
    second = {"second_name": BO.name, "second_password": BO.password}
    assert post(client, target, **large, **second) == 303
    lost = {"slot": "3", "quantity": "12", "reason": "Lost"}
    assert post(client, f"{target}/quantity", **lost, **second) == 303
    assert post(client, f"/debts/{debt}/waive", amount="5", reason="Hardship") == 303
    form = {"account": ACCOUNT, "amount": "30", "zh": "押金", "en": "Deposit", "share": "12.5"}
    assert post(client, "/debts", **form, reason="Contract", parts="3") == 303
    assert len(headquarters.debt_office.listed(account=ACCOUNT)) == 4


def test_a_policy_a_ruling_and_a_closed_month(
    headquarters: Headquarters, debt: str, clock: HandClock
) -> None:
    client = signed_in(headquarters, ADMIN)
    policy = {"cause": "quota_split", "owes_adjusted": "0", "owed_adjusted": "1"}
    today = str(headquarters.enquiries.today)
    assert post(client, "/policies", **policy, **{"from": today}, reason="Decided") == 303
    assert not headquarters.policies.current()["quota_split"].owes.adjusted
    second = {"second_name": BO.name, "second_password": BO.password}
    path = "/rulings/N0002/1/0/1"
    assert post(client, path, act="void", reason="Mistake", **second) == 303
    assert post(client, path, act="restore", reason="None", **second) == 303
    at = {"at": "2026-06-01T12:04:00", "reason": "The till's roll", **second}
    assert post(client, path, act="time", **at) == 303
    assert post(client, path, act="time", **(at | {"at": "noon"})) == 422
    clock.pass_by(days=40)
    client = signed_in(headquarters, ADMIN)
    assert post(client, "/months", month="2026-06") == 303
    assert headquarters.accounting.month("2026-06").closed
