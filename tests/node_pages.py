"""A node's pages in a world of its own, and a clerk who works at them without a browser."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from card_builders import ChipMemory, repeatable_random
from node_world import OPERATOR, PASSWORD, World, a_chip, meters_for
from yika_node.bootstrap import Node
from yika_node.web.app import make_node_app
from yika_node.web.entrance import DeskSessions

TAGS = {"en": "en", "zh": "zh-CN,zh;q=0.9"}
_SAID = re.compile(
    r'(?:class="said" role="alert">|class="notice bad"[^>]*>.*?<span>)([^<]+)<', re.S
)
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


class Pages:
    """A node that runs in this process, its pages, and the counter they stand on."""

    def __init__(self, world: World, node: Node) -> None:
        self.world = world
        self.node = node
        self.soon = 0
        self.sessions = DeskSessions(
            world.clock, repeatable_random(5000), node.staff.sign_out, node.roster.level
        )
        self.app: Flask = make_node_app(
            node,
            clock=world.clock,
            random=repeatable_random(7000),
            instance="t",
            sessions=self.sessions,
            soon=self._asked,
        )

    def _asked(self) -> None:
        self.soon += 1

    def clerk(self, language: str = "en", name: str = OPERATOR) -> "Clerk":
        """Somebody signed in, whose browser asks for that language."""
        clerk = Clerk(self, language)
        signed = clerk.post("/login", {"name": name, "password": PASSWORD}, on="/login")
        assert signed.status_code == 303, signed.text
        return clerk


class Clerk:
    """A browser without a screen."""

    def __init__(self, pages: Pages, language: str = "en") -> None:
        self.pages = pages
        self.language = language
        self.client = pages.app.test_client()

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, headers={"Accept-Language": TAGS[self.language]})

    def post(self, path: str, fields: Mapping[str, str], *, on: str = "/manual") -> TestResponse:
        """Send a form as it stands on the page ``on``, its hidden fields included."""
        filled = {**hidden(self.get(on)), **fields}
        return self.send(path, filled)

    def send(self, path: str, fields: Mapping[str, str]) -> TestResponse:
        """Send exactly these fields."""
        headers = {"Accept-Language": TAGS[self.language], "Origin": "http://localhost"}
        return self.client.post(path, data=dict(fields), headers=headers)

    def quote(self, fields: Mapping[str, str]) -> TestResponse:
        """Ask for the price of what is typed, as the sale form does."""
        headers = {"Accept-Language": TAGS[self.language], "HX-Request-Type": "partial"}
        return self.client.post("/sell/quote", data=dict(fields), headers=headers)

    def open_account(self, profile: int = 8, index: int = 0, **changes: str) -> str:
        """Open an account and return its number."""
        opened = self.post(
            "/accounts/new", account_fields(profile, index) | changes, on="/accounts/new"
        )
        assert opened.status_code == 303, opened.text
        return opened.location.rsplit("/", 1)[-1]

    def open_with_card(self, profile: int = 8, index: int = 0) -> tuple[str, ChipMemory]:
        """An account with its card, which lies in the reader."""
        number, chip = self.open_account(profile, index), a_chip(index)
        self.pages.world.hand.insert(chip)
        issued = self.post(f"/accounts/{number}/card", {}, on=f"/accounts/{number}")
        assert issued.status_code == 303, issued.text
        return number, chip

    def sell(self, amounts: Mapping[str, str]) -> TestResponse:
        """Sell onto the card in the reader; follows to the receipt."""
        sold = self.post("/sell", amounts, on="/sell")
        return self.get(sold.location) if sold.status_code == 303 else sold


def account_fields(profile: int = 8, index: int = 0) -> dict[str, str]:
    """The account form, filled in for a household."""
    return {
        "name": "王小明",
        "phone": "010-555",
        "address": f"东河路 {7 + index} 号",
        "document": "",
        "area": "A01",
        "tariff_class": "residential",
        "profile": str(profile),
        "persons": "3",
        "area_m2": "96.4",
        **{f"meter-{slot}": meter for slot, meter in meters_for(profile, index)},
    }


def hidden(page: TestResponse) -> dict[str, str]:
    """The hidden fields of a page's own form, else of the page."""
    body = page.text.partition("<main")[2] or page.text
    found = dict(_HIDDEN.findall(body)) or dict(_HIDDEN.findall(page.text))
    return {name: unescape(value) for name, value in found.items()}


def said(page: TestResponse) -> list[str]:
    """Every sentence of a page that says what went wrong."""
    return [unescape(text).strip() for text in _SAID.findall(page.text)]


@contextmanager
def pages_in(folder: Path) -> Iterator[Pages]:
    """An enrolled node; nobody has a session yet."""
    world = World(folder)
    node = world.enrolled()
    node.staff.sign_out(OPERATOR)
    try:
        yield Pages(world, node)
    finally:
        node.close()


def led_to(page: TestResponse) -> str:
    """Where a page that asked by itself is led; empty: nowhere."""
    place = page.headers.get("HX-Location")
    return "" if place is None else str(json.loads(place)["path"])


def tag_of(page: TestResponse) -> str:
    """How the reader stood when a page was made that waits for it to change."""
    found = re.search(r"[?&;]tag=((?:card-\d+)|empty)", page.text)
    return found[1] if found else ""


def states(page_text: str) -> list[str]:
    """How the sales that a page shows stand, in their order."""
    return re.findall(r'data-sale-state="([a-z]+)"', page_text)


def code_of(page: TestResponse) -> str:
    """The code of the failure that a page shows."""
    found = re.search(r'data-code="([a-z_]+)"', page.text)
    return found[1] if found else ""


def facts(page: TestResponse) -> dict[str, Any]:
    """The names and values of a page's fact lists."""
    pairs = re.findall(r"<dt>([^<]*)</dt><dd[^>]*>([^<]*)</dd>", page.text)
    return {unescape(name): unescape(value) for name, value in pairs}
