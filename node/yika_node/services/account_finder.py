"""Finding accounts by a few letters of anything: see :mod:`yika_node.services.account_index`.

The index holds what is sealed everywhere else, so it is made when it is first asked for after the
vault was opened, and dropped when the vault is locked.  Before each answer it takes in what the
journal and headquarters' files told since: records by their place, and of a part that came anew
the sheets whose lines differ.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from yika_common.infra.collecting import without_collecting
from yika_common.signing.errors import FileMalformed, SealBroken
from yika_common.sync.customers import CLOSED
from yika_common.sync.personal_data import person_members
from yika_node.db.finder_queries import (
    OwnAccount,
    Place,
    changed_since,
    newest,
    own_account,
    own_accounts,
    swapped_meters,
)
from yika_node.services.account_index import (
    SEPARATOR,
    AccountIndex,
    fields_of,
    line_of,
    number_of,
)
from yika_node.services.found import Found
from yika_node.services.pinyin import initials_of

if TYPE_CHECKING:
    from yika_node.db.store import Store
    from yika_node.services.customers import Customers
    from yika_node.services.keyring import KeyRing

TEXT_MAX: Final = 60
WORDS_MAX: Final = 8
RANKED: Final = 24
"""Of so many that fit, the best are shown first."""

_Sides = tuple[str, OwnAccount | None, dict[str, Any] | None]


class AccountFinder:
    """One index, for whoever asks."""

    def __init__(self, store: Store, customers: Customers, keyring: KeyRing) -> None:
        self._store = store
        self._customers = customers
        self._keyring = keyring
        self._lock = threading.Lock()
        self._index: AccountIndex | None = None
        self._place = Place(0, 0)
        self._parts: dict[str, bytes] = {}
        self._swapped: dict[str, str] = {}
        keyring.at_forgetting.append(self.drop)

    def drop(self) -> None:
        """Forget everything that was opened."""
        with self._lock:
            self._index = None

    def find(self, text: str, limit: int) -> tuple[Found, ...]:
        """The accounts in which every word of the text occurs; what fits best comes first.

        Raises:
            VaultLocked, KeysNotHeld, NotEnrolled: nothing can be opened.
        """
        words = text.casefold().split()
        fitting = ((_rank(line, words), line) for line in islice(self._lines(words), RANKED))
        ranked = sorted(fitting, key=lambda one: one[0])
        return tuple(_found(line) for _, line in ranked[:limit])

    def numbers(self, text: str, after: str, limit: int) -> tuple[str, ...]:
        """Accounts in which every word occurs, above a number, in order; raises as above."""
        lines = self._lines(text.casefold().split(), after)
        return tuple(number_of(line) for line in islice(lines, limit))

    def warm_up(self) -> None:
        """Be ready for the first letter; raises as :meth:`find`."""
        with self._lock:
            self._current()

    @property
    def size(self) -> int:
        """Bytes that the index takes; 0: it is not made."""
        with self._lock:
            return 0 if self._index is None else self._index.size

    def _lines(self, words: list[str], after: str = "") -> Iterator[str]:
        """Whoever asks takes a few: nobody waits for more than these."""
        with self._lock:
            yield from self._current().find([word[:TEXT_MAX] for word in words[:WORDS_MAX]], after)

    def _current(self) -> AccountIndex:
        """The index as it must be now; the lock is held."""
        key = self._keyring.personal_key()
        parts = self._customers.parts()
        if self._index is None:
            self._place, self._parts = newest(self._store), parts
            self._swapped = swapped_meters(self._store)
            with without_collecting():
                self._index = AccountIndex(self._all(key))
        else:
            place = newest(self._store)
            if place > self._place:
                self._follow(self._index, key)
            for part in (part for part in parts if parts[part] != self._parts.get(part)):
                self._take(part, key)
            self._place, self._parts = place, parts
        return self._index

    def _follow(self, index: AccountIndex, key: bytes) -> None:
        """The lines of the accounts of which records told since."""
        self._swapped = swapped_meters(self._store)
        for number in changed_since(self._store, self._place):
            own, told = own_account(self._store, number), self._customers.members_of(number)
            index.put(number, _line(own, told, self._swapped, key))

    def _take(self, part: str, key: bytes) -> None:
        """The lines that a part, which came anew, changes."""
        assert self._index is not None, "it is made before"
        told = {members["a"]: members for members in self._customers.members(part)}
        known = self._index.holding(told)
        for number, members in told.items():
            line = _line(own_account(self._store, number), members, self._swapped, key)
            if line != known.get(number):
                self._index.put(number, line)

    def _all(self, key: bytes) -> Iterator[tuple[str, str]]:
        """Every account's line, in the order of their numbers."""
        own: Iterator[_Sides] = (
            (account.number, account, None) for account in own_accounts(self._store)
        )
        told: Iterator[_Sides] = (
            (members["a"], None, members) for members in self._customers.members()
        )
        both = heapq.merge(own, told, key=itemgetter(0))
        for number, sides in groupby(both, key=itemgetter(0)):
            held = list(sides)
            here = next((side[1] for side in held if side[1] is not None), None)
            there = next((side[2] for side in held if side[2] is not None), None)
            yield number, _line(here, there, self._swapped, key)


