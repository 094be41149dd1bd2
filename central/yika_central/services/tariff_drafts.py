"""The way of a tariff from a draft to being published: who did what, and what is asked first.

==========  =====================================================  ===========================
state       how it is reached                                      who
==========  =====================================================  ===========================
DRAFT       the exact file is kept; its golden cases come out      a tariff officer, its author
REVIEWED    it was replayed over past sales                        the program, when asked
APPROVED    signed with a password                                 another tariff officer
PUBLISHED   signed with a password and put on the shelf            any but who approved it
REJECTED    given back with a reason                               another than its author
CANCELLED   taken back with a reason, or replaced by another       its author
==========  =====================================================  ===========================

The bytes of a draft never change: who changes its text makes another draft in its place.  Every
act is kept, and so is every draft.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from yika_central.db import tariff_store as store
from yika_central.db.database import Database, hold_office
from yika_central.db.tables import TariffDraft, TariffDraftAct, table_of
from yika_central.services.key_room import KeyRoom
from yika_central.services.staff import Credential, NotAnOfficer, Staff
from yika_central.services.tariff_draft_rules import (
    OPEN,
    Act,
    AuthorMayNotApprove,
    DraftClosed,
    DraftNotApproved,
    DraftNotReplayed,
    NoSuchDraft,
    ReasonMissing,
    ReplayOutdated,
    State,
    add_signatures,
    check_signatures,
)
from yika_central.services.tariff_replays import TariffReplays
from yika_central.services.tariff_rules import TwoPersonsNeeded, check_succession, check_time
from yika_central.services.tariff_shelf import TariffShelf
from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.errors import Phrase
from yika_common.signing.keys import SigningKey
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.messages import sign_tariff
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.golden import check_golden
from yika_common.tariffs.model import Tariff

REASON_MAX = 200

Signer = tuple[str, SigningKey]
"""A tariff officer's name and his key, opened for one act."""


