import re
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from web_kit_site import Counter, SettableClock, build
from yika_common.infra.web import guard as guard_module
from yika_common.infra.web.class_names import class_choices
from yika_common.infra.web.formats import (
    grouped,
    money_shown,
    price_shown,
    quantity_shown,
    time_shown,
)
from yika_common.infra.web.guard import UnguardedView, needs, public
from yika_common.infra.web.inputs import FORM_MEMORY_MAX
from yika_common.infra.web.login import own_path
from yika_common.numbers import Money, Price, Quantity, money_to_text

OWN_ORIGIN = {"Origin": "http://localhost"}
ZH = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}


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


def token(client: FlaskClient, page: str = "/login") -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert found is not None
    return found[1]


def sign_in(client: FlaskClient, name: str = "wang") -> TestResponse:
    client.delete_cookie("yika-node-n1-session")
    form = {"name": name, "password": "correct horse", "csrf_token": token(client)}
    return client.post("/login", data=form, headers=OWN_ORIGIN)


def said(response: TestResponse) -> tuple[str, ...]:
    """The sentences of a page that tell what happened."""
    return tuple(re.findall(r'(?:class="said" role="alert">|<span>)([^<]*[.。])<', response.text))


# Who may enter


def test_nobody_enters_a_page_that_needs_a_level(client: FlaskClient) -> None:
    response = client.get("/sell?slot=4")
    assert (response.status_code, response.location) == (303, "/login?next=/sell?slot%3D4")


def test_signing_in_leads_to_the_page_that_was_wanted(client: FlaskClient) -> None:
    form = {
        "name": "wang",
        "password": "correct horse",
        "next": "/sell",
        "csrf_token": token(client),
    }
    assert client.post("/login", data=form).location == "/sell"
    assert client.get("/sell").status_code == 200


def test_a_clerk_does_not_enter_a_supervisors_page(client: FlaskClient) -> None:
    sign_in(client, "wang")
    refusal = client.get("/boss")
    assert refusal.status_code == 403
    assert 'data-code="not_allowed"' in refusal.text


def test_a_supervisor_does(client: FlaskClient) -> None:
    sign_in(client, "li")
    assert client.get("/boss").text == "for supervisors"


def test_the_bar_of_commands_shows_what_the_level_reaches(client: FlaskClient) -> None:
    sign_in(client, "wang")
    clerks = client.get("/").text
    sign_in(client, "li")
    assert ("Operators" in clerks, "Operators" in client.get("/").text) == (False, True)


def test_a_program_with_a_view_nobody_guards_does_not_start() -> None:
    careless = Blueprint("careless", "careless")
    careless.add_url_rule("/left-open", view_func=lambda: "anything")
    with pytest.raises(UnguardedView, match="careless"):
        build(extra=[careless])


def test_the_same_view_with_a_declaration_starts() -> None:
    careful = Blueprint("careful", "careful")
    careful.add_url_rule("/shut", "shut", view_func=needs(2)(lambda: "anything"))
    app, _ = build(extra=[careful])
    assert app.test_client().get("/shut").status_code == 303


def test_without_the_guard_the_page_would_be_open(site: tuple[Flask, Counter]) -> None:
    app, _ = site
    app.before_request_funcs.clear()
    assert app.test_client().get("/boss").text == "for supervisors"


def test_a_view_says_only_once_who_may_enter() -> None:
    with pytest.raises(UnguardedView):
        needs(1)(public(lambda: "both"))


def test_a_wrong_password_is_one_sentence_and_no_session(client: FlaskClient) -> None:
    form = {"name": "wang", "password": "guess", "csrf_token": token(client)}
    refusal = client.post("/login", data=form)
    assert refusal.status_code == 401
    assert said(refusal) == (
        "This name and password do not belong together. You are not signed in. Type both again.",
    )
    assert client.get("/").status_code == 303


def test_a_closed_account_says_how_long(client: FlaskClient) -> None:
    form = {"name": "locked", "password": "x", "csrf_token": token(client)}
    refusal = client.post("/login", data=form)
    assert refusal.status_code == 429
    assert "60 seconds" in refusal.text


def test_signing_in_changes_the_cookie_and_the_forms_token(client: FlaskClient) -> None:
    before = token(client)
    sign_in(client)
    with client.session_transaction() as cookie:
        first = cookie["key"]
    sign_in(client)
    with client.session_transaction() as cookie:
        second = cookie["key"]
    assert first != second
    refusal = client.post("/sell", data={"amount": "1", "csrf_token": before})
    assert 'data-code="form_expired"' in refusal.text


def test_a_session_ends_fifteen_minutes_after_its_last_use(
    client: FlaskClient, clock: SettableClock
) -> None:
    sign_in(client)
    clock.forward(minutes=15)
    assert client.get("/").status_code == 200
    clock.forward(minutes=15, seconds=1)
    response = client.get("/")
    assert response.location == "/login?why=session_expired&next=/"
    assert "You were signed out" in client.get(response.location).text


