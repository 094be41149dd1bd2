"""What another machine may do: the table of rights at every address, and the reader left alone."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import AnyConverter, BaseConverter, Rule

from card_builders import ChipMemory, repeatable_random
from lan_builders import ADDRESS
from node_pages import Clerk, Pages, code_of, pages_in
from node_world import OPERATOR, PASSWORD, Hand, a_chip
from staff_builders import add_operator
from yika_common.infra.web.guard import Entrance, entrance_of
from yika_node.services import rights
from yika_node.services.rights import FROM_AFAR, RIGHTS, Place, Right, may
from yika_node.services.views import Level
from yika_node.web.app import make_node_app

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
URL = f"https://{ADDRESS}"
HANDS_ON = {
    Right.READ_CARD,
    Right.SELL,
    Right.SETTLE,
    Right.ISSUE_CARD,
    Right.REPLACE_CARD,
    Right.END_CARD,
    Right.WRITE_AGAIN,
    Right.GIVE_BACK,
    Right.RETURN_GUARANTEE,
    Right.APPROVE,
    Right.REPLACE_METER,
    Right.WRITE_TOOLS,
    Right.WRITE_SPECIAL,
    Right.TEST_READER,
    Right.PRINT,
    Right.TEST_PRINTER,
    Right.WORK_SHIFT,
    Right.LEAD_SHIFTS,
}
"""What takes the card, money or paper into somebody's hands."""


class Window(NamedTuple):
    """Somebody signed in at another machine."""

    client: FlaskClient
    token: str

    def ask(self, path: str, method: str = "GET") -> Any:
        unsafe = method in UNSAFE
        return self.client.open(
            path,
            method=method,
            base_url=URL,
            data={"csrf_token": self.token} if unsafe else {},
            headers={"Origin": URL, "Referer": f"{URL}/"} if unsafe else {},
        )


class Afar:
    """The pages for other machines beside those of the counter, over one node."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.app = make_node_app(
            pages.node,
            clock=pages.world.clock,
            random=repeatable_random(9500),
            instance="lan",
            sessions=pages.sessions,
            afar=(ADDRESS,),
        )

    def window(self, name: str) -> Window:
        client = self.app.test_client()
        token = token_of(client.get("/login", base_url=URL).text)
        fields = {"name": name, "password": PASSWORD, "csrf_token": token}
        signed = client.post(
            "/login", data=fields, base_url=URL, headers={"Origin": URL, "Referer": f"{URL}/"}
        )
        assert signed.status_code == 303, signed.text
        return Window(client, token_of(client.get("/no-such-page", base_url=URL).text))

    def routes(self) -> Iterator[tuple[str, str, object, str]]:
        """Method, path, need and endpoint of every address, files left out."""
        for rule in self.app.url_map.iter_rules():
            need = entrance_of(self.app, rule.endpoint)
            if need is None:
                continue
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, self._path(rule), need, rule.endpoint

    def _path(self, rule: Rule) -> str:
        values = {name: a_value(converter) for name, converter in rule._converters.items()}
        with self.app.test_request_context(base_url=URL):
            return self.app.url_map.bind(ADDRESS).build(
                rule.endpoint, dict(rule.defaults or {}) | values
            )


def a_value(converter: BaseConverter) -> object:
    return min(converter.items) if isinstance(converter, AnyConverter) else 1


def token_of(page: str) -> str:
    return page.partition('name="csrf-token" content="')[2].partition('"')[0]


@pytest.fixture(scope="module")
def afar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Afar]:
    with pages_in(tmp_path_factory.mktemp("afar") / "node") as pages:
        pages.node.staff.sign_in(OPERATOR, PASSWORD)
        for level in Level:
            add_operator(pages.node, level.name, level)
        yield Afar(pages)


@pytest.fixture(scope="module")
def windows(afar: Afar) -> dict[Level, Window]:
    return {level: afar.window(level.name) for level in Level}


def test_the_table_keeps_card_money_and_paper_at_the_counter() -> None:
    assert FROM_AFAR.isdisjoint(HANDS_ON)
    for level in Level:
        for right in Right:
            here, there = may(level, right), may(level, right, Place.AFAR)
            assert there == (here and right in FROM_AFAR)
    assert frozenset().union(*RIGHTS.values()) >= FROM_AFAR


def test_no_address_gives_another_machine_what_the_table_keeps_at_the_counter(
    afar: Afar, windows: dict[Level, Window]
) -> None:
    """Every address with every level; what passes runs, and finds nothing to work on."""
    tried, wrong = 0, []
    for method, path, need, _ in afar.routes():
        if not isinstance(need, Right):
            continue
        for level, window in windows.items():
            answer = window.ask(path, method)
            shut = answer.status_code == 403
            code = code_of(answer) if shut else ""
            tried += 1
            if need not in FROM_AFAR:
                held = shut and code == "counter_only"
            elif may(level, need):
                held = not shut
            else:
                held = shut and code == "not_allowed"
            if not held:
                wrong.append((level.name, method, path, answer.status_code, code))
    assert wrong == []
    print(f"{tried} cells of the rights matrix tried from another machine")
    assert tried > 500


def test_before_signing_in_another_machine_gets_the_entrance_alone(afar: Afar) -> None:
    stranger = Window(afar.app.test_client(), "")
    reached = set()
    for method, path, need, endpoint in afar.routes():
        if isinstance(need, Right) or method != "GET":
            continue
        answer = stranger.ask(path)
        if answer.status_code == 200:
            reached.add(endpoint)
        elif need in {Entrance.PUBLIC, Entrance.MACHINE}:
            assert (answer.status_code, "counter_only" in answer.text) == (403, True), path
    assert reached == {"login.page", "lock.dialog", "kit.health"}


@pytest.fixture(scope="module")
def chip(afar: Afar) -> ChipMemory:
    _, chip = afar.pages.clerk().open_with_card()
    return chip


@pytest.fixture
def card_in(afar: Afar, chip: ChipMemory) -> Iterator[list[str]]:
    """A card lies in the counter's reader; what is done with the reader is listed."""
    hand = afar.pages.world.hand
    hand.insert(chip)
    afar.pages.world.pass_time(seconds=5)
    hand.fate.steps.clear()
    yield hand.fate.steps
    hand.pull()