@dataclass(frozen=True, slots=True)
class Done:
    """One act on a draft."""

    act: Act
    who: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft with its history."""

    number: int
    tariff_id: str
    version: int
    document: bytes
    author: str
    state: State
    approver: str
    replaces: int | None
    created_at: datetime
    acts: tuple[Done, ...] = ()

    @property
    def open(self) -> bool:
        """Whether anything can still be done with it."""
        return self.state in OPEN


class TariffDrafts:
    """Keeps drafts and lets two persons bring them onto the shelf."""

    def __init__(
        self,
        database: Database,
        keys: KeyRoom,
        staff: Staff,
        shelf: TariffShelf,
        replays: TariffReplays,
        clock: Clock,
    ) -> None:
        self._database = database
        self._keys = keys
        self._staff = staff
        self._shelf = shelf
        self._replays = replays
        self._clock = clock

    def check(self, document: bytes) -> Tariff:
        """The tariff in a file that may be drafted.

        Raises:
            TariffMalformed, GoldenCaseDiffers: the file is no sound tariff.
            TariffNotNewer, TariffChangesScope, TariffTimeWrong: it does not follow.
        """
        tariff = self._sound(document)
        with self._database.reading() as session:
            check_succession(session.connection(), tariff)
        return tariff

    def keep(self, document: bytes, author: str, *, replaces: int | None = None) -> int:
        """Keep a draft; returns its number.  The one it replaces is then cancelled.

        Raises:
            TariffMalformed, GoldenCaseDiffers, TariffNotNewer, TariffChangesScope,
            TariffTimeWrong, NotAnOfficer, NoSuchDraft, DraftClosed: nothing was kept.
        """
        tariff = self._sound(document)
        self._check_officer(author)
        with self._database.writing() as connection:
            hold_office(connection)
            check_succession(connection, tariff)
            number = store.add_draft(
                connection,
                {
                    "tariff_id": tariff.id,
                    "version": tariff.version,
                    "digest": tariff.digest,
                    "document": document,
                    "author": author,
                    "replaces": replaces,
                    "created_at": self._now(),
                },
            )
            store.add_act(connection, number, Act.DRAFTED, author, self._now())
            if replaces is not None:
                self._open_row(connection, replaces)
                self._close(connection, replaces, State.CANCELLED, author, f"→ {number}")
        return number

    def approve(self, number: int, approver: Credential) -> None:
        """Sign a draft as the second person.

        Raises:
            WrongPassword, TooManyAttempts, NotAnOfficer: his signature is missing.
            NoSuchDraft, DraftClosed, AuthorMayNotApprove, DraftNotReplayed, ReplayOutdated: it
                cannot be approved.  Whatever is raised, nothing was approved.
        """
        self.approve_with(number, (approver.name, self._staff.officers_key(approver)))

    def approve_with(self, number: int, signer: Signer) -> None:
        """:meth:`approve` with a key that is open."""
        name, key = signer
        with self._database.writing() as connection:
            row = self._open_row(connection, number)
            if row.author == name:
                raise AuthorMayNotApprove(draft=number)
            self._check_replayed(connection, row)
            file = sign_tariff(bytes(row.document), [key])
            store.change_draft(
                connection,
                number,
                state=State.APPROVED,
                approver=name,
                signature=file.to_bytes(),
            )
            store.add_act(connection, number, Act.APPROVED, name, self._now())

    def publish(self, number: int, publisher: Credential) -> Tariff:
        """Sign an approved draft as well, and publish it.

        Raises:
            WrongPassword, TooManyAttempts, NotAnOfficer: his signature is missing.
            NoSuchDraft, DraftClosed, DraftNotApproved, TwoPersonsNeeded, ReplayOutdated,
            TariffNotNewer, TariffChangesScope, TariffTimeWrong: it cannot be published.
            Whatever is raised, nothing was published.
        """
        key = self._staff.officers_key(publisher)
        return self.publish_with(number, [(publisher.name, key)])

    def publish_with(self, number: int, signers: Sequence[Signer]) -> Tariff:
        """:meth:`publish` with keys that are open."""
        with self._database.writing() as connection:
            row = self._open_row(connection, number)
            if row.state != State.APPROVED:
                raise DraftNotApproved(draft=number)
            names = [name for name, _ in signers]
            if row.approver in names:
                raise TwoPersonsNeeded
            self._check_replayed(connection, row)
            document = bytes(row.document)
            tariff = self._sound(document)
            approved = read_signed_file(bytes(row.signature))
            file = add_signatures(sign_tariff(document, [key for _, key in signers]), approved)
            check_signatures(file.to_bytes(), self._keys.root)
            self._shelf.place(
                connection, tariff, document, file.to_bytes(), [*names, row.approver]
            )
            store.change_draft(connection, number, state=State.PUBLISHED)
            for name in names:
                store.add_act(connection, number, Act.PUBLISHED, name, self._now())
        return tariff

    def close(self, number: int, who: str, reason: str) -> State:
        """Give a draft back, or take one's own back, with a reason.

        Raises:
            ReasonMissing, NoSuchDraft, DraftClosed, NotAnOfficer: nothing was changed.
        """
        if not reason.strip():
            raise ReasonMissing
        self._check_officer(who)
        with self._database.writing() as connection:
            row = self._open_row(connection, number)
            state = State.CANCELLED if row.author == who else State.REJECTED
            self._close(connection, number, state, who, reason.strip()[:REASON_MAX])
        return state

    def replay_stands(self, number: int) -> bool | None:
        """Whether the last finished replay holds for what is published now; None without one."""
        draft = self.one(number)
        service = str(parse_tariff(draft.document).service)
        with self._database.reading() as session:
            return self._replays.stands(session.connection(), number, service)

    def all(self, *, still_open: bool = False) -> tuple[Draft, ...]:
        """Drafts without their history, the newest first."""
        table = table_of(TariffDraft)
        query = select(table).order_by(table.c.draft.desc())
        if still_open:
            query = query.where(table.c.state.in_(sorted(OPEN)))
        with self._database.reading() as session:
            rows = session.execute(query).all()
        return tuple(_draft(row) for row in rows)

    def one(self, number: int) -> Draft:
        """A draft with its history.

        Raises:
            NoSuchDraft: there is none of that number.
        """
        table, acts = table_of(TariffDraft), table_of(TariffDraftAct)
        with self._database.reading() as session:
            row = session.execute(select(table).where(table.c.draft == number)).first()
            if row is None:
                raise NoSuchDraft(draft=number)
            done = session.execute(
                select(acts).where(acts.c.draft == number).order_by(acts.c.number)
            ).all()
        return _draft(row, done)

    def _sound(self, document: bytes) -> Tariff:
        tariff = parse_tariff(document)
        check_golden(tariff)
        check_time(tariff, self._clock())
        return tariff

    def _check_officer(self, name: str) -> None:
        """Only a tariff officer has a part in a tariff."""
        if not self._staff.signs_tariffs(name):
            raise NotAnOfficer(name=name)

    def _check_replayed(self, connection: Connection, row: Row[Any]) -> None:
        tariff = parse_tariff(bytes(row.document))
        stands = self._replays.stands(connection, row.draft, str(tariff.service))
        if stands is False:
            raise ReplayOutdated(draft=row.draft)
        if stands is None and store.any_sale(connection, str(tariff.service)):
            raise DraftNotReplayed(draft=row.draft)

    def _open_row(self, connection: Connection, number: int) -> Row[Any]:
        row = store.draft_row(connection, number)
        if row is None:
            raise NoSuchDraft(draft=number)
        if row.state not in OPEN:
            raise DraftClosed(draft=number, state=CLOSED_AS[row.state])
        return row

    def _close(
        self, connection: Connection, number: int, state: State, who: str, reason: str
    ) -> None:
        store.change_draft(connection, number, state=state)
        store.add_act(connection, number, Act(state), who, self._now(), reason)

    def _now(self) -> int:
        return to_timestamp(self._clock())


CLOSED_AS = {
    State.PUBLISHED: Phrase("published"),
    State.REJECTED: Phrase("rejected"),
    State.CANCELLED: Phrase("cancelled"),
}
"""How a closed draft ended, inside a sentence."""


def _draft(row: Row[Any], acts: Sequence[Row[Any]] = ()) -> Draft:
    return Draft(
        number=row.draft,
        tariff_id=row.tariff_id,
        version=row.version,
        document=bytes(row.document),
        author=row.author,
        state=State(row.state),
        approver=row.approver,
        replaces=row.replaces,
        created_at=from_timestamp(row.created_at),
        acts=tuple(Done(Act(a.act), a.who, from_timestamp(a.at), a.reason) for a in acts),
    )
