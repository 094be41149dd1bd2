"""The pages on the local network in a real browser: trusted by headquarters' word, shut to others.

The browser trusts the vending point's certificate by its key, as one into which headquarters'
authority was put trusts it by its chain; another browser trusts nothing and must be warned.  The
hostile page comes over plain HTTP, as a machine in between would send it.
"""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from flask_wtf.csrf import CSRFProtect
from playwright.sync_api import Browser, BrowserContext, Error, Page

from browser_counter import ARGUMENTS, CHROMIUM
from hostile_form import FORGED
from lan_builders import ADDRESS, NAME, certify, settings_with_lan, shown_afar
from node_pages import Pages
from node_world import OPERATOR, PASSWORD, World
from served import served
from yika_common.infra.web import guard, headers
from yika_node.services.lan_certificate import CERTIFICATE_FILE, FOLDER

pytestmark = pytest.mark.browser

EVIL: Final = "evil.example"
SESSION: Final = "__Host-yika-node-lan-session"
NEW: Final = {"name": "thief", "level": "CLERK", "password": PASSWORD, "reason": "none"}


class Lan:
    """A vending point on the local network, by its name and its address."""

    def __init__(self, pages: Pages, url: str) -> None:
        self.pages = pages
        self.port = urlsplit(url).port
        self.by_address = f"https://{ADDRESS}:{self.port}"
        self.by_name = f"https://{NAME}:{self.port}"

    def key_digest(self) -> str:
        data = (self.pages.node.folder / FOLDER / CERTIFICATE_FILE).read_bytes()
        key = x509.load_pem_x509_certificate(data).public_key()
        spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(hashlib.sha256(spki).digest()).decode()

    def operators(self) -> int:
        return len(self.pages.node.staff.operators())


@pytest.fixture(scope="module")
def lan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lan]:
    folder = tmp_path_factory.mktemp("lan") / "node"
    settings_with_lan(folder)
    world = World(folder)
    node = world.enrolled()
    certify(node, world.headquarters, world.now)
    pages = Pages(world, node)
    with shown_afar(pages) as url:
        yield Lan(pages, url)
    node.close()


def browser_with(browser: Browser, *more: str) -> Browser:
    mapped = f"--host-resolver-rules=MAP {NAME} {ADDRESS}, MAP {EVIL} 127.0.0.1"
    return browser.browser_type.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, mapped, *more])


@pytest.fixture(scope="module")
def trusting(browser: Browser, lan: Lan) -> Iterator[Browser]:
    opened = browser_with(browser, f"--ignore-certificate-errors-spki-list={lan.key_digest()}")
    yield opened
    opened.close()


@contextmanager
def context_of(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="en")
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def context(trusting: Browser) -> Iterator[BrowserContext]:
    with context_of(trusting) as context:
        yield context


