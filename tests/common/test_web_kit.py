"""The screen kit: forms, hosts, headers, bounds and failures."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from web_kit_forms import OWN_ORIGIN, said, sign_in, token
from web_kit_site import Counter, SettableClock, build
from yika_common.infra.web import guard as guard_module
from yika_common.infra.web.inputs import FORM_MEMORY_MAX
from yika_common.infra.web.login import own_path


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
