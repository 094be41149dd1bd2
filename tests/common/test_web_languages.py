"""The screen kit speaks the reader's language, in his numbers and times."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from web_kit_forms import ZH, sign_in, token
from web_kit_site import Counter, SettableClock, build
from yika_common.infra.web.class_names import class_choices
from yika_common.infra.web.formats import (
    grouped,
    money_shown,
    price_shown,
    quantity_shown,
    time_shown,
)
from yika_common.numbers import Money, Price, Quantity, money_to_text


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def site(clock: SettableClock) -> tuple[Flask, Counter]:
    return build(clock)


@pytest.fixture
def client(site: tuple[Flask, Counter]) -> Iterator[FlaskClient]:
    with site[0].test_client() as client:
        yield client


# Languages and numbers


@pytest.mark.parametrize(
    ("accepts", "heading"),
    [("zh-CN,zh;q=0.9,en;q=0.8", "登录"), ("en-GB,en;q=0.9", "Sign in"), ("fr", "Sign in")],
)
def test_pages_speak_the_browsers_language(
    client: FlaskClient, accepts: str, heading: str
) -> None:
    page = client.get("/login", headers={"Accept-Language": accepts})
    assert f"<h1>{heading}</h1>" in page.text


@pytest.mark.parametrize(("own", "heading"), [("zh", "登录"), ("en", "Sign in")])
@pytest.mark.parametrize("asked", [{}, {"Accept-Language": "fr"}])
def test_a_browser_that_asks_for_neither_gets_the_programs_own_language(
    own: str, heading: str, asked: dict[str, str]
) -> None:
    client = build(language=own)[0].test_client()
    assert f"<h1>{heading}</h1>" in client.get("/login", headers=asked).text
    client.post("/preferences", data={"language": "en", "csrf_token": token(client)})
    assert "<h1>Sign in</h1>" in client.get("/login", headers=asked).text


def test_the_language_switch_keeps_the_page(client: FlaskClient) -> None:
    sign_in(client)
    form = {"language": "zh", "next": "/sell?slot=4", "csrf_token": token(client, "/sell")}
    assert client.post("/preferences", data=form).location == "/sell?slot=4"
    page = client.get("/sell")
    assert '<html lang="zh-CN"' in page.text
    assert "退出登录" in page.text


def test_errors_speak_the_chosen_language(client: FlaskClient) -> None:
    sign_in(client)
    assert "磁盘已满" in client.get("/full", headers=ZH).text


def test_large_text_is_kept(client: FlaskClient) -> None:
    client.post("/preferences", data={"text": "large", "csrf_token": token(client)})
    assert 'class="text-large"' in client.get("/login").text
    client.post("/preferences", data={"text": "huge", "csrf_token": token(client)})
    assert 'class="text-large"' in client.get("/login").text


def test_times_are_shown_in_the_utilitys_zone(client: FlaskClient) -> None:
    sign_in(client)
    page = client.get("/sell").text
    assert "2026-11-23 14:05:09" in page
    assert "06:05:09" not in page


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (money_shown(Money(-49939), "¥"), "-¥499.39"),
        (money_shown(Money(123456789), "¥"), "¥1,234,567.89"),
        (quantity_shown(Quantity(1074200), "m³"), "1,074.2\u00a0m³"),
        (price_shown(Price(5283), "¥", "kWh"), "¥0.5283/kWh"),
        (
            time_shown(datetime(2026, 12, 31, 17, 0, 0, tzinfo=UTC), ZoneInfo("Asia/Shanghai")),
            "2027-01-01 01:00:00",
        ),
    ],
)
def test_numbers_and_times_stand_as_people_write_them(shown: str, text: str) -> None:
    assert shown == text


def test_classes_begin_with_households_and_end_with_examples() -> None:
    keys = ["commercial", "example", "agricultural", "residential", "public"]
    ordered = ["residential", "commercial", "public", "agricultural", "example"]
    assert [key for key, _name in class_choices(keys)] == ordered


@given(st.integers(-(10**15), 10**15))
def test_setting_thousands_apart_loses_nothing(value: int) -> None:
    plain = money_to_text(Money(value))
    assert grouped(plain).replace(",", "") == plain
