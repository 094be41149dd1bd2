"""Pages of somebody else in the clerk's own browser, while he is signed in at the vending point.

The hostile site is served from another port of the same machine: for the browser it is another
origin of the same *site*, so the session's ``SameSite`` cookie goes along with whatever it sends.
That is the hardest case; a page from the internet gets no cookie at all.  Each attack is also made
on the same program with the one defence switched off, where it must succeed.
"""

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask_wtf.csrf import CSRFProtect
from playwright.sync_api import Browser, BrowserContext, Page

from browser_counter import ARGUMENTS, CHROMIUM, Counter
from hostile_form import FORGED
from node_pages import pages_in
from node_world import OPERATOR, PASSWORD
from served import served
from yika_common.infra.serving import HEADER_MAX
from yika_common.infra.web import guard, headers

pytestmark = pytest.mark.browser

CHIPS: Final = {"what": "received", "chips": "7", "reason": "stolen"}
"""A form that the hostile page sends: it would write seven blank cards into the books."""

REBOUND: Final = "rebound.example"
"""A name of the attacker's, which leads to the vending point when it is asked for again."""


class Town:
    """A vending point with a clerk signed in, and the hostile site beside it."""

    def __init__(self, counter: Counter, hostile: str, context: BrowserContext) -> None:
        self.counter, self.hostile, self.context = counter, hostile, context
        self.clerk = context.new_page()
        self.sign_in(self.clerk)

    @property
    def url(self) -> str:
        return self.counter.url

    def sign_in(self, page: Page) -> None:
        page.goto(f"{self.url}/login?next=/cards/stock")
        page.locator("[name=name]").fill(OPERATOR)
        page.locator("[name=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{self.url}/cards/stock")

    def lure(self, path: str = "/") -> Page:
        """The hostile page, in another tab of the same browser."""
        page = self.context.new_page()
        page.goto(self.hostile + path)
        return page

    def stock(self) -> int:
        return self.counter.pages.node.life.stock.count().left

    def token(self) -> str:
        """A form token that fits the clerk's session, as if it had leaked."""
        return self.clerk.locator("main [name=csrf_token]").first.input_value()


def hostile_site() -> Flask:
    """A page that does whatever its visitor's test tells it to."""
    app = Flask("hostile")

    @app.get("/")
    def page() -> str:
        return "<!doctype html><title>Free electricity!</title><body>"

    return app


@pytest.fixture(scope="module")
def chromium(browser: Browser) -> Iterator[Browser]:
    """A browser for which the attacker's name leads to this machine."""
    mapped = f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1"
    rebound = browser.browser_type.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, mapped])
    yield rebound
    rebound.close()


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with pages_in(tmp_path_factory.mktemp("node") / "data") as pages, served(pages.app) as url:
        yield Counter(pages, url)


@pytest.fixture
def town(counter: Counter, chromium: Browser) -> Iterator[Town]:
    with served(hostile_site()) as hostile, context_of(chromium) as context:
        yield Town(counter, hostile, context)


@contextmanager
def context_of(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="en")
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def no_origin_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_check_origin", lambda: None)


@pytest.fixture
def no_token_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CSRFProtect, "protect", lambda _self: None)


def forge(town: Town, fields: dict[str, str]) -> int:
    """Send a form from the hostile page as a navigation; the answer's status."""
    page = town.lure()
    with page.expect_navigation() as answered:
        page.evaluate(FORGED, [f"{town.url}/cards/stock", fields])
    answer = answered.value
    page.close()
    assert answer is not None
    return answer.status


def fetch(page: Page, address: str, **options: object) -> str:
    """What a script of the page learns of an answer: its status, or that it was kept from it."""
    script = """async ([address, options]) => {
        try { const a = await fetch(address, options); return a.type + " " + a.status; }
        catch (failure) { return failure.name; }
    }"""
    return str(page.evaluate(script, [address, {"credentials": "include", **options}]))


# Forged requests


def test_a_form_sent_by_another_page_is_refused_although_the_cookie_goes_along(town: Town) -> None:
    before = town.stock()
    assert forge(town, CHIPS) == 403
    assert town.stock() == before


def test_even_with_the_right_token_the_foreign_form_is_refused(town: Town) -> None:
    before = town.stock()
    assert forge(town, {**CHIPS, "csrf_token": town.token()}) == 403
    assert town.stock() == before


@pytest.mark.usefixtures("no_origin_check")
def test_without_the_check_of_its_origin_it_would_still_want_the_token(town: Town) -> None:
    before = town.stock()
    assert forge(town, CHIPS) == 400
    assert town.stock() == before


