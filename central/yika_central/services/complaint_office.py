"""The complaint office: what customers complained of, and headquarters' answer to each.

A complaint arrives as a record of the vending point where it was made.  It is answered once, with
a reason for the books and words for the customer in both languages; money is entered in the
account's adjustment in the same transaction, above a limit with a second person.  The words go
back as a notice about the customer's newest card, which any vending point of the area tells him;
while the account has none, about its first meter, and so with the first card that carries it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, func, select, tuple_, update

from yika_central.db.books import hold_books
from yika_central.db.database import Database, hold_office
from yika_central.db.notice_store import add_notice
from yika_central.db.rerating_store import PLACE
from yika_central.db.sheet_changes import note_changed
from yika_central.db.tables import AccountMeter, Card, Complaint, IssuedCard, Sale, table_of
from yika_central.domain.months import month_of
from yika_central.services.key_room import KeyRoom
from yika_central.services.settlement import BY_HAND, Batch
from yika_central.services.staff import Credential
from yika_central.services.two_persons import TwoPersons, check_reason
from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.errors import N_, YikaError
from yika_common.journal.bodies import FIGURE_MAX
from yika_common.numbers import Money
from yika_common.signing.errors import SealBroken
from yika_common.sync.card_list import MESSAGE
from yika_common.sync.personal_data import open_words

OPEN, UPHELD, REFUSED = "", "UPHELD", "REFUSED"
PAGE: Final = 50
ANSWER_MAX: Final = 160
"""Letters of an answer in one language: with the complaint's number it fits a notice."""

Place = tuple[str, int, int, int]
"""Node, epoch, branch and seq of its record."""

TOP: Final = (2**63 - 1, "", 0, 0)
"""Before the newest complaint."""

NO_MONEY = Money(0)


class NoSuchComplaint(YikaError):
    """There is no complaint at that position."""

    code = "no_such_complaint"
    sentence = N_("There is no complaint at this position. Nothing was changed. Look at the list.")


class ComplaintAnswered(YikaError):
    """A complaint is answered once."""

    code = "complaint_answered"
    sentence = N_(
        "Complaint %(number)s was answered already. Nothing was changed. Give a notice about the "
        "card, or adjust the account, if more is to be said or paid."
    )


class AnswerUnusable(YikaError):
    """An answer that tells the customer nothing."""

    code = "answer_unusable"
    sentence = N_(
        "The answer is needed in both languages, each in one line of at most %(most)s "
        "characters, and money only where the complaint is upheld. Nothing was changed. Correct "
        "it."
    )


@dataclass(frozen=True, slots=True)
class ComplaintView:
    """A complaint; ``words`` are empty where nobody can read them, ``sales`` what it is of."""

    place: Place
    number: str
    at: datetime
    operator: str
    account: str
    about: str
    words: str
    sales: tuple[Place, ...]
    outcome: str
    zh: str
    en: str
    reason: str
    amount: Money
    answered_by: str
    seconded_by: str
    answered_at: datetime | None
    card: str
    """With which the customer is told; empty: with none yet."""
    notice: int
    """Number of the notice about that card, or about his meter; 0: nobody tells him."""

    @property
    def cursor(self) -> tuple[int, str, int, int]:
        """Where the next page of the list begins."""
        node, epoch, _branch, seq = self.place
        return (to_timestamp(self.at), node, epoch, seq)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What headquarters answers; ``amount`` is money to the customer's favour."""

    upheld: bool
    zh: str
    en: str
    amount: Money = NO_MONEY


class ComplaintOffice:
    """Shows complaints and answers them; ``persons`` says when a second person is needed."""

    def __init__(
        self,
        database: Database,
        keys: KeyRoom,
        persons: TwoPersons,
        clock: Clock,
        zone: ZoneInfo,
    ) -> None:
        self._database = database
        self._keys = keys
        self._persons = persons
        self._clock = clock
        self._zone = zone

    @property
    def limit(self) -> Money:
        """The money above which a second person is needed."""
        return Money(self._persons.limit)

    def listed(
        self, outcome: str, before: tuple[int, str, int, int] = TOP
    ) -> tuple[ComplaintView, ...]:
        """The next complaints with that outcome, newest first, at most :data:`PAGE`; no words."""
        table = table_of(Complaint)
        order = (table.c.stamped_at, table.c.node, table.c.epoch, table.c.seq)
        query = (
            select(table)
            .where(table.c.outcome == outcome, tuple_(*order) < before)
            .order_by(*(column.desc() for column in order))
            .limit(PAGE)
        )
        with self._database.reading() as session:
            rows = session.execute(query).mappings().all()
        return tuple(_view(row, "", ()) for row in rows)

    def waiting(self) -> int:
        """How many complaints wait for an answer."""
        table = table_of(Complaint)
        query = select(func.count()).select_from(table).where(table.c.outcome == OPEN)
        with self._database.reading() as session:
            return int(session.execute(query).scalar_one())

    def get(self, place: Place) -> ComplaintView:
        """One complaint, with what was said and the sales that it is of.

        Raises:
            NoSuchComplaint: there is none at that position.
        """
        with self._database.reading() as session:
            connection = session.connection()
            row = _row(connection, place)
            return _view(row, self._words(row), _sales(connection, row))

    def answer(
        self,
        place: Place,
        answer: Answer,
        *,
        by: str,
        reason: str,
        second: Credential | None = None,
    ) -> None:
        """Answer a complaint, and let the customer be told and paid.

        Raises:
            NoSuchComplaint, ComplaintAnswered, AnswerUnusable, ReasonMissing: nothing was changed.
            SecondPersonMissing, SecondPersonWrong, SamePersonTwice, NotABookkeeper: likewise.
        """
        reason = check_reason(reason)
        _check(answer)
        other, at = self._persons.second(by, second, amount=answer.amount), self._clock()
        table = table_of(Complaint)
        with self._database.writing() as connection:
            hold_office(connection)
            hold_books(connection)
            row = _row(connection, place)
            number = _number(row)
            if row["outcome"] != OPEN:
                raise ComplaintAnswered(number=number)
            said = {"made_by": by, "seconded_by": other, "reason": f"{number}: {reason}"}
            if answer.amount:
                batch = Batch(connection, at, self._zone)
                entry = {"account": row["account"], "kind": BY_HAND, "amount": int(answer.amount)}
                batch.enter([entry | said | batch.booking(month_of(at, self._zone))])
                note_changed(connection, [row["account"]])
            card, notice = _tell(connection, row, answer, by, reason, to_timestamp(at))
            connection.execute(
                update(table)
                .where(*(table.c[name] == row[name] for name in ("account", *PLACE)))
                .values(
                    outcome=UPHELD if answer.upheld else REFUSED,
                    zh=answer.zh,
                    en=answer.en,
                    reason=reason,
                    amount=int(answer.amount),
                    answered_by=by,
                    seconded_by=other,
                    answered_at=to_timestamp(at),
                    card=card,
                    notice=notice,
                )
            )

    def _words(self, row: RowMapping) -> str:
        key = self._keys.personal_data_key(row["node"])
        try:
            return open_words(row["sealed"], key, row["account"])
        except SealBroken:
            return ""


