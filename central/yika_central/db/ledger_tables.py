"""Headquarters' copy of the nodes' journals, and what is read out of it.

``segment`` and ``record`` are the truth: the exact bytes that arrived.  The other tables are
projections of them.  A record is named by (node, epoch, branch, seq); branch 0 is the journal as
it is expected to be, and further branches exist only after a fork: two different records at one
position.  Both are kept and both count as money.
"""

from sqlalchemy import Index, text
from sqlmodel import Field

from yika_central.db.base import Row, added, integer, integer_key, key, maybe_integer


class Branch(Row, table=True):
    """How far a journal is known: records ``base`` + 1 to ``upto`` are here.

    ``head`` is the hash of the last.  Up to ``base`` it shares the records of ``parent``.
    ``floor_at`` is a time, by headquarters' clock, that every further record was made after.
    """

    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    parent: int = integer(0)
    base: int = integer(0)
    upto: int = integer(0)
    head: bytes
    floor_at: int = integer(0)


class Segment(Row, table=True):
    """A signed segment as it arrived; ``file`` is the container in the transport coding.

    ``state`` is TAKEN, or PARKED while records before it are missing.  ``n_ack`` is the last
    acknowledgement its node had seen, ``stamped_at`` the node's clock when it was signed.
    """

    node: str = key()
    sha256: bytes = key()
    epoch: int = integer()
    first: int = integer()
    last: int = integer()
    previous: bytes
    head: bytes
    n_ack: int = integer()
    process: str
    stamped_at: int = integer()
    manifest: int = integer()
    received_at: int = integer()
    state: str
    file: bytes
    __table_args__ = (Index("segment_parked", "node", "epoch", "state", "first"),)


class Record(Row, table=True):
    """One journal record: the exact line, and its hash in the chain."""

    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    hash: bytes
    kind: str
    stamped_at: int = integer()
    operator: str = ""
    line: bytes
    segment: bytes
    __table_args__ = (Index("record_hash", "node", "hash", unique=True),)


class Acknowledgement(Row, table=True):
    """When headquarters gave a node its n-th acknowledgement: one edge of a sale's bracket."""

    node: str = key()
    n: int = integer_key()
    epoch: int = integer()
    upto: int = integer()
    status: str
    given_at: int = integer()


class Quarantine(Row, table=True):
    """Bytes that came in a node's name and were refused; ``node`` is what they claimed."""

    node: str = key()
    sha256: bytes = key()
    code: str
    sentence: str
    received_at: int = integer()
    times: int = integer(1)
    content: bytes


class Account(Row, table=True):
    """An account as its node opened it; personal data stays sealed."""

    account: str = key()
    node: str = Field(index=True)
    epoch: int = integer()
    branch: int = integer()
    seq: int = integer()
    area: str = Field(index=True)
    tariff_class: str
    profile: int = integer()
    persons: int = integer()
    area_m2: int | None = maybe_integer()
    sealed: str = ""
    opened_at: int = integer()
    community: str = added("")
    premises: str = added("")


class AccountMeter(Row, table=True):
    """The meter in a slot of an account's card."""

    account: str = key()
    slot: int = integer_key()
    service: str
    meter: str = Field(index=True)


class IssuedCard(Row, table=True):
    """A card initialised for an account, by generation; ``fee`` is the money taken for it.

    ``chip`` is a memory card's, whose content can be copied; empty: a CPU card.
    """

    account: str = key()
    generation: int = integer_key()
    card: str = key()
    node: str
    epoch: int = integer()
    branch: int = integer()
    seq: int = integer()
    key_version: int = integer()
    issued_at: int = integer()
    serial: str = added("")
    replaces: str = added("")
    reason: str = added("")
    operator: str = added("")
    fee: int = added(0)
    chip: str = added("")
    __table_args__ = (Index("issued_card_number", "card"),)


