"""A few letters of anything find an account, and the index says what the desks say."""

import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import Style, pinyin

from customer_builders import ELSEWHERE, a_sheet
from node_world import OPERATOR, World, a_chip, a_form, open_with_card
from yika_common.sync.personal_data import Person
from yika_node.bootstrap import Node
from yika_node.errors import VaultLocked
from yika_node.services import account_index
from yika_node.services.account_index import AccountIndex, grams, line_of, number_of
from yika_node.services.pinyin import COMPOUND, SURNAMES, initials_of


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


@pytest.fixture
def node(world: World) -> Iterator[Node]:
    node = world.enrolled()
    yield node
    node.close()


def opened(node: Node, index: int = 0, **person: str) -> str:
    form = a_form(4, index, person=Person(**{"name": "王小明", **person}))
    return node.accounts.open(OPERATOR, form).number


def found(node: Node, text: str) -> list[str]:
    return [one.number for one in node.accounts.finder.find(text, 8)]


def tell(world: World, node: Node, *sheets: Any) -> None:
    world.headquarters.tell(*sheets)
    node.courier.sync()


WANTED = (
    *("王小明", "小明", "wxm", "WXM", "0105555", "010-5555", "东河路", "7号", "3-2-501"),
    *("HT-2026", "110101", "王 东河", "东河路 wxm"),
)


@pytest.mark.parametrize("text", WANTED)
def test_an_account_is_found_by_anything_of_it(node: Node, text: str) -> None:
    number = opened(
        node,
        phone="010-5555",
        address="东河路 7号",
        building="3",
        unit="2",
        room="501",
        document="110101199001011234",
        contract="HT-2026-001",
    )
    opened(node, 1, name="李秀英", phone="139", address="西河路")
    assert found(node, text) == [number]


def test_by_its_number_its_card_and_its_meters_too(world: World, node: Node) -> None:
    account, _ = open_with_card(world, node)
    other = opened(node, 2, name="李秀英")
    assert account.card
    for text in (account.number, account.card, *(meter.meter for meter in account.meters)):
        assert found(node, text) == [account.number], text
        assert found(node, text.lower()) == [account.number], text
    assert found(node, other) == [other]


def test_what_is_typed_whole_comes_before_what_only_holds_it(node: Node) -> None:
    longer = opened(node, name="王小明明")
    exact = opened(node, 1, name="王小明")
    assert found(node, "王小明") == [exact, longer]


def test_a_new_account_and_a_new_card_are_found_at_once(world: World, node: Node) -> None:
    assert found(node, "王小明") == []
    number = opened(node)
    assert found(node, "王小明") == [number]
    world.hand.insert(a_chip())
    card = node.cards.initialise(OPERATOR, number).number
    assert found(node, card) == [number]


def test_what_headquarters_tells_is_found_and_found_anew(world: World, node: Node) -> None:
    assert found(node, "李秀") == []
    tell(world, node, a_sheet())
    assert found(node, "李秀") == [ELSEWHERE]
    assert found(node, "lxy") == [ELSEWHERE]
    tell(world, node, a_sheet(holder=(Person(name="赵一"),), holder_at=1_800_000_000))
    assert found(node, "李秀") == []
    assert found(node, "赵一") == [ELSEWHERE]


def test_nothing_is_found_or_kept_once_everybody_is_signed_out(world: World, node: Node) -> None:
    opened(node)
    assert found(node, "小明")
    node.staff.lock()
    assert node.accounts.finder._index is None
    with pytest.raises(VaultLocked):
        found(node, "小明")


