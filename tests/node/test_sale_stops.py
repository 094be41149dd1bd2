"""What can stop a sale is one list, in the order in which quote and sale look at it."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from counters import CLASS, WATER, Counters
from node_pages import pages_in
from node_world import for_money
from yika_common.errors import YikaError
from yika_node.services import sale_checks
from yika_node.services.allowed import ServiceNotAllowed
from yika_node.services.errors import AccountUnknown, SaleStillOpen
from yika_node.services.sale_checks import CHECKS, Asked, check_sale
from yika_node.services.sale_stops import CARD, STOPS
from yika_node.services.standing import Standing

LOOKED_AT = (
    "yika_node.services.sale_checks",
    "yika_node.services.allowed",
    "yika_node.services.card_standing",
    "yika_node.services.account_acts",
    "yika_node.services.holds",
    "yika_node.services.pricing",
    "yika_node.services.basket",
    "yika_node.services.premises",
    "yika_node.services.tariff_age",
    "yika_node.services.shift_guard",
    "yika_node.services.offline_allowance",
    "yika_node.services.day_limits",
    "yika_common.tariffs.admission",
    "yika_common.tariffs.book",
    "yika_common.tariffs.due",
    "yika_common.tariffs.period",
    "yika_common.tariffs.quote",
    "yika_common.tariffs.waterfall",
)
"""The modules that a sale goes through before anything is written."""

OTHERWISE = {
    # Of acts that are no sale.
    "AccountNotResting",
    "OperatorIsYou",
    "OperatorUnknown",
    # Names the line that another of the list is about.
    "LineRefused",
}


def failures(module: ModuleType) -> Iterator[type[YikaError]]:
    """Every failure that the module raises, or gives back for another to raise."""
    assert module.__file__ is not None
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    names = {
        part.attr if isinstance(part, ast.Attribute) else part.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise | ast.Return | ast.For)
        for part in ast.walk(node)
        if isinstance(part, ast.Name | ast.Attribute)
    }
    everywhere = {one.__name__: one for one in every(YikaError)}
    for name in sorted(names & {*everywhere}):
        yield everywhere[name]


def every(kind: type[YikaError]) -> Iterator[type[YikaError]]:
    for narrower in kind.__subclasses__():
        yield narrower
        yield from every(narrower)


@pytest.mark.parametrize("name", LOOKED_AT)
def test_whatever_a_sale_can_be_refused_for_is_in_the_list(name: str) -> None:
    listed = {stop.error.__name__ for stop in STOPS}
    raised = {found.__name__ for found in failures(import_module(name))}
    assert raised - listed - OTHERWISE == set()


def test_a_refusal_that_is_not_listed_would_be_found(tmp_path: Path) -> None:
    module = ModuleType("slip")
    path = tmp_path / "slip.py"
    path.write_text("def f():\n    raise CardRetired\n", encoding="utf-8")
    module.__file__ = str(path)
    import_module("yika_common.cards.errors")
    assert [found.__name__ for found in failures(module)] == ["CardRetired"]
    assert "CardRetired" not in {stop.error.__name__ for stop in STOPS}


def test_nothing_is_listed_twice_and_stages_follow_each_other() -> None:
    assert len({stop.error for stop in STOPS}) == len(STOPS)
    stages = [stop.stage for stop in STOPS]
    assert stages == sorted(stages, key=list(dict.fromkeys(stages)).index)


def test_the_checks_of_the_card_stand_in_the_order_of_the_list(tmp_path: Path) -> None:
    counters = Counters(tmp_path, tariff_class=CLASS)
    counters.publish_and_open()
    standing = counters.nodes[0].standing
    account = counters.account
    other = AccountUnknown(number="other")
    refused = [
        Asked(None, "c", other, lambda: True, [], standing),
        Asked(account, "c", other, lambda: True, [], standing),
        Asked(account, "c", None, lambda: True, [], standing),
    ]
    found = []
    for asked in refused:
        with pytest.raises(YikaError) as told:
            check_sale(asked)
        found.append(told.value)
    assert [type(one) for one in found] == [AccountUnknown, AccountUnknown, SaleStillOpen]
    assert found[1] is other
    order = [stop.error for stop in STOPS if stop.stage == CARD]
    places = [order.index(one) for one in (AccountUnknown, SaleStillOpen, ServiceNotAllowed)]
    assert places == sorted(places)
    check_sale(Asked(account, "c", None, lambda: False, [], standing))
    counters.close()


def test_quote_and_sale_go_through_the_same_checks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counters = Counters(tmp_path, tariff_class=CLASS)
    counters.publish_and_open()
    seen: list[str] = []
    for name in CHECKS:

        def noted(_asked: Asked, name: str = name) -> None:
            seen.append(name)

        monkeypatch.setitem(sale_checks.CHECKS, name, noted)
    node, view = counters.nodes[0], counters.read()
    node.sales.quote(view, [for_money(WATER, 1_000)])
    counters.sell(for_money(WATER, 1_000))
    assert seen == [*CHECKS] * 2
    counters.close()


def test_the_first_check_that_refuses_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_asked: Asked) -> YikaError:
        raise AssertionError("it was refused before")

    monkeypatch.setitem(sale_checks.CHECKS, "service", never)
    with pytest.raises(AccountUnknown):
        check_sale(Asked(None, "c", None, lambda: False, [], Standing(None)))


def test_the_page_shows_the_whole_list_in_both_languages(tmp_path: Path) -> None:
    with pages_in(tmp_path / "node") as pages:
        for language in ("en", "zh"):
            page = pages.clerk(language).get("/sell/stops")
            assert page.status_code == 200
            places = [page.text.index(f">{stop.error.code}<") for stop in STOPS]
            assert places == sorted(places)
