"""Every table of a node.

Four kinds.  The **truth** is the journal, the files headquarters signed, and what names them.
A **projection** can be dropped and made again from the journal (:mod:`yika_node.db.projections`
is the only code that writes one).  **Told** is what headquarters' sealed files say, opened and
sealed again row by row (:mod:`yika_node.services.customers`): it can be dropped and made again.
A **note** is none of these: it saves work or trouble, and losing it loses no money.

==========  ==========================================================================
truth       identity, record, tip, item, acknowledgement
projection  operator, account, account_meter, card, intent, refund, tally,
            meter_position, reading, witness, held_item, bundle, account_facts,
            own_limit, refusal, special_card, card_report,
            card_end, stock_move, meter_swap
told        sheet, sheet_meter, sheet_part
note        form, attempt, managing_seen
==========  ==========================================================================

Times are whole seconds since 1970 (UTC); money and quantities the integers of
``yika_common.numbers``.  A record is named by (epoch, seq).
"""

import re
from typing import Any

from sqlalchemy import BigInteger, Index, MetaData, String, text
from sqlalchemy.orm import declared_attr, registry
from sqlmodel import Field, SQLModel

from yika_common.infra.migrations import NAMING

_WORD = re.compile(r"(?<!^)(?=[A-Z])")
_WITHOUT_ROWID = {"sqlite_with_rowid": False}


class Row(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """A row of the node's own registry; ``HeldItem`` lives in the table ``held_item``."""

    @declared_attr.directive
    def __tablename__(cls) -> str:  # noqa: N805 - SQLAlchemy passes the class
        return _WORD.sub("_", cls.__name__).lower()


def _key() -> Any:
    return Field(primary_key=True)


def _number_key() -> Any:
    return Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})


def _number() -> Any:
    return Field(sa_type=BigInteger)


def _added(default: int | str) -> Any:
    """A column that a table got later; the rows that were there have the default."""
    of_text = isinstance(default, str)
    return Field(
        default=default,
        sa_type=String if of_text else BigInteger,
        sa_column_kwargs={"server_default": text(f"'{default}'" if of_text else str(default))},
    )


def _maybe_number() -> Any:
    return Field(default=None, sa_type=BigInteger)


class Identity(Row, table=True):
    """Who this node is, one row per epoch: the signed certificate and the root it goes back to."""

    epoch: int = _number_key()
    node: str
    certificate: bytes
    root: bytes
    headquarters: str
    founded_at: int = _number()


class Record(Row, table=True):
    """One journal record: its exact line and the hash of the chain up to it."""

    epoch: int = _number_key()
    seq: int = _number_key()
    line: bytes
    head: bytes
    __table_args__ = (_WITHOUT_ROWID,)


class Tip(Row, table=True):
    """The end of an epoch's chain, signed by the node: one row per epoch.

    ``at`` is the time of the last record.
    """

    epoch: int = _number_key()
    seq: int = _number()
    head: bytes
    signature: bytes
    at: int = _number()


class Item(Row, table=True):
    """A file that headquarters signed, by the SHA-256 of its bytes."""

    sha256: bytes = _key()
    name: str
    version: int = _number()
    file: bytes


class Acknowledgement(Row, table=True):
    """The newest verified acknowledgement of an epoch, as it arrived."""

    epoch: int = _number_key()
    n: int = _number()
    upto: int = _number()
    headquarters_at: int = _number()
    status: str
    file: bytes


class Operator(Row, table=True):
    """Projection: who may sign in."""

    name: str = _key()
    level: str
    added_at: int = _number()


class Account(Row, table=True):
    """Projection: an account; ``who`` is its personal data, sealed, in base64."""

    number: str = _key()
    area: str
    tariff_class: str
    profile: int
    persons: int
    heated_area: int = _number()
    who: str
    opened_at: int = _number()
    operator: str


class AccountMeter(Row, table=True):
    """Projection: the meter in a slot of an account's card."""

    account: str = _key()
    slot: int = _number_key()
    service: str
    meter: str = Field(index=True, unique=True)


