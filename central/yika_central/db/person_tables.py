"""Persons who may work at vending points, and what headquarters answered when they asked."""

from sqlalchemy import Index
from sqlmodel import Field

from yika_central.db.base import Row, integer, integer_key, key, maybe_integer


class ListedPerson(Row, table=True):
    """A person of the utility, by staff number; nobody is ever deleted.

    ``level`` is the most that he may do at a vending point; ``valid_until`` the last second of his
    time there, 0: no end.  ``certified_at`` is when somebody last looked that all of it is still
    right.
    """

    number: str = key()
    name: str
    level: str
    valid_until: int = integer(0)
    entered_by: str
    entered_at: int = integer()
    revoked_at: int | None = maybe_integer()
    certified_by: str = ""
    certified_at: int | None = maybe_integer()


class ListedPersonNode(Row, table=True):
    """A vending point at which a person may work, or might once (``ended`` 1)."""

    number: str = key()
    node: str = Field(primary_key=True, index=True)
    ended: int = integer(0)


class PersonChange(Row, table=True):
    """What was done about a person's rights, by whom and why; ``nth`` counts that person's."""

    number: str = key()
    nth: int = integer_key()
    what: str
    level: str
    nodes: str
    valid_until: int = integer()
    changed_by: str
    reason: str
    at: int = integer()


class NodePersonList(Row, table=True):
    """What the node's list of persons said when it was last sealed, to which epoch and when."""

    node: str = key()
    epoch: int = integer()
    digest: bytes
    sealed_at: int = integer()


class PhoneAnswer(Row, table=True):
    """A code that was read out: to which point's digits, for what, by whom and why."""

    node: str = key()
    epoch: int = integer_key()
    challenge: str = key()
    purpose: str
    subject: str
    act: str
    amount: int = integer()
    answered_by: str
    second: str
    reason: str
    at: int = integer()


class PhoneUse(Row, table=True):
    """A code that a node's journal says was used; ``act`` its kind, ``digest`` its hash."""

    __table_args__ = (Index("phone_use_challenge", "node", "epoch", "challenge"),)

    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    purpose: str
    subject: str
    act: str
    amount: int = integer()
    digest: str
    challenge: str
    operator: str
    stamped_at: int = integer()


class ApprovalRequest(Row, table=True):
    """An approval that a point asked for over the line, and what became of it.

    ``words`` is the act in words, sealed; ``state`` one of the states of
    :mod:`yika_common.sync.line_approval`, where what is waiting for too long is over.
    """

    __table_args__ = (
        Index("approval_request_state", "state", "asked_at"),
        Index("approval_request_decided", "decided_at"),
    )

    node: str = key()
    epoch: int = integer_key()
    challenge: str = key()
    digest: str
    subject: str
    act: str
    amount: int = integer()
    words: str
    state: str
    asked_at: int = integer()
    decided_by: str = ""
    second: str = ""
    reason: str = ""
    decided_at: int | None = maybe_integer()
