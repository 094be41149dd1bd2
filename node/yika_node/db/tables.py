"""The tables of a node that a sale reads, as plain rows (:mod:`yika_node.db.rows`).

:mod:`yika_node.db.seldom` has the others, :mod:`yika_node.db.cash_tables` those of the drawer,
:mod:`yika_node.db.life_tables` those of what becomes of accounts.

Four kinds.  The **truth** is the journal, the files headquarters signed, and what names them.
A **projection** can be dropped and made again from the journal (:mod:`yika_node.db.projections`
is the only code that writes one).  **Told** is what headquarters' sealed files say, opened and
sealed again row by row (:mod:`yika_node.services.customers`): it can be dropped and made again.
A **note** is none of these: it saves work or trouble, and losing it loses no money.

==========  ==========================================================================
truth       identity, record, tip, item, acknowledgement, photograph
projection  operator, account, account_meter, card, intent, refund, tally,
            meter_position, reading, witness, held_item, bundle, account_facts,
            own_limit, refusal, special_card, card_report,
            card_end, stock_move, meter_swap, money, account_event, account_state,
            account_hold, shift, banking, idle_days, total, staff_change, day_limit,
            deed, phone_answer, correction, complaint, complaint_photo
told        sheet, sheet_meter, sheet_part
note        form, attempt, managing_seen, right_use
==========  ==========================================================================

Times are whole seconds since 1970 (UTC); money and quantities the integers of
``yika_common.numbers``.  A record is named by (epoch, seq).
"""

from sqlalchemy import Index, text
from sqlmodel import Field

from yika_node.db import row
from yika_node.db.row import WITHOUT_ROWID, Row
from yika_node.db.seldom_records import SELDOM


class Record(Row, table=True):
    """One journal record: its exact line and the hash of the chain up to it."""

    epoch: int = row.number_key()
    seq: int = row.number_key()
    line: bytes
    head: bytes
    __table_args__ = (
        Index("record_seldom", "epoch", "seq", sqlite_where=text(SELDOM)),
        WITHOUT_ROWID,
    )


class Tip(Row, table=True):
    """The end of an epoch's chain, signed by the node: one row per epoch.

    ``at`` is the time of the last record.
    """

    epoch: int = row.number_key()
    seq: int = row.number()
    head: bytes
    signature: bytes
    at: int = row.number()


class Item(Row, table=True):
    """A file that headquarters signed, by the SHA-256 of its bytes."""

    sha256: bytes = row.key()
    name: str
    version: int = row.number()
    file: bytes


class Acknowledgement(Row, table=True):
    """The newest verified acknowledgement of an epoch, as it arrived."""

    epoch: int = row.number_key()
    n: int = row.number()
    upto: int = row.number()
    headquarters_at: int = row.number()
    status: str
    file: bytes


class Operator(Row, table=True):
    """Projection: who may sign in.

    ``disabled_at`` is when that ended, 0: it did not; ``temporary`` 1: the password holds once;
    ``last_at`` is when the operator last signed in, 0: never; ``staff_number`` names the person of
    headquarters' list, empty: nobody said which.
    """

    name: str = row.key()
    level: str
    added_at: int = row.number()
    disabled_at: int = row.added(0)
    temporary: int = row.added(0)
    last_at: int = row.added(0)
    staff_number: str = row.added("")


class Account(Row, table=True):
    """Projection: an account; ``who`` is its personal data, sealed, in base64."""

    number: str = row.key()
    area: str
    tariff_class: str
    profile: int
    persons: int
    heated_area: int = row.number()
    who: str
    opened_at: int = row.number()
    operator: str


class AccountMeter(Row, table=True):
    """Projection: the meter in a slot of an account's card."""

    account: str = row.key()
    slot: int = row.number_key()
    service: str
    meter: str = Field(index=True, unique=True)


class Card(Row, table=True):
    """Projection: a card that was issued here; the account's card is its highest generation.

    ``replaces`` is the card that it took the place of, ``fee`` the money taken for it.
    """

    number: str = row.key()
    account: str = Field(index=True)
    generation: int
    key_version: int
    serial: str
    issued_at: int = row.number()
    operator: str
    replaces: str = row.added("")
    fee: int = row.added(0)
    reason: str = row.added("")
    __table_args__ = (Index("ix_card_replaces", "replaces"),)


