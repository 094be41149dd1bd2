"""Acts on money that one person does, and above a limit a second one with him."""

from typing import Final

from yika_central.services.staff import Credential, Person, Staff, StaffRole
from yika_common.errors import N_, YikaError
from yika_common.infra.sessions import WrongPassword

REASON_MAX: Final = 200

BOOKKEEPERS: Final = frozenset({StaffRole.ACCOUNTANT, StaffRole.ADMIN})
"""Who may act on customers' money."""


class ReasonMissing(YikaError):
    """An act on money says why."""

    code = "act_reason_missing"
    sentence = N_(
        "The reason is missing or longer than %(most)s characters. Nothing was changed. Write why "
        "this is done."
    )


class SecondPersonMissing(YikaError):
    """The act needs a second person."""

    code = "second_person_missing"
    sentence = N_(
        "This needs a second person. Nothing was changed. Let another accountant or administrator "
        "enter name and password too."
    )


class SecondPersonWrong(YikaError):
    """The second person's password is another."""

    code = "second_person_wrong"
    sentence = N_(
        "The second person's name and password do not belong together. Nothing was changed. Let "
        "that person type both again."
    )


class SamePersonTwice(YikaError):
    """The second person is the first."""

    code = "same_person_twice"
    sentence = N_(
        "%(name)s can't be both persons. Nothing was changed. Let somebody else enter name and "
        "password."
    )


class NotABookkeeper(YikaError):
    """The person may not act on customers' money."""

    code = "not_a_bookkeeper"
    sentence = N_(
        "%(name)s is neither accountant nor administrator. Nothing was changed. Ask somebody who "
        "is."
    )


class TwoPersons:
    """Checks who acts; ``limit`` is the money above which a second person is needed."""

    def __init__(self, staff: Staff, limit: int) -> None:
        self._staff = staff
        self.limit = limit

    def second(
        self, by: str, second: Credential | None, *, amount: int = 0, always: bool = False
    ) -> str:
        """The name of the second person; empty where none is needed and none was given.

        Raises:
            SecondPersonMissing, SamePersonTwice, NotABookkeeper: the act must not be done.
            SecondPersonWrong, TooManyAttempts: likewise.
        """
        if second is None or not second.name:
            if always or abs(amount) > self.limit:
                raise SecondPersonMissing
            return ""
        if second.name == by:
            raise SamePersonTwice(name=by)
        try:
            person = self._staff.sign_in(second)
        except WrongPassword as cause:
            raise SecondPersonWrong from cause
        check_bookkeeper(person)
        return person.name


def check_bookkeeper(person: Person) -> None:
    """Let only accountants and administrators act on customers' money.

    Raises:
        NotABookkeeper: the person is neither.
    """
    if not person.roles & BOOKKEEPERS:
        raise NotABookkeeper(name=person.name)


def check_reason(reason: str) -> str:
    """The reason without blanks around it.

    Raises:
        ReasonMissing: there is none, or it is too long to be read.
    """
    text = reason.strip()
    if not 0 < len(text) <= REASON_MAX or not text.isprintable():
        raise ReasonMissing(most=REASON_MAX)
    return text
