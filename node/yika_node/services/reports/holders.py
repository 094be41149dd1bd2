"""Who an account's holder is, opened row by row; what was opened is kept while a report is made.

Pages and the process that writes workbooks ask the same: both hold the two keys, and the tables.
Telephones are shown in full to whoever may see them so, which is recorded; to others masked.
"""

from typing import Final

from yika_common.signing import aead
from yika_common.signing.errors import FileMalformed, SealBroken
from yika_common.sync.customers import AccountSheet
from yika_common.sync.personal_data import open_person
from yika_node.services.customers import masked, sheet_label
from yika_node.services.reports.model import Ask, Holder

KEPT_MOST: Final = 100_000
"""Holders kept at once: more than a vending point has accounts."""

_OWN: Final = (
    "SELECT account.who, COALESCE(account_state.who, '') FROM account LEFT JOIN account_state"
    " ON account_state.account = account.number WHERE number = ?"
)
_TOLD: Final = "SELECT sealed FROM sheet WHERE account = ?"


class Holders:
    """By two keys: ``personal`` for accounts opened here, ``data`` for those that are told.

    ``full``: telephones are not masked.
    """

    def __init__(
        self, ask: Ask, personal: bytes | None, data: bytes | None, *, full: bool
    ) -> None:
        self._full = full
        self._ask = ask
        self._personal = personal
        self._data = data
        self._known: dict[str, Holder] = {}

    def __call__(self, account: str) -> Holder:
        """The holder; an empty one where nothing may be seen."""
        if account not in self._known:
            if len(self._known) >= KEPT_MOST:
                self._known.clear()
            found = self._found(account)
            phone = found.phone if self._full else masked(found.phone)
            self._known[account] = found._replace(phone=phone)
        return self._known[account]

    def _found(self, account: str) -> Holder:
        sheet = self._sheet(account)
        held = Holder() if sheet is None else _owing(sheet)
        for who, amended in self._ask(_OWN, (account,)):
            if self._personal is None:
                return Holder()
            try:
                person = open_person(str(amended or who), self._personal, account)
            except (SealBroken, FileMalformed):
                return held
            return held._replace(name=person.name, address=person.address, phone=person.phone)
        if sheet is None or sheet.person is None:
            return held
        told = sheet.person
        return held._replace(name=told.name, address=told.address, phone=told.phone)

    def _sheet(self, account: str) -> AccountSheet | None:
        if self._data is None:
            return None
        for (sealed,) in self._ask(_TOLD, (account,)):
            assert isinstance(sealed, bytes), "a sealed row"
            try:
                return AccountSheet.parse(aead.decrypt(self._data, sealed, sheet_label(account)))
            except (SealBroken, FileMalformed):
                return None
        return None


def _owing(sheet: AccountSheet) -> Holder:
    """What is owed either way, by headquarters' last word."""
    since = sheet.due or (0,) * len(sheet.debts)
    return Holder(
        owed=sum(debt.left for debt in sheet.debts),
        debts=tuple((due, debt.left) for due, debt in zip(since, sheet.debts, strict=True)),
        credit=sheet.adjustment - sum(slot.money_total for slot in sheet.slots),
    )