class Card(Row, table=True):
    """Projection: a card that was issued here; the account's card is its highest generation.

    ``replaces`` is the card that it took the place of, ``fee`` the money taken for it.
    """

    number: str = _key()
    account: str = Field(index=True)
    generation: int
    key_version: int
    serial: str
    issued_at: int = _number()
    operator: str
    replaces: str = _added("")
    fee: int = _added(0)
    reason: str = _added("")
    __table_args__ = (Index("ix_card_replaces", "replaces"),)


class CardReport(Row, table=True):
    """Projection: what the holder last said of a card; ``state`` is lost or found."""

    card: str = _key()
    account: str
    state: str
    at: int = _number()
    operator: str
    reason: str
    __table_args__ = (_WITHOUT_ROWID,)


class CardEnd(Row, table=True):
    """Projection: a card that is out of use; ``how`` is as in the journal."""

    card: str = _key()
    account: str
    serial: str
    how: str
    at: int = _number()
    operator: str
    reason: str
    __table_args__ = (_WITHOUT_ROWID,)


class StockMove(Row, table=True):
    """Projection: blank cards that came, left, or turned out to be useless."""

    epoch: int = _number_key()
    seq: int = _number_key()
    what: str
    chips: int = _number()
    at: int = _number()
    operator: str
    reason: str


class MeterSwap(Row, table=True):
    """Projection: a meter that took the place of another, and what it began with (``moved``).

    ``generation``, ``count`` and ``total`` are the newest purchase of the old meter in that.
    """

    epoch: int = _number_key()
    seq: int = _number_key()
    account: str
    slot: int
    service: str
    old: str = Field(index=True)
    new: str
    generation: int
    count: int = _number()
    total: int = _number()
    balance: int = _number()
    moved: int = _number()
    at: int = _number()
    operator: str
    reason: str
    __table_args__ = (Index("meter_swap_account", "account", "slot"),)


class Intent(Row, table=True):
    """Projection: one meter's sale; ``state`` is pending, written or superseded.

    ``act`` says why it was made (:data:`yika_common.journal.bodies.ACTS`).
    ``paid`` is what was handed over, ``amount`` the price of the quantity.  From ``period`` on
    follows what the card says with it (:mod:`yika_common.journal.implied`).
    """

    epoch: int = _number_key()
    seq: int = _number_key()
    basket: int = _number()
    at: int = _number()
    operator: str
    account: str
    card: str
    slot: int
    service: str
    meter: str
    generation: int
    count: int = _number()
    total: int = _number()
    quantity: int = _number()
    amount: int = _number()
    paid: int = _number()
    tariff: str
    tariff_version: int
    state: str
    resolved_at: int | None = _maybe_number()
    period: str
    counted: int = _number()
    heating_year: int
    charged_through: int
    free_day: int
    money_number: int
    money_total: int = _number()
    quantity_number: int
    quantity_total: int = _number()
    debts: int = _number()
    act: str = _added("")
    __table_args__ = (
        Index("intent_account", "account", "epoch", "seq"),
        Index("intent_pending", "card", sqlite_where=text("state = 'pending'")),
        _WITHOUT_ROWID,
    )


class Refund(Row, table=True):
    """Projection: a purchase (its seq) given back by the intent at (epoch, seq).

    ``paid_at`` is when the money was handed out, None while it is not, or never will be because
    the intent was superseded; ``write_back`` the number of the meter's write-back that allowed it
    (0: no meter had claimed the purchase).
    """

    epoch: int = _number_key()
    seq: int = _number_key()
    purchase: int = _number()
    reason: str
    paid_at: int | None = _maybe_number()
    paid_by: str
    write_back: int = _number()
    __table_args__ = (
        Index("refund_purchase", "epoch", "purchase"),
        Index("refund_unpaid", "epoch", sqlite_where=text("paid_at IS NULL")),
        _WITHOUT_ROWID,
    )


class Tally(Row, table=True):
    """Projection: what an account bought and was charged of a service, by this journal.

    It is what the card said with the newest written sale, which stands at (epoch, seq).
    """

    account: str = _key()
    service: str = _key()
    epoch: int = _number()
    seq: int = _number()
    period: str
    counted: int = _number()
    heating_year: int
    charged_through: int
    free_day: int
    __table_args__ = (_WITHOUT_ROWID,)


