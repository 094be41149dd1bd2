"""An account as a list of those that fit shows it."""

from typing import NamedTuple

from yika_node.services.views import Account


class Found(NamedTuple):
    """What is shown of it; ``status`` as in :class:`Account`."""

    number: str
    card: str
    name: str
    phone: str
    place: str
    status: str


def found_of(account: Account) -> Found:
    """The same of an account that is known already."""
    person = account.person
    who = ("", "", "") if person is None else (person.name, person.phone, person.place)
    return Found(account.number, account.card or "", *who, account.status)
