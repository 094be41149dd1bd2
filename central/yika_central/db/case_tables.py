"""Cases: what detection found, and what a person said about it."""

from sqlalchemy import Index

from yika_central.db.base import Row, integer, integer_key, key


class AuditCase(Row, table=True):
    """A finding of :mod:`yika_central.domain.detection` about a meter, a card or a node.

    ``subject`` is the meter, or for a witness the node it names; ``mark`` tells it from others of
    its kind.  ``places`` are journal positions, the newest evidence, as text.  ``state`` is OPEN,
    EXPLAINED by a person, or SETTLED when what arrived later shows that nothing is wrong.
    """

    subject: str = key()
    kind: str = key()
    mark: str = key()
    amount: int = integer()
    service: str = ""
    account: str = ""
    places: str = ""
    state: str = "OPEN"
    opened_at: int = integer()
    changed_at: int = integer()
    note: str = ""
    explained_by: str = ""
    __table_args__ = (Index("audit_case_state", "state", "opened_at"),)


class AuditQueue(Row, table=True):
    """A meter about which something arrived; ``ticket`` rises so that a run loses none."""

    meter: str = key()
    ticket: int = integer(1)


class OpenWitness(Row, table=True):
    """A card's word about another journal that is not settled yet: the record has not arrived.

    The key is the witness's own place; one that fits or contradicts is gone from here.
    """

    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    seen_at: int = integer()
