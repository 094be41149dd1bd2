"""Changing many accounts from a table, and taking back what such a table did: one format for both.

==================  ===================================================================
column              what it says
==================  ===================================================================
``account``         which account; each once
what may change     what it is to be from now on; empty: as it is, ``(none)``: nothing
``was-`` and such   what must be known before, or the line stays as it is; ``(none)``: nothing
a column's name
``status``          ``withdrawn``: it was opened by mistake; nothing else in the line
==================  ===================================================================

The table is tried first.  While a line is wrong, none is changed; a line whose account is closed,
or is not any more what the line says it was, is named and stays as it is.  The table that takes
the changes back names the old values, and as ``was-`` the new ones.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from yika_common.errors import N_, YikaError
from yika_node.services.facts_texts import FACTS
from yika_node.services.table_file import written_table

ACCOUNT, STATUS, WITHDRAWN = "account", "status", "withdrawn"
NONE: Final = "(none)"
WAS: Final = "was-"
PERSON: Final = (
    *("name", "phone", "address", "building", "unit", "room"),
    *("document", "contract", "community"),
)
CHANGEABLE: Final = (*PERSON, *FACTS)
COLUMNS: Final = frozenset(
    {ACCOUNT, STATUS, *CHANGEABLE, *(WAS + name for name in CHANGEABLE)},
)


class ChangeUnusable(YikaError):
    """A line says what can't be done."""

    code = "change_unusable"
    sentence = N_("The column “%(column)s” of this line says what can't be done. Correct it.")


class AccountTwice(YikaError):
    """Two lines of a table change one account."""

    code = "change_twice"
    sentence = N_("The line is about the same account as line %(line)s.")


class ChangedSince(YikaError):
    """What is known is not what the table says was known."""

    code = "change_changed_since"
    sentence = N_(
        "“%(field)s” of account %(account)s has been changed since. The account stays as it is."
    )


class LinesWrong(YikaError):
    """Some lines can't be done, so none was."""

    code = "change_lines_wrong"
    sentence = N_(
        "Lines that can't be done as they are: %(count)s. None was done. Correct them and try the "
        "table again."
    )


class Changed(NamedTuple):
    """What a line changes of one field; either side may be empty."""

    field: str
    before: str
    after: str


def fits(names: set[str]) -> bool:
    """Whether a table with these columns changes accounts."""
    return ACCOUNT in names and len(names) > 1 and names <= COLUMNS


def wanted_of(fields: Mapping[str, str]) -> dict[str, str]:
    """What the line wants each field to be; a field that it leaves as it is is not there."""
    return {name: _value(fields[name]) for name in CHANGEABLE if fields.get(name)}


def check_known(fields: Mapping[str, str], known: Mapping[str, str]) -> None:
    """Let a line pass that finds what it expects.

    Raises:
        ChangedSince: it doesn't.
    """
    for name in CHANGEABLE:
        expected = fields.get(WAS + name)
        if expected and _value(expected) != known[name]:
            raise ChangedSince(field=name, account=fields[ACCOUNT])


def undo_table(done: Sequence[tuple[str, Sequence[Changed]]]) -> bytes:
    """The table that takes back what was changed of each account.

    Args:
        done: accounts with what was changed.
    """
    touched = {change.field for _, changes in done for change in changes}
    names = [name for name in CHANGEABLE if name in touched]
    rows = []
    for account, changes in done:
        by_name = {change.field: change for change in changes}
        before = [by_name[name].before or NONE if name in by_name else "" for name in names]
        after = [by_name[name].after or NONE if name in by_name else "" for name in names]
        rows.append([account, *before, *after])
    return written_table([ACCOUNT, *names, *(WAS + name for name in names)], rows)


def _value(cell: str) -> str:
    return "" if cell == NONE else cell