def test_nothing_that_another_machine_asks_touches_the_card(
    afar: Afar, card_in: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def present(_hand: Hand) -> bool:
        asked.append("asked")
        return True

    monkeypatch.setattr(Hand, "card_present", present)
    window = afar.window(Level.MANAGER.name)
    for method, path, need, _ in afar.routes():
        if isinstance(need, Right):
            window.ask(path, method)
    assert (card_in, asked) == ([], [])


def test_without_the_rule_it_would_read_the_card(
    afar: Afar, card_in: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rights, "FROM_AFAR", frozenset(Right))
    window = afar.window(Level.MANAGER.name)
    assert window.ask("/card").status_code == 200
    assert card_in != []


def test_what_is_only_done_at_the_counter_is_not_offered_elsewhere(afar: Afar) -> None:
    page = afar.window(Level.SUPERVISOR.name).ask("/").text
    assert 'href="/sell"' not in page
    assert 'href="/card"' not in page
    assert 'href="/accounts"' in page
    assert 'href="/sell"' in afar.pages.clerk(name=Level.SUPERVISOR.name).get("/").text


def test_a_cookie_from_another_machine_is_worth_nothing_at_the_counter(afar: Afar) -> None:
    window = afar.window(Level.CLERK.name)
    cookie = window.client.get_cookie("__Host-yika-node-lan-session", domain=ADDRESS)
    assert cookie is not None
    here = afar.pages.app.test_client()
    here.set_cookie("yika-node-t-session", cookie.value)
    assert here.get("/accounts").status_code == 303
    assert window.ask("/accounts").status_code == 200


def test_who_signs_in_elsewhere_leaves_the_counter(afar: Afar) -> None:
    clerk = Clerk(afar.pages)
    clerk.post("/login", {"name": Level.CLERK.name, "password": PASSWORD}, on="/login")
    assert clerk.get("/accounts").status_code == 200
    afar.window(Level.CLERK.name)
    assert clerk.get("/accounts").status_code == 303


def test_a_blank_card_in_the_reader_is_not_told_of_elsewhere(afar: Afar) -> None:
    afar.pages.world.hand.insert(a_chip(5))
    afar.pages.world.pass_time(seconds=5)
    here = afar.pages.clerk(name=Level.SUPERVISOR.name)
    assert "card-" in here.get("/").text
    assert "card-" not in afar.window(Level.SUPERVISOR.name).ask("/").text
    afar.pages.world.hand.pull()
