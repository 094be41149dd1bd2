"""Persons who may work at vending points: entered, changed, revoked, and looked through.

Nobody is deleted, and every change is kept with who made it and why.  Once a quarter somebody
looks at each person's rights and says that they are still right; who has not been looked at for
longer is shown first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, update

from yika_central.db.database import Database, add, hold_office, put
from yika_central.db.tables import (
    ListedPerson,
    ListedPersonNode,
    Node,
    PersonChange,
    table_of,
)
from yika_central.services.two_persons import check_reason
from yika_common.clock import Clock, to_timestamp
from yika_common.errors import N_, Phrase, YikaError
from yika_common.journal.staff_bodies import STAFF_NUMBER_MAX
from yika_common.sync.person_list import LEVELS, NAME_MAX

QUARTER_S = 92 * 86_400
CHANGES_SHOWN = 200
ENTERED, CHANGED, REVOKED = "entered", "changed", "revoked"
RESTORED, CERTIFIED = "restored", "certified"


class PersonRefused(YikaError):
    """A person whose data make no sense."""

    code = "person_refused"
    sentence = N_(
        "Nothing was changed: “%(field)s” has no value that makes sense here. Correct it."
    )


class PersonNumberTaken(YikaError):
    """Another person has the staff number."""

    code = "person_number_taken"
    sentence = N_(
        "Staff number %(number)s is that of %(name)s. Nothing was changed. Change that person, or "
        "look at the number."
    )


class NoSuchPerson(YikaError):
    """Nobody has the staff number."""

    code = "no_such_person"
    sentence = N_("Nobody has staff number %(number)s. Nothing was changed. Look at the list.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonTerms:
    """What a person may do: the most, where, and until which second (0: no end)."""

    name: str
    level: str
    nodes: tuple[str, ...]
    until: int = 0


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person as the list shows him."""

    number: str
    name: str
    level: str
    nodes: tuple[str, ...]
    valid_until: int
    entered_at: int
    revoked_at: int | None
    certified_by: str
    certified_at: int | None
    due: bool
    """Nobody has looked at this person's rights for a quarter."""


