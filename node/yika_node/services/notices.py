"""Obeying headquarters' notices when a card is shown, and telling once what was done.

What stops a sale stops every sale: *refuse* and *keep* for as long as they are on the list, *call*
until the clerk has called.  A *message* is shown until the clerk has told it.  Two vending points
that have not heard of each other may both obey one notice; each tells headquarters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Final, NamedTuple

from yika_common.clock import Clock, to_timestamp
from yika_common.errors import N_, Phrase, YikaError
from yika_common.journal.body import Body
from yika_common.journal.card_bodies import (
    KEPT,
    TAKEN_IN,
    TOLD,
    TURNED_AWAY,
    CardEnded,
    NoticeDone,
)
from yika_node.db.journal import Journal
from yika_node.services.card_shelf import CardShelf
from yika_node.services.views import NoticeView

if TYPE_CHECKING:
    from yika_common.sync.card_list import Notice
    from yika_node.db.card_queries import CardQueries
    from yika_node.services.views import Account

REASON_MAX: Final = 200
_REFUSE, _KEEP, _CALL, _MESSAGE = "refuse", "keep", "call", "message"
_MOMENT = "%Y-%m-%d %H:%M"

_WHY: Final = {
    _REFUSE: N_("headquarters sells it nothing, as of %(day)s."),
    _KEEP: N_("headquarters asks to keep it, as of %(day)s."),
    _CALL: N_("headquarters asks to be called first, as of %(day)s."),
}
_NEVER: Final = Phrase("the start")


class NoticeGone(YikaError):
    """The notice that a page answers is not on the list any more."""

    code = "notice_gone"
    sentence = N_(
        "Headquarters' notice about this card does not hold any more, or was answered. Nothing "
        "was recorded. Read the card again."
    )


class NoticeReasonTooLong(YikaError):
    """What came of a notice is told in one line."""

    code = "notice_reason_too_long"
    sentence = N_(
        "What came of it is missing or longer than %(most)s characters. Nothing was recorded. "
        "Write it in one line."
    )


class Subject(NamedTuple):
    """Which notice is answered: about a card or a meter, the other is empty."""

    card: str
    meter: str
    number: int


class Notices:
    """Fulfils :class:`yika_node.services.card_standing.CardNotices`, and shows and answers."""

    def __init__(
        self,
        shelf: CardShelf,
        book: Callable[[], CardQueries],
        journal: Journal,
        clock: Clock,
        heard_at: Callable[[], datetime | None],
        zone: tzinfo,
    ) -> None:
        self._shelf = shelf
        self._book = book
        self._journal = journal
        self._clock = clock
        self._heard_at = heard_at
        self._zone = zone

    def refusal(self, card: str, meters: Sequence[str] = ()) -> YikaError | None:
        """Why nothing is sold to the card or to these meters, if the list says so.

        Raises:
            VaultLocked, NotEnrolled: the list can't be opened.
        """
        for notice in self._holding(card, meters):
            if notice.action in _WHY and not self._told(notice):
                from yika_node.services.card_errors import CardRefusedByList  # noqa: PLC0415

                why = Phrase(_WHY[notice.action], day=self._day())
                return CardRefusedByList(number=card, why=why)
        return None

    def shown(self, account: Account | None, card: str, operator: str) -> tuple[NoticeView, ...]:
        """What the clerk is to be told of the card that was read; turning it away is recorded.

        Raises:
            VaultLocked, NotEnrolled, NodeRestored, DiskFull: see their sentences.
        """
        meters = [] if account is None else [meter.meter for meter in account.meters]
        views, news = [], list[Body]()
        for notice in self._holding(card, meters):
            done = self._done(notice)
            if done == TOLD:
                continue
            if done is None and notice.action in (_REFUSE, _KEEP):
                news.append(_body(notice, card, TURNED_AWAY))
            views.append(_view(notice))
        if news:
            self._journal.append(news, at=self._clock(), operator=operator)
        return tuple(views)

    def told(self, operator: str, card: str, subject: Subject, reason: str) -> None:
        """The clerk has told the message, or has called; ``reason``: what came of it.

        Raises:
            NoticeGone, NoticeReasonTooLong: nothing was recorded.
            VaultLocked, NotEnrolled, NodeRestored, DiskFull: see their sentences.
        """
        notice = self._open(card, subject)
        reason = reason.strip()
        called = notice.action == _CALL
        if notice.action not in (_CALL, _MESSAGE) or self._told(notice):
            raise NoticeGone
        if len(reason) > REASON_MAX or (called and not reason) or not _printable(reason):
            raise NoticeReasonTooLong(most=REASON_MAX)
        body = _body(notice, card, TOLD, reason)
        self._journal.append([body], at=self._clock(), operator=operator)

    def kept(self, operator: str, account: Account | None, card: str, subject: Subject) -> None:
        """The clerk has kept the card: it is out of use here.

        Raises:
            NoticeGone: nothing was recorded.
            VaultLocked, NotEnrolled, NodeRestored, DiskFull: see their sentences.
        """
        notice = self._open(card, subject)
        if notice.action not in (_REFUSE, _KEEP):
            raise NoticeGone
        ended = CardEnded(account="" if account is None else account.number, card=card, how=KEPT)
        bodies = [ended, _body(notice, card, TAKEN_IN)]
        self._journal.append(bodies, at=self._clock(), operator=operator)

    def _holding(self, card: str, meters: Sequence[str]) -> tuple[Notice, ...]:
        return self._shelf.notices(card, meters, to_timestamp(self._clock()))

    def _open(self, card: str, subject: Subject) -> Notice:
        meters = [subject.meter] if subject.meter else []
        for notice in self._holding(subject.card or card, meters):
            if (notice.card, notice.meter, notice.nth) == subject:
                return notice
        raise NoticeGone

    def _done(self, notice: Notice) -> str | None:
        done = self._book().notice_done(notice.card, notice.meter, notice.nth)
        return None if done is None else done.how

    def _told(self, notice: Notice) -> bool:
        return self._done(notice) == TOLD

    def _day(self) -> str | Phrase:
        at = self._heard_at()
        return _NEVER if at is None else at.astimezone(self._zone).strftime(_MOMENT)


def _view(notice: Notice) -> NoticeView:
    return NoticeView(
        card=notice.card,
        meter=notice.meter,
        number=notice.nth,
        action=notice.action,
        zh=notice.zh,
        en=notice.en,
    )


def _body(notice: Notice, card: str, how: str, reason: str = "") -> NoticeDone:
    return NoticeDone(notice=notice.nth, card=card, meter=notice.meter, how=how, reason=reason)


def _printable(text: str) -> bool:
    return not text or text.isprintable()
