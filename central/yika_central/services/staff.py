"""The people of headquarters: who may sign in, as what, and whose key signs tariffs.

A tariff officer's Ed25519 key is drawn when he is entered and kept only wrapped (AES key wrap
with padding, RFC 5649) under a key that Argon2id makes of his password.  Nobody else,
administrator or thief of the database, can sign in his name.  Five wrong passwords in a row close
a name for a quarter of an hour.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap_with_padding,
)
from sqlalchemy import Connection, RowMapping, select, update

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
from yika_common.signing.keys import ED25519, SEED_SIZE, PublicKey, SigningKey

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

    def sign_in(self, name: str, password: str) -> Person:
        """The person, if the password is his.

        Raises:
            WrongPassword: it is not, or there is no such person; the attempt counts.
            TooManyAttempts: the name is closed for a while.
        """
        at = self._clock()
        with self._database.writing() as connection:
            person = self._checked(connection, name, password, at)
        if person is None:
            raise WrongPassword
        return person

    def enter(
        self, name: str, password: str, roles: frozenset[StaffRole], *, full_name: str = ""
    ) -> Person:
        """Enter a person; officers come with the root document (:meth:`prepare_officer`).

        Raises:
            NameTaken: nobody was entered.
            PasswordTooShort, PasswordTooLong: nobody was entered.
        """
        check_new_password(password)
        with self._database.writing() as connection:
            self._enter(connection, name, password, roles, full_name)
        return Person(name, full_name, roles)

    def prepare_officer(self, name: str, password: str) -> NewOfficer:
        """Draw a tariff officer's key and wrap it under his password; nothing is stored yet.

        Raises:
            PasswordTooShort, PasswordTooLong: no key was drawn.
        """
        check_new_password(password)
        key = SigningKey.from_seed(self._random(SEED_SIZE))
        salt = self._random(SALT_SIZE)
        wrapping = key_from_password(password, salt, self._cost)
        return NewOfficer(name, key.public, aes_key_wrap_with_padding(wrapping, key.seed), salt)

    def enter_officer(self, officer: NewOfficer, password: str) -> None:
        """Enter a tariff officer whose public key is in the root document.

        Raises:
            NameTaken: nobody was entered.
        """
        with self._database.writing() as connection:
            self._enter(
                connection, officer.name, password, frozenset({StaffRole.TARIFF_OFFICER}), ""
            )
            table = table_of(StaffMember)
            connection.execute(
                update(table)
                .where(table.c.name == officer.name)
                .values(
                    wrapped_key=officer.wrapped,
                    salt=officer.salt,
                    public_key=officer.public.spki,
                )
            )

    def officers_key(self, name: str, password: str) -> SigningKey:
        """A tariff officer's key, for one act.

        Raises:
            WrongPassword, TooManyAttempts: as :meth:`sign_in`.
            NotAnOfficer: the person signs no tariffs.
        """
        self.sign_in(name, password)
        with self._database.reading() as session:
            member = session.get_one(StaffMember, name)
        if not member.wrapped_key:
            raise NotAnOfficer(name=name)
        wrapping = key_from_password(password, member.salt, self._cost)
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

    def officer_named(self, public: PublicKey) -> str:
        """The name of the officer with this key; empty when nobody here has it."""
        with self._database.reading() as session:
            table = table_of(StaffMember)
            found = session.execute(
                select(table.c.name).where(table.c.public_key == public.spki)
            ).scalar()
        return found if public.alg == ED25519 and found else ""

    def _enter(
        self,
        connection: Connection,
        name: str,
        password: str,
        roles: frozenset[StaffRole],
        full_name: str,
    ) -> None:
        table = table_of(StaffMember)
        if connection.execute(select(table.c.name).where(table.c.name == name)).first():
            raise NameTaken(name=name)
        row = StaffMember(
            name=name,
            full_name=full_name,
            roles=" ".join(sorted(roles)),
            password_hash=self._passwords.stored(password),
            created_at=to_timestamp(self._clock()),
        )
        add(connection, StaffMember, [row.model_dump()])

    def _checked(
        self, connection: Connection, name: str, password: str, at: datetime
    ) -> Person | None:
        """The person, or None after counting the failure; the caller's transaction keeps it."""
        table = table_of(StaffMember)
        found = connection.execute(
            select(table).where(table.c.name == name, table.c.active).with_for_update()
        ).first()
        if found is None:
            self._passwords.match(None, password)
            return None
        row = found._mapping
        wait = int(row["locked_until"]) - to_timestamp(at)
        if wait > 0:
            raise TooManyAttempts(seconds=wait)
        right = self._passwords.match(str(row["password_hash"]), password)
        failures = 0 if right else int(row["failures"]) + 1
        closed = failures >= ATTEMPTS_MAX
        connection.execute(
            update(table)
            .where(table.c.name == name)
            .values(
                failures=0 if closed else failures,
                locked_until=to_timestamp(at + CLOSED_FOR) if closed else 0,
            )
        )
        return _person(row) if right else None


def _person(row: RowMapping) -> Person:
    roles = frozenset(StaffRole(role) for role in str(row["roles"]).split())
    return Person(str(row["name"]), str(row["full_name"]), roles, bool(row["active"]))
