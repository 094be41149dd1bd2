"""Two ways to write one address are one, and the key tells nobody which."""

import pytest

from yika_common.sync.addresses import normalised, premises_key
from yika_common.sync.personal_data import Person

KEY, OTHER = bytes(32), bytes([1] * 32)


def key_of(person: Person, community: str = "", key: bytes = KEY) -> str:
    return premises_key(person, "A01", community, key)


def door(building: str, unit: str, room: str, address: str = "") -> Person:
    return Person(name="王小明", address=address, building=building, unit=unit, room=room)


@pytest.mark.parametrize(
    "other",
    [
        door("3号楼", "2单元", "501室"),
        door("三幢", "二", "0501"),
        door("３", "2", "501", "东河路 7 号"),
        door("3栋", " 2 ", "501房"),
    ],
)
def test_one_flat_has_one_key_however_it_is_typed(other: Person) -> None:
    assert key_of(other, "阳光花园") == key_of(door("3", "2", "501"), "阳光花园")


@pytest.mark.parametrize(
    "other",
    [
        door("3", "2", "502"),
        door("3", "1", "501"),
        door("13", "2", "501"),
        door("3", "25", "01"),
    ],
)
def test_another_flat_has_another_key(other: Person) -> None:
    assert key_of(other, "阳光花园") != key_of(door("3", "2", "501"), "阳光花园")


def test_so_has_the_same_flat_of_another_community_or_area() -> None:
    flat = door("3", "2", "501")
    assert key_of(flat, "阳光花园") != key_of(flat, "和平小区")
    assert premises_key(flat, "A02", "阳光花园", KEY) != key_of(flat, "阳光花园")


def test_an_address_in_one_text_counts_too() -> None:
    assert key_of(Person(name="a", address="东河路7号 3号楼2单元501室")) == key_of(
        Person(name="b", address="东河路 7 号，3 号楼 2 单元 501")
    )
    assert key_of(Person(name="a")) == ""
    assert key_of(Person(name="a"), "阳光花园") == ""


def test_without_the_key_nobody_can_tell_which_address_it_is() -> None:
    flat = door("3", "2", "501")
    assert key_of(flat, "阳光花园", OTHER) != key_of(flat, "阳光花园")
    assert len(bytes.fromhex(key_of(flat, "阳光花园"))) == 16


def test_numbers_in_chinese_are_numbers() -> None:
    assert normalised("十二号楼") == normalised("12号楼") == "12"
    assert normalised("二十") == "20"
    assert normalised("〇八") == "8"
