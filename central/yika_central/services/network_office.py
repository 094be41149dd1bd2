"""The network office: what went into each part of the network, and what was sold out of it.

A branch is what lies behind one district meter: a feeder, a transformer, a district of the water
mains.  A customer's meter hangs on one branch; a branch may be fed by another.  Two readings of a
branch's district meter bound an interval: what went in is their difference, what was sold and used
is that of the meters on it and on all branches below.  The rest was lost on the way, or taken.
"""

import csv
import io
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from yika_central.db import network_store as store
from yika_central.db.database import Database, add, hold_office
from yika_central.db.suspense import BATCH
from yika_central.db.tables import Meter, NetworkBranch, NetworkReading, table_of
from yika_central.services.network_tree import (
    READINGS_SHOWN,
    BranchStatement,
    BranchView,
    Tree,
    branch_views,
    goes_on,
    reading_views,
)
from yika_central.services.two_persons import check_reason
from yika_common.clock import Clock, to_timestamp
from yika_common.errors import N_, Phrase, YikaError
from yika_common.numbers import MAGNITUDE_MAX, Quantity
from yika_common.services import Service

METERS_SHOWN: Final = 500
BRANCHES_MAX: Final = 5_000
DEPTH_MAX: Final = 8
HUNG_MAX: Final = 100_000
_NAME_MAX = 60

_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,15}", re.ASCII)
_METER = re.compile(r"[0-9]{12}", re.ASCII)


class BranchRefused(YikaError):
    """A branch whose terms make no sense."""

    code = "branch_refused"
    sentence = N_(
        "The branch was not entered: “%(field)s” has no value that makes sense here. Correct it."
    )


class BranchTaken(YikaError):
    """There is a branch of that code."""

    code = "branch_taken"
    sentence = N_("There is a branch %(branch)s already. Nothing was entered. Give another code.")


class NoSuchBranch(YikaError):
    """There is no branch of that code."""

    code = "no_such_branch"
    sentence = N_("There is no branch %(branch)s. Nothing was changed. Check its code.")


class HangingListMalformed(YikaError):
    """A list of meters and branches that can't be used."""

    code = "hanging_list_malformed"
    sentence = N_(
        "The list of meters can't be used: %(why)s. No meter was hung anywhere. Correct it and "
        "give the whole list again."
    )


class NotHung(YikaError):
    """A meter that can't hang on the branch."""

    code = "meters_not_hung"
    sentence = N_(
        "Meter %(meter)s can't hang on branch %(branch)s: %(why)s. No meter was hung anywhere. "
        "Correct it and give the whole list again."
    )


class DistrictReadingRefused(YikaError):
    """A reading of a district meter that can't follow those that are known."""

    code = "district_reading_refused"
    sentence = N_(
        "The reading was not entered: “%(field)s” can't follow the reading before it. What was "
        "entered before stands. Correct it, or take the newest reading back first."
    )


class NoSuchReading(YikaError):
    """The reading is not the newest, or does not hold any more."""

    code = "no_such_district_reading"
    sentence = N_(
        "That is not the newest reading of the branch any more. Nothing was changed. Look at the "
        "page again."
    )


@dataclass(frozen=True, slots=True)
class NewBranch:
    """A branch to be entered; ``parent`` is the code of what feeds it, empty: nothing measured."""

    code: str
    service: str
    name: str
    parent: str = ""