class Sale(Row, table=True):
    """One committed intent: credit for one meter.  The money counts from the intent on.

    ``outcome`` is PENDING until a record says WRITTEN or SUPERSEDED (the money is then owed to the
    customer).  ``not_before`` and ``not_after`` bracket the true time of the sale by headquarters'
    clock: what the node is known to have received before it, and the arrival here.
    ``by_money`` says what the clerk typed in ``typed``: minor units, or thousandths of the unit.

    ``counted`` is what the card says to be counted in ``period`` after the sale.

    ``act`` is why the record went onto the card (:data:`yika_common.journal.bodies.ACTS`); where
    it is a replacement or a swap nothing was bought.  ``carried`` 1: its own record was not read
    back, a later card carries its credit.

    ``amount`` is what was charged for the supply, ``paid`` the money the customer handed over: the
    amount less ``adjusted``, with ``debts`` (of ``sale_debt``), ``kept`` and ``rounding``.

    Reports add up what is ``booked`` (1): purchases, and refunds from the moment their money was
    handed out; a refund's time and bracket are then those of that moment.  ``refunds`` is the seq
    of the purchase that a refund gives back, ``refunded`` (0: none) that of the refund which gave
    a purchase back: such a purchase counts in no quota and has no price any more.
    """

    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    hash: bytes
    basket: int = integer()
    operator: str
    stamped_at: int = integer()
    not_before: int = integer()
    not_after: int = integer()
    account: str
    card: str
    meter: str
    slot: int = integer()
    service: str
    generation: int = integer()
    count: int = integer()
    total_after: int = integer()
    quantity: int = integer()
    amount: int = integer()
    residual: int = integer()
    by_money: bool
    typed: int = integer()
    tariff_id: str
    tariff_version: int = integer()
    tariff_hash: str
    period: str
    used_before: int = integer()
    persons: int = integer()
    area_m2: int | None = maybe_integer()
    heating_year: int | None = maybe_integer()
    months_due: int = integer(0)
    charged_through: int = added(0)
    free_day: int = added(0)
    free: int = added(0)
    consumed: int = added(0)
    counted: int = added(0)
    heat_class: str = added("")
    heat_days: int = added(0)
    heat_suspended: int = added(0)
    equipment: str = added("")
    adjusted: int = added(0)
    adjusted_number: int = added(0)
    adjusted_quantity: int = added(0)
    adjusted_quantity_number: int = added(0)
    debts: int = added(0)
    kept: int = added(0)
    rounding: int = added(0)
    paid: int = added(0)
    act: str = added("")
    carried: int = added(0)
    key_version: int = integer()
    refunds: int = added(0)
    refunded: int = added(0)
    booked: int = added(1)
    mixed: str = added("")
    outcome: str = "PENDING"
    resolved_epoch: int | None = maybe_integer()
    resolved_seq: int | None = maybe_integer()
    resolved_at: int | None = maybe_integer()
    __table_args__ = (
        Index("sale_account", "account", "service", "stamped_at", "not_before", "not_after"),
        Index("sale_meter", "meter", "generation", "count"),
        Index("sale_time", "stamped_at"),
        Index("sale_outcome", "outcome"),
        Index("sale_arrival", "not_after"),
        Index(
            "sale_carried",
            "meter",
            "generation",
            "count",
            sqlite_where=text("carried = 1"),
            postgresql_where=text("carried = 1"),
        ),
    )


class SaleLine(Row, table=True):
    """One component in one step of a sale; fees are step 0.  ``price`` as the journal has it."""

    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    line: int = integer_key()
    code: str
    step: int = integer()
    quantity: int = integer()
    price: int = integer()
    amount: int = integer()


class SaleDebt(Row, table=True):
    """What of one debt a sale took, and what its node then knew to be left of it."""

    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    debt: str = key()
    amount: int = integer()
    still_owed: int = integer()


class RefundPaid(Row, table=True):
    """The money of a refund was handed out, as its node says.

    ``write_back`` is the number of the meter's write-back that allowed it; 0: no meter had claimed
    the purchase.  ``not_before`` and ``not_after`` are as a sale's.
    """

    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    refund_epoch: int = integer()
    refund_seq: int = integer()
    amount: int = integer()
    write_back: int = integer()
    stamped_at: int = integer()
    not_before: int = integer()
    not_after: int = integer()
    __table_args__ = (Index("refund_paid_refund", "node", "refund_epoch", "refund_seq"),)


class Reading(Row, table=True):
    """A meter's write-back that a node read from a card."""

    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    card: str
    meter: str = Field(index=True)
    slot: int = integer()
    generation: int = integer()
    count: int = integer()
    total: int = integer()
    balance: int = integer()
    lifetime_use: int = integer()
    status: int = integer()
    number: int = integer()
    meter_time: int = integer()
    evidence: str
    stamped_at: int = integer()
    parameters: int = added(0)


class CardWitness(Row, table=True):
    """What a card told one node of another's journal: that position must exist, with that hash."""

    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    card: str
    slot: int = integer()
    seen_node: str = Field(index=True)
    seen_epoch: int = integer()
    seen_seq: int = integer()
    seen_before: str


class HeldItem(Row, table=True):
    """An item that a node adopted, as its journal says: which version and digest it works with."""

    node: str = key()
    name: str = key()
    version: int = integer_key()
    digest: str
    manifest: int = integer()
    adopted_at: int = integer()


class NodeOperator(Row, table=True):
    """An operator of a node, as its journal says; ``added_at``: since when at this level."""

    node: str = key()
    operator: str = key()
    level: str
    added_at: int = integer()


class Suspense(Row, table=True):
    """A record that is in the ledger and that a person must look at, with one reason.

    ``subject`` is what the reason is about (an account, a meter, a tariff); ``amount`` is the
    money, 0 where there is none.  Nothing here keeps the node's queue or the money waiting.
    """

    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    reason: str = key()
    subject: str = ""
    amount: int = integer(0)
    state: str = "OPEN"
    opened_at: int = integer()
    __table_args__ = (
        Index("suspense_state", "state", "opened_at"),
        Index("suspense_subject", "reason", "subject"),
    )


class RerateQueue(Row, table=True):
    """Sales of this account and service arrived; ``ticket`` rises so that a drain loses none.

    What counted before ``since`` (seconds) has not changed.
    """

    account: str = key()
    service: str = key()
    ticket: int = integer(1)
    since: int = added(0)
    queued_at: int = integer()
