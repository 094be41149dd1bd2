"""Headquarters' list of persons, opened: who of the operators here is whom, and may do what.

An operator is the person whose staff number was given to him here; without one, the only person
of the list who is called as he is.  The level that the vending point gave him holds where it may
do nothing that the person's level may not, else the person's level holds.

Times are told by the trusted clock, which never goes back behind headquarters' last word or our
own last record.
"""

from typing import Final

from yika_common.clock import Clock, to_timestamp
from yika_common.journal.staff_bodies import STAFF_NUMBER_MAX
from yika_common.signing.phone_code import ADMIT
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.messages import PERSONS_ITEM
from yika_common.sync.person_list import ListedPerson, PersonList, open_persons
from yika_node.db.queries import Queries
from yika_node.services.approvals import operator_is
from yika_node.services.phone_errors import (
    ListingEnded,
    ListTooOld,
    NotListed,
    PersonTaken,
    PersonUnknown,
)
from yika_node.services.remembered import Remembered
from yika_node.services.rights import RIGHTS
from yika_node.services.standing import Standing
from yika_node.services.views import Level
from yika_node.vault import Vault

ADMITTED_S: Final = 24 * 3600
"""How long headquarters' word by telephone lets somebody work, unless a newer list comes."""


class PersonShelf:
    """What the list says of the operators here."""

    def __init__(self, queries: Queries, standing: Standing, vault: Vault, clock: Clock) -> None:
        self._queries = queries
        self._standing = standing
        self._vault = vault
        self._clock = clock
        self._held = Remembered(self._read)

    def persons(self) -> tuple[ListedPerson, ...]:
        """Everybody on the list, by number; nobody while there is none."""
        held = self._list()
        return (
            () if held is None else tuple(sorted(held.persons, key=lambda one: one.staff_number))
        )

    def person(self, name: str) -> ListedPerson | None:
        """The person that an operator is; None: nobody on the list, or more than one."""
        row = self._queries.operator(name)
        number = "" if row is None else row.staff_number
        if number:
            found = [one for one in self.persons() if one.staff_number == number]
        else:
            found = [one for one in self.persons() if operator_is(name, one.name)]
        return found[0] if len(found) == 1 else None

    def level(self, name: str, level: Level, *, admitted: bool) -> Level:
        """See :meth:`yika_node.services.roster.Roster.level`.

        Raises:
            NotListed, ListingEnded, ListTooOld: the operator may not work here.
        """
        held = self._list()
        if held is None or not held.persons:
            return level
        person = self.person(name)
        if not (admitted or self._admitted(name, held)):
            self._check(name, person, held)
        return level if person is None else bounded(level, Level[person.level])

    def good(self, person: ListedPerson) -> bool:
        """Whether the person may work now by the list alone."""
        now = to_timestamp(self._clock())
        return not person.revoked and not (person.until and now > person.until)

    def names_nobody(self, name: str) -> bool:
        """Whether there is a list with anybody on it, and this name is not a single one's."""
        return bool(self.persons()) and self.person(name) is None

    def free(self, number: str) -> ListedPerson:
        """The person of a staff number, who may work and whom no operator here is yet.

        Raises:
            PersonUnknown: there is none, or not any more.
            PersonTaken: an operator here is that person already.
        """
        number = number.strip()
        found = next((one for one in self.persons() if one.staff_number == number), None)
        if found is None or not self.good(found):
            raise PersonUnknown(number=number[:STAFF_NUMBER_MAX])
        for row in self._queries.operators():
            if not row.disabled_at and self.person(row.name) == found:
                raise PersonTaken(number=found.staff_number, name=row.name)
        return found

    def late(self) -> bool:
        """Whether the list should have been renewed."""
        held = self._list()
        return held is not None and bool(held.persons) and to_timestamp(self._clock()) > held.until

    def _check(self, name: str, person: ListedPerson | None, held: PersonList) -> None:
        if person is None:
            raise NotListed(name=name)
        if not self.good(person):
            raise ListingEnded(name=name)
        if to_timestamp(self._clock()) > held.grace and not person.until:
            raise ListTooOld(name=name)

    def _admitted(self, name: str, held: PersonList) -> bool:
        """Headquarters let him in by telephone within a day, and no newer list speaks."""
        at = self._queries.answered_at(ADMIT, name)
        return bool(at) and at >= held.issued and to_timestamp(self._clock()) - at <= ADMITTED_S

    def _list(self) -> PersonList | None:
        # A locked vault opens nothing, also where the list is still remembered.
        _ = self._vault.seal_key()
        held = self._held()
        return held[0] if held else None

    def _read(self) -> tuple[PersonList, ...]:
        membership = self._standing.membership
        held = self._queries.items_held(f"{PERSONS_ITEM}{membership.node}")
        if not held:
            return ()
        opened = open_persons(
            read_signed_file(held[-1].file),
            membership.root,
            self._vault.seal_key(),
            node=membership.node,
            epoch=membership.epoch,
        )
        return (opened,)


def bounded(level: Level, most: Level) -> Level:
    """The level, or ``most`` where the level may do what that may not."""
    return level if RIGHTS[level] <= RIGHTS[most] else most
