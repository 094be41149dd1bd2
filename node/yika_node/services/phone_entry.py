"""Coming in with headquarters' answer by telephone, and beginning at another vending point.

Password and code are looked at together and refused together: whoever guesses passwords learns
nothing from it without the code, and wrong ones count as wrong codes.  A closed name's own count
does not matter then, for the code is what opens it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from yika_common.infra.sessions import WrongPassword
from yika_common.journal.bodies import OperatorAdded
from yika_common.journal.staff_bodies import BOUND, StaffChanged
from yika_common.signing.phone_code import ADMIT, CODE_SIZE, JOIN, RELEASE, read_digits
from yika_common.sync.person_list import ListedPerson
from yika_common.values import dataclass
from yika_node.services.phone_desk import PhoneDesk
from yika_node.services.phone_errors import (
    PhoneCodeWrong,
    PhoneEntryRefused,
    QuestionOver,
)
from yika_node.services.roster import Roster
from yika_node.services.staff_desk import NAME_MAX, StaffDesk
from yika_node.services.views import Level, Operator
from yika_node.vault import Vault, check_chosen

ENTRIES = (RELEASE, ADMIT)


@dataclass(frozen=True, slots=True)
class PhoneEntry:
    """Lets people in by headquarters' word."""

    phone: PhoneDesk
    staff: StaffDesk
    roster: Roster
    vault: Vault

    def sign_in(self, token: str, name: str, password: str, typed: str) -> Operator:
        """Sign somebody in by name, password and the code for him.

        Raises:
            DigitsMistyped, QuestionOver, PhoneClosed: nothing was looked at.
            TooManyAttempts, NameClosed: the name needs another code.
            PhoneEntryRefused: it was counted.
            NotListed, ListingEnded, ListTooOld: the code opened the name, and the list counts.
        """
        read_digits(typed, CODE_SIZE)
        asked = self.phone.asked(token)
        purpose = asked.waiting.purpose
        if purpose not in ENTRIES or asked.question.subject != name:
            raise QuestionOver
        return self.staff.sign_in_with(
            name,
            password,
            lambda: self.phone.answer(token, typed),
            self._counted(token),
            closed=purpose == RELEASE,
        )

    @contextmanager
    def _counted(self, token: str) -> Iterator[None]:
        """Look at nothing while codes are closed, and count what is wrong."""
        failures = self.phone.failures()
        try:
            yield
        except WrongPassword as cause:
            self.phone.failed(token, failures)
            raise PhoneEntryRefused from cause
        except PhoneCodeWrong as cause:
            raise PhoneEntryRefused from cause

    def person(self, number: str) -> ListedPerson:
        """The person of headquarters' list who may begin here.

        Raises:
            PersonUnknown: there is none, or not any more.
            PersonTaken: an operator here is that person already.
            VaultLocked: nobody is signed in.
        """
        return self.roster.shelf().free(number)

    def join(self, by: str, token: str, typed: str, password: str) -> Operator:
        """Let a person of headquarters' list begin here, with a password of his own.

        Args:
            by: who is signed in, and opened the vault for it.
            token: of the question.
            typed: the code that headquarters read out.
            password: what the person signs in with from now on.

        Raises:
            those of :meth:`person`; PasswordTooShort, PasswordTooLong, PasswordTooCommon: the
                code was not looked at.
            those of :meth:`PhoneDesk.answer`: nobody was added.
        """
        asked = self.phone.asked(token)
        if asked.waiting.purpose != JOIN:
            raise QuestionOver
        person = self.person(asked.question.subject)
        name = self._name(person)
        check_chosen(name, password)
        code = self.phone.answer(token, typed)
        level = Level[person.level]
        self.vault.add(name, password)
        self.phone.journal.append(
            [
                code,
                OperatorAdded(name=name, level=level.name),
                StaffChanged(name=name, what=BOUND, staff_number=person.staff_number),
            ],
            at=self.phone.clock(),
            operator=by,
        )
        return Operator(name, level)

    def _name(self, person: ListedPerson) -> str:
        """What the person is called here; the staff number tells him from a namesake."""
        if self.staff.operator(person.name) is None:
            return person.name
        return f"{person.name[: NAME_MAX - len(person.staff_number) - 1]} {person.staff_number}"