class MeterPosition(Row, table=True):
    """Projection: the highest (generation, count) that this journal gave a meter.

    With the lifetime total, and what was settled through the meter's slot, as the card then said.
    """

    meter: str = _key()
    generation: int
    count: int = _number()
    total: int = _number()
    money_number: int
    money_total: int = _number()
    quantity_number: int
    quantity_total: int = _number()
    debts: int = _number()
    __table_args__ = (_WITHOUT_ROWID,)


class Reading(Row, table=True):
    """Projection: a meter's write-back, once per meter and write-back sequence."""

    epoch: int = _number_key()
    seq: int = _number_key()
    at: int = _number()
    card: str
    slot: int
    meter: str
    generation: int
    count: int = _number()
    total: int = _number()
    balance: int = _number()
    used: int = _number()
    status: int
    sequence: int = _number()
    meter_time: int = _number()
    __table_args__ = (Index("reading_meter", "meter", "sequence"),)


class Witness(Row, table=True):
    """Projection: a place in another journal that a card named."""

    node: str = _key()
    epoch: int = _number_key()
    seq: int = _number_key()
    head: str = _key()
    card: str
    slot: int


class HeldItem(Row, table=True):
    """Projection: every version of an item that a bundle switched on; ``digest`` is 16 hex."""

    name: str = _key()
    version: int = _number_key()
    digest: str


class Bundle(Row, table=True):
    """Projection: the newest manifest that was switched to, one row."""

    id: int = _number_key()
    version: int = _number()
    digest: str
    at: int = _number()


class AccountFacts(Row, table=True):
    """Projection: what sets an account's prices, as it was last amended here."""

    account: str = _key()
    at: int = _number()
    operator: str
    tariff_class: str
    persons: int
    persons_until: int = _number()
    inner_area: int = _number()
    gross_area: int = _number()
    heat_class: str
    heat_from: int = _number()
    suspended: str
    equipment: str
    reason: str


class OwnLimit(Row, table=True):
    """Projection: an account's own limits of a service, as they were last set here."""

    account: str = _key()
    service: str = _key()
    at: int = _number()
    operator: str
    per_sale: int = _number()
    per_day: int = _number()
    per_month: int = _number()
    per_cycle: int = _number()
    until: int = _number()
    reason: str


class Refusal(Row, table=True):
    """Projection: a manifest that was not switched to, and why."""

    version: int = _number_key()
    digest: str = _key()
    item: str
    code: str
    sentence: str
    at: int = _number()


class Sheet(Row, table=True):
    """Told: an account of our areas; ``sealed`` is its sheet under the vault's key for data."""

    account: str = _key()
    item: str = Field(index=True)
    card: str = Field(index=True)
    sealed: bytes


class SheetMeter(Row, table=True):
    """Told: the meters of the accounts of our areas."""

    meter: str = _key()
    account: str = _key()
    __table_args__ = (Index("sheet_meter_account", "account"), _WITHOUT_ROWID)


class SheetPart(Row, table=True):
    """Told: the file that the sheets of a part were made from."""

    item: str = _key()
    sha256: bytes


class Form(Row, table=True):
    """Note: which basket a form's token became, so that pressing twice sells once."""

    token: str = _key()
    epoch: int = _number()
    basket: int = _number()


class Attempt(Row, table=True):
    """Note: wrong passwords in a row, until the journal can be signed again."""

    operator: str = _key()
    failures: int
    last_at: int = _number()


class SpecialCard(Row, table=True):
    """Projection: a system, managing or tool card that was issued here, and what became of it."""

    number: str = _key()
    kind: str
    holder: str
    serial: str
    state: str
    valid_until: int = _number()
    issued_at: int = _number()
    operator: str
    ended_at: int | None = _maybe_number()


class ManagingSeen(Row, table=True):
    """Note: how a managing card was left here, and its wrong PINs in a row."""

    number: str = _key()
    counter: int = _number()
    secret: bytes
    failures: int = _number()
