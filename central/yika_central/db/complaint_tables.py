"""What customers complained of at vending points, and what headquarters answered."""

from sqlalchemy import Index

from yika_central.db.base import Row, integer, integer_key, key


class Complaint(Row, table=True):
    """A complaint as a node wrote it down, and its answer; ``sealed`` is what was said.

    ``receipt`` is the first record of the payment that it is of, in ``of_epoch`` (0: the same);
    0: it is of the account as a whole.  ``outcome`` is empty until it is answered, then UPHELD or
    REFUSED; ``notice`` numbers the notice on ``card`` that tells the customer, 0: he has no card.
    """

    account: str = key()
    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    stamped_at: int = integer()
    operator: str
    about: str
    sealed: str
    of_epoch: int = integer()
    receipt: int = integer()
    outcome: str = ""
    zh: str = ""
    en: str = ""
    reason: str = ""
    amount: int = integer(0)
    answered_by: str = ""
    seconded_by: str = ""
    answered_at: int = integer(0)
    card: str = ""
    notice: int = integer(0)
    __table_args__ = (Index("complaint_outcome", "outcome", "stamped_at", "node", "epoch", "seq"),)
