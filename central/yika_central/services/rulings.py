"""Rulings: what a person decides about one sale, with a reason, and re-rating obeys.

A sale can be declared void: its money is owed back and its quantity counts no more.  Its time can
be decided where the bracket reaches over a change of price or period.  A ruling is never changed;
a later one of the same kind takes its place, or lifts it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, select

from yika_central.db.database import Database, add
from yika_central.db.rerate_queue import EVER, Pairs, queue
from yika_central.db.rerating_store import PLACE, TIME, VOID
from yika_central.db.sheet_changes import note_changed
from yika_central.db.tables import Rating, Ruling, Sale, table_of
from yika_central.services.enquiries import NoSuchSale
from yika_central.services.staff import Credential
from yika_central.services.two_persons import TwoPersons, check_reason
from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.errors import N_, YikaError
from yika_common.journal.record import txn_id
from yika_common.numbers import Money

SHOWN = 500

Place = tuple[str, int, int, int]
"""Node, epoch, branch and seq of a sale."""


class RulesNothing(YikaError):
    """The sale stands as the ruling would have it."""

    code = "rules_nothing"
    sentence = N_("This holds for the sale already. Nothing was changed.")


class TimeOutOfBracket(YikaError):
    """A time that the sale cannot have been made at."""

    code = "time_out_of_bracket"
    sentence = N_(
        "The sale was certainly made between %(earliest)s and %(latest)s. Nothing was changed. "
        "Choose a time between them."
    )


@dataclass(frozen=True, slots=True)
class RulingView:
    """A ruling: whether it holds or lifts an earlier one, who made it, when and why."""

    kind: str
    number: int
    holds: bool
    at: datetime | None
    reason: str
    ruled_by: str
    seconded_by: str
    ruled_at: datetime


@dataclass(frozen=True, slots=True)
class Straddling:
    """A sale whose time nobody knows well enough, and what was decided of it."""

    node: str
    epoch: int
    branch: int
    seq: int
    txn_id: str
    account: str
    service: str
    amount: Money
    difference: Money
    stamped_at: datetime
    not_before: datetime
    not_after: datetime
    counted_at: datetime

    @property
    def position(self) -> str:
        """Its journal position."""
        fork = f"-b{self.branch}" if self.branch else ""
        return f"{self.node}-e{self.epoch}-q{self.seq}{fork}"


class Rulings:
    """Makes rulings and queues what they concern."""

    def __init__(self, database: Database, persons: TwoPersons, clock: Clock) -> None:
        self._database = database
        self._persons = persons
        self._clock = clock

    def void(self, place: Place, *, by: str, reason: str, second: Credential | None) -> None:
        """Declare a sale void; two persons decide it.

        Raises:
            NoSuchSale, RulesNothing, ReasonMissing: nothing was changed.
            SecondPersonMissing, SecondPersonWrong, SamePersonTwice, NotABookkeeper: likewise.
        """
        self._rule(place, VOID, holds=True, at=None, by=by, reason=reason, second=second)

    def restore(self, place: Place, *, by: str, reason: str, second: Credential | None) -> None:
        """Lift the ruling that a sale is void; otherwise as :meth:`void`."""
        self._rule(place, VOID, holds=False, at=None, by=by, reason=reason, second=second)

    def decide_time(
        self,
        place: Place,
        at: datetime,
        *,
        by: str,
        reason: str,
        second: Credential | None = None,
    ) -> None:
        """Decide the time that a sale counts at, within its bracket.

        Raises:
            TimeOutOfBracket: it was certainly made at another.
            NoSuchSale, RulesNothing, ReasonMissing: nothing was changed.
            SecondPersonMissing, SecondPersonWrong, SamePersonTwice, NotABookkeeper: likewise.
        """
        self._rule(place, TIME, holds=True, at=at, by=by, reason=reason, second=second)

    def of_sale(self, place: Place) -> tuple[RulingView, ...]:
        """Every ruling on a sale, of each kind the newest first."""
        table = table_of(Ruling)
        with self._database.reading() as session:
            rows = session.execute(
                select(table)
                .where(*(table.c[name] == value for name, value in zip(PLACE, place, strict=True)))
                .order_by(table.c.number.desc(), table.c.ruled_at.desc(), table.c.kind)
            ).all()
        return tuple(
            RulingView(
                row.kind,
                row.number,
                row.holds,
                None if row.at is None else from_timestamp(row.at),
                row.reason,
                row.ruled_by,
                row.seconded_by,
                from_timestamp(row.ruled_at),
            )
            for row in rows
        )

    def is_void(self, place: Place) -> bool:
        """Whether a sale was declared void and not restored since."""
        last = next((ruling for ruling in self.of_sale(place) if ruling.kind == VOID), None)
        return last is not None and last.holds

    def undecided(self) -> tuple[Straddling, ...]:
        """Sales that may lie on either side of a change, and whose time nobody decided yet."""
        sale, rating, ruling = table_of(Sale), table_of(Rating), table_of(Ruling)
        decided = and_(*(ruling.c[name] == sale.c[name] for name in PLACE), ruling.c.kind == TIME)
        query = (
            select(
                *(sale.c[name] for name in PLACE),
                sale.c.hash,
                sale.c.account,
                sale.c.service,
                sale.c.amount,
                sale.c.stamped_at,
                sale.c.not_before,
                sale.c.not_after,
                rating.c.difference,
                rating.c.counted_at,
            )
            .join(rating, and_(*(rating.c[name] == sale.c[name] for name in PLACE)))
            .where(rating.c.straddles, ~select(ruling.c.node).where(decided).exists())
            .order_by(sale.c.stamped_at.desc(), *(sale.c[name] for name in PLACE))
            .limit(SHOWN)
        )
        with self._database.reading() as session:
            rows = session.execute(query).all()
        return tuple(
            Straddling(
                node=row.node,
                epoch=row.epoch,
                branch=row.branch,
                seq=row.seq,
                txn_id=txn_id(bytes(row.hash)),
                account=row.account,
                service=row.service,
                amount=Money(row.amount),
                difference=Money(row.difference),
                stamped_at=from_timestamp(row.stamped_at),
                not_before=from_timestamp(row.not_before),
                not_after=from_timestamp(row.not_after),
                counted_at=from_timestamp(row.counted_at),
            )
            for row in rows
        )

    def _rule(
        self,
        place: Place,
        kind: str,
        *,
        holds: bool,
        at: datetime | None,
        by: str,
        reason: str,
        second: Credential | None,
    ) -> None:
        reason = check_reason(reason)
        sale = self._sale(place)
        other = self._persons.second(by, second, amount=sale.amount, always=kind == VOID)
        if at is not None and not sale.not_before <= to_timestamp(at) <= sale.not_after:
            raise TimeOutOfBracket(
                earliest=from_timestamp(sale.not_before).isoformat(),
                latest=from_timestamp(sale.not_after).isoformat(),
            )
        now = to_timestamp(self._clock())
        with self._database.writing() as connection:
            _hold(connection, place)
            number, stands = _standing(connection, place, kind)
            wanted = None if at is None else to_timestamp(at)
            if stands == ((holds, wanted) if holds else None):
                raise RulesNothing
            row = Ruling(
                node=sale.node,
                epoch=sale.epoch,
                branch=sale.branch,
                seq=sale.seq,
                kind=kind,
                number=number + 1,
                holds=holds,
                at=wanted,
                account=sale.account,
                service=sale.service,
                reason=reason,
                ruled_by=by,
                seconded_by=other,
                ruled_at=now,
            )
            add(connection, Ruling, [row.model_dump()])
            pairs = Pairs()
            pairs.add(sale.account, sale.service, EVER)
            queue(connection, pairs, now)
            note_changed(connection, [sale.account])

    def _sale(self, place: Place) -> Sale:
        with self._database.reading() as session:
            found = session.get(Sale, place)
            if found is None or found.act:
                raise NoSuchSale
            return found


def _hold(connection: Connection, place: Place) -> None:
    """Let nobody else rule on the sale until the transaction ends."""
    table = table_of(Sale)
    here = (table.c[name] == value for name, value in zip(PLACE, place, strict=True))
    connection.execute(select(table.c.node).where(*here).with_for_update()).one()


def _standing(
    connection: Connection, place: Place, kind: str
) -> tuple[int, tuple[bool, int | None] | None]:
    """The number of the last ruling of the kind, and what it says; None if none holds."""
    table = table_of(Ruling)
    here = [table.c[name] == value for name, value in zip(PLACE, place, strict=True)]
    row = connection.execute(
        select(table).where(*here, table.c.kind == kind).order_by(table.c.number.desc()).limit(1)
    ).first()
    if row is None:
        return 0, None
    return row.number, (True, row.at) if row.holds else None