class NetworkOffice:
    """Keeps the network's tree and its district meters' readings, and compares them with sales."""

    def __init__(self, database: Database, clock: Clock, zone: ZoneInfo) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone

    def tree(self, service: str = "") -> tuple[BranchView, ...]:
        """The branches of a service or of all, each after what feeds it."""
        with self._database.reading() as session:
            connection = session.connection()
            tree = Tree(store.branches(connection, service))
            return tuple(branch_views(connection, tree, [code for code, _ in tree.walk()]))

    def statement(self, code: str, *, after: str = "") -> BranchStatement:
        """A branch and what is known of it; its meters above a number.

        Raises:
            NoSuchBranch: there is none.
        """
        with self._database.reading() as session:
            connection = session.connection()
            tree = Tree(store.branches(connection))
            if code not in tree.rows:
                raise NoSuchBranch(branch=code[:16])
            view, *feeds = branch_views(connection, tree, [code, *tree.below[code]])
            rows = store.readings(connection, code, READINGS_SHOWN + 1)
            return BranchStatement(
                view,
                tuple(feeds),
                tuple(reading_views(connection, tree, code, rows)),
                tuple(store.meters_on(connection, code, after, METERS_SHOWN)),
            )

    def enter(self, new: NewBranch, *, by: str) -> str:
        """Enter a branch; its code.  What feeds it can't be changed later.

        Raises:
            BranchRefused, BranchTaken, NoSuchBranch: nothing was entered.
        """
        code, name = new.code.strip().upper(), new.name.strip()
        if not _CODE.fullmatch(code):
            raise BranchRefused(field=Phrase("Code"))
        if not 0 < len(name) <= _NAME_MAX or not name.isprintable():
            raise BranchRefused(field=Phrase("Name"))
        if new.service not in list(Service):
            raise BranchRefused(field=Phrase("Service"))
        parent = new.parent.strip().upper()
        with self._database.writing() as connection:
            hold_office(connection)
            tree = Tree(store.branches(connection))
            if code in tree.rows:
                raise BranchTaken(branch=code)
            if parent:
                _check_feeds(tree, parent, new.service)
            if len(tree.rows) >= BRANCHES_MAX:
                raise BranchRefused(field=Phrase("Code"))
            row = {
                "branch": code,
                "service": new.service,
                "name": name,
                "parent": parent,
                "entered_by": by,
                "entered_at": to_timestamp(self._clock()),
            }
            add(connection, NetworkBranch, [row])
        return code

    def hang(self, meters: Mapping[str, str], *, by: str) -> int:
        """Hang meters onto branches from now on, by code (empty: onto none); how many moved.

        The first branch of a meter counts as far back as its sales go.

        Raises:
            HangingListMalformed, NotHung, NoSuchBranch: no meter was hung anywhere.
        """
        wanted = {meter: code.upper() for meter, code in meters.items()}
        if len(wanted) > HUNG_MAX:
            raise HangingListMalformed(why=Phrase("it names more than %(most)s", most=HUNG_MAX))
        with self._database.writing() as connection:
            hold_office(connection)
            tree = Tree(store.branches(connection))
            services = _services(connection, wanted)
            for meter, code in wanted.items():
                if code and code not in tree.rows:
                    raise NoSuchBranch(branch=code[:16])
                if meter not in services:
                    why = Phrase("there is no such meter in stock")
                    raise NotHung(meter=meter[:12], branch=code, why=why)
                if code and services[meter] != tree.rows[code]["service"]:
                    why = Phrase("it measures something else")
                    raise NotHung(meter=meter, branch=code, why=why)
            return store.hang(connection, wanted, to_timestamp(self._clock()), by)

    def read(
        self,
        code: str,
        day: date | None,
        reading: Quantity,
        begins: Quantity | None = None,
        *,
        by: str,
    ) -> None:
        """Note what a branch's district meter showed as a day began.

        Args:
            code: the branch.
            day: of the utility; after the newest reading's, and not in the future.
            reading: the figure, at least that of the reading before.
            begins: what a meter that took its place that day begins with.
            by: who enters it.

        Raises:
            DistrictReadingRefused, NoSuchBranch: nothing was entered.
        """
        now = self._clock()
        if day is None or day > now.astimezone(self._zone).date():
            raise DistrictReadingRefused(field=Phrase("Day"))
        at = to_timestamp(datetime.combine(day, datetime.min.time(), self._zone))
        with self._database.writing() as connection:
            hold_office(connection)
            if code not in Tree(store.branches(connection)).rows:
                raise NoSuchBranch(branch=code[:16])
            before = next(iter(store.readings(connection, code, 1)), None)
            if before is not None and at <= before["read_at"]:
                raise DistrictReadingRefused(field=Phrase("Day"))
            least = 0 if before is None else goes_on(before)
            if not least <= reading <= MAGNITUDE_MAX:
                raise DistrictReadingRefused(field=Phrase("Reading"))
            if begins is not None and not 0 <= begins <= MAGNITUDE_MAX:
                raise DistrictReadingRefused(field=Phrase("New meter begins with"))
            row = {
                "branch": code,
                "number": store.next_reading(connection, code),
                "read_at": at,
                "reading": reading,
                "begins": begins,
                "entered_by": by,
                "entered_at": to_timestamp(now),
                "withdrawn_by": "",
                "reason": "",
            }
            add(connection, NetworkReading, [row])

    def take_back(self, code: str, number: int, *, by: str, reason: str) -> None:
        """Let the newest reading of a branch count no more; it stays in the books.

        Raises:
            NoSuchReading, ReasonMissing: nothing was changed.
        """
        reason = check_reason(reason)
        with self._database.writing() as connection:
            hold_office(connection)
            newest = next(iter(store.readings(connection, code, 1)), None)
            if newest is None or newest["number"] != number:
                raise NoSuchReading
            store.withdraw(connection, code, number, by, reason)


def read_hanging_list(text: str) -> dict[str, str]:
    """Meters and their branches of a CSV list: ``meter,branch``, that heading allowed.

    An empty branch takes the meter off.

    Raises:
        HangingListMalformed: names the first line that is wrong.
    """
    found: dict[str, str] = {}
    for line, row in enumerate(csv.reader(io.StringIO(text)), start=1):
        if not row or (line == 1 and row[0] == "meter"):
            continue
        if len(row) != 2 or not _METER.fullmatch(row[0]):  # noqa: PLR2004 - the two columns
            raise HangingListMalformed(
                why=Phrase("line %(line)s is not “meter,branch”", line=line)
            )
        if found.setdefault(row[0], row[1].strip().upper()) != row[1].strip().upper():
            raise HangingListMalformed(why=Phrase("it names meter %(meter)s twice", meter=row[0]))
    return found


def _check_feeds(tree: Tree, parent: str, service: str) -> None:
    if parent not in tree.rows:
        raise NoSuchBranch(branch=parent[:16])
    if tree.rows[parent]["service"] != service or tree.depth(parent) + 1 >= DEPTH_MAX:
        raise BranchRefused(field=Phrase("Fed by"))


def _services(connection: Connection, meters: Collection[str]) -> dict[str, str]:
    """What each of these meters in stock measures."""
    table, wanted = table_of(Meter), sorted(meters)
    found: dict[str, str] = {}
    for start in range(0, len(wanted), BATCH):
        query = select(table.c.meter, table.c.service).where(
            table.c.meter.in_(wanted[start : start + BATCH])
        )
        found |= {row.meter: row.service for row in connection.execute(query)}
    return found
