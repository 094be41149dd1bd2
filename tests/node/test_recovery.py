"""The recovery table: what a slot shows, and what follows for an open sale."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yika_node.services.recovery import OpenIntent, SlotShown, Verdict, verdict

OURS, OTHERS = b"ours....", b"others.."
INTENT = OpenIntent(open=True, generation=1, count=5, total=900, before=(1, 4), mac=OURS)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        pytest.param(SlotShown(True, 1, 5, 900, OURS), Verdict.COMPLETE, id="our own record"),
        pytest.param(SlotShown(True, 1, 4, 700, OTHERS), Verdict.REDO, id="what it showed before"),
        pytest.param(SlotShown(True, 1, 5, 950, OTHERS), Verdict.SUPERSEDED, id="count was used"),
        pytest.param(
            SlotShown(True, 1, 6, 899, OTHERS), Verdict.SUPERSEDED, id="total below ours"
        ),
        pytest.param(SlotShown(True, 1, 6, 901, OTHERS), Verdict.ASK, id="ours may be below it"),
        pytest.param(SlotShown(True, 2, 1, 900, OTHERS), Verdict.ASK, id="a newer generation"),
        pytest.param(SlotShown(True, 1, 3, 500, OTHERS), Verdict.ASK, id="an old image"),
        pytest.param(SlotShown(True), Verdict.ASK, id="an empty slot that was not empty"),
        pytest.param(SlotShown(False), Verdict.ASK, id="nothing readable"),
    ],
)
def test_the_table_holds(shown: SlotShown, expected: Verdict) -> None:
    assert verdict(shown, INTENT) is expected


def test_the_first_sale_to_an_empty_slot_is_redone() -> None:
    first = replace(INTENT, count=1, before=(0, 0))
    assert verdict(SlotShown(True), first) is Verdict.REDO


def test_a_closed_sale_needs_nothing() -> None:
    assert verdict(SlotShown(True, 1, 4), replace(INTENT, open=False)) is Verdict.NOTHING


@given(
    st.integers(0, 3), st.integers(0, 9), st.integers(0, 2000), st.binary(min_size=8, max_size=8)
)
def test_only_the_before_image_is_ever_written_over(
    generation: int, count: int, total: int, mac: bytes
) -> None:
    shown = SlotShown(True, generation, count, total, mac)
    if verdict(shown, INTENT) is Verdict.REDO:
        assert (generation, count) == INTENT.before
