"""Approvals over the line: vending points ask, somebody at headquarters grants or refuses.

The proof is that of the telephone (:mod:`yika_central.services.phone_room`): a granted request is
an answer to its digits, kept with who gave it and why before the code leaves, and a journal's
record of it is checked against both.  Only no one reads digits out.

A request is the vending point's own, signed under its present certificate, and stands once under
its digits however often it is posted: what was withdrawn, refused or is over stays so.  Nothing is
decided by the vending point's clock.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, RowMapping

from yika_central.db import approval_store as store
from yika_central.db.database import Database, hold_office, lock_node
from yika_central.db.tables import ApprovalRequest as Row
from yika_central.services.key_room import KeyRoom
from yika_central.services.phone_room import Decision, PhoneRoom, keep_answer
from yika_central.services.signers import certified_signer
from yika_central.services.staff import Credential
from yika_central.services.two_persons import TwoPersons, check_reason
from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.errors import N_, YikaError
from yika_common.signing.errors import FileMalformed, SealBroken
from yika_common.signing.phone_code import (
    APPROVE,
    CHALLENGE_SIZE,
    DigitsMistyped,
    Question,
    read_digits,
)
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.line_approval import (
    GRANTED,
    LIFETIME_S,
    OVER,
    REFUSED,
    REQUEST_MAX,
    WAITING,
    WITHDRAW,
    ApprovalRequest,
    Words,
    open_act,
    open_request,
    sign_answer,
)

WAITING_MAX: Final = 16
"""Requests of one vending point that may wait at a time."""
SHOWN: Final = 100
_SAID: Final = ("digest", "subject", "act", "amount")
"""What every asking with the same digits says again."""


class AskerUnknown(YikaError):
    """A request is not signed under a vending point's present certificate."""

    code = "asker_unknown"
    sentence = N_(
        "The request is not signed with the present key of a vending point. Nothing was taken. "
        "Exchange with headquarters, or ask by telephone."
    )


class TooManyAsked(YikaError):
    """Too many requests of one vending point wait."""

    code = "too_many_asked"
    sentence = N_(
        "Too many requests of %(node)s wait for an answer. This one was not taken. Let the others "
        "be decided or taken back, or ask by telephone."
    )


class NoSuchRequest(YikaError):
    """Nobody asked for that."""

    code = "no_such_approval_request"
    sentence = N_("Nobody asked for this. Nothing was changed. Look for it in the list.")


