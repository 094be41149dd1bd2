"""System, managing and tool cards from order to return, and what managing cards approved."""

from sqlalchemy import Index
from sqlmodel import Field

from yika_central.db.base import Row, integer, integer_key, key, maybe_integer


class SpecialCard(Row, table=True):
    """A card that is no customer's, from its order to its end.

    ``kind`` is SYSTEM, MANAGING or TOOL.  ``state`` is ORDERED, ISSUED, RETURNED, BURNT, MISSING,
    COPIED or REVOKED.  ``node`` is the vending point that writes it.  ``detail`` is a JSON object
    whose keys belong to the kind.  ``valid_until`` 0: no end.
    """

    number: str = key()
    kind: str
    holder: str = ""
    node: str
    state: str = "ORDERED"
    key_version: int = integer(1)
    serial: str = ""
    detail: str = "{}"
    valid_from: int = integer(0)
    valid_until: int = integer(0)
    ordered_by: str = ""
    ordered_at: int = integer()
    issued_at: int | None = maybe_integer()
    issued_by: str = ""
    ended_at: int | None = maybe_integer()
    reason: str = ""


class SpecialCardNode(Row, table=True):
    """A vending point at which a special card is good for something."""

    number: str = key()
    node: str = Field(primary_key=True, index=True)


class SpecialDue(Row, table=True):
    """A vending point whose list of special cards is to be sealed anew at its next contact."""

    node: str = key()


class Approval(Row, table=True):
    """What a managing card approved at a node, as its journal says it."""

    __table_args__ = (Index("approval_counter", "card", "counter"),)

    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    card: str
    counter: int = integer()
    holder: str
    act: str
    proof: str
    operator: str
    stamped_at: int = integer()


class EnrolmentRefusal(Row, table=True):
    """Other keys came with a token or system card that was used before; ``keys`` is their digest.

    Somebody has a copy: a person should look.
    """

    node: str = key()
    keys: str = key()
    card: str = ""
    first_at: int = integer()
    last_at: int = integer()
    times: int = integer(1)
