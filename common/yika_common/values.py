"""``dataclass`` as the standard library has it, for a program with hundreds of value classes.

The standard library writes and compiles each method of each class anew.  Of a frozen class's six
only ``__init__`` differs from class to class; here one copy of the other five serves all of them,
which saves 8 KiB a class where memory is short.  What a value does is the same: it equals a value
of its own class with the same fields, hashes accordingly, shows its fields unless
``field(repr=False)`` hides one, and takes no assignment.

A class that is not frozen, or is ordered, is left to the standard library.
"""

import dataclasses
from operator import attrgetter
from typing import TYPE_CHECKING, ClassVar

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, order=False, **options):
        """See :func:`dataclasses.dataclass`."""
        if cls is None:
            return lambda cls: dataclass(cls, frozen=frozen, order=order, **options)
        if order or not frozen:
            return dataclasses.dataclass(cls, frozen=frozen, order=order, **options)
        own = vars(cls).keys() & {"__eq__", "__hash__", "__repr__"}
        made = dataclasses.dataclass(cls, frozen=True, eq=False, repr=False, **options)
        compared = [field.name for field in dataclasses.fields(made) if field.compare]
        made._compared = staticmethod(attrgetter(*compared) if compared else _nothing)
        # A class with slots is a copy, and the original lives on unused: it gives up its own too.
        for method in (_Value.__setattr__, _Value.__delattr__):
            setattr(made, method.__name__, method)
            setattr(cls, method.__name__, method)
        for method in (_Value.__eq__, _Value.__hash__, _Value.__repr__):
            if method.__name__ not in own:
                setattr(made, method.__name__, method)
        return made


class _Value:
    """The methods that every value shares; no value is an instance of this class."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[object]]]
    _compared: "staticmethod[[object], object]"

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return bool(self._compared(self) == self._compared(other))

    def __hash__(self) -> int:
        return hash(self._compared(self))

    def __repr__(self) -> str:
        shown = (
            f"{field.name}={getattr(self, field.name)!r}"
            for field in self.__dataclass_fields__.values()
            if field.repr
        )
        return f"{self.__class__.__qualname__}({', '.join(shown)})"

    def __setattr__(self, name: str, _value: object) -> None:
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> None:
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _nothing(_value: object) -> tuple[()]:
    return ()
