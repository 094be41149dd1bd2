"""Adjustments of accounts: decided by hand, and proved from the journal.

What a person decides is one more part of the account's cumulative adjustment, with a reason and,
above a limit, a second person.  What is shown of an account are all parts with what they are
about, and every purchase through which something was applied, so that anybody can add them up.
"""

from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from yika_central.db import settlement_store as store
from yika_central.db.books import closed_through, hold_books
from yika_central.db.charge_store import guarantees
from yika_central.db.database import Database, add
from yika_central.db.make_up_store import credited
from yika_central.db.sheet_changes import note_changed
from yika_central.db.tables import Account, AccountMeter, QuantityEntry, table_of
from yika_central.domain.months import booked, month_of
from yika_central.services.adjustment_views import (
    AccountAdjustment,
    Outstanding,
    applications_of,
    balances,
    parts_of,
    quantities_left,
    quantities_of,
)
from yika_central.services.settlement import BY_HAND, TRANSFER, Batch
from yika_central.services.staff import Credential
from yika_central.services.two_persons import TwoPersons, check_reason
from yika_common.clock import Clock, to_timestamp
from yika_common.errors import N_, YikaError
from yika_common.journal.bodies import FIGURE_MAX
from yika_common.numbers import Money, Quantity, money_to_text, quantity_to_text

NO_MONEY = Money(0)
SHOWN = 500
"""Rows of a list at most."""


class NoSuchAccount(YikaError):
    """Nobody has opened the account, as far as headquarters knows."""

    code = "no_such_account"
    sentence = N_(
        "Headquarters knows no account %(account)s. Nothing was changed. Correct the number, or "
        "wait until the vending point that opened it has synced."
    )


class NoSuchSlot(YikaError):
    """The account's card has no meter in that place."""

    code = "no_such_slot"
    sentence = N_(
        "Account %(account)s has no meter in slot %(slot)s. Nothing was changed. Choose one of "
        "its meters."
    )


class AdjustsNothing(YikaError):
    """An adjustment by nothing, or by more than a record can say."""

    code = "adjusts_nothing"
    sentence = N_(
        "An adjustment is neither 0 nor beyond what a receipt can show. Nothing was changed. "
        "Correct the amount."
    )


class SameAccount(YikaError):
    """A transfer from an account to itself."""

    code = "same_account"
    sentence = N_(
        "%(account)s is the account that the money is taken from. Nothing was changed. Type "
        "another one."
    )


class TransfersTooMuch(YikaError):
    """More is to be moved than the account has outstanding."""

    code = "transfers_too_much"
    sentence = N_(
        "Account %(account)s has %(left)s outstanding to its favour, and no more is moved. "
        "Nothing was changed. Correct the amount."
    )


class PaysOutTooMuch(YikaError):
    """Money is to be paid for more than is still owed to a meter, or for nothing."""

    code = "pays_out_too_much"
    sentence = N_(
        "%(left)s is still owed to that meter of account %(account)s, and money is paid for no "
        "more than that, typed below zero. Nothing was changed. Correct it."
    )