class PersonOffice:
    """Keeps the persons; vending points hear of a change at their next contact."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def enter(self, number: str, terms: PersonTerms, *, by: str, reason: str) -> None:
        """Enter a person.

        Raises:
            PersonRefused, PersonNumberTaken, ReasonMissing: nobody was entered.
        """
        reason, number = check_reason(reason), number.strip()
        _demand(Phrase("Staff number"), _is_text(number, STAFF_NUMBER_MAX))
        at = to_timestamp(self._clock())
        with self._database.writing() as connection:
            hold_office(connection)
            _check(connection, terms, at)
            found = _row(connection, number)
            if found is not None:
                raise PersonNumberTaken(number=number, name=found["name"])
            row = ListedPerson(
                number=number,
                name=terms.name,
                level=terms.level,
                valid_until=terms.until,
                entered_by=by,
                entered_at=at,
            )
            add(connection, ListedPerson, [row.model_dump()])
            _place(connection, number, terms.nodes)
            _note(connection, number, ENTERED, by, reason, at)

    def change(self, number: str, terms: PersonTerms, *, by: str, reason: str) -> None:
        """Give a person another name, level, vending points or time.

        Raises:
            NoSuchPerson, PersonRefused, ReasonMissing: nothing was changed.
        """
        reason, at = check_reason(reason), to_timestamp(self._clock())
        with self._database.writing() as connection:
            hold_office(connection)
            _known(connection, number)
            _check(connection, terms, at)
            _set(
                connection,
                number,
                name=terms.name,
                level=terms.level,
                valid_until=terms.until,
            )
            _place(connection, number, terms.nodes)
            _note(connection, number, CHANGED, by, reason, at)

    def revoke(self, number: str, *, by: str, reason: str) -> None:
        """Let a person work nowhere any more.

        Raises:
            NoSuchPerson, ReasonMissing: nothing was changed.
        """
        self._end(number, to_timestamp(self._clock()), REVOKED, by, reason)

    def restore(self, number: str, *, by: str, reason: str) -> None:
        """Let a person who was revoked work again, as before.

        Raises:
            NoSuchPerson, ReasonMissing: nothing was changed.
        """
        self._end(number, None, RESTORED, by, reason)

    def certify(self, number: str, *, by: str) -> None:
        """Say that a person's rights are still right.

        Raises:
            NoSuchPerson: nothing was changed.
        """
        at = to_timestamp(self._clock())
        with self._database.writing() as connection:
            hold_office(connection)
            _known(connection, number)
            _set(connection, number, certified_by=by, certified_at=at)
            _note(connection, number, CERTIFIED, by, "", at)

    def listed(self) -> tuple[PersonView, ...]:
        """Everybody; whose rights are due to be looked at comes first, then by number."""
        person, place = table_of(ListedPerson), table_of(ListedPersonNode)
        now = to_timestamp(self._clock())
        with self._database.reading() as session:
            nodes: dict[str, list[str]] = {}
            places = select(place.c.number, place.c.node).where(place.c.ended == 0)
            for number, node in session.execute(places.order_by(*place.primary_key)):
                nodes.setdefault(number, []).append(node)
            rows = session.execute(select(person).order_by(person.c.number)).all()
        views = [
            PersonView(
                row.number,
                row.name,
                row.level,
                tuple(nodes.get(row.number, ())),
                row.valid_until,
                row.entered_at,
                row.revoked_at,
                row.certified_by,
                row.certified_at,
                row.revoked_at is None and now - (row.certified_at or row.entered_at) > QUARTER_S,
            )
            for row in rows
        ]
        return tuple(sorted(views, key=lambda view: (not view.due, view.number)))

    def person(self, number: str) -> PersonView:
        """One of them.

        Raises:
            NoSuchPerson: there is none.
        """
        found = next((view for view in self.listed() if view.number == number), None)
        if found is None:
            raise NoSuchPerson(number=number)
        return found

    def changes(self, number: str = "") -> Sequence[PersonChange]:
        """The newest changes of one person, or of all, newest first."""
        table = table_of(PersonChange)
        query = select(table).order_by(table.c.at.desc(), table.c.number, table.c.nth.desc())
        if number:
            query = query.where(table.c.number == number)
        with self._database.reading() as session:
            rows = session.execute(query.limit(CHANGES_SHOWN)).mappings().all()
        return [PersonChange(**row) for row in rows]

    def _end(self, number: str, ended: int | None, what: str, by: str, reason: str) -> None:
        reason, at = check_reason(reason), to_timestamp(self._clock())
        with self._database.writing() as connection:
            hold_office(connection)
            _known(connection, number)
            _set(connection, number, revoked_at=ended)
            _note(connection, number, what, by, reason, at)


def _check(connection: Connection, terms: PersonTerms, now: int) -> None:
    _demand(Phrase("Name"), _is_text(terms.name, NAME_MAX))
    _demand(Phrase("Level"), terms.level in LEVELS)
    _demand(Phrase("Valid until"), not terms.until or terms.until > now)
    table = table_of(Node)
    known = set(
        connection.execute(select(table.c.node).where(table.c.node.in_(terms.nodes))).scalars()
    )
    _demand(Phrase("Vending points"), bool(terms.nodes) and known == set(terms.nodes))


def _demand(field: Phrase, good: bool) -> None:  # noqa: FBT001 - said of the field before it
    if not good:
        raise PersonRefused(field=field)


def _is_text(text: str, most: int) -> bool:
    return 0 < len(text) <= most and text.isprintable() and text == text.strip()


def _row(connection: Connection, number: str) -> dict[str, Any] | None:
    table = table_of(ListedPerson)
    found = connection.execute(select(table).where(table.c.number == number)).mappings().first()
    return None if found is None else dict(found)


def _known(connection: Connection, number: str) -> dict[str, Any]:
    found = _row(connection, number)
    if found is None:
        raise NoSuchPerson(number=number)
    return found


def _set(connection: Connection, number: str, **values: object) -> None:
    table = table_of(ListedPerson)
    connection.execute(update(table).where(table.c.number == number).values(**values))


def _place(connection: Connection, number: str, nodes: Sequence[str]) -> None:
    """A point that is no more among them hears that the person may not work there."""
    table = table_of(ListedPersonNode)
    connection.execute(update(table).where(table.c.number == number).values(ended=1))
    rows = [{"number": number, "node": node, "ended": 0} for node in dict.fromkeys(nodes)]
    put(connection, ListedPersonNode, rows, ["ended"])


def _note(connection: Connection, number: str, what: str, by: str, reason: str, at: int) -> None:
    table, place = table_of(PersonChange), table_of(ListedPersonNode)
    last = connection.execute(
        select(func.max(table.c.nth)).where(table.c.number == number)
    ).scalar()
    now = _known(connection, number)
    nodes = connection.execute(
        select(place.c.node)
        .where(place.c.number == number, place.c.ended == 0)
        .order_by(place.c.node)
    ).scalars()
    row = {
        "number": number,
        "nth": (last or 0) + 1,
        "what": what,
        "level": now["level"],
        "nodes": " ".join(nodes),
        "valid_until": now["valid_until"],
        "changed_by": by,
        "reason": reason,
        "at": at,
    }
    add(connection, PersonChange, [row])
