"""What a record can say of a program that started, and of who was there.

As :mod:`yika_common.journal.bodies`, in whose terms these are.
"""

from typing import ClassVar

from yika_common.journal.body import Body
from yika_common.signing.fields import hexadecimal, text
from yika_common.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Boot(Body):
    """The process started; ``incarnation`` was drawn for this start."""

    kind: ClassVar[str] = "boot"
    software: str = text("sw")
    incarnation: str = hexadecimal("inc", 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorAdded(Body):
    """A person may use the node, at this level."""

    kind: ClassVar[str] = "oper"
    name: str = text("name")
    level: str = text("level")


@dataclass(frozen=True, slots=True, kw_only=True)
class Login(Body):
    """Somebody tried to log in under the name that the record carries as operator."""

    kind: ClassVar[str] = "login"
    outcome: str = text("outcome", among=("ok", "failed", "locked"))
