"""Fixed-length byte layouts: a table of fields, written and read in one place.

Every integer is big-endian.  There are no optional fields, so equal values have equal bytes and
a MAC over the bytes is a MAC over the value.
"""

import dataclasses
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from functools import partial
from operator import methodcaller
from typing import Any

from yika_common.cards.identifiers import name_from_bytes, name_to_bytes
from yika_common.clock import from_timestamp, to_timestamp
from yika_common.services import Service, service_by_number
from yika_common.values import dataclass


class Kind(Enum):
    """How a field's bytes are read."""

    UNSIGNED = "unsigned"
    SIGNED = "signed"
    NAME = "name"
    TIME = "time"
    TIME_OR_NONE = "time or none"
    SERVICE = "service"
    BYTES = "bytes"


Packer = Callable[[Any], bytes]


def _timestamp_or_zero(value: datetime | None) -> int:
    if value is None:
        return 0
    if (timestamp := to_timestamp(value)) == 0:
        raise ValueError("1970-01-01 stands for no time")
    return timestamp


_NUMBERS: dict[Kind, Callable[[Any], int]] = {
    Kind.TIME: to_timestamp,
    Kind.TIME_OR_NONE: _timestamp_or_zero,
    Kind.SERVICE: lambda value: Service(value).number,
}


def _packer(kind: Kind, size: int) -> Packer:
    """What makes the bytes of a value that fits, and raises for one that doesn't."""
    match kind:
        case Kind.UNSIGNED:
            return methodcaller("to_bytes", size, "big")
        case Kind.NAME:
            return partial(name_to_bytes, size=size)
        case Kind.BYTES:
            return lambda value: _exactly(value, size)
        case Kind.SIGNED:
            return lambda value: int(value).to_bytes(size, "big", signed=True)
        case _:
            number = _NUMBERS[kind]
            return lambda value: number(value).to_bytes(size, "big")


def _exactly(value: bytes, size: int) -> bytes:
    if len(value) != size:
        raise ValueError(f"{len(value)} bytes")
    return bytes(value)


@dataclass(frozen=True, slots=True)
class Field:
    """One field: the attribute it holds, its size in bytes and its kind."""

    name: str
    size: int
    kind: Kind = Kind.UNSIGNED
    packer: Packer = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Chosen once: a sale packs some hundred fields while the journal waits.
        object.__setattr__(self, "packer", _packer(self.kind, self.size))

    def pack(self, value: Any) -> bytes:
        """The value's bytes.

        Raises:
            ValueError: the value does not fit; the message names the field.
        """
        try:
            return self.packer(value)
        except (OverflowError, ValueError) as cause:
            raise ValueError(f"{self.name}: {value!r} does not fit {self.size} bytes") from cause

    def unpack(self, data: bytes) -> int | str | bytes | datetime | None:
        """The value of these bytes.

        Raises:
            ValueError: no value has these bytes.
        """
        match self.kind:
            case Kind.UNSIGNED | Kind.SIGNED:
                return int.from_bytes(data, "big", signed=self.kind is Kind.SIGNED)
            case Kind.NAME:
                return name_from_bytes(data)
            case Kind.TIME:
                return from_timestamp(int.from_bytes(data, "big"))
            case Kind.TIME_OR_NONE:
                return from_timestamp(int.from_bytes(data, "big")) if any(data) else None
            case Kind.SERVICE:
                return service_by_number(int.from_bytes(data, "big"))
            case Kind.BYTES:
                return data


class Layout:
    """Consecutive fields, each the attribute of one object."""

    def __init__(self, *fields: Field) -> None:
        self.fields = fields
        self.size = sum(field.size for field in fields)
        self._packers = tuple((field.name, field.packer) for field in fields)

    def pack(self, source: object) -> bytes:
        """The attributes of ``source``, :attr:`size` bytes.

        Raises:
            ValueError: an attribute does not fit its field.
        """
        try:
            return b"".join([packer(getattr(source, name)) for name, packer in self._packers])
        except (OverflowError, ValueError):
            # Once more, to name the field.
            return b"".join([field.pack(getattr(source, field.name)) for field in self.fields])

    def unpack(self, data: bytes) -> dict[str, Any]:
        """Attribute names to values; ``data`` is exactly :attr:`size` bytes.

        Raises:
            ValueError: another length, or bytes that no value has.
        """
        if len(data) != self.size:
            raise ValueError(f"{len(data)} bytes where {self.size} belong")
        values, offset = {}, 0
        for field in self.fields:
            values[field.name] = field.unpack(data[offset : offset + field.size])
            offset += field.size
        return values
