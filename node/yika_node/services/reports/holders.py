"""Who an account's holder is, opened row by row; what was opened is kept while a report is made.

Pages and the process that writes workbooks ask the same: both hold the two keys, and the tables.
"""

from typing import Final

from yika_common.signing import aead
from yika_common.signing.errors import FileMalformed, SealBroken
from yika_common.sync.customers import AccountSheet
from yika_common.sync.personal_data import open_person
from yika_node.services.customers import sheet_label
from yika_node.services.reports.model import Ask, Holder

KEPT_MOST: Final = 100_000
"""Holders kept at once: more than a vending point has accounts."""

_OWN: Final = (
    "SELECT account.who, COALESCE(account_state.who, '') FROM account LEFT JOIN account_state"
    " ON account_state.account = account.number WHERE number = ?"
)
_TOLD: Final = "SELECT sealed FROM sheet WHERE account = ?"


class Holders:
    """By two keys: ``personal`` for accounts opened here, ``data`` for those that are told."""

    def __init__(self, ask: Ask, personal: bytes | None, data: bytes | None) -> None:
        self._ask = ask
        self._personal = personal
        self._data = data
        self._known: dict[str, Holder] = {}

    def __call__(self, account: str) -> Holder:
        """The holder; an empty one where nothing may be seen."""
        if account not in self._known:
            if len(self._known) >= KEPT_MOST:
                self._known.clear()
            self._known[account] = self._found(account)
        return self._known[account]

    def _found(self, account: str) -> Holder:
        sheet = self._sheet(account)
        owed = 0 if sheet is None else sum(debt.left for debt in sheet.debts)
        for who, amended in self._ask(_OWN, (account,)):
            if self._personal is None:
                return Holder()
            try:
                person = open_person(str(amended or who), self._personal, account)
            except (SealBroken, FileMalformed):
                return Holder(owed=owed)
            return Holder(person.name, person.address, person.phone, owed)
        if sheet is None or sheet.person is None:
            return Holder(owed=owed)
        return Holder(sheet.person.name, sheet.person.address, sheet.person.phone, owed)

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
