"""Opening many accounts from a table: tried first, then opened; the same file twice opens once.

The table (:mod:`yika_node.services.table_file`) has one household a line.  A row whose meters
belong to one account already, of a holder of that name, is that account: a file may be given again
after it was cut off, or was added to.  What is wrong with a row is said in one sentence, with the
number of its line; nothing is opened while any row is wrong.  What was opened is taken back with
the table that :func:`undo_table` makes.  A file that was cut off and is given again by the same
operator within a day makes it for all that he opened of it.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from yika_common.clock import Clock
from yika_common.errors import N_, YikaError
from yika_common.numbers import quantity_from_text, scaled_from_text
from yika_common.services import SLOTS_MAX
from yika_common.sync.personal_data import Person
from yika_node.services.account_desk import AccountDesk, person_of_form
from yika_node.services.change_table import STATUS, WITHDRAWN
from yika_node.services.errors import AccountFormIncomplete, MeterTaken
from yika_node.services.table_file import read_table, written_table
from yika_node.services.views import AccountForm

BATCH: Final = 500
"""Accounts that one commit opens."""

CUT_OFF: Final = timedelta(days=1)
"""A file that was cut off is given again within it."""

PERSON: Final = (
    *("name", "phone", "address", "building", "unit", "room"),
    *("document", "contract"),
)
COLUMNS: Final = (
    *PERSON,
    *("area", "community", "tariff_class", "profile", "persons", "area_m2", "same_address"),
    *(f"meter-{place}" for place in range(1, SLOTS_MAX + 1)),
)
NEEDED: Final = frozenset({"name", "area", "tariff_class", "profile", "meter-1"})


class RowsWrong(YikaError):
    """Some rows can't be opened, so none was."""

    code = "import_rows_wrong"
    sentence = N_(
        "Rows that can't be opened as they are: %(count)s. None was opened. Correct them and try "
        "the file again."
    )


class TwiceInFile(YikaError):
    """Two rows name one meter or one address."""

    code = "import_twice"
    sentence = N_("The row has the same meter or the same address as line %(line)s.")


class Row(NamedTuple):
    """A line of the file, by its number: what it is to become, or already is, or why it can't.

    ``new``: the account was opened just now.  ``recent``: it was opened here not long before, by
    whoever opens now.
    """

    line: int
    name: str
    form: AccountForm | None
    account: str
    problem: YikaError | None
    new: bool = False
    recent: bool = False


class AccountImport:
    """Tries tables, and opens their accounts."""

    def __init__(self, accounts: AccountDesk, clock: Clock) -> None:
        self._accounts = accounts
        self._clock = clock

    def tried(self, data: bytes) -> tuple[Row, ...]:
        """What would become of each row; nothing is opened.

        Raises:
            TableUnreadable: it is no table, or too long a one.
            VaultLocked, KeysNotHeld, NotEnrolled: nothing can be told.
        """
        seen: dict[str, int] = {}
        return tuple(self._row(*line, seen) for line in read_table(data, _fits))

    def open(self, operator: str, data: bytes) -> tuple[Row, ...]:
        """Open the accounts of all rows that have none yet; gives the rows with their accounts.

        Raises:
            RowsWrong, TableUnreadable: nothing was opened.
            VaultLocked, KeysNotHeld, NodeRestored, DiskFull: what was opened stands, and is known
                as such when the file is given again.
        """
        rows = list(self.tried(data))
        wrong = sum(1 for row in rows if row.problem is not None)
        if wrong:
            raise RowsWrong(count=wrong)
        rows = [row._replace(recent=self._recent(operator, row.account)) for row in rows]
        new = [at for at, row in enumerate(rows) if row.form is not None and not row.account]
        for start in range(0, len(new), BATCH):
            places = new[start : start + BATCH]
            forms = [form for at in places if (form := rows[at].form) is not None]
            opened = self._accounts.open_all(operator, forms)
            for at, account in zip(places, opened, strict=True):
                rows[at] = rows[at]._replace(account=account.number, new=True)
        return tuple(rows)

    def _row(self, line: int, fields: Mapping[str, str], seen: dict[str, int]) -> Row:
        name = fields.get("name", "")
        try:
            form = _form(fields)
            there = self._there(form)
            if there:
                return Row(line, name, form, there, None)
            marks = {meter for _, meter in form.meters}
            premises = self._accounts.check(form)
            if premises and not form.reason:
                marks.add(premises)
            for mark in marks:
                if mark in seen:
                    raise TwiceInFile(line=seen[mark])
            seen.update(dict.fromkeys(marks, line))
        except YikaError as problem:
            return Row(line, name, None, "", problem)
        return Row(line, name, form, "", None)

    def _recent(self, operator: str, number: str) -> bool:
        """Whether the operator opened the account here within :data:`CUT_OFF`."""
        if not number:
            return False
        account = self._accounts.get(number)
        own = not account.home and account.operator == operator
        return own and not account.status and self._clock() - account.opened_at < CUT_OFF

    def _there(self, form: AccountForm) -> str:
        """The account that this row has become before; empty where there is none.

        Raises:
            MeterTaken: one of its meters is somebody else's.
        """
        holders = {meter: self._accounts.of_meter(meter) for _, meter in form.meters}
        taken = {meter: account for meter, account in holders.items() if account is not None}
        for meter, account in taken.items():
            known = self._accounts.get(account).person
            if len(taken) < len(holders) or known is None or known.name != form.person.name:
                raise MeterTaken(meter=meter, account=account)
        return next(iter(taken.values()), "") if len({*taken.values()}) == 1 else ""


def undo_table(rows: Sequence[Row]) -> bytes:
    """The table of changes that takes back what was opened now or recently; empty: nothing was."""
    opened = [(row.account, WITHDRAWN) for row in rows if row.new or row.recent]
    return written_table(("account", STATUS), opened) if opened else b""


def _fits(names: set[str]) -> bool:
    return NEEDED <= names <= {*COLUMNS}


def _form(fields: Mapping[str, str]) -> AccountForm:
    person: Person = person_of_form(**{name: fields.get(name, "") for name in PERSON})
    heated, persons = fields.get("area_m2", ""), fields.get("persons", "")
    meters = (
        (place - 1, fields.get(f"meter-{place}", "").upper()) for place in range(1, SLOTS_MAX + 1)
    )
    if not fields["tariff_class"]:
        raise AccountFormIncomplete(field="tariff_class")
    return AccountForm(
        person=person,
        area=fields["area"],
        tariff_class=fields["tariff_class"],
        profile=scaled_from_text(fields["profile"], 0),
        persons=scaled_from_text(persons, 0) if persons else 0,
        area_m2=quantity_from_text(heated) if heated else None,
        meters=tuple((slot, meter) for slot, meter in meters if meter),
        community=fields.get("community", ""),
        reason=fields.get("same_address", ""),
    )