@pytest.mark.usefixtures("no_origin_check", "no_token_check")
def test_without_both_the_forged_form_would_be_done(town: Town) -> None:
    before = town.stock()
    assert forge(town, CHIPS) == 200
    assert town.stock() == before + 7


def test_a_script_can_neither_send_with_the_cookie_nor_read_an_answer(town: Town) -> None:
    before, page = town.stock(), town.lure()
    body = "what=received&chips=7&reason=x"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    address = f"{town.url}/cards/stock"
    sent = fetch(page, address, method="POST", mode="no-cors", body=body, headers=form)
    assert sent in ("opaque 0", "TypeError")
    assert fetch(page, address, method="POST", body=body, headers=form) == "TypeError"
    assert fetch(page, address, method="PUT", body=body) == "TypeError"
    assert fetch(page, f"{town.url}/accounts") == "TypeError"
    assert fetch(page, f"{town.url}/card/seen?tag=x") == "TypeError"
    assert town.stock() == before


def test_no_page_of_ours_can_be_a_picture_or_a_script_of_theirs(town: Town) -> None:
    page = town.lure()
    load = """([kind, address]) => new Promise((done) => {
        const element = document.createElement(kind);
        element.onload = () => done("loaded");
        element.onerror = () => done("refused");
        element.src = address;
        document.body.append(element);
    })"""
    for kind, path in (("img", "/kit/yika.svg"), ("script", "/kit/yika.js")):
        assert page.evaluate(load, [kind, town.url + path]) == "refused"


