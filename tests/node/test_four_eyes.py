"""What needs a second person stands in one table, and each act of it is refused to one alone."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

from yika_node.web.staff_words import SECOND_PERSON

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "node/yika_node").rglob("*.py"))
ACTS = ROOT / "common/yika_common/journal/acts.py"
REFUSED_ALONE = {
    "refund": "test_refunds.py::test_without_approval_or_reason_nothing_is_done",
    "supplement": "test_card_life.py::test_a_damaged_slot_is_written_again_with_the_same_bytes",
    "meter swap": "test_meter_swap.py::test_of_a_dead_meter_a_second_person_approves_the_figure",
    "free card": "test_web_card_life.py::test_a_fee_is_taken_unless_a_second_person_waives_it",
    "charge back": "test_charges.py::test_a_deposit_is_given_back_by_a_second_person_while_"
    "headquarters_has_not_heard_of_it",
    "payment correction": "test_corrections.py::test_a_second_person_approves_this_payment_and_no_"
    "other",
    "guarantee back": "test_guarantees.py::test_a_large_sum_goes_out_by_two_persons",
    "over or short": "test_differences.py::test_a_great_one_is_signed_for_by_a_second_person",
    "cash": "test_shifts.py::test_cash_is_moved_once_and_only_with_a_sum_and_a_reason",
    "close account": "test_account_life.py::test_an_account_ends_when_its_card_is_in_and_its_"
    "credit_is_loaded",
    "operator level": "test_staff_office.py::test_whoever_manages_others_is_added_by_two_persons",
    "sale beyond limit": "test_day_limits.py::test_a_second_person_lifts_it_for_one_sale",
}
"""The test that tries each act without an approval, and with one."""


def kinds_in(source: Path) -> set[str]:
    """Every kind under which a module makes an act's digest."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    calls = [
        node.args[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "act_digest"
    ]
    package = source.parts[
        source.parts.index("node" if "node" in source.parts else "common") + 1 :
    ]
    module = ".".join(package).removesuffix(".py")
    return {
        str(kind.value if isinstance(kind, ast.Constant) else _named(module, kind))
        for kind in calls
    }


def _named(module: str, kind: ast.expr) -> object:
    assert isinstance(kind, ast.Name), ast.dump(kind)
    return getattr(import_module(module), kind.id)


def test_every_act_that_is_approved_anywhere_stands_in_the_table() -> None:
    found = kinds_in(ACTS).union(*map(kinds_in, SOURCES))
    assert found == set(SECOND_PERSON)


@pytest.mark.parametrize("kind", SECOND_PERSON)
def test_each_of_them_has_a_test_that_refuses_it_to_one_person_alone(kind: str) -> None:
    file, _, name = REFUSED_ALONE[kind].partition("::")
    tree = ast.parse((Path(__file__).parent / file).read_text(encoding="utf-8"))
    [test] = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == name]
    named = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
    assert "ApprovalMissing" in named or "unless_a_second_person" in name


def test_an_act_that_is_missing_in_the_table_is_found(tmp_path: Path) -> None:
    module = tmp_path / "node" / "yika_node" / "new.py"
    module.parent.mkdir(parents=True)
    module.write_text('digest = act_digest("gift", card="1")\n', encoding="utf-8")
    assert kinds_in(module) - set(SECOND_PERSON) == {"gift"}
