"""What headquarters says of single cards and meters, and how each meter stands."""

from sqlalchemy import Index

from yika_central.db.base import Row, integer, integer_key, key, maybe_integer


class CardNotice(Row, table=True):
    """A notice about a card or a meter; the other of the two is empty.

    ``number`` counts the notices of that card or meter.  ``action`` is one of
    :data:`yika_common.sync.card_list.ACTIONS`.  ``valid_until`` 0: no end.
    """

    card: str = key()
    meter: str = key()
    number: int = integer_key()
    action: str
    valid_until: int = integer(0)
    zh: str = ""
    en: str = ""
    reason: str
    created_by: str
    created_at: int = integer()
    ended_at: int | None = maybe_integer()
    ended_by: str = ""
    __table_args__ = (Index("card_notice_open", "ended_at", "created_at"),)


class NoticeDone(Row, table=True):
    """That a node did what a notice says; two nodes that knew of each other's notice may both."""

    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    card: str
    meter: str
    number: int = integer()
    how: str
    reason: str
    operator: str
    done_at: int = integer()
    __table_args__ = (Index("notice_done_of", "card", "meter", "number"),)


class LevelChange(Row, table=True):
    """Levels set for a service and class (empty: every class), or for a meter; the newest holds.

    ``money`` 1: for meters that hold money.  ``removed`` 1: none are set there any more.
    """

    number: int = integer_key()
    service: str
    tariff_class: str
    meter: str
    money: int = integer()
    alarm_level: int = integer()
    max_stored: int = integer()
    second_level: int = integer()
    overdraft: int = integer()
    removed: int = integer(0)
    reason: str
    changed_by: str
    changed_at: int = integer()


class NodeCardList(Row, table=True):
    """What the node's list of cards said when it was last sealed, and to which epoch."""

    node: str = key()
    epoch: int = integer()
    digest: bytes


class MeterStanding(Row, table=True):
    """A meter's newest genuine write-back, and the newest levels that a card brought it.

    ``number`` is that of the write-back, 0: none was read yet; ``in_force`` its parameter version.
    ``told`` is the version of the newest parameters on a card, 0: none; the levels are theirs.
    """

    meter: str = key()
    service: str = ""
    number: int = integer(0)
    balance: int = integer(0)
    status: int = integer(0)
    in_force: int = integer(0)
    read_at: int = integer(0)
    node: str = ""
    card: str = ""
    told: int = integer(0)
    money: int = integer(0)
    alarm_level: int = integer(0)
    max_stored: int = integer(0)
    second_level: int = integer(0)
    overdraft: int = integer(0)
    __table_args__ = (Index("meter_standing_status", "status", "read_at"),)