class Adjustments:
    """Adjusts accounts by hand, and shows what became of every adjustment."""

    def __init__(
        self, database: Database, persons: TwoPersons, clock: Clock, zone: ZoneInfo
    ) -> None:
        self._database = database
        self._persons = persons
        self._clock = clock
        self._zone = zone

    @property
    def limit(self) -> Money:
        """The money above which a second person is needed."""
        return Money(self._persons.limit)

    def adjust(
        self,
        account: str,
        amount: Money,
        *,
        by: str,
        reason: str,
        second: Credential | None = None,
    ) -> Money:
        """Add to an account's adjustment, above zero to the customer's favour; the new total.

        Raises:
            AdjustsNothing, ReasonMissing, NoSuchAccount: nothing was changed.
            SecondPersonMissing, SecondPersonWrong, SamePersonTwice, NotABookkeeper: likewise.
        """
        reason = check_reason(reason)
        if not 0 < abs(amount) <= FIGURE_MAX:
            raise AdjustsNothing
        other = self._persons.second(by, second, amount=amount)
        at = self._clock()
        with self._database.writing() as connection:
            hold_books(connection)
            check_account(connection, account)
            batch = Batch(connection, at, self._zone)
            entry = {
                "account": account,
                "kind": BY_HAND,
                "amount": int(amount),
                "reason": reason,
                "made_by": by,
                "seconded_by": other,
            }
            batch.enter([entry | batch.booking(month_of(at, self._zone))])
            note_changed(connection, [account])
            return Money(store.heads(connection, [account])[account].total)

    def transfer(
        self,
        account: str,
        to: str,
        amount: Money,
        *,
        by: str,
        reason: str,
        second: Credential | None,
    ) -> None:
        """Move what is outstanding from one account to another, both in one transaction.

        For money that was paid in, or adjusted, for the wrong account; always with a second
        person.  Credit that is on a card, or in a meter, is not moved by this.

        Raises:
            TransfersTooMuch, SameAccount, ReasonMissing, NoSuchAccount: nothing was changed.
            SecondPersonMissing, SecondPersonWrong, SamePersonTwice, NotABookkeeper: likewise.
        """
        reason = check_reason(reason)
        if to == account:
            raise SameAccount(account=account[:40])
        other = self._persons.second(by, second, always=True)
        at = self._clock()
        with self._database.writing() as connection:
            hold_books(connection)
            for one in (account, to):
                check_account(connection, one)
            total = store.heads(connection, [account]).get(account, store.Head()).total
            left = total - store.applied(connection, account)
            if not 0 < amount <= left:
                raise TransfersTooMuch(account=account, left=money_to_text(Money(max(left, 0))))
            batch = Batch(connection, at, self._zone)
            common = {"kind": TRANSFER, "made_by": by, "seconded_by": other}
            common |= batch.booking(month_of(at, self._zone))
            sides = (
                (account, -amount, f"→ {to}: {reason}"),
                (to, amount, f"← {account}: {reason}"),
            )
            batch.enter(
                [
                    common | {"account": one, "amount": int(moved), "reason": why}
                    for one, moved, why in sides
                ]
            )
            note_changed(connection, [account, to])

    def adjust_quantity(
        self,
        account: str,
        slot: int,
        amount: Quantity,
        *,
        by: str,
        reason: str,
        second: Credential | None,
        instead: Money = NO_MONEY,
    ) -> Quantity:
        """Add to the adjustment of a meter's quantity, always with a second person; the new total.

        ``instead`` is the money that the customer gets for a quantity that is still owed to the
        meter, and is owed no more; both are entered, or neither.

        Raises:
            AdjustsNothing, ReasonMissing, NoSuchAccount, NoSuchSlot: nothing was changed.
            PaysOutTooMuch: likewise; that much is not owed.
            SecondPersonMissing, SecondPersonWrong, SamePersonTwice, NotABookkeeper: likewise.
        """
        reason = check_reason(reason)
        if not 0 < abs(amount) <= FIGURE_MAX:
            raise AdjustsNothing
        other = self._persons.second(by, second, always=True)
        at = self._clock()
        table = table_of(QuantityEntry)
        with self._database.writing() as connection:
            hold_books(connection)
            check_account(connection, account)
            service = _service(connection, account, slot)
            if instead:
                of = (slot, amount)
                self._pay_instead(connection, account, of, instead, (by, other), reason)
            here = (table.c.account == account, table.c.slot == slot)
            number, total = connection.execute(
                select(
                    func.coalesce(func.max(table.c.number), 0),
                    func.coalesce(func.sum(table.c.amount), 0),
                ).where(*here)
            ).one()
            row = QuantityEntry(
                account=account,
                slot=slot,
                number=number + 1,
                service=service,
                amount=int(amount),
                month=booked(month_of(at, self._zone), closed_through(connection)),
                reason=reason,
                made_by=by,
                seconded_by=other,
                made_at=to_timestamp(at),
            )
            add(connection, QuantityEntry, [row.model_dump()])
            note_changed(connection, [account])
        return Quantity(int(total) + amount)

    def _pay_instead(
        self,
        connection: Connection,
        account: str,
        of: tuple[int, Quantity],
        money: Money,
        persons: tuple[str, str],
        reason: str,
    ) -> None:
        """Enter the money for a quantity that is owed to a slot's meter, and is no more."""
        slot, amount = of
        left = quantities_left(connection, account).get(slot, 0)
        if not 0 < -amount <= left or not 0 < money <= FIGURE_MAX:
            raise PaysOutTooMuch(account=account, left=quantity_to_text(Quantity(max(left, 0))))
        at = self._clock()
        batch = Batch(connection, at, self._zone)
        entry = {
            "account": account,
            "kind": BY_HAND,
            "amount": int(money),
            "reason": reason,
            "made_by": persons[0],
            "seconded_by": persons[1],
        }
        batch.enter([entry | batch.booking(month_of(at, self._zone))])

    def account(self, account: str) -> AccountAdjustment:
        """All about an account's adjustment, newest parts first.

        Raises:
            NoSuchAccount: headquarters does not know it.
        """
        with self._database.reading() as session:
            connection = session.connection()
            area = check_account(connection, account)
            head = store.heads(connection, [account]).get(account, store.Head())
            meter = table_of(AccountMeter)
            meters = connection.execute(
                select(meter.c.slot, meter.c.service, meter.c.meter)
                .where(meter.c.account == account)
                .order_by(meter.c.slot)
            ).all()
            return AccountAdjustment(
                account=account,
                area=area,
                number=head.number,
                total=Money(head.total),
                parts=parts_of(session, account),
                applications=applications_of(session, account),
                quantities=quantities_of(session, account),
                credited=credited(connection, account),
                meters=tuple((row.slot, row.service, row.meter) for row in meters),
                guarantees=tuple(guarantees(connection, [account])),
            )

    def listed(self, *, open_only: bool = True) -> tuple[Outstanding, ...]:
        """Accounts with an adjustment, those with most outstanding first."""
        with self._database.reading() as session:
            rows = balances(session)
        lines = [
            Outstanding(
                row.account,
                row.area or "",
                row.number or 0,
                Money(int(row.total or 0)),
                Money(int(row.applied or 0)),
            )
            for row in rows
        ]
        shown = [line for line in lines if line.left or not open_only]
        return tuple(sorted(shown, key=lambda line: (-abs(line.left), line.account))[:SHOWN])


def check_account(connection: Connection, account: str) -> str:
    """The area of an account that headquarters knows.

    Raises:
        NoSuchAccount: it does not.
    """
    table = table_of(Account)
    row = connection.execute(select(table.c.area).where(table.c.account == account)).first()
    if row is None:
        raise NoSuchAccount(account=account[:40])
    return str(row.area)


def _service(connection: Connection, account: str, slot: int) -> str:
    table = table_of(AccountMeter)
    row = connection.execute(
        select(table.c.service).where(table.c.account == account, table.c.slot == slot)
    ).first()
    if row is None:
        raise NoSuchSlot(account=account, slot=slot)
    return str(row.service)
