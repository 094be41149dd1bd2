"""What every record's body is."""

from typing import ClassVar

from yika_common.signing.fields import Document


class Body(Document):
    """What a record says besides its number, its time and who did it."""

    __slots__ = ()
    kind: ClassVar[str]