def test_without_its_resource_policy_the_picture_would_load(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(headers._ALWAYS, "Cross-Origin-Resource-Policy", "cross-origin")
    page = town.lure()
    load = """(address) => new Promise((done) => {
        const picture = new Image();
        picture.onload = () => done("loaded");
        picture.onerror = () => done("refused");
        picture.src = address;
    })"""
    assert page.evaluate(load, f"{town.url}/kit/yika.svg") == "loaded"


# Framing and windows


def framed(town: Town) -> str:
    """What a frame of the hostile page shows of the clerk's page."""
    page = town.lure()
    page.evaluate(
        """(address) => new Promise((done) => {
            const frame = document.createElement("iframe");
            frame.onload = done;
            frame.src = address;
            document.body.append(frame);
        })""",
        f"{town.url}/cards/stock",
    )
    frame = page.frames[-1]
    return frame.title() if frame.url.startswith(town.url) else frame.url


def test_no_page_shows_in_a_frame(town: Town) -> None:
    assert "Yika" not in framed(town)


def test_without_the_policy_it_would(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(headers._ALWAYS, "Content-Security-Policy")
    assert "Yika" in framed(town)


def test_a_window_that_is_opened_lets_go_of_its_opener(town: Town) -> None:
    page = town.lure()
    with page.expect_popup() as opened:
        page.evaluate("(address) => { window.child = window.open(address); }", f"{town.url}/")
    opened.value.wait_for_load_state()
    assert page.evaluate("window.child.closed") is True
    assert opened.value.evaluate("window.opener") is None


# Names and cookies


def test_a_name_that_was_turned_to_this_machine_gets_no_page(town: Town) -> None:
    port = urlsplit(town.url).port
    page = town.context.new_page()
    answer = page.goto(f"http://{REBOUND}:{port}/login")
    assert answer is not None
    assert (answer.status, answer.text()) == (400, "unknown host\n")


def test_without_the_list_of_names_it_would(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(town.counter.pages.app.config, "TRUSTED_HOSTS", None)
    port = urlsplit(town.url).port
    page = town.context.new_page()
    answer = page.goto(f"http://{REBOUND}:{port}/login")
    assert answer is not None
    assert answer.status == 200


SESSION: Final = "yika-node-t-session"


def test_a_cookie_set_by_another_port_signs_nobody_in_and_breaks_nothing(
    counter: Counter, chromium: Browser
) -> None:
    """A hostile page of the same machine can write into the jar that all ports share."""
    with served(hostile_site()) as hostile, context_of(chromium) as context:
        page = context.new_page()
        page.goto(hostile)
        page.evaluate(f"document.cookie = '{SESSION}=eyJrZXkiOiJ4In0.x.y; path=/'")
        answer = page.goto(f"{counter.url}/sales")
        assert answer is not None
        assert (answer.status, urlsplit(page.url).path) == (200, "/login")


def test_a_cookie_from_before_signing_in_is_worth_nothing_after_it(
    counter: Counter, chromium: Browser
) -> None:
    """Whoever plants his own cookie does not sign in together with the clerk."""
    with served(hostile_site()) as hostile, context_of(chromium) as context:
        page = context.new_page()
        page.goto(f"{counter.url}/login")
        planted = next(c for c in context.cookies() if c["name"] == SESSION)
        town = Town(counter, hostile, context)
        assert town.clerk.url.endswith("/cards/stock")
    with context_of(chromium) as thief:
        thief.add_cookies([planted])  # type: ignore[list-item]
        page = thief.new_page()
        page.goto(f"{counter.url}/sales")
        assert urlsplit(page.url).path == "/login"


def test_no_script_reads_the_session(town: Town) -> None:
    assert SESSION not in town.clerk.evaluate("document.cookie")
    held = next(c for c in town.context.cookies() if c["name"] == SESSION)
    assert (held["httpOnly"], held["sameSite"], held["expires"]) == (True, "Strict", -1)


def test_from_another_site_no_cookie_comes_along_at_all(town: Town) -> None:
    """With both checks off the form of a page from elsewhere finds nobody signed in."""
    page = town.context.new_page()
    page.goto(town.hostile.replace("127.0.0.1", REBOUND))
    with page.expect_navigation() as answered:
        page.evaluate(FORGED, [f"{town.url}/cards/stock", CHIPS])
    answer = answered.value
    assert answer is not None
    assert SESSION not in answer.request.all_headers().get("cookie", "")


# What is too much, too deep or too slow


def ask(
    url: str, method: str, path: str, body: bytes | None = None, **more: str
) -> http.client.HTTPResponse:
    """A request by hand; nothing is added but what is asked for."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        with suppress(ConnectionError):  # The answer to a body too large comes before its end.
            named = {name.replace("_", "-"): value for name, value in more.items()}
            connection.request(method, path, body, named)
        answer = connection.getresponse()
        answer.read()
        return answer
    finally:
        connection.close()


FORM: Final = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"name=" + b"x" * (1 << 20), FORM, 413),
        (b"&".join(b"f%d=1" % number for number in range(50_000)), FORM, 413),
        (b"name=" + b"x" * (300 << 10), FORM, 413),
        (b"[" * 100_000 + b"]" * 100_000, "application/json", 400),
        (b"\xff" * 100, "multipart/form-data", 400),
    ],
    ids=["a large body", "very many fields", "a large field", "deep json", "no multipart"],
)
def test_what_is_too_much_is_refused(
    counter: Counter, body: bytes, kind: str, status: int
) -> None:
    answer = ask(counter.url, "POST", "/login", body, Content_Type=kind)
    assert answer.status == status
    assert answer.getheader("Server") is None


def test_very_many_parts_are_refused(counter: Counter) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="f"\r\n\r\n1\r\n'
    body = part * 1000 + b"--b--\r\n"
    kind = "multipart/form-data; boundary=b"
    assert ask(counter.url, "POST", "/login", body, Content_Type=kind).status == 413


def test_a_head_that_never_ends_is_refused(counter: Counter) -> None:
    answer = ask(counter.url, "GET", "/login", Cookie="x" * (HEADER_MAX + 1))
    assert answer.status == 431


def test_requests_that_trickle_keep_nobody_waiting(counter: Counter) -> None:
    place = urlsplit(counter.url)
    slow = [socket.create_connection((place.hostname, place.port)) for _ in range(60)]
    stop = threading.Event()

    def trickle() -> None:
        for piece in ("POST /login HTTP/1.1\r\n", "Host: 127.0.0.1\r\n", "Content-Length: 99\r\n"):
            for line in slow:
                line.sendall(piece.encode())
            if stop.wait(0.05):
                return

    sender = threading.Thread(target=trickle)
    sender.start()
    try:
        begun = time.monotonic()
        answers = [ask(counter.url, "GET", "/login").status for _ in range(5)]
        assert (answers, time.monotonic() - begun < 5) == ([200] * 5, True)
    finally:
        stop.set()
        sender.join()
        for line in slow:
            line.close()


@pytest.mark.parametrize("path", ["/login", "/", "/nothing", "/kit/yika.css", "/healthz", "/sell"])
def test_every_answer_carries_what_binds_it_and_none_says_what_serves_it(
    counter: Counter, path: str
) -> None:
    answer = ask(counter.url, "GET", path)
    for name in headers._ALWAYS:
        assert answer.getheader(name) is not None, name
    assert "unsafe" not in (answer.getheader("Content-Security-Policy") or "")
    assert answer.getheader("Server") is None
