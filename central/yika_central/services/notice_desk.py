"""The notice desk: what vending points do with single cards, and what came of it.

A notice reaches every vending point of the card's area with its next exchange and is obeyed when
the card is shown there.  Two that have not heard of each other may both do it: the first report
that arrives ends a message or a call, and the page shows every one.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, func, select

from yika_central.db import notice_store as store
from yika_central.db.database import Database, add, hold_office
from yika_central.db.tables import Card, CardReport, IssuedCard, Meter, table_of
from yika_central.services.two_persons import check_reason
from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.errors import N_, Phrase, YikaError
from yika_common.journal.card_bodies import FOUND, LOST
from yika_common.sync.card_list import ACTIONS, MESSAGE, MESSAGE_MAX

SHOWN: Final = 500
_HEADQUARTERS, _EPOCH, _BRANCH = "", 0, 0


class NoticeRefused(YikaError):
    """A notice whose terms make no sense."""

    code = "notice_refused"
    sentence = N_(
        "No notice was given: “%(field)s” has no value that makes sense here. Correct it."
    )


class NoSuchCard(YikaError):
    """No card and no meter of that number is in stock."""

    code = "notice_subject_unknown"
    sentence = N_(
        "There is no card or meter %(number)s in stock. No notice was given. Check the number."
    )


class NoSuchNotice(YikaError):
    """The notice does not hold, or never did."""

    code = "no_such_notice"
    sentence = N_(
        "That notice does not hold any more. Nothing was changed. Look at the list again."
    )


class NotReportedLost(YikaError):
    """A card that nobody reported lost can't be found again."""

    code = "card_not_reported_lost"
    sentence = N_("Card %(card)s is not reported lost. Nothing was changed. Check its number.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNotice:
    """A notice to be given about the card or meter of that number.

    Attributes:
        until: the last day on which it holds; None: it has no end.
    """

    subject: str
    action: str
    until: date | None = None
    zh: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True)