def test_everything_a_left_page_asks_gets_the_same_answer(
    client: FlaskClient, clock: SettableClock
) -> None:
    sign_in(client)
    clock.forward(hours=1)
    asked = {client.get("/tick").location for _ in range(3)}
    assert asked == {"/login?why=session_expired&next=/tick"}


def test_what_the_page_asks_by_itself_keeps_no_session_alive(
    client: FlaskClient, clock: SettableClock
) -> None:
    sign_in(client)
    statuses = []
    for _ in range(16):
        clock.forward(minutes=1)
        statuses.append(client.get("/tick").status_code)
    assert statuses == [200] * 15 + [303]


def test_a_session_ends_after_eight_hours_of_use(
    client: FlaskClient, clock: SettableClock
) -> None:
    sign_in(client)
    for _ in range(8 * 6):
        clock.forward(minutes=10)
        assert client.get("/").status_code == 200
    clock.forward(minutes=1)
    assert client.get("/").status_code == 303


def test_a_form_of_an_expired_session_changes_nothing_and_says_so(
    site: tuple[Flask, Counter], client: FlaskClient, clock: SettableClock
) -> None:
    sign_in(client)
    form = {"amount": "5", "form_token": "f", "csrf_token": token(client, "/sell")}
    clock.forward(minutes=16)
    refusal = client.post("/sell", data=form, headers=OWN_ORIGIN | ZH)
    assert (refusal.status_code, site[1].sold) == (401, [])
    assert 'data-code="session_expired"' in refusal.text


def test_signing_out_ends_the_session_for_copies_of_its_cookie_too(
    site: tuple[Flask, Counter], client: FlaskClient
) -> None:
    sign_in(client)
    stolen = client.get_cookie("yika-node-n1-session")
    assert stolen is not None
    client.post("/logout", data={"csrf_token": token(client, "/")})
    thief = site[0].test_client()
    thief.set_cookie("yika-node-n1-session", stolen.value)
    assert thief.get("/").status_code == 303


# Forged requests


def test_a_form_without_its_token_is_refused(
    site: tuple[Flask, Counter], client: FlaskClient
) -> None:
    sign_in(client)
    refusal = client.post("/sell", data={"amount": "5", "form_token": "f"}, headers=OWN_ORIGIN)
    assert (refusal.status_code, site[1].sold) == (400, [])


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Origin": "http://evil.example"}, id="another site"),
        pytest.param({"Origin": "http://localhost:8081"}, id="another port"),
        pytest.param({"Origin": "https://localhost"}, id="another scheme"),
        pytest.param({"Origin": "null"}, id="a sandboxed page"),
        pytest.param(OWN_ORIGIN | {"Sec-Fetch-Site": "same-site"}, id="a sister host"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="a browser that hides the origin"),
    ],
)
def test_a_form_from_another_origin_is_refused(
    site: tuple[Flask, Counter], client: FlaskClient, headers: dict[str, str]
) -> None:
    sign_in(client)
    form = {"amount": "5", "form_token": "f", "csrf_token": token(client, "/sell")}
    refusal = client.post("/sell", data=form, headers=headers)
    assert (refusal.status_code, site[1].sold) == (403, [])


def test_without_the_origin_check_the_foreign_form_would_sell(
    site: tuple[Flask, Counter], client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard_module, "_check_origin", lambda: None)
    sign_in(client)
    form = {"amount": "5", "form_token": "f", "csrf_token": token(client, "/sell")}
    client.post("/sell", data=form, headers={"Origin": "http://evil.example"})
    assert site[1].sold == ["Wang 500"]


def test_a_form_sent_twice_sells_once(site: tuple[Flask, Counter], client: FlaskClient) -> None:
    sign_in(client)
    form = {"amount": "5", "form_token": "f", "csrf_token": token(client, "/sell")}
    statuses = [client.post("/sell", data=form, headers=OWN_ORIGIN).status_code for _ in range(2)]
    assert (statuses, site[1].sold) == ([303, 303], ["Wang 500"])


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "[::1]", ""])
def test_a_foreign_host_name_gets_no_page(client: FlaskClient, host: str) -> None:
    response = client.get("/login", headers={"Host": host})
    assert response.status_code == 400
    assert "form" not in response.text


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example/", "/\\evil.example", "/a\nb", "login", ""]
)
def test_signing_in_leads_nowhere_else(target: str) -> None:
    assert own_path(target) is None


@given(st.text())
def test_a_path_of_our_own_stays_on_our_host(target: str) -> None:
    kept = own_path(target)
    assert kept is None or (kept == target and kept[0] == "/" and kept[1:2] not in ("/", "\\"))


# What every answer carries


@pytest.mark.parametrize("path", ["/login", "/nope", "/healthz", "/kit/yika.css", "/open"])
def test_every_answer_carries_the_headers_that_bind_the_page(
    client: FlaskClient, path: str
) -> None:
    headers = client.get(path, buffered=True).headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


