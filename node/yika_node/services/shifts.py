"""Shifts: a drawer is opened with a float, counted blind, and closed with a Z report.

The order of a close::

    count    the operator types what is in the drawer; what must be in it is not told before
    check    the rows of the shift come to what the lines of the journal say
    commit   the Z record, if in the same transaction the shift still comes to the same
    tell     the Z report: counted, expected, the difference

A shift is closed once.  Whoever closes it again, in another window or after a power cut, gets the
Z report that it has.  Z numbers are the vending point's own, one after the other for ever, because
each is the last one's successor within the transaction that writes it; so are its grand totals.
Nothing about a shift is summed over history: its rows lie together, and totals are carried on.

A tariff that changes during a shift cuts it (:mod:`yika_node.services.shift_cuts`): the Z report
shows the parts, and has a subtotal for each version of a tariff.
"""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import ClassVar, Final, cast

from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.journal.acts import digest_of
from yika_common.journal.bodies import FIGURE_MAX
from yika_common.journal.body import Body
from yika_common.journal.cash_bodies import (
    MOVES,
    REASON_MAX,
    REFERENCE_MAX,
    CashMoved,
    DrawerOpened,
    NothingSold,
    ShiftClosed,
    ShiftOpened,
)
from yika_common.numbers import Money, money_to_text
from yika_common.values import dataclass
from yika_node.db.journal import Draft, Entry, Journal, Position
from yika_node.db.shift_queries import (
    ShiftQueries,
    ShiftRow,
    asking,
    last_report,
    open_shift,
    shift_at,
)
from yika_node.db.shift_sums import Figures, figures, journal_total
from yika_node.db.total_sums import with_rest
from yika_node.services.approvals import Approvals
from yika_node.services.cash_count import Count, counted
from yika_node.services.differences import said
from yika_node.services.settings_shelf import SettingsShelf
from yika_node.services.shift_errors import (
    BooksDisagree,
    DifferenceUnanswered,
    MoveUnusable,
    SalesNotOnCards,
    ShiftAlreadyOpen,
    ShiftGone,
    ShiftOfAnother,
)
from yika_node.services.shift_guard import ShiftGuard
from yika_node.services.shift_views import DENOMINATIONS, OpenShift
from yika_node.services.standing import Standing

_TRIES: Final = 5
"""How often a close is made anew because the shift's own sale came in between."""

_DAY: Final = timedelta(days=1)


class _Moved(Exception):
    """Between reading the shift and closing it something was committed."""