class DoneView:
    """What one vending point did."""

    node: str
    card: str
    how: str
    reason: str
    operator: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice as the pages show it; ``by_itself``: a report of a lost card made it."""

    card: str
    meter: str
    number: int
    action: str
    until: datetime | None
    zh: str
    en: str
    reason: str
    created_by: str
    created_at: datetime
    ended_at: datetime | None
    ended_by: str
    done: tuple[DoneView, ...]

    @property
    def subject(self) -> str:
        """The card's or the meter's number."""
        return self.card or self.meter

    @property
    def by_itself(self) -> bool:
        """A report of a lost card made it."""
        return self.created_by == store.BY_ITSELF


class NoticeDesk:
    """Gives notices, ends them and shows what came of them."""

    def __init__(self, database: Database, clock: Clock, zone: ZoneInfo) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone

    def give(self, new: NewNotice, *, by: str, reason: str) -> int:
        """Give a notice; its number among those of the card or meter.

        Raises:
            NoticeRefused, NoSuchCard, ReasonMissing: none was given.
        """
        reason, now = check_reason(reason), self._clock()
        self._check(new, now)
        until = 0 if new.until is None else to_timestamp(self._end_of(new.until))
        with self._database.writing() as connection:
            hold_office(connection)
            card, meter = _subject(connection, new.subject.strip())
            notice = {
                "card": card,
                "meter": meter,
                "action": new.action,
                "valid_until": until,
                "zh": new.zh.strip(),
                "en": new.en.strip(),
                "reason": reason,
                "created_by": by,
                "ended_at": None,
                "ended_by": "",
            }
            return store.add_notice(connection, notice, to_timestamp(now))

    def end(self, card: str, meter: str, number: int, *, by: str) -> None:
        """End a notice that holds.

        Raises:
            NoSuchNotice: nothing was changed.
        """
        at = to_timestamp(self._clock())
        with self._database.writing() as connection:
            if not store.end_notice(connection, card, meter, number, by, at):
                raise NoSuchNotice

    def lose(self, card: str, *, by: str, reason: str) -> None:
        """The holder told headquarters that the card is lost; every vending point will hear.

        ``reason`` says how the caller was recognised.

        Raises:
            NoSuchCard, ReasonMissing: nothing was recorded.
        """
        self._report(card, LOST, by, check_reason(reason))

    def find(self, card: str, *, by: str, reason: str) -> None:
        """The holder has the card again.

        Raises:
            NotReportedLost: nothing was recorded.
            those of :meth:`lose`.
        """
        self._report(card, FOUND, by, check_reason(reason))

    def listed(self, *, everything: bool = False) -> tuple[NoticeView, ...]:
        """The newest notices; unless ``everything``, those that hold."""
        now = to_timestamp(self._clock())
        with self._database.reading() as session:
            connection = session.connection()
            rows = store.notices(connection, now, everything=everything, limit=SHOWN)
            keys = {(row["card"], row["meter"]) for row in rows}
            done = store.done_of(connection, keys)
        return tuple(_views(rows, done))

    def _report(self, card: str, state: str, by: str, reason: str) -> None:
        at = to_timestamp(self._clock())
        report = table_of(CardReport)
        with self._database.writing() as connection:
            hold_office(connection)
            account = _account_of(connection, card)
            known = connection.execute(
                select(report.c.state)
                .where(report.c.card == card)
                .order_by(report.c.reported_at.desc(), report.c.seq.desc())
                .limit(1)
            ).scalar()
            if state == FOUND and known != LOST:
                raise NotReportedLost(card=card)
            newest = connection.execute(
                select(func.max(report.c.seq)).where(report.c.node == _HEADQUARTERS)
            ).scalar()
            row = {
                "account": account,
                "card": card,
                "node": _HEADQUARTERS,
                "epoch": _EPOCH,
                "branch": _BRANCH,
                "seq": int(newest or 0) + 1,
                "state": state,
                "reason": reason,
                "operator": by,
                "reported_at": at,
            }
            add(connection, CardReport, [row])
            store.follow_cards(connection, [card], at)

    def _check(self, new: NewNotice, now: datetime) -> None:
        today = now.astimezone(self._zone).date()
        texts = (new.zh.strip(), new.en.strip())
        rules: tuple[tuple[Phrase, bool], ...] = (
            (Phrase("What to do"), new.action in ACTIONS),
            (Phrase("Good until"), new.until is None or new.until >= today),
            (Phrase("Text"), all(_is_text(text) for text in texts)),
            (Phrase("Text"), new.action != MESSAGE or all(texts)),
        )
        for field, holds in rules:
            if not holds:
                raise NoticeRefused(field=field)

    def _end_of(self, day: date) -> datetime:
        following = datetime.combine(day + timedelta(days=1), datetime.min.time(), self._zone)
        return following - timedelta(seconds=1)


def _is_text(text: str) -> bool:
    return len(text) <= MESSAGE_MAX and (not text or text.isprintable())


def _subject(connection: Connection, number: str) -> tuple[str, str]:
    """(card, meter), one of them empty."""
    card, meter = table_of(Card), table_of(Meter)
    if connection.execute(select(card.c.number).where(card.c.number == number)).first():
        return number, ""
    if connection.execute(select(meter.c.meter).where(meter.c.meter == number)).first():
        return "", number
    raise NoSuchCard(number=number[:12])


def _account_of(connection: Connection, card: str) -> str:
    """The account that the card was issued for.

    Raises:
        NoSuchCard: no vending point has told of it.
    """
    issued = table_of(IssuedCard)
    account = connection.execute(
        select(issued.c.account).where(issued.c.card == card).limit(1)
    ).scalar()
    if account is None:
        raise NoSuchCard(number=card[:12])
    return str(account)


def _views(rows: Iterable[RowMapping], done: Iterable[RowMapping]) -> Iterable[NoticeView]:
    by_notice: dict[tuple[str, str, int], list[DoneView]] = defaultdict(list)
    for row in done:
        view = DoneView(
            row["node"],
            row["card"],
            row["how"],
            row["reason"],
            row["operator"],
            from_timestamp(row["done_at"]),
        )
        by_notice[row["card"], row["meter"], row["number"]].append(view)
    for row in rows:
        until, ended = row["valid_until"], row["ended_at"]
        yield NoticeView(
            card=row["card"],
            meter=row["meter"],
            number=row["number"],
            action=row["action"],
            until=from_timestamp(until) if until else None,
            zh=row["zh"],
            en=row["en"],
            reason=row["reason"],
            created_by=row["created_by"],
            created_at=from_timestamp(row["created_at"]),
            ended_at=None if ended is None else from_timestamp(ended),
            ended_by=row["ended_by"],
            done=tuple(by_notice[row["card"], row["meter"], row["number"]]),
        )
