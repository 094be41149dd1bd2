"""The people of headquarters: who may sign in, as what, and whose key signs tariffs.

A tariff officer's Ed25519 key is drawn when he is entered and kept only wrapped (AES key wrap
with padding, RFC 5649) under a key that Argon2id makes of his password.  Nobody else,
administrator or thief of the database, can sign in his name.  Five wrong passwords in a row close
a name for a quarter of an hour.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap_with_padding,
)
from sqlalchemy import Connection, RowMapping, delete, select, update

from yika_central.db.database import Database, add
from yika_central.db.tables import StaffMember, table_of
from yika_common.clock import Clock, to_timestamp
from yika_common.errors import N_, YikaError
from yika_common.infra.entropy import RandomSource
from yika_common.infra.passwords import (
    SALT_SIZE,
    Cost,
    Passwords,
    check_new_password,
    key_from_password,
)
from yika_common.infra.sessions import TooManyAttempts, WrongPassword
from yika_common.signing.keys import SEED_SIZE, PublicKey, SigningKey

ATTEMPTS_MAX = 5
CLOSED_FOR = timedelta(minutes=15)


class StaffRole(StrEnum):
    """What a person of headquarters may do; one person may have several."""

    ADMIN = "admin"
    TARIFF_OFFICER = "tariff_officer"
    ACCOUNTANT = "accountant"
    AUDITOR = "auditor"


class NameTaken(YikaError):
    """A person of that name is entered already."""

    code = "staff_name_taken"
    sentence = N_("The name “%(name)s” is taken. Nobody was entered. Choose another name.")


class NotAnOfficer(YikaError):
    """The person has no key that signs tariffs."""

    code = "not_a_tariff_officer"
    sentence = N_(
        "“%(name)s” is not a tariff officer. Nothing was signed. Ask one of the officers to sign."
    )


class NotAnAdministrator(YikaError):
    """Somebody else asks for what only an administrator does."""

    code = "not_an_administrator"
    sentence = N_("%(name)s is no administrator. Nothing was changed. Let an administrator do it.")


@dataclass(frozen=True, slots=True)
class Credential:
    """A name with its password, for one act."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signed in, or is listed."""

    name: str
    full_name: str
    roles: frozenset[StaffRole]
    active: bool = True


@dataclass(frozen=True, slots=True)
class NewOfficer:
    """A tariff officer about to be entered: his key and its wrapping."""

    name: str
    public: PublicKey
    wrapped: bytes = field(repr=False)
    salt: bytes = field(repr=False)