def _line(
    own: OwnAccount | None, told: dict[str, Any] | None, swapped: dict[str, str], key: bytes
) -> str:
    """An account's line, by whose word holds (see :mod:`yika_node.services.known_accounts`).

    First what is shown of it, then what it is only found by, case-folded.
    """
    if told is None:
        assert own is not None, "it comes from one of the two"
        told = {"a": own.number}
    newer_there = own is None or told.get("ha", 0) > own.who_at or not (own.opened or own.who)
    who = told.get("who", [{}])[0] if newer_there or own is None else _person(own, key)
    card, status = told.get("c", ""), told.get("st", "")
    meters = [row[2] for row in told.get("mt", ())]
    if own is not None:
        card = card if told.get("g", 0) > own.generation else own.card
        meters = meters or own.meters.split()
        if own.status == CLOSED or own.status_at > told.get("sa", 0):
            status = own.status
    door = "-".join(who[part] for part in ("building", "unit", "room") if part in who)
    place = " ".join(part for part in (who.get("address", ""), door) if part)
    shown = (told["a"], card, who.get("name", ""), who.get("phone", ""), place, status)
    digits = "".join(filter(str.isdigit, who.get("phone", "")))
    sought = {
        *(text.casefold() for text in shown[:-1]),
        *(_now(meter, swapped).casefold() for meter in meters),
        *initials_of(who.get("name", "")),
        *(who.get(name, "").casefold() for name in ("document", "contract")),
        # Two accounts of one household: whichever number is typed finds both.
        *(number.casefold() for number in (told.get("mi", ""), *told.get("ml", ()))),
        digits,
    }
    return line_of((*shown, *sorted(sought - {*shown, ""})))


def _person(own: OwnAccount, key: bytes) -> dict[str, str]:
    try:
        return person_members(own.who or own.opened, key, own.number)
    except (SealBroken, FileMalformed):
        return {}


def _now(meter: str, swapped: dict[str, str]) -> str:
    """The meter that stands where that one stood."""
    while meter in swapped:
        meter = swapped[meter]
    return meter


def _rank(line: str, words: list[str]) -> int:
    """0: a field is what was typed; 1: one begins with it; 2: one holds it."""
    begun, held = SEPARATOR + " ".join(words), f"{SEPARATOR}{line}{SEPARATOR}"
    if begun not in held:
        return 2
    return 0 if begun + SEPARATOR in held else 1


def _found(line: str) -> Found:
    return Found(*fields_of(line)[: len(Found._fields)])
