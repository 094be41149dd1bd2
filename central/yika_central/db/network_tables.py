"""The supply network: branches, the meters on them, and what district meters showed."""

from sqlmodel import Field

from yika_central.db.base import Row, integer, integer_key, key, maybe_integer

FOR_GOOD = (1 << 63) - 1
"""``until`` of a meter that still hangs where it hangs."""


class NetworkBranch(Row, table=True):
    """A part of the network behind one district meter: a feeder, a transformer, a water district.

    ``parent`` is the branch that feeds it; empty: nothing that headquarters measures.
    """

    branch: str = key()
    service: str = Field(index=True)
    name: str
    parent: str
    entered_by: str
    entered_at: int = integer()


class NetworkMeter(Row, table=True):
    """A customer's meter that hangs on a branch from ``since`` to before ``until`` (seconds)."""

    meter: str = key()
    since: int = integer_key()
    until: int = integer()
    branch: str = Field(index=True)
    entered_by: str


class NetworkReading(Row, table=True):
    """What a branch's district meter showed as a day began, in 1/1000 of the service's unit.

    ``begins`` is what the meter that took its place that day began with; None: none did.
    ``withdrawn_by`` is empty while the reading holds.
    """

    branch: str = key()
    number: int = integer_key()
    read_at: int = integer()
    reading: int = integer()
    begins: int | None = maybe_integer()
    entered_by: str
    entered_at: int = integer()
    withdrawn_by: str = ""
    reason: str = ""
