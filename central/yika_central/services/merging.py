"""Two accounts of one household become one: a person decides, with a second one.

Nothing of either history is touched.  From then on the surviving account stands for both: their
sales count in one quota (and are priced again so), what is outstanding and owed moves to it, each
number leads to the other one at headquarters and at every vending point of their area, and the
holder of the merged account's card is told to have it replaced.  The card goes on filling its own
meters until then: nobody is left without supply because two points opened the same flat.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from yika_central.db import duplicate_store as store
from yika_central.db.books import hold_books
from yika_central.db.database import Database, hold_office
from yika_central.db.household_store import members_of, survivors_of
from yika_central.db.notice_store import add_notice
from yika_central.db.rerate_queue import EVER, Pairs, queue
from yika_central.db.sheet_changes import note_changed
from yika_central.db.sheet_sources import sources_of
from yika_central.db.tables import Card, IssuedCard, Sale, table_of
from yika_central.domain.months import month_of
from yika_central.services.adjustments import NoSuchAccount
from yika_central.services.debt_office import next_debt_number
from yika_central.services.merged_money import move_debts
from yika_central.services.settlement import Batch
from yika_central.services.staff import Credential
from yika_central.services.two_persons import TwoPersons, check_reason
from yika_common.clock import Clock, to_timestamp
from yika_common.errors import N_, YikaError
from yika_common.sync.card_list import MESSAGE

_ZH = "本户与 {survivor} 为同一住户，已并入该户。此卡可继续使用，请到营业点换领新卡。"
_EN = "This account is one household with {survivor} and was merged into it. The card goes on working; let it be replaced."  # noqa: E501 - what a counter shows


class MergesItself(YikaError):
    """An account is to be merged into itself."""

    code = "merges_itself"
    sentence = N_("%(account)s can't be merged with itself. Nothing was changed. Choose another.")


class MergedAlready(YikaError):
    """The account was merged into another one before."""

    code = "merged_already"
    sentence = N_(
        "Account %(account)s was merged into %(survivor)s already. Nothing was changed. Go on "
        "with %(survivor)s."
    )


class AreasDiffer(YikaError):
    """Two accounts of different areas are no one's household."""

    code = "areas_differ"
    sentence = N_(
        "%(one)s and %(other)s lie in different areas, whose vending points and prices are not "
        "the same. Nothing was changed. Close the wrong one at its vending point, and transfer "
        "what is outstanding."
    )


class SurvivorClosed(YikaError):
    """A closed account can't stand for a household."""

    code = "survivor_closed"
    sentence = N_(
        "Account %(account)s is closed and nothing is sold to it. Nothing was changed. Let the "
        "other one survive."
    )


class Merging:
    """Merges accounts, and notes which are not the same."""

    def __init__(
        self, database: Database, persons: TwoPersons, clock: Clock, zone: ZoneInfo
    ) -> None:
        self._database = database
        self._persons = persons
        self._clock = clock
        self._zone = zone

    def merge(
        self, account: str, survivor: str, *, by: str, reason: str, second: Credential | None
    ) -> None:
        """Merge an account into the surviving one.

        Raises:
            MergesItself, MergedAlready, AreasDiffer, SurvivorClosed: nothing was changed.
            NoSuchAccount, ReasonMissing: likewise.
            SecondPersonMissing, SecondPersonWrong, SamePersonTwice, NotABookkeeper: likewise.
        """
        reason = check_reason(reason)
        if account == survivor:
            raise MergesItself(account=account[:40])
        other, at = self._persons.second(by, second, always=True), self._clock()
        said = {"made_by": by, "seconded_by": other, "reason": reason}
        with self._database.writing() as connection:
            hold_office(connection)
            hold_books(connection)
            _check(connection, account, survivor)
            store.join(connection, account, survivor, said | {"made_at": to_timestamp(at)})
            store.decide(
                connection,
                store.pair_of(account, survivor),
                {"state": store.MERGED, "decided_by": by, "seconded_by": other}
                | {"reason": reason, "decided_at": to_timestamp(at)},
            )
            store.repoint(connection, account, survivor)
            self._move_money(connection, account, survivor, said, at)
            _tell(connection, account, survivor, said, to_timestamp(at))

    def part(self, one: str, other: str, *, by: str, reason: str) -> None:
        """Two accounts are not one household's: they are never proposed again.

        Raises:
            MergesItself, MergedAlready, NoSuchAccount, ReasonMissing: nothing was changed.
        """
        reason, at = check_reason(reason), to_timestamp(self._clock())
        if one == other:
            raise MergesItself(account=one[:40])
        with self._database.writing() as connection:
            hold_books(connection)
            _known(connection, one, other)
            said = {"state": store.DIFFERENT, "decided_by": by, "reason": reason}
            store.decide(connection, store.pair_of(one, other), said | {"decided_at": at})

    def _move_money(
        self,
        connection: Connection,
        account: str,
        survivor: str,
        said: dict[str, str],
        at: datetime,
    ) -> None:
        """What is outstanding moves by the settlement itself, debts by entries of their own."""
        batch = Batch(connection, at, self._zone)
        batch.settle([account, survivor])
        move_debts(
            connection,
            account,
            survivor,
            first=next_debt_number(connection),
            entered=said | batch.booking(month_of(at, self._zone)),
            at=at,
            zone=self._zone,
        )


def _known(connection: Connection, *accounts: str) -> None:
    """Let both be accounts that stand for themselves."""
    known = store.opened(connection, accounts)
    for account in accounts:
        if account not in known:
            raise NoSuchAccount(account=account[:40])
    for account, survivor in sorted(survivors_of(connection, accounts).items()):
        if account != survivor:
            raise MergedAlready(account=account, survivor=survivor)


def _check(connection: Connection, account: str, survivor: str) -> None:
    _known(connection, account, survivor)
    sources = sources_of(connection, [account, survivor])
    if sources[account].account["area"] != sources[survivor].account["area"]:
        raise AreasDiffer(one=account, other=survivor)
    status = sources[survivor].status
    if status is not None and status["what"] in store.ENDS:
        raise SurvivorClosed(account=survivor)


def _tell(
    connection: Connection, account: str, survivor: str, said: dict[str, str], at: int
) -> None:
    """Price what all of them bought again, together, and let vending points know."""
    household = members_of(connection, [survivor])[survivor]
    sale = table_of(Sale)
    sold = select(sale.c.service).where(sale.c.account.in_(household)).distinct()
    pairs = Pairs()
    for service in sorted(connection.execute(sold).scalars()):
        for member in household:
            pairs.add(member, service, EVER)
    queue(connection, pairs, at)
    note_changed(connection, household)
    issued, card = table_of(IssuedCard), table_of(Card)
    newest = (
        select(issued.c.card)
        .join(card, card.c.number == issued.c.card)
        .where(issued.c.account == account)
        .order_by(issued.c.generation.desc(), issued.c.issued_at.desc())
        .limit(1)
    )
    number = connection.execute(newest).scalar()
    if number is not None:
        notice = {
            "card": number,
            "meter": "",
            "action": MESSAGE,
            "valid_until": 0,
            "zh": _ZH.format(survivor=survivor),
            "en": _EN.format(survivor=survivor),
            "reason": said["reason"],
            "created_by": said["made_by"],
            "ended_at": None,
            "ended_by": "",
        }
        add_notice(connection, notice, at)
