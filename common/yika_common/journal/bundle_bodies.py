"""What a record can say about the manifests that headquarters sends.

As :mod:`yika_common.journal.bodies`, from where these are imported.
"""

from typing import ClassVar

from yika_common.journal.body import Body
from yika_common.journal.entries import AppliedItem
from yika_common.signing.fields import hexadecimal, is_hex, is_number, is_text, number, rows, text
from yika_common.signing.strict_json import INTEGER_LIMIT
from yika_common.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleApplied(Body):
    """The node switched to another manifest and its items, all at once."""

    kind: ClassVar[str] = "bundle"
    version: int = number("mv", least=1)
    digest: str = hexadecimal("mh", 8)
    items: tuple[AppliedItem, ...] = rows(
        "items", AppliedItem, (is_text(1, 64), is_number(1, INTEGER_LIMIT - 1), is_hex(8))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleRefused(Body):
    """The node did not switch to a manifest; what was in force stays in force."""

    kind: ClassVar[str] = "refused"
    version: int = number("mv", least=1)
    digest: str = hexadecimal("mh", 8)
    item: str = text("item", most=64, default="")
    code: str = text("code", most=64)
    """The code of the error, for example ``golden_case_differs``."""
    sentence: str = text("msg", most=500)
