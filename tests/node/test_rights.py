"""Who may do what: every level at every address, by the one table."""

import re
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask
from werkzeug.routing import AnyConverter, BaseConverter, Rule

from node_pages import Clerk, Pages, code_of, pages_in
from node_world import OPERATOR, PASSWORD
from staff_builders import add_operator
from yika_common.infra.web.guard import Entrance, UnguardedView, check_views, entrance_of
from yika_node.services.rights import RIGHTS, Right, may
from yika_node.services.views import Level
from yika_node.web.staff_words import RIGHT_NAMES

LOOKING = {
    right
    for right in Right
    if right.name.startswith("SEE_") or right in {Right.LOOK, Right.TAKE_JOURNAL}
} - {Right.SEE_PERSON}
"""What changes nothing, and is all that an auditor has."""
OF_EVERYBODY = {"kit.status", "login.out", "staff.password", "staff.choose"}
"""What concerns nobody but whoever is signed in."""
MAKE_A_FILE = {"business.workbook", "business.report_workbook", "business.drop"}
"""What is sent by a form, and changes nothing but what the asker gets to see."""
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
REACHED = "the view ran"


class Route(NamedTuple):
    endpoint: str
    method: str
    path: str
    need: object


def routes_of(app: Flask) -> list[Route]:
    """Every address of the program with each of its methods, files left out."""
    return [
        Route(rule.endpoint, method, path_of(app, rule), entrance_of(app, rule.endpoint))
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if entrance_of(app, rule.endpoint) is not None
    ]


def path_of(app: Flask, rule: Rule) -> str:
    values = {name: a_value(converter) for name, converter in rule._converters.items()}
    with app.test_request_context():
        defaults = dict(rule.defaults or {})
        return app.url_map.bind("localhost").build(rule.endpoint, defaults | values)


def a_value(converter: BaseConverter) -> object:
    """Something that the part of an address takes."""
    return min(converter.items) if isinstance(converter, AnyConverter) else 1


def answering(view: Callable[..., Any]) -> Callable[..., str]:
    """The same declaration, and a view that does nothing but say that it ran."""

    @wraps(view)
    def ran(*_: object, **__: object) -> str:
        return REACHED

    return ran


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with pages_in(tmp_path_factory.mktemp("rights") / "node") as pages:
        yield pages


@pytest.fixture(scope="module")
def workers(pages: Pages) -> dict[Level, Clerk]:
    """Somebody of each level, signed in; from then on every view only says that it ran."""
    pages.node.staff.sign_in(OPERATOR, PASSWORD)
    for level in Level:
        add_operator(pages.node, level.name, level)
    signed_in = {level: pages.clerk(name=level.name) for level in Level}
    views = pages.app.view_functions
    for route in routes_of(pages.app):
        if isinstance(route.need, Right):
            views[route.endpoint] = answering(views[route.endpoint])
    return signed_in


def test_every_level_reaches_at_every_address_what_the_table_gives_it_and_nothing_else(
    pages: Pages, workers: dict[Level, Clerk]
) -> None:
    tried = 0
    wrong = []
    for route in routes_of(pages.app):
        if not isinstance(route.need, Right):
            continue
        for level, worker in workers.items():
            token = {"csrf_token": csrf_of(worker)} if route.method in UNSAFE else {}
            answer = worker.client.open(route.path, method=route.method, data=token)
            wanted = may(level, route.need)
            reached = (answer.status_code, answer.text) == (200, REACHED)
            refused = (answer.status_code, code_of(answer)) == (403, "not_allowed")
            tried += 1
            if (reached, refused) != (wanted, not wanted):
                wrong.append((level.name, route.method, route.path, answer.status_code))
    assert wrong == []
    print(f"{tried} cells of the rights matrix tried")
    assert tried > 300


def csrf_of(worker: Clerk) -> str:
    if not hasattr(worker, "_csrf"):
        page = worker.client.get("/no-such-page").text
        vars(worker)["_csrf"] = page.partition('name="csrf-token" content="')[2].partition('"')[0]
    return str(vars(worker)["_csrf"])


def test_who_is_not_signed_in_reaches_nothing_that_needs_a_right(
    pages: Pages, workers: dict[Level, Clerk]
) -> None:
    stranger = pages.app.test_client()
    for route in routes_of(pages.app):
        if isinstance(route.need, Right) and route.method == "GET":
            answer = stranger.get(route.path)
            assert answer.status_code in {303, 401}, route


def test_without_the_guard_the_matrix_would_not_hold(
    pages: Pages, workers: dict[Level, Clerk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(pages.app.before_request_funcs, None, [])
    assert workers[Level.AUDITOR].get("/operators").text == REACHED
    assert workers[Level.AUDITOR].client.post("/sell").text == REACHED


def test_every_view_names_a_right_or_says_why_it_needs_none(pages: Pages) -> None:
    for route in routes_of(pages.app):
        assert isinstance(route.need, Right | Entrance), route
        if route.need is Entrance.SIGNED_IN:
            assert route.endpoint in OF_EVERYBODY, route


def test_a_view_that_names_no_right_stops_the_build(pages: Pages) -> None:
    app = Flask("bare")
    app.add_url_rule("/left-open", "left_open", lambda: "anything")
    with pytest.raises(UnguardedView):
        check_views(app)
    check_views(pages.app)


def test_every_right_is_asked_for_somewhere_given_to_somebody_and_has_a_name() -> None:
    folder = Path(__file__).parents[2] / "node/yika_node"
    besides = {folder / "services/rights.py", folder / "web/staff_words.py"}
    sources = {*folder.rglob("*.py"), *folder.rglob("*.html")} - besides
    asked = "".join(source.read_text(encoding="utf-8") for source in sorted(sources))
    for right in Right:
        assert re.search(rf"Right\.{right.name}\b", asked), right
        assert any(may(level, right) for level in Level), right
        assert right in RIGHT_NAMES, right


def test_an_auditor_changes_nothing(pages: Pages) -> None:
    assert RIGHTS[Level.AUDITOR] <= LOOKING
    for route in routes_of(pages.app):
        if route.method in UNSAFE and route.endpoint not in MAKE_A_FILE:
            assert route.need not in LOOKING, route


def test_a_technician_sees_no_customer_and_no_money() -> None:
    closed = {Right.SEE_ACCOUNTS, Right.SEE_SALES, Right.SELL, Right.READ_CARD}
    assert RIGHTS[Level.TECHNICIAN].isdisjoint(closed)


def test_a_level_that_the_table_does_not_name_may_nothing() -> None:
    rows = dict(RIGHTS)
    assert set(rows) == set(Level)
    assert all(isinstance(right, Right) for row in rows.values() for right in row)
    unknown: Any = 99
    assert not any(may(unknown, right) for right in Right)


def test_the_levels_keep_the_names_that_stand_in_journals() -> None:
    assert {level.name for level in Level} >= {"CLERK", "SUPERVISOR", "AUDITOR"}
