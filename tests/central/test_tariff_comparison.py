"""Two versions of a tariff differ in what is said to differ, and in nothing else."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yika_central.domain.tariff_comparison import Change, compare
from yika_central.domain.tariff_words import KEYS
from yika_common.infra.language import said
from yika_common.tariffs.shipped import shipped

WATER = shipped()["cn-bj-water-res.json"]
Edit = Callable[[dict[str, Any]], None]


def changed(edit: Edit, document: bytes = WATER) -> bytes:
    """The file with something else in it."""
    keys = json.loads(document)
    edit(keys)
    return json.dumps(keys, ensure_ascii=False).encode()


def one_change(edit: Edit, language: str = "en") -> Change:
    (found,) = compare(WATER, changed(edit), language)
    return found


def dearer(document: dict[str, Any]) -> None:
    document["components"][0]["steps"][1]["price"] = "4.47"


@pytest.mark.parametrize(
    ("language", "said_so"),
    [("en", "price of step 2 of Water"), ("zh", "水费第 2 阶梯的价格")],
)
def test_a_price_is_said_in_words_with_its_rise(language: str, said_so: str) -> None:
    change = one_change(dearer, language)
    assert said(change.what, language) == said_so
    assert (change.before, change.after, change.percent) == ("4.07", "4.47", "+9.8")
    assert change.path == "components[water].steps[2].price"


@pytest.mark.parametrize(
    ("then", "now", "percent"),
    [("4.07", "4.47", "+9.8"), ("2.00", "1.99", "-0.5"), ("1", "3", "+200.0"), ("0", "1", "")],
)
def test_the_rise_is_exact_to_a_tenth_of_a_percent(then: str, now: str, percent: str) -> None:
    def priced(price: str) -> Edit:
        return lambda keys: keys["components"][0]["steps"][2].update(price=price)

    (change,) = compare(changed(priced(then)), changed(priced(now)), "en")
    assert change.percent == percent


def test_the_same_number_written_otherwise_is_no_difference() -> None:
    same = changed(lambda keys: keys["components"][0]["steps"][1].update(price="4.070"))
    assert compare(WATER, same, "en") == ()


def test_a_payee_that_reads_like_the_same_number_is_a_difference() -> None:
    def paid_to(payee: str) -> Edit:
        return lambda keys: keys["components"][0].update(payee=payee)

    (change,) = compare(changed(paid_to("01")), changed(paid_to("1")), "en")
    assert (change.before, change.after) == ("01", "1")


def test_a_key_left_out_and_a_key_that_is_null_are_the_same() -> None:
    assert compare(WATER, changed(lambda keys: keys.pop("area", None)), "en") == ()


def test_a_line_that_is_gone_and_a_line_that_is_new_are_named() -> None:
    def swapped(keys: dict[str, Any]) -> None:
        keys["components"][2] |= {"code": "drain", "name": {"en": "Drain", "zh": "排水费"}}

    words = {str(change.what): (change.before, change.after) for change in both(swapped)}
    assert words["price of step 1 of Drain"] == ("nothing", "1.36")
    assert words["price of step 1 of Sewage"] == ("1.36", "nothing")


def both(edit: Edit) -> tuple[Change, ...]:
    return compare(WATER, changed(edit), "en")


def test_another_order_of_lines_is_a_difference() -> None:
    change = one_change(lambda keys: keys["components"].reverse())
    assert change.what == "order of the lines"


def test_golden_cases_are_counted() -> None:
    change = one_change(lambda keys: keys["golden"].clear())
    assert (change.what, change.after) == ("golden cases", "0")
    other = one_change(lambda keys: keys["golden"][0].update(quantum="1"))
    assert "with other figures" in other.after


def test_a_value_with_words_is_said_in_words() -> None:
    change = one_change(lambda keys: keys.update(on_version_change="prorata"))
    assert (change.before, change.after) == ("goes on counting", "by the days that are left")


def test_a_key_that_nobody_named_is_shown_under_its_path() -> None:
    change = one_change(lambda keys: keys.update(moon={"phase": ["new", "full"]}))
    assert (change.what, change.after) == ("key moon.phase", "new, full")


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all plain values but the golden cases and the codes of lines."""
    if path[:1] == ("golden",) or path[-1:] == ("code",):
        return []
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        return [leaf for key, inner in pairs for leaf in leaves(inner, (*path, key))]
    return [path]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(shipped())), st.data())
def test_no_key_changes_unnoticed(name: str, data: st.DataObject) -> None:
    document = json.loads(shipped()[name])
    path = data.draw(st.sampled_from(leaves(document)))
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    before = holder[path[-1]]
    holder[path[-1]] = "987.65" if before is None or isinstance(before, str) else 77
    after = json.dumps(document).encode()
    assert len(compare(shipped()[name], after, "en")) == 1


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_key_of_a_shipped_tariff_has_words(name: str) -> None:
    found = compare(b"{}", shipped()[name], "en")
    assert [change.path for change in found if change.what.words.startswith("key ")] == []
    assert compare(shipped()[name], shipped()[name], "en") == ()


def test_the_words_fill_themselves() -> None:
    facts = dict.fromkeys(("line", "step", "language", "key"), "x")
    assert all(words % facts for words, _ in KEYS.values())