def test_files_named_by_their_content_are_kept_for_a_year(client: FlaskClient) -> None:
    named = re.findall(r'(?:href|src)="(/kit/[^"#]+)"', client.get("/login").text)
    kept = {client.get(path, buffered=True).headers["Cache-Control"] for path in named}
    assert (len(named) >= 4, kept) == (True, {"public, max-age=31536000, immutable"})


def test_cookies_are_for_this_program_alone(client: FlaskClient) -> None:
    sign_in(client)
    cookie = client.get_cookie("yika-node-n1-session")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site, cookie.secure) == (True, "Strict", False)


def test_over_https_cookies_are_bound_to_the_host() -> None:
    app, _ = build(https=True)
    client = app.test_client()
    response = client.get("/login", base_url="https://localhost")
    (cookie,) = response.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-yika-node-n1-session=")
    assert "Secure" in cookie
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_too_large_a_body_is_refused_before_it_is_read(client: FlaskClient) -> None:
    sign_in(client)
    refusal = client.post("/api/v1/echo", data=b"x" * ((1 << 20) + 1))
    assert refusal.status_code == 413
    assert refusal.json is not None
    assert refusal.json["error"] == "too_large"


@pytest.mark.parametrize("size", [FORM_MEMORY_MAX, FORM_MEMORY_MAX + 1])
def test_an_ordinary_form_is_bounded_too(client: FlaskClient, size: int) -> None:
    """Without the bound it would be read as large as any body: a third of a million fields."""
    body = b"name=".ljust(size, b"x")
    refusal = client.post("/login", data=body, content_type="application/x-www-form-urlencoded")
    assert refusal.status_code == (400 if size == FORM_MEMORY_MAX else 413)


# Errors


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/swapped", 422, "card_swapped"),
        ("/full", 507, "disk_full"),
        ("/nope", 404, "no_such_page"),
    ],
)
def test_an_expected_failure_is_one_sentence_with_its_status(
    client: FlaskClient, path: str, status: int, code: str
) -> None:
    sign_in(client)
    response = client.get(path)
    assert response.status_code == status
    assert response.text.count("<h1>") == 1
    assert re.findall(r'data-code="(\w+)"', response.text) == [code]
    assert len(said(response)) == 1


def test_what_a_failure_names_is_not_read_as_markup(client: FlaskClient) -> None:
    sign_in(client)
    assert "0042 &lt;b&gt;" in client.get("/swapped").text


def test_a_typed_amount_that_is_no_number_is_answered_in_place(client: FlaskClient) -> None:
    sign_in(client)
    headers = {"HX-Request": "true", "HX-Request-Type": "partial"}
    part = client.get("/quote?amount=12a", headers=headers)
    assert part.status_code == 422
    assert "“12a” is not a number" in part.text
    assert "<html" not in part.text


def test_a_page_that_is_signed_out_goes_to_the_sign_in_page_by_itself(
    client: FlaskClient, clock: SettableClock
) -> None:
    sign_in(client)
    clock.forward(hours=1)
    answer = client.get(
        "/status", headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/sell?a=1"}
    )
    assert answer.headers["HX-Redirect"] == "/login?why=session_expired&next=/sell?a%3D1"


def test_a_missing_field_is_not_a_traceback(client: FlaskClient) -> None:
    sign_in(client)
    response = client.post("/sell", data={"csrf_token": token(client, "/sell")})
    assert (response.status_code, 'data-code="not_understood"' in response.text) == (400, True)


def test_a_bug_shows_no_detail(site: tuple[Flask, Counter], client: FlaskClient) -> None:
    sign_in(client)
    site[0].config["PROPAGATE_EXCEPTIONS"] = False
    response = client.get("/bug")
    assert response.status_code == 500
    assert 'data-code="unexpected"' in response.text
    assert "secret detail" not in response.text


def test_programs_get_errors_as_json(client: FlaskClient) -> None:
    refusal = client.post("/api/v1/echo", data=b"bad")
    assert refusal.status_code == 422
    assert refusal.json == {
        "error": "card_swapped",
        "sentence": "Another card is in the reader (7).",
        "facts": {"number": 7},
    }


def test_programs_need_no_token(client: FlaskClient) -> None:
    assert client.post("/api/v1/echo", data=b"signed bytes").data == b"signed bytes"


def test_health_tells_what_the_side_adds(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok", "waiting": 3}


# The status line


def test_the_status_line_answers_only_when_it_changed(
    site: tuple[Flask, Counter], client: FlaskClient
) -> None:
    sign_in(client)
    found = re.search(r'hx-get="(/status\?tag=\w+)"', client.get("/").text)
    assert found is not None
    assert client.get(found[1]).status_code == 204
    site[1].waiting = 2
    changed = client.get(found[1])
    assert changed.status_code == 200
    assert "<b>2</b>" in changed.text


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
