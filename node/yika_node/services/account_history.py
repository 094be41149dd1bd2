"""What became of an account here, newest first: who did what when and why, field by field.

Each record tells its subject whole, so what changed is what differs from the record before it; a
field that stayed as it was is not shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from yika_common.clock import from_timestamp
from yika_common.journal import account_bodies, bodies
from yika_common.journal.record import Record, decode_line
from yika_common.signing.errors import FileMalformed, SealBroken
from yika_common.sync.personal_data import open_person, open_words
from yika_node.db.finder_queries import events_of
from yika_node.services.account_life import PERSON_FIELDS

if TYPE_CHECKING:
    from yika_node.db.store import Store
    from yika_node.services.keyring import KeyRing

LISTED: Final = 200
"""Records of one account that are gone through: more than a life of amendments."""

_FACTS: Final = (
    *("tariff_class", "persons", "persons_until", "inner_area", "gross_area"),
    *("heat_class", "heat_from", "suspended", "equipment", "quota_from", "mixed"),
)
_LIMITS: Final = ("per_sale", "per_day", "per_month", "per_cycle", "until")


class Change(NamedTuple):
    """A field that is not as it was; either side may be empty."""

    field: str
    before: object
    after: object


class Event(NamedTuple):
    """A record: ``what`` is a word of ``EVENTS``, ``words`` the text of a hold."""

    at: datetime
    operator: str
    what: str
    reason: str
    words: str
    service: str
    changes: tuple[Change, ...]


class AccountHistory:
    """Reads; changes nothing."""

    def __init__(self, store: Store, keyring: KeyRing) -> None:
        self._store = store
        self._keyring = keyring

    def events(self, account: str) -> tuple[Event, ...]:
        """What this journal tells of the account besides sales, newest first.

        Raises:
            VaultLocked, KeysNotHeld, NotEnrolled: nobody may read who it is.
        """
        key, known = self._keyring.personal_key(), dict[str, Mapping[str, object]]()
        lines = events_of(self._store, account, LISTED)
        found = [_event(decode_line(line), account, key, known) for line in lines]
        return tuple(reversed(found))


def _event(
    record: Record, account: str, key: bytes, known: dict[str, Mapping[str, object]]
) -> Event:
    """The record as an event; ``known`` is what each subject was before it, and is afterwards."""
    body: Any = record.body
    what, words, service = body.kind, "", ""
    subject, fields = "", dict[str, object]()
    if isinstance(body, bodies.AccountOpened):
        known["facts"] = {
            "tariff_class": body.tariff_class,
            "persons": body.persons,
            "inner_area": body.heated_area,
        }
        known["person"] = _person(body.who, key, account) | {"community": body.community}
    elif isinstance(body, bodies.AccountFacts):
        subject, fields = "facts", {name: getattr(body, name) for name in _FACTS}
    elif isinstance(body, bodies.LimitsLifted):
        subject, service = f"limits {body.service}", str(body.service)
        fields = {name: getattr(body, name) for name in _LIMITS}
    elif isinstance(body, account_bodies.AccountMoved):
        what = body.what
        if body.who:
            subject = "person"
            fields = _person(body.who, key, account) | {"community": body.community}
    elif isinstance(body, account_bodies.AccountHeld):
        what = "hold" if body.level else "lifted"
        words = _words(body.words, key, account)
    changes = _changes(known.get(subject, {}), fields)
    if subject:
        known[subject] = fields
    at, reason = from_timestamp(record.ts), getattr(body, "reason", "")
    return Event(at, record.operator, what, reason, words, service, changes)


def _changes(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[Change, ...]:
    return tuple(
        Change(name, before.get(name) or "", value or "")
        for name, value in after.items()
        if (before.get(name) or "") != (value or "")
    )


def _person(sealed: str, key: bytes, account: str) -> dict[str, object]:
    try:
        person = open_person(sealed, key, account)
    except (SealBroken, FileMalformed):
        return {}
    return {name: getattr(person, name) for name in PERSON_FIELDS}


def _words(sealed: str, key: bytes, account: str) -> str:
    try:
        return open_words(sealed, key, account) if sealed else ""
    except SealBroken:
        return ""