def _check(answer: Answer) -> None:
    texts = (answer.zh, answer.en)
    usable = all(0 < len(text) <= ANSWER_MAX and text.isprintable() for text in texts)
    if not usable or not 0 <= answer.amount <= (FIGURE_MAX if answer.upheld else 0):
        raise AnswerUnusable(most=ANSWER_MAX)


def _row(connection: Connection, place: Place) -> RowMapping:
    table = table_of(Complaint)
    here = (table.c[name] == value for name, value in zip(PLACE, place, strict=True))
    row = connection.execute(select(table).where(*here)).mappings().first()
    if row is None:
        raise NoSuchComplaint
    return row


def _number(row: RowMapping) -> str:
    """As the vending point's slip has it."""
    fork = f"-b{row['branch']}" if row["branch"] else ""
    return f"{row['node']}-{row['epoch']}-{row['seq']:06}{fork}"


def _sales(connection: Connection, row: RowMapping) -> tuple[Place, ...]:
    """The lines of the receipt that the complaint is of."""
    if not row["receipt"]:
        return ()
    sale = table_of(Sale)
    query = (
        select(*(sale.c[name] for name in PLACE))
        .where(
            sale.c.account == row["account"],
            sale.c.node == row["node"],
            sale.c.epoch == (row["of_epoch"] or row["epoch"]),
            sale.c.basket == row["receipt"],
        )
        .order_by(sale.c.seq)
    )
    return tuple((one.node, one.epoch, one.branch, one.seq) for one in connection.execute(query))


def _tell(
    connection: Connection, row: RowMapping, answer: Answer, by: str, reason: str, at: int
) -> tuple[str, int]:
    """Let the holder be told with his newest card, or with the first one that carries his meter.

    Gives the card, empty where he has none, and the notice's number, 0 where nobody tells him.
    """
    issued, card = table_of(IssuedCard), table_of(Card)
    newest = (
        select(issued.c.card)
        .join(card, card.c.number == issued.c.card)
        .where(issued.c.account == row["account"])
        .order_by(issued.c.generation.desc(), issued.c.issued_at.desc())
        .limit(1)
    )
    number = str(connection.execute(newest).scalar() or "")
    meter = "" if number else _first_meter(connection, row["account"])
    if not number and not meter:
        return "", 0
    notice = {
        "card": number,
        "meter": meter,
        "action": MESSAGE,
        "valid_until": 0,
        "zh": f"投诉 {_number(row)}：{answer.zh}",
        "en": f"Complaint {_number(row)}: {answer.en}",
        "reason": reason,
        "created_by": by,
        "ended_at": None,
        "ended_by": "",
    }
    return number, add_notice(connection, notice, at)


def _first_meter(connection: Connection, account: str) -> str:
    table = table_of(AccountMeter)
    first = select(table.c.meter).where(table.c.account == account).order_by(table.c.slot).limit(1)
    return str(connection.execute(first).scalar() or "")


def _view(row: RowMapping, words: str, sales: tuple[Place, ...]) -> ComplaintView:
    return ComplaintView(
        place=(row["node"], row["epoch"], row["branch"], row["seq"]),
        number=_number(row),
        at=from_timestamp(row["stamped_at"]),
        operator=row["operator"],
        account=row["account"],
        about=row["about"],
        words=words,
        sales=sales,
        outcome=row["outcome"],
        zh=row["zh"],
        en=row["en"],
        reason=row["reason"],
        amount=Money(row["amount"]),
        answered_by=row["answered_by"],
        seconded_by=row["seconded_by"],
        answered_at=from_timestamp(row["answered_at"]) if row["answered_at"] else None,
        card=row["card"],
        notice=row["notice"],
    )