class Intent(Row, table=True):
    """Projection: one meter's sale; ``state`` is pending, written or superseded.

    ``act`` says why it was made (:data:`yika_common.journal.bodies.ACTS`).
    ``paid`` is what was handed over, ``amount`` the price of the quantity.  From ``period`` on
    follows what the card says with it (:mod:`yika_common.journal.implied`).  ``area`` and
    ``tariff_class`` are the account's at that time, empty for one that was opened elsewhere.
    """

    epoch: int = row.number_key()
    seq: int = row.number_key()
    basket: int = row.number()
    at: int = row.number()
    operator: str
    account: str
    card: str
    slot: int
    service: str
    meter: str
    generation: int
    count: int = row.number()
    total: int = row.number()
    quantity: int = row.number()
    amount: int = row.number()
    paid: int = row.number()
    tariff: str
    tariff_version: int
    state: str
    resolved_at: int | None = row.maybe_number()
    period: str
    counted: int = row.number()
    heating_year: int
    charged_through: int
    free_day: int
    money_number: int
    money_total: int = row.number()
    quantity_number: int
    quantity_total: int = row.number()
    debts: int = row.number()
    act: str = row.added("")
    area: str = row.added("")
    tariff_class: str = row.added("")
    __table_args__ = (
        Index("intent_account", "account", "epoch", "seq"),
        Index("intent_at", "at"),
        Index("intent_superseded", "at", sqlite_where=text("state = 'superseded'")),
        Index("intent_pending", "card", sqlite_where=text("state = 'pending'")),
        WITHOUT_ROWID,
    )


class Reading(Row, table=True):
    """Projection: a meter's write-back, once per meter and write-back sequence."""

    epoch: int = row.number_key()
    seq: int = row.number_key()
    at: int = row.number()
    card: str
    slot: int
    meter: str
    generation: int
    count: int = row.number()
    total: int = row.number()
    balance: int = row.number()
    used: int = row.number()
    status: int
    sequence: int = row.number()
    meter_time: int = row.number()
    __table_args__ = (
        Index("reading_meter", "meter", "sequence"),
        Index("reading_at", "at"),
        Index("reading_alarm", "at", sqlite_where=text("status & 252 <> 0")),
        Index("reading_unbalanced", "at", sqlite_where=text("used + balance <> total")),
    )


class HeldItem(Row, table=True):
    """Projection: every version of an item that a bundle switched on; ``digest`` is 16 hex."""

    name: str = row.key()
    version: int = row.number_key()
    digest: str


class Bundle(Row, table=True):
    """Projection: the newest manifest that was switched to, one row."""

    id: int = row.number_key()
    version: int = row.number()
    digest: str
    at: int = row.number()


class AccountFacts(Row, table=True):
    """Projection: what sets an account's prices, as it was last amended here."""

    account: str = row.key()
    at: int = row.number()
    operator: str
    tariff_class: str
    persons: int
    persons_until: int = row.number()
    inner_area: int = row.number()
    gross_area: int = row.number()
    heat_class: str
    heat_from: int = row.number()
    suspended: str
    equipment: str
    reason: str
    quota_from: int = row.added(0)
    mixed: str = row.added("")


class OwnLimit(Row, table=True):
    """Projection: an account's own limits of a service, as they were last set here."""

    account: str = row.key()
    service: str = row.key()
    at: int = row.number()
    operator: str
    per_sale: int = row.number()
    per_day: int = row.number()
    per_month: int = row.number()
    per_cycle: int = row.number()
    until: int = row.number()
    reason: str


class Sheet(Row, table=True):
    """Told: an account of our areas; ``sealed`` is its sheet under the vault's key for data."""

    account: str = row.key()
    item: str = Field(index=True)
    card: str = Field(index=True)
    sealed: bytes
    premises: str = row.added("")
    __table_args__ = (Index("sheet_premises", "premises", sqlite_where=text("premises <> ''")),)


class SheetMeter(Row, table=True):
    """Told: the meters of the accounts of our areas."""

    meter: str = row.key()
    account: str = row.key()
    __table_args__ = (Index("sheet_meter_account", "account"), WITHOUT_ROWID)


class SheetPart(Row, table=True):
    """Told: the file that the sheets of a part were made from."""

    item: str = row.key()
    sha256: bytes


class Form(Row, table=True):
    """Note: which basket a form's token became, so that pressing twice sells once."""

    token: str = row.key()
    epoch: int = row.number()
    basket: int = row.number()


class Attempt(Row, table=True):
    """Note: wrong passwords in a row, until the journal can be signed again.

    ``console`` 1: whoever keeps the machine released the name since.
    """

    operator: str = row.key()
    failures: int
    last_at: int = row.number()
    console: int = row.added(0)