class RequestDecided(YikaError):
    """The request waits no more."""

    code = "approval_request_decided"
    sentence = N_(
        "This request waits no more: it was decided, taken back, or a quarter of an hour has "
        "passed. Nothing was changed. Look at the list."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as the pages show it; ``words`` is None where they can't be opened."""

    node: str
    epoch: int
    challenge: str
    subject: str
    act: str
    amount: int
    words: Words | None
    state: str
    asked_at: datetime
    until: datetime
    decided_by: str
    second: str
    reason: str
    decided_at: datetime | None
    used_at: datetime | None


class ApprovalOffice:
    """Takes requests in, shows them, and decides."""

    def __init__(
        self,
        database: Database,
        keys: KeyRoom,
        persons: TwoPersons,
        phone: PhoneRoom,
        clock: Clock,
    ) -> None:
        self._database = database
        self._keys = keys
        self._persons = persons
        self._phone = phone
        self._clock = clock

    def receive(self, body: bytes) -> bytes:
        """Take a request as a vending point posts it; the signed answer.

        Raises:
            FileMalformed, FileTooLarge, WrongKind, SignatureInvalid, MessageForAnother,
                AskerUnknown: it is none; nothing was taken.
            TooManyAsked: nothing was taken.
        """
        file = read_signed_file(body, limit=REQUEST_MAX)
        signer = certified_signer(self._database, file)
        if signer is None:
            raise AskerUnknown
        request = open_request(file, signer.key, node=signer.node, epoch=signer.epoch)
        try:
            read_digits(request.challenge, CHALLENGE_SIZE)
        except DigitsMistyped as cause:
            raise FileMalformed(why=cause.sentence) from cause
        now = to_timestamp(self._clock())
        with self._database.writing() as connection:
            row = self._stood(connection, request, now)
        state = store.standing(row, now)
        if any(row[name] != getattr(request, name) for name in _SAID):
            state = OVER
        code = self._phone.code(request.question, request.challenge) if state == GRANTED else ""
        reason = str(row["reason"]) if state == REFUSED else ""
        key = self._keys.signer("ack")
        return sign_answer(request, key, state, code=code, reason=reason).to_bytes()

    def waiting(self) -> tuple[Asked, ...]:
        """What waits for somebody's decision, oldest first."""
        now = to_timestamp(self._clock())
        with self._database.reading() as session:
            rows = store.waiting(session, now, SHOWN)
        return tuple(self._shown(row, now) for row in rows)

    def count(self) -> int:
        """How much waits; quick, because every open page asks again and again."""
        with self._database.reading() as session:
            return store.waiting_count(session, to_timestamp(self._clock()))

    def decided(self) -> tuple[Asked, ...]:
        """What was granted, refused or taken back, newest first."""
        now = to_timestamp(self._clock())
        with self._database.reading() as session:
            rows = store.decided(session, SHOWN)
        return tuple(self._shown(row, now) for row in rows)

    def one(self, place: store.Place) -> Asked:
        """One request.

        Raises:
            NoSuchRequest: there is none.
        """
        with self._database.reading() as session:
            row = store.found(session, place)
        if row is None:
            raise NoSuchRequest
        return self._shown(row, to_timestamp(self._clock()))

    def grant(
        self, place: store.Place, *, by: str, reason: str, second: Credential | None = None
    ) -> None:
        """Be the second person; the vending point fetches the code at its next asking.

        Raises:
            NoSuchRequest, RequestDecided: nothing was changed.
            PhoneOwn, PhoneAnswered: likewise.
            ReasonMissing, SecondPersonMissing and its like: likewise.
        """
        reason, asked = check_reason(reason), self.one(place)
        agreed = self._persons.second(by, second, amount=asked.amount)
        now = to_timestamp(self._clock())
        question = Question(
            node=asked.node,
            epoch=asked.epoch,
            purpose=APPROVE,
            subject=asked.subject,
            act=asked.act,
            amount=asked.amount,
        )
        with self._database.writing() as connection:
            hold_office(connection)
            _check_waiting(connection, place, now)
            keep_answer(connection, question, asked.challenge, Decision(by, agreed, reason, now))

    def refuse(self, place: store.Place, *, by: str, reason: str) -> None:
        """Refuse, and say why; the vending point is told.

        Raises:
            NoSuchRequest, RequestDecided, ReasonMissing: nothing was changed.
        """
        reason, now = check_reason(reason), to_timestamp(self._clock())
        with self._database.writing() as connection:
            hold_office(connection)
            _check_waiting(connection, place, now)
            store.decide(
                connection, place, state=REFUSED, decided_by=by, reason=reason, decided_at=now
            )

    def _stood(self, connection: Connection, request: ApprovalRequest, now: int) -> RowMapping:
        """The request as it is kept, taken in or taken back by this asking."""
        if lock_node(connection, request.node)["epoch"] != request.epoch:
            raise AskerUnknown
        place = (request.node, request.epoch, request.challenge)
        withdrawn = request.wish == WITHDRAW
        if store.found(connection, place) is None:
            # What is taken back before it came is kept too: it may still be on its way.
            if store.waiting_of(connection, request.node, now) >= WAITING_MAX:
                raise TooManyAsked(node=request.node)
            store.put(connection, _row(request, now, withdrawn=withdrawn))
        elif withdrawn:
            store.decide(connection, place, state=OVER, decided_at=now)
        row = store.found(connection, place)
        assert row is not None, "it was found or put"
        return row

    def _shown(self, row: RowMapping, now: int) -> Asked:
        key = self._keys.personal_data_key(row["node"])
        try:
            words = open_act(row["words"], key, row["challenge"])
        except (SealBroken, FileMalformed):
            words = None
        decided, used = row["decided_at"], row.get("used_at")
        return Asked(
            node=row["node"],
            epoch=row["epoch"],
            challenge=row["challenge"],
            subject=row["subject"],
            act=row["act"],
            amount=row["amount"],
            words=words,
            state=store.standing(row, now) if row["state"] == WAITING else row["state"],
            asked_at=from_timestamp(row["asked_at"]),
            until=from_timestamp(row["asked_at"] + LIFETIME_S),
            decided_by=row["decided_by"],
            second=row["second"],
            reason=row["reason"],
            decided_at=None if decided is None else from_timestamp(decided),
            used_at=None if used is None else from_timestamp(used),
        )


def _check_waiting(connection: Connection, place: store.Place, now: int) -> None:
    if store.found(connection, place) is None:
        raise NoSuchRequest
    node = lock_node(connection, place[0])
    row = store.found(connection, place)
    if row is None or store.standing(row, now) != WAITING or node["epoch"] != row["epoch"]:
        raise RequestDecided


def _row(request: ApprovalRequest, now: int, *, withdrawn: bool) -> dict[str, object]:
    return Row(
        node=request.node,
        epoch=request.epoch,
        challenge=request.challenge,
        digest=request.digest,
        subject=request.subject,
        act=request.act,
        amount=request.amount,
        words=request.words,
        state=OVER if withdrawn else WAITING,
        asked_at=now,
        decided_at=now if withdrawn else None,
    ).model_dump()
