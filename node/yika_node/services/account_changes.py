"""Changing many accounts at once: each line as a supervisor would do it on the account's page."""

from collections.abc import Sequence
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from yika_common.clock import Clock
from yika_common.errors import YikaError
from yika_common.journal.body import Body
from yika_node.db.journal import Draft, Journal, Position
from yika_node.services import change_table as table
from yika_node.services.account_desk import AccountDesk, person_of_form
from yika_node.services.account_import import TwiceInFile
from yika_node.services.account_life import AccountLife
from yika_node.services.amendments import Amendments
from yika_node.services.card_errors import checked_reason
from yika_node.services.change_table import Changed
from yika_node.services.facts_texts import facts_of, texts_of
from yika_node.services.life_errors import AccountClosed, UsedSince
from yika_node.services.table_file import TableLine, read_table
from yika_node.services.views import Account

BATCH: Final = 500
"""Lines that one commit does."""

_STAYS: Final = (table.ChangedSince, UsedSince, AccountClosed)
"""Why a line is left out, and the others are done all the same."""


class ChangeRow(NamedTuple):
    """A line: what it changes, or why it does not; ``done``: it was done just now.

    ``withdrawn``: the account is taken back as opened by mistake.
    """

    line: int
    account: str
    changes: tuple[Changed, ...] = ()
    withdrawn: bool = False
    problem: YikaError | None = None
    done: bool = False

    @property
    def stays(self) -> bool:
        """Whether something happened since, and the line is left out for it."""
        return isinstance(self.problem, _STAYS)


class Planned(NamedTuple):
    """A line, what it comes to, and the records that do it; none: nothing is done."""

    row: ChangeRow
    line: TableLine
    bodies: list[Body]


class AccountChanges:
    """Tries tables of changes, and does what they say."""

    def __init__(
        self,
        journal: Journal,
        accounts: AccountDesk,
        life: AccountLife,
        amendments: Amendments,
        zone: ZoneInfo,
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._accounts = accounts
        self._life = life
        self._amendments = amendments
        self._zone = zone
        self._clock = clock

    def tried(self, data: bytes, reason: str) -> tuple[ChangeRow, ...]:
        """What each line would change; nothing is.

        Raises:
            TableUnreadable, ReasonMissing: nothing can be tried.
            VaultLocked, KeysNotHeld, NotEnrolled: nothing can be told.
        """
        return tuple(line.row for line in self._planned(data, reason))

    def change(self, operator: str, data: bytes, reason: str) -> tuple[ChangeRow, ...]:
        """Do what the lines say; gives them as they are now.

        Raises:
            LinesWrong, TableUnreadable, ReasonMissing: nothing was changed.
            ChangedSince, UsedSince, AccountClosed: somebody did something with an account just
                now; what was changed stands, and the table can be given again.
            VaultLocked, KeysNotHeld, NodeRestored, DiskFull: what was changed stands; the table
                can be given again, and changes the rest.
        """
        planned = self._planned(data, reason)
        rows = [line.row for line in planned]
        wrong = sum(1 for row in rows if row.problem is not None and not row.stays)
        if wrong:
            raise table.LinesWrong(count=wrong)
        with_work = [line for line in planned if line.bodies]
        for start in range(0, len(with_work), BATCH):
            some = with_work[start : start + BATCH]
            drafts = [draft for line in some for draft in self._drafts(line, reason)]
            self._journal.append(drafts, at=self._clock(), operator=operator)
        return tuple(self._now(line.row) if line.bodies else line.row for line in planned)

    def undo_table(self, rows: Sequence[ChangeRow]) -> bytes:
        """The table that takes back what was changed just now; empty: nothing can be."""
        done = [(row.account, row.changes) for row in rows if row.done and row.changes]
        return table.undo_table(done) if done else b""

    def _drafts(self, planned: Planned, reason: str) -> list[Draft]:
        """A line's records, made only if it would change what it was shown to change."""
        row, line, bodies = planned

        def first(_position: Position) -> Body:
            # Where nobody else writes: a long table takes seconds to be looked through.
            bare = ChangeRow(row.line, row.account)
            now, bodies[:] = self._plan(bare, line, reason, {})
            if now.changes != row.changes:
                raise table.ChangedSince(field=row.changes[0].field, account=row.account)
            return bodies[0]

        return [first, *(lambda _position, nth=nth: bodies[nth] for nth in range(1, len(bodies)))]

    def _now(self, row: ChangeRow) -> ChangeRow:
        """The row with the values as they are known from now on."""
        known = self._known(self._accounts.get(row.account))
        changes = (change._replace(after=known[change.field]) for change in row.changes)
        return row._replace(changes=tuple(changes), done=True)

    def _planned(self, data: bytes, reason: str) -> list[Planned]:
        checked_reason(reason)
        seen: dict[str, int] = {}
        planned = []
        for line in read_table(data, table.fits):
            row, bodies = ChangeRow(line.number, line.fields[table.ACCOUNT]), list[Body]()
            try:
                if row.account in seen:
                    raise table.AccountTwice(line=seen[row.account])
                seen[row.account] = line.number
                row, bodies = self._plan(row, line, reason, seen)
            except YikaError as problem:
                row = row._replace(problem=problem)
            planned.append(Planned(row, line, bodies))
        return planned

    def _plan(
        self, row: ChangeRow, line: TableLine, reason: str, seen: dict[str, int]
    ) -> tuple[ChangeRow, list[Body]]:
        account, wanted = self._accounts.get(row.account), table.wanted_of(line.fields)
        if status := line.fields.get(table.STATUS):
            if status != table.WITHDRAWN or wanted:
                raise table.ChangeUnusable(column=table.STATUS)
            return row._replace(withdrawn=True), [self._life.withdrawal(row.account, reason)]
        known = self._known(account)
        table.check_known(line.fields, known)
        changes = [Changed(name, known[name], text) for name, text in wanted.items()]
        changes = [change for change in changes if change.before != change.after]
        bodies = self._bodies(row.account, known | wanted, {one.field for one in changes}, reason)
        for body in bodies:
            premises = getattr(body, "premises", "")
            if premises and _moves(changes):
                if premises in seen:
                    raise TwiceInFile(line=seen[premises])
                seen[premises] = line.number
        return row._replace(changes=tuple(changes)), bodies

    def _bodies(
        self, number: str, texts: dict[str, str], fields: set[str], reason: str
    ) -> list[Body]:
        """The records that make the account be what the texts say."""
        bodies: list[Body] = []
        if fields & {*table.PERSON}:
            names = (name for name in table.PERSON if name != "community")
            person = person_of_form(**{name: texts[name] for name in names})
            bodies.append(self._life.corrected(number, person, texts["community"], reason))
        if fields - {*table.PERSON}:
            form = facts_of(texts | {"reason": reason}, self._zone)
            bodies.append(self._amendments.amendment(number, form))
        return bodies

    def _known(self, account: Account) -> dict[str, str]:
        """What is known of the account, as it would stand in a table."""
        person = account.person
        texts = {
            name: "" if person is None else getattr(person, name)
            for name in table.PERSON
            if name != "community"
        }
        return texts | {"community": account.community} | texts_of(account, self._zone)


def _moves(changes: Sequence[Changed]) -> bool:
    where = {"address", "building", "unit", "room", "community"}
    return any(change.field in where for change in changes)
