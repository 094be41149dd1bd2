"""Text set in a receipt printer's columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yika_common.numbers import Money
from yika_node.printing.capitals import capitals
from yika_node.printing.columns import printable, sides, width_of, wrapped

TEXTS = st.text(
    st.sampled_from("ab 1.,水电费。，（）王") | st.characters(codec="utf-8"), max_size=60
)


@given(TEXTS.map(printable), st.integers(8, 48))
def test_no_line_is_wider_than_the_paper_and_nothing_is_lost(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert lines
    assert max(map(width_of, lines)) <= width
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(TEXTS.map(printable), TEXTS.map(printable), st.integers(8, 48))
def test_two_sides_reach_both_edges(left: str, right: str, width: int) -> None:
    lines = sides(left, right.strip() or "x", width)
    assert max(map(width_of, lines)) <= width
    assert "".join("".join(lines).split()) == "".join((left + (right.strip() or "x")).split())


@given(st.text(max_size=40))
def test_no_text_holds_a_command_for_the_printer(text: str) -> None:
    sent = printable(text).encode("gb18030")
    assert min(sent, default=0x20) >= 0x20


def test_a_name_full_of_commands_is_printed_without_them() -> None:
    assert printable("王\x1b@\x1dV\x00小\n明\x10\x14") == "王@V小明"
    # Without the rule the bytes would go out as they are.
    assert b"\x1b@" in "王\x1b@".encode("gb18030")


def test_chinese_characters_take_two_columns() -> None:
    assert width_of("电费 12.00") == 10
    assert wrapped("预付费电表", 6) == ["预付费", "电表"]
    assert sides("电费", "12.00", 12) == ["电费   12.00"]
    assert sides("Electricity", "￥12.00", 14) == ["Electricity", "       ￥12.00"]


def test_a_line_breaks_between_words_and_before_no_full_stop() -> None:
    assert wrapped("Put the card into each meter.", 12) == ["Put the card", "into each", "meter."]
    assert wrapped("请把卡插入电表。", 14) == ["请把卡插入电", "表。"]


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        # The examples of annex 1 of 支付结算办法.
        (140_950, "壹仟肆佰零玖元伍角整"),
        (600_714, "陆仟零柒元壹角肆分"),
        (168_032, "壹仟陆佰捌拾元叁角贰分"),
        (10_700_053, "壹拾万零柒仟元伍角叁分"),
        (1_640_902, "壹万陆仟肆佰零玖元零贰分"),
        (32_504, "叁佰贰拾伍元零肆分"),
        # By hand.
        (0, "零元整"),
        (5, "伍分"),
        (50, "伍角整"),
        (100, "壹元整"),
        (1_000, "壹拾元整"),
        (1_000_000, "壹万元整"),
        (1_000_100, "壹万零壹元整"),
        (10_000_000_000, "壹亿元整"),
        (10_000_000_100, "壹亿零壹元整"),
        (10_000_100_000, "壹亿零壹仟元整"),
        (1_010_000_000_00, "壹拾亿零壹仟万元整"),
        (-49_939, "负肆佰玖拾玖元叁角玖分"),
    ],
)
def test_sums_in_capitals_are_those_of_the_rule(amount: int, said: str) -> None:
    assert capitals(Money(amount)) == f"人民币{said}"


@given(st.integers(1, 10**14))
def test_no_two_sums_have_the_same_capitals(amount: int) -> None:
    assert capitals(Money(amount)) != capitals(Money(amount + 1))
    assert "零零" not in capitals(Money(amount))
