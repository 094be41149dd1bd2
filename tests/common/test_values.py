"""A value behaves as the standard library's frozen dataclass does; its methods are shared."""

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, field, fields, replace

import pytest

from yika_common.values import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """Two numbers and what is neither compared nor shown."""

    x: int
    y: int = 0
    note: str = field(default="", compare=False)
    secret: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Other:
    """The same fields in another class."""

    x: int
    y: int = 0


@dataclass(frozen=True, slots=True)
class Empty:
    """No fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """One field, with a word of its own to say."""

    name: str

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Open:
    """Without slots."""

    x: int


@dataclass(frozen=True, slots=True)
class Farther(Point):
    """A value made from another."""

    z: int = 0


@dataclass(slots=True)
class Count:
    """Not frozen."""

    n: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Ordered."""

    n: int


def test_values_of_one_class_are_equal_by_the_fields_that_are_compared() -> None:
    assert Point(1, 2, "a") == Point(1, 2, "b")
    assert Point(1, 2) != Point(1, 3)
    assert Point(1, 2) != Point(1, 2, secret=b"s")
    assert Empty() == Empty()
    assert Named(name="a") == Named(name="a") != Named(name="b")


def test_values_of_two_classes_never_are() -> None:
    for other in (Other(1, 2), Farther(1, 2), (1, 2)):
        assert Point(1, 2).__eq__(other) is NotImplemented


def test_equal_values_have_one_hash() -> None:
    assert len({Point(1, 2, "a"), Point(1, 2, "b"), Point(2, 1), Empty(), Empty()}) == 3
    with pytest.raises(TypeError, match="unhashable"):
        hash(Point([]))  # type: ignore[arg-type]


def test_its_text_shows_the_class_and_the_fields_that_are_not_hidden() -> None:
    assert repr(Point(1, secret=b"s")) == "Point(x=1, y=0, note='')"
    assert repr(Empty()) == "Empty()"
    assert repr(Named(name="own words")) == "own words"


@pytest.mark.parametrize("value", [Point(1), Open(1), Farther(1)])
def test_nothing_is_assigned_or_deleted(value: Point | Open) -> None:
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'x'"):
        value.x = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'x'"):
        del value.x
    assert value.x == 1


def test_the_standard_library_takes_it_for_a_dataclass() -> None:
    point = Point(1, 2, "a", b"s")
    assert dataclasses.is_dataclass(Point)
    assert [one.name for one in fields(Point)] == ["x", "y", "note", "secret"]
    assert replace(point, x=3) == Point(3, 2, secret=b"s")
    assert dataclasses.asdict(Other(1)) == {"x": 1, "y": 0}
    assert copy.copy(point) == copy.deepcopy(point) == point
    assert pickle.loads(pickle.dumps(point)) == point  # noqa: S301 - it was made here
    assert not hasattr(point, "__dict__")


def test_the_methods_are_one_copy_for_all_classes() -> None:
    for name in ("__eq__", "__hash__", "__setattr__", "__delattr__"):
        assert len({id(vars(made)[name]) for made in (Point, Other, Empty, Named, Open)}) == 1


def test_a_class_that_changes_or_is_ordered_is_the_standard_librarys() -> None:
    count = Count()
    count.n += 1
    assert count == Count(1)
    assert sorted([Place(2), Place(1)]) == [Place(1), Place(2)]
