"""Who may enter the screen kit's pages, and how sessions begin and end."""

from collections.abc import Iterator

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient

from web_kit_forms import OWN_ORIGIN, ZH, said, sign_in, token
from web_kit_site import Counter, SettableClock, build
from yika_common.infra.web.guard import UnguardedView, needs, public


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