@dataclass(frozen=True, slots=True)
class ShiftDesk:
    """Opens and closes shifts, and moves cash; ``second_from`` as in the configuration."""

    journal: Journal
    book: ShiftQueries
    standing: Standing
    approvals: Approvals
    guard: ShiftGuard
    clock: Clock
    settings: SettingsShelf
    second_from: int = 0

    denominations: ClassVar = DENOMINATIONS
    counted = staticmethod(counted)

    def open_at(self, epoch: int, seq: int) -> OpenShift | None:
        """The shift that this record opened, while it is open."""
        row = self.book.at(epoch, seq)
        return None if row is None or row.report else self._view(row)

    def open_of(self, operator: str) -> OpenShift | None:
        """The operator's open shift."""
        row = self.book.open_of(operator)
        return None if row is None else self._view(row)

    def open_shifts(self) -> tuple[OpenShift, ...]:
        """Everybody's, oldest first."""
        return tuple(map(self._view, self.book.open_shifts()))

    def open(self, operator: str, count: Count) -> OpenShift:
        """Open the operator's shift with that float in the drawer.

        Days since the last act on which nothing was sold get their null record first, and sales
        days, months and years that are over their totals.

        Raises:
            DifferenceUnanswered: nothing was recorded; his last close has to be answered for.
            ShiftAlreadyOpen, BooksDisagree, VaultLocked, DiskFull and the like: no shift is open.
        """
        now = self.clock()
        self._answered(operator)
        basis = self.guard.basis()
        bodies: list[Body] = [ShiftOpened(amount=count.amount, counts=count.counts, basis=basis)]
        idle = self._idle(to_timestamp(now))
        if idle is not None:
            bodies.insert(0, idle)
        before = self.book.open_of(operator)

        def alone(connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
            opened = open_shift(asking(connection), operator)
            if opened is None or (opened.epoch, opened.seq) != _place(entries[-1]):
                raise self._already(opened or before)

        if before is not None:
            raise self._already(before)
        entries = self.journal.append(bodies, at=now, operator=operator, along=[alone])
        row = self.book.at(*_place(entries[-1]))
        assert row is not None, "its record was committed"
        return self._view(row)

    def needs_second(self, amount: int) -> bool:
        """Whether a movement of so much needs a second person."""
        return 0 < self.second_from <= amount

    def digest(self, what: str, amount: int, reason: str, reference: str) -> bytes:
        """What a second person approves: this movement, for this reason.

        Raises:
            MoveUnusable: there is nothing to approve.
        """
        return self._digest(_move(what, amount, reason, reference))

    def move(
        self,
        operator: str,
        what: str,
        amount: int,
        reason: str,
        *,
        token: str,
        reference: str = "",
        approval: str = "",
    ) -> None:
        """Record that cash was moved; the same token moves it once.

        Args:
            operator: in whose drawer.
            what: one of :data:`yika_common.journal.cash_bodies.MOVES`.
            amount: minor units, above zero.
            reason: why.
            token: the form's own.
            reference: number of its paper, if it has one.
            approval: the token of a second person's approval, where one is needed.

        Raises:
            MoveUnusable, NoShift, ShiftOfYesterday: nothing was recorded.
            ApprovalMissing, ApprovalForAnother, ApprovalByOperator: nothing was recorded.
        """
        body = _move(what, amount, reason, reference)
        if self.book.done(token) is not None:
            return
        self._present(operator)
        drafts: list[Draft] = [body]
        if self.needs_second(amount):
            approved = self.approvals.take(approval, self._digest(body), operator)

            def after(place: Position) -> Body:
                return CashMoved(
                    what=body.what,
                    amount=body.amount,
                    reason=body.reason,
                    reference=body.reference,
                    approved=place.seq - 1,
                )

            drafts = [approved, after]
        self._record(operator, drafts, token)

    def open_drawer(self, operator: str, reason: str, *, token: str) -> None:
        """Record that the drawer is opened and no money moves.

        Raises:
            ReasonUnusable, NoShift, ShiftOfYesterday: nothing was recorded.
        """
        body = DrawerOpened(reason=said(reason))
        if self.book.done(token) is None:
            self._present(operator)
            self._record(operator, [body], token)

    def close(
        self,
        by: str,
        epoch: int,
        seq: int,
        count: Count,
        *,
        leads: bool = False,
        carried: int = 0,
    ) -> int:
        """Close the shift that this record opened, with what was counted; its Z number.

        A shift that is closed already keeps its Z report, whatever was counted now.

        Args:
            by: who counted.
            epoch: of the record that opened it.
            seq: of that record.
            count: what is in the drawer.
            leads: whether he may close another's.
            carried: of the shift's sales so many are not on their cards, and he knows.

        Raises:
            ShiftGone: there is no such shift.
            ShiftOfAnother, SalesNotOnCards: nothing was closed.
            BooksDisagree: nothing was closed.
            VaultLocked, DiskFull and their like: nothing was closed.
        """
        for _ in range(_TRIES):
            row, found, before = self._read(epoch, seq)
            if row.operator != by and not leads:
                raise ShiftOfAnother(operator=row.operator)
            if row.report:
                return row.report
            if found.pending > carried:
                raise SalesNotOnCards(number=found.pending)
            body = self._closing(row, found, before, count)
            try:
                self.journal.append(
                    [body], at=self.clock(), operator=by, along=[_unmoved(row, found, body)]
                )
            except _Moved:
                continue
            return body.report
        raise ShiftGone

    def _read(self, epoch: int, seq: int) -> tuple[ShiftRow, Figures, ShiftRow | None]:
        """A shift, what it comes to, and the Z report before its own; raises BooksDisagree."""
        with self.book.asking() as ask:
            row = shift_at(ask, epoch, seq)
            if row is None:
                raise ShiftGone
            found = figures(ask, row.operator, (epoch, seq))
            told = found.total if row.report else journal_total(ask, row.operator, (epoch, seq))
            before = last_report(ask)
        if told != found.total:
            raise BooksDisagree(
                table=money_to_text(Money(found.total)), journal=money_to_text(Money(told))
            )
        return row, found, before

    def _closing(
        self, row: ShiftRow, found: Figures, before: ShiftRow | None, count: Count
    ) -> ShiftClosed:
        receipts, bands = found.receipts, self.settings.settings()
        node = self.standing.membership
        return ShiftClosed(
            report=1 if before is None else before.report + 1,
            opened=row.seq,
            epoch=0 if row.epoch == node.epoch else row.epoch,
            amount=count.amount,
            counts=count.counts,
            expected=found.expected,
            sums=found.sums,
            tariffs=with_rest(found.tariffs),
            first="" if receipts.first is None else receipt_number(node.node, receipts.first),
            last="" if receipts.last is None else receipt_number(node.node, receipts.last),
            receipts=receipts.number,
            refunds=found.refunds,
            opens=row.opens,
            pending=found.pending,
            taken=found.taken + (0 if before is None else before.taken),
            given_back=found.given_back + (0 if before is None else before.given_back),
            accepted=bands.difference_accepted,
            unsigned=bands.difference_unsigned,
        )

    def unsettled(self, epoch: int, seq: int) -> int:
        """How many sales of an open shift are not on their cards yet."""
        with self.book.asking() as ask:
            row = shift_at(ask, epoch, seq)
            return 0 if row is None else figures(ask, row.operator, (epoch, seq)).pending

    def _answered(self, operator: str) -> None:
        """Raises DifferenceUnanswered: the operator's last close asks for what is not there."""
        for row in self.book.reports(None, 1, operator):
            if row.unanswered:
                raise DifferenceUnanswered(number=row.report)

    def _view(self, row: ShiftRow) -> OpenShift:
        today = self.guard.day_of(to_timestamp(self.clock()))
        return OpenShift(
            row.epoch,
            row.seq,
            row.operator,
            from_timestamp(row.opened_at),
            Money(row.amount),
            suspended=self.guard.day_of(row.opened_at) < today,
        )

    def _already(self, row: ShiftRow | None) -> ShiftAlreadyOpen | ShiftGone:
        if row is None:
            return ShiftGone()
        return ShiftAlreadyOpen(day=self.guard.day_of(row.opened_at).isoformat())

    def _idle(self, now: int) -> NothingSold | None:
        """The null record of the whole days between the last act and today."""
        newest = self.book.newest_act()
        if not newest:
            return None
        first, last = self.guard.day_of(newest) + _DAY, self.guard.day_of(now) - _DAY
        return NothingSold(first=str(first), last=str(last)) if first <= last else None

    def _present(self, operator: str) -> None:
        """Raises NoShift, ShiftOfYesterday: cash moves in an open shift, guarded or not."""
        row = self.book.open_of(operator)
        self.guard.judge(None if row is None else row.opened_at, to_timestamp(self.clock()))

    def _digest(self, body: CashMoved) -> bytes:
        member = self.standing.membership
        digest = digest_of(body, member.node, member.epoch)
        assert digest is not None, "a movement of cash says all of itself"
        return digest

    def _record(self, operator: str, drafts: Sequence[Draft], token: str) -> None:
        def remember(connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
            connection.execute(
                "INSERT INTO form (token, epoch, basket) VALUES (?, ?, ?)",
                (token, entries[-1].epoch, entries[-1].seq),
            )

        self.journal.append(drafts, at=self.clock(), operator=operator, along=[remember])


def receipt_number(node: str, place: tuple[int, int]) -> str:
    """The number on a receipt: node, epoch and the seq of its first record."""
    return f"{node}-{place[0]}-{place[1]:06}"


def _place(entry: Entry) -> tuple[int, int]:
    return entry.epoch, entry.seq


def _unmoved(
    row: ShiftRow, found: Figures, body: ShiftClosed
) -> Callable[[sqlite3.Connection, Sequence[Entry]], None]:
    """Raises _Moved unless the shift comes to the same, and this record is the one that closed it.

    The successor of the last Z report is looked for in the same transaction, so no number is given
    twice and none is left out.
    """

    def check(connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
        ask = asking(connection)
        before = last_report(ask, body.report)
        closed = cast(ShiftRow, shift_at(ask, row.epoch, row.seq))
        if (
            (0 if before is None else before.report) != body.report - 1
            or (closed.closed_epoch, closed.closed_seq) != _place(entries[-1])
            or closed.opens != row.opens
            or figures(ask, row.operator, (row.epoch, row.seq)) != found
        ):
            raise _Moved

    return check


def _move(what: str, amount: int, reason: str, reference: str) -> CashMoved:
    reason, reference = reason.strip(), reference.strip()
    usable = (
        what in MOVES
        and 0 < amount <= FIGURE_MAX
        and 0 < len(reason) <= REASON_MAX
        and reason.isprintable()
        and len(reference) <= REFERENCE_MAX
        and (reference.isprintable() or not reference)
    )
    if not usable:
        raise MoveUnusable(most=REASON_MAX)
    return CashMoved(what=what, amount=amount, reason=reason, reference=reference)
