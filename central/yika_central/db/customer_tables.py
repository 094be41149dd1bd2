"""What headquarters knows of its customers, and what of it the nodes hold.

``account_facts``, ``own_limit``, ``account_life``, ``account_hold`` and ``node_refusal`` are
projections of the nodes' records.
``sheet`` keeps what is told of each account, without personal data, as the lines that travel; it
and its counters can be dropped and made again.  ``node_part`` says what a node was last sealed.
"""

from sqlalchemy import Index

from yika_central.db.base import Row, added, integer, integer_key, key


class AccountFacts(Row, table=True):
    """An amendment of what sets an account's prices; the latest by time holds."""

    account: str = key()
    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    stamped_at: int = integer()
    operator: str
    tariff_class: str
    persons: int = integer()
    persons_until: int = integer()
    inner_area: int = integer()
    gross_area: int = integer()
    heat_class: str
    heat_from: int = integer()
    suspended: str
    equipment: str
    reason: str
    quota_from: int = added(0)
    mixed: str = added("")


class OwnLimit(Row, table=True):
    """An account's own limits of a service, as a node set them; the latest by time holds."""

    account: str = key()
    service: str = key()
    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    stamped_at: int = integer()
    operator: str
    per_sale: int = integer()
    per_day: int = integer()
    per_month: int = integer()
    per_cycle: int = integer()
    valid_until: int = integer()
    reason: str


class AccountLife(Row, table=True):
    """What became of an account (``what`` as in its record); personal data stays sealed.

    The latest by time holds, but that a closed account stays closed.
    """

    account: str = key()
    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    stamped_at: int = integer()
    operator: str
    what: str
    sealed: str
    changed: str
    community: str
    premises: str
    reason: str


class AccountHold(Row, table=True):
    """A hold that was put on an account (``lifts_seq`` 0), or the lifting of one."""

    account: str = key()
    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    stamped_at: int = integer()
    operator: str
    level: str
    words: str
    valid_until: int = integer()
    lifter: str
    lifts_node: str
    lifts_epoch: int = integer()
    lifts_seq: int = integer()
    reason: str


class NodeRefusal(Row, table=True):
    """A manifest that a node did not switch to, and why."""

    node: str = key()
    manifest: int = integer_key()
    digest: str = key()
    epoch: int = integer()
    seq: int = integer()
    item: str
    code: str
    sentence: str
    refused_at: int = integer()


class Sheet(Row, table=True):
    """What nodes are told of an account, beside its holder, as two JSON objects.

    ``facts`` changes seldom, ``slots`` with every sale.
    """

    account: str = key()
    area: str
    part: int = integer()
    facts: bytes
    slots: bytes
    __table_args__ = (Index("sheet_part_accounts", "area", "part", "account"),)


class SheetPart(Row, table=True):
    """How often a part changed: its facts (``facts_version``), or anything in it (``version``)."""

    area: str = key()
    part: int = integer_key()
    version: int = integer(0)
    facts_version: int = integer(0)


class NodePart(Row, table=True):
    """The part as a node was last sealed it, and the state of the part that it was made from."""

    node: str = key()
    area: str = key()
    part: int = integer_key()
    epoch: int = integer()
    version: int = integer()
    facts_version: int = integer()
    digest: bytes
    item_version: int = integer()
    sealed_at: int = integer()


class SheetChange(Row, table=True):
    """An account whose sheet may be out of date, by whose records (empty: the office's own acts).

    Each node writes rows of its own, so that no delivery waits for another one here.
    """

    account: str = key()
    node: str = key()
    ticket: int = integer(1)


class SettingsChange(Row, table=True):
    """A version of the settings for all nodes: the document, who set it, when and why."""

    number: int = integer_key()
    document: bytes
    changed_by: str
    reason: str
    changed_at: int = integer()