def sign_in(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(f"{url}/login?next=/accounts")
    page.locator("[name=name]").fill(OPERATOR)
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/accounts")
    return page


def test_a_browser_that_trusts_nobody_shows_a_warning_and_no_page(
    lan: Lan, browser: Browser
) -> None:
    stranger = browser_with(browser)
    with context_of(stranger) as context:
        page = context.new_page()
        with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
            page.goto(f"{lan.by_name}/login")
    stranger.close()


@pytest.mark.parametrize("way", ["by_name", "by_address"])
def test_the_page_opens_and_its_session_is_bound_to_this_host(
    lan: Lan, context: BrowserContext, way: str, tmp_path: Path
) -> None:
    url = str(getattr(lan, way))
    page = sign_in(context, url)
    assert page.evaluate("isSecureContext")
    held = next(c for c in context.cookies() if c["name"] == SESSION)
    assert (held["secure"], held["httpOnly"], held["sameSite"]) == (True, True, "Strict")
    assert (held["path"], held["domain"], held["expires"]) == ("/", urlsplit(url).hostname, -1)
    assert SESSION not in page.evaluate("document.cookie")
    assert page.locator("a[href='/sell']").count() == 0
    page.goto(f"{url}/sell")
    assert "at the counter itself" in page.locator("main").inner_text()
    page.screenshot(path=tmp_path / "refused.png", caret="initial")


def test_after_the_first_visit_the_name_is_never_asked_for_in_the_clear(
    lan: Lan, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(f"{lan.by_name}/login")
    page.goto(f"http://{NAME}:{lan.port}/login")
    assert page.url == f"{lan.by_name}/login"


def test_without_the_header_it_would_be(
    lan: Lan, trusting: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(headers, "_ONE_YEAR_HTTPS_ONLY", "max-age=0")
    with context_of(trusting) as context:
        page = context.new_page()
        page.goto(f"{lan.by_name}/login")
        with pytest.raises(Error, match=r"ERR_|Timeout"):
            page.goto(f"http://{NAME}:{lan.port}/login")


def hostile_site() -> Flask:
    """A page that does whatever its visitor's test tells it to."""
    app = Flask("hostile")

    @app.get("/")
    def page() -> str:
        return "<!doctype html><title>Free electricity!</title><body>"

    return app


def forge(context: BrowserContext, lan: Lan, hostile: str, fields: dict[str, str]) -> int:
    """Send a form from the hostile page as a navigation; the answer's status."""
    page = context.new_page()
    page.goto(hostile)
    with page.expect_navigation() as answered:
        page.evaluate(FORGED, [f"{lan.by_address}/operators", fields])
    page.close()
    assert answered.value is not None
    return answered.value.status


def test_a_form_of_a_hostile_page_is_refused(lan: Lan, context: BrowserContext) -> None:
    sign_in(context, lan.by_address)
    before = lan.operators()
    with served(hostile_site()) as hostile:
        assert forge(context, lan, hostile, NEW) == 403
    assert lan.operators() == before


def test_without_the_check_of_its_origin_the_cookie_would_still_stay_away(
    lan: Lan, context: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From another site, and over HTTP, no cookie that is Strict and Secure comes along."""
    monkeypatch.setattr(guard, "_check_origin", lambda: None)
    monkeypatch.setattr(CSRFProtect, "protect", lambda _self: None)
    sign_in(context, lan.by_address)
    page = context.new_page()
    with served(hostile_site()) as hostile:
        page.goto(hostile.replace("127.0.0.1", EVIL))
        with page.expect_navigation() as answered:
            page.evaluate(FORGED, [f"{lan.by_address}/operators", NEW])
    assert SESSION not in answered.value.request.all_headers().get("cookie", "")


def test_a_hostile_script_reads_nothing_and_frames_nothing(
    lan: Lan, context: BrowserContext
) -> None:
    sign_in(context, lan.by_address)
    page = context.new_page()
    with served(hostile_site()) as hostile:
        page.goto(hostile)
        read = """async (address) => {
            try { return (await fetch(address, {credentials: "include"})).status; }
            catch (failure) { return failure.name; }
        }"""
        assert page.evaluate(read, f"{lan.by_address}/accounts") == "TypeError"
        page.evaluate(
            """(address) => new Promise((done) => {
                const frame = document.createElement("iframe");
                frame.onload = done;
                frame.src = address;
                document.body.append(frame);
            })""",
            f"{lan.by_address}/login",
        )
        assert not page.frames[-1].url.startswith("https")


def test_a_name_that_was_turned_to_the_vending_point_gets_no_page(
    lan: Lan, browser: Browser
) -> None:
    turned = f"--host-resolver-rules=MAP {EVIL} {ADDRESS}"
    opened = browser.browser_type.launch(
        executable_path=CHROMIUM, args=[*ARGUMENTS, turned, "--ignore-certificate-errors"]
    )
    with context_of(opened) as context:
        answer = context.new_page().goto(f"https://{EVIL}:{lan.port}/login")
        assert answer is not None
        assert (answer.status, answer.text()) == (400, "unknown host\n")
    opened.close()