class Staff:
    """Enters people, signs them in, and opens an officer's key for one act."""

    def __init__(
        self, database: Database, clock: Clock, random: RandomSource, cost: Cost | None = None
    ) -> None:
        self._database = database
        self._clock = clock
        self._random = random
        self._cost = cost or Cost()
        self._passwords = Passwords(random, self._cost)

    def sign_in(self, credential: Credential) -> Person:
        """The person, if the password is his.

        Raises:
            WrongPassword: it is not, or there is no such person; the attempt counts.
            TooManyAttempts: the name is closed for a while.
        """
        at = self._clock()
        with self._database.writing() as connection:
            person = self._checked(connection, credential, at)
        if person is None:
            raise WrongPassword
        return person

    def enter(
        self, credential: Credential, roles: frozenset[StaffRole], *, full_name: str = ""
    ) -> Person:
        """Enter a person who is to sign in; officers come with the root document.

        Raises:
            NameTaken: nobody was entered.
            PasswordTooShort, PasswordTooLong: nobody was entered.
        """
        check_new_password(credential.password)
        with self._database.writing() as connection:
            self._enter(connection, credential, roles, full_name)
        return Person(credential.name, full_name, roles)

    def prepare_officer(self, credential: Credential) -> NewOfficer:
        """Draw a tariff officer's key and wrap it under his password; nothing is stored yet.

        Raises:
            PasswordTooShort, PasswordTooLong: no key was drawn.
        """
        check_new_password(credential.password)
        key = SigningKey.from_seed(self._random(SEED_SIZE))
        salt = self._random(SALT_SIZE)
        wrapping = key_from_password(credential.password, salt, self._cost)
        wrapped = aes_key_wrap_with_padding(wrapping, key.seed)
        return NewOfficer(credential.name, key.public, wrapped, salt)

    def begin_anew(
        self, administrator: Credential, officers: Sequence[tuple[NewOfficer, Credential]]
    ) -> None:
        """Enter the first people: an administrator, and officers whose keys the root will name.

        Whoever was entered before, by a set-up that was interrupted, is forgotten.

        Raises:
            NameTaken: one name was given twice; nobody was entered.
            PasswordTooShort, PasswordTooLong: nobody was entered.
        """
        check_new_password(administrator.password)
        table = table_of(StaffMember)
        with self._database.writing() as connection:
            connection.execute(delete(table))
            self._enter(connection, administrator, frozenset({StaffRole.ADMIN}))
            for officer, credential in officers:
                self._enter(connection, credential, frozenset({StaffRole.TARIFF_OFFICER}))
                connection.execute(
                    update(table)
                    .where(table.c.name == officer.name)
                    .values(
                        wrapped_key=officer.wrapped,
                        salt=officer.salt,
                        public_key=officer.public.spki,
                    )
                )

    def officers_key(self, credential: Credential) -> SigningKey:
        """A tariff officer's key, for one act.

        Raises:
            WrongPassword, TooManyAttempts: as :meth:`sign_in`.
            NotAnOfficer: the person signs no tariffs.
        """
        self.sign_in(credential)
        with self._database.reading() as session:
            member = session.get_one(StaffMember, credential.name)
        if not member.wrapped_key:
            raise NotAnOfficer(name=credential.name)
        wrapping = key_from_password(credential.password, member.salt, self._cost)
        try:
            return SigningKey.from_seed(aes_key_unwrap_with_padding(wrapping, member.wrapped_key))
        except InvalidUnwrap as cause:
            raise WrongPassword from cause

    def everyone(self) -> tuple[Person, ...]:
        """All people, by name."""
        with self._database.reading() as session:
            table = table_of(StaffMember)
            rows = session.execute(select(table).order_by(table.c.name)).all()
        return tuple(_person(row._mapping) for row in rows)

    def signs_tariffs(self, name: str) -> bool:
        """Whether that person is a tariff officer."""
        person = next((person for person in self.everyone() if person.name == name), None)
        return person is not None and StaffRole.TARIFF_OFFICER in person.roles

    def _enter(
        self,
        connection: Connection,
        credential: Credential,
        roles: frozenset[StaffRole],
        full_name: str = "",
    ) -> None:
        table = table_of(StaffMember)
        taken = select(table.c.name).where(table.c.name == credential.name)
        if connection.execute(taken).first():
            raise NameTaken(name=credential.name)
        row = StaffMember(
            name=credential.name,
            full_name=full_name,
            roles=" ".join(sorted(roles)),
            password_hash=self._passwords.stored(credential.password),
            created_at=to_timestamp(self._clock()),
        )
        add(connection, StaffMember, [row.model_dump()])

    def _checked(
        self, connection: Connection, credential: Credential, at: datetime
    ) -> Person | None:
        """The person, or None after counting the failure; the caller's transaction keeps it."""
        table = table_of(StaffMember)
        named = table.c.name == credential.name
        found = connection.execute(
            select(table).where(named, table.c.active).with_for_update()
        ).first()
        if found is None:
            self._passwords.match(None, credential.password)
            return None
        row = found._mapping
        wait = int(row["locked_until"]) - to_timestamp(at)
        if wait > 0:
            raise TooManyAttempts(seconds=wait)
        right = self._passwords.match(str(row["password_hash"]), credential.password)
        failures = 0 if right else int(row["failures"]) + 1
        closed = failures >= ATTEMPTS_MAX
        connection.execute(
            update(table)
            .where(named)
            .values(
                failures=0 if closed else failures,
                locked_until=to_timestamp(at + CLOSED_FOR) if closed else 0,
            )
        )
        return _person(row) if right else None


def _person(row: RowMapping) -> Person:
    roles = frozenset(StaffRole(role) for role in str(row["roles"]).split())
    return Person(str(row["name"]), str(row["full_name"]), roles, bool(row["active"]))