def test_every_line_says_what_the_desk_says_of_the_account(world: World, node: Node) -> None:
    """Made at once or followed record by record, it is the same."""
    numbers = [
        opened(node, index, name=name) for index, name in enumerate(("单小", "王小", "李小"))
    ]
    tell(world, node, a_sheet(), a_sheet(numbers[0], 0, card="", holder=(Person(name="曾小"),)))
    followed = node.accounts.finder.find("小", 8)
    node.accounts.finder.drop()
    assert node.accounts.finder.find("小", 8) == followed
    for one in followed:
        account = node.accounts.get(one.number)
        assert account.person is not None
        shown = (account.card or "", account.person.name, account.person.phone, account.status)
        assert (one.card, one.name, one.phone, one.status) == shown


def test_many_seek_at_once(node: Node) -> None:
    number = opened(node)
    answers: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda: answers.append(found(node, "wxm"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [[number]] * 8


WORDS = st.text(st.sampled_from("王小明东河路0123456789-ab "), max_size=12)


@given(st.lists(WORDS, max_size=80), WORDS.filter(lambda text: text.strip()))
def test_the_index_finds_exactly_the_lines_that_hold_the_text(
    texts: list[str], wanted: str
) -> None:
    lines = [(f"N{at:06}", line_of((f"N{at:06}", text))) for at, text in enumerate(texts)]
    index = AccountIndex(lines)
    for number, line in lines[::7]:
        index.put(number, line)
    words = wanted.split()
    holding = [line for _, line in lines if all(word in line for word in words)]
    assert list(index.find(words)) == holding
    assert list(index.find(words, "N000003")) == [
        line for line in holding if number_of(line) > "N000003"
    ]


def test_a_line_that_changed_often_is_found_as_it_is_last() -> None:
    index = AccountIndex([("N1", line_of(("N1", "old")))])
    for at in range(account_index.LOOSE_MAX + 2):
        index.put(f"M{at}", line_of((f"M{at}", "beside")))
        index.put("N1", line_of(("N1", f"new{at}")))
    assert list(index.find(["old"])) == []
    assert list(index.find(["new"])) == [line_of(("N1", f"new{at}"))]
    index.put("N1", "")
    assert list(index.find(["new"])) == []
    assert len(index) == account_index.LOOSE_MAX + 2


def test_without_the_filter_every_block_would_be_read() -> None:
    draw = random.Random(4)  # noqa: S311 - repeatable
    lines = [
        (f"{at:06}", line_of((f"{at:06}", str(draw.randrange(10**11))))) for at in range(2000)
    ]
    index = AccountIndex(lines)
    wanted = lines[1234][1].split("\x1f")[1]
    assert index._blocks_with(wanted).bit_count() <= 3
    assert index._blocks_with(wanted[:2]).bit_count() == 2000 // account_index.BLOCK


def test_grams_of_a_part_are_grams_of_the_whole() -> None:
    whole = "东河路 7号3-2-501 王小明 13900001234"
    for start in range(len(whole)):
        for end in range(start + 1, len(whole) + 1):
            assert grams(whole[start:end]) <= grams(whole)


def test_the_table_of_initials_is_that_of_pypinyin() -> None:
    """Negative control: a wrong letter in one line would be seen."""
    from yika_node.services.pinyin import _letters

    letters = _letters()
    assert len(letters) == 0x9FFF - 0x4E00 + 1
    for at, letter in enumerate(letters):
        read = pinyin(chr(0x4E00 + at), style=Style.FIRST_LETTER, errors="ignore")
        assert letter == (read[0][0] if read and read[0][0].isascii() else "."), chr(0x4E00 + at)


def test_surnames_are_read_as_surnames_and_as_characters() -> None:
    assert initials_of("单小明") == ("sxm", "dxm")
    assert initials_of("尉迟恭") == ("ycg", "wcg")
    assert initials_of("王小明") == ("wxm",)
    assert initials_of("阿卜·杜拉") == ("abdl",)
    assert initials_of("Smith") == ()
    for surname, letter in SURNAMES.items():
        every = {read[0] for read in pinyin(surname, style=Style.NORMAL, heteronym=True)[0]}
        assert letter in every, surname
    assert all(len(name) == len(letters) for name, letters in COMPOUND.items())
