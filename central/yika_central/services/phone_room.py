"""Answers by telephone: what a vending point asks, whether it may be, and the code read back.

See :mod:`yika_common.signing.phone_code`.  Whoever answers types what he is told; the code fits
only if the vending point says the same.  Every answer is kept before its code is shown, with who
gave it and why: a code that a journal says was used, and that is not here, was never given.

====================  ==============================================================
reason of a doubt     meaning; the subject
====================  ==============================================================
phone_false           nothing was answered to these digits, or something else; they
phone_repeated        two records use one answer; the digits
====================  ==============================================================
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from yika_central.db import approval_store
from yika_central.db.base import one_of
from yika_central.db.database import Database, add, hold_office
from yika_central.db.projections import Values
from yika_central.db.suspense import BATCH
from yika_central.db.tables import PhoneAnswer, PhoneUse, table_of
from yika_central.errors import UnknownNode
from yika_central.services.key_bundles import current_certificate
from yika_central.services.key_room import KeyRoom
from yika_central.services.person_lists import persons_of
from yika_central.services.staff import Credential
from yika_central.services.two_persons import TwoPersons, check_reason
from yika_common.clock import Clock, to_timestamp
from yika_common.errors import N_, YikaError
from yika_common.signing.phone_code import (
    ACTS,
    ADMIT,
    ALLOWANCE,
    APPROVE,
    CHALLENGE_SIZE,
    JOIN,
    PURPOSES,
    RELEASE,
    Question,
    code_of,
    phone_key,
    read_digits,
)

ANSWERS_SHOWN = 100
_SAID = ("purpose", "subject", "act", "amount")


class PhoneRefused(YikaError):
    """A question without what belongs to it."""

    code = "phone_refused"
    sentence = N_(
        "No code was given: say for whom it is, and for an act which one and for how much money. "
        "Ask what the page at the vending point shows."
    )


class PhonePersonRefused(YikaError):
    """The list of persons speaks against it."""

    code = "phone_person_refused"
    sentence = N_(
        "No code was given: by the list of persons %(subject)s may not work at %(node)s. Put the "
        "person on the list first, if that is right."
    )


class PhoneOwn(YikaError):
    """Whoever answers is who asks."""

    code = "phone_own"
    sentence = N_(
        "Nothing was approved: %(name)s does the act and can't be its second person. Let somebody "
        "else at headquarters decide."
    )


class RefusedBefore(YikaError):
    """Somebody at headquarters has refused this very act."""

    code = "refused_before"
    sentence = N_(
        "No code was given: %(name)s has refused this act when it was asked for over the line. "
        "Talk to %(name)s; then it can be asked for anew at the vending point."
    )


class PhoneAnswered(YikaError):
    """These digits were answered, and for something else."""

    code = "phone_answered"
    sentence = N_(
        "No code was given: these digits were answered before, for something else. Have the page "
        "at the vending point opened anew, and the new digits read out."
    )


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that was given, and whether the vending point's journal says it was used."""

    node: str
    purpose: str
    subject: str
    act: str
    amount: int
    answered_by: str
    second: str
    reason: str
    at: int
    used_at: int | None


@dataclass(frozen=True, slots=True)
class Decision:
    """Who said yes, the second person where there is one, why, and when."""

    by: str
    second: str
    reason: str
    at: int


class PhoneRoom:
    """Answers what vending points ask by telephone."""

    def __init__(
        self, database: Database, keys: KeyRoom, persons: TwoPersons, clock: Clock
    ) -> None:
        self._database = database
        self._keys = keys
        self._persons = persons
        self._clock = clock

    def answer(
        self,
        asked: Question,
        digits: str,
        *,
        by: str,
        reason: str,
        second: Credential | None = None,
    ) -> str:
        """The code to read back; the same question gets the same one again.

        Args:
            asked: what the caller says; its epoch is the vending point's present one, whatever
                it says.
            digits: that the caller reads out.
            by: who answers.
            reason: why it may be.
            second: who agrees, where the act moves more money than one person may decide.

        Raises:
            DigitsMistyped, UnknownNode, PhoneRefused, PhonePersonRefused, PhoneAnswered,
            PhoneOwn, RefusedBefore, ReasonMissing, SecondPersonMissing and its like: no code was
                given.
        """
        challenge, reason = read_digits(digits, CHALLENGE_SIZE), check_reason(reason)
        if bool(asked.subject) == (asked.purpose == ALLOWANCE):
            raise PhoneRefused
        agreed = self._persons.second(by, second, amount=asked.amount)
        at = to_timestamp(self._clock())
        with self._database.writing() as connection:
            hold_office(connection)
            question = _of_present_epoch(connection, asked)
            _check_person(connection, question, at)
            keep_answer(connection, question, challenge, Decision(by, agreed, reason, at))
        return self.code(question, challenge)

    def code(self, question: Question, challenge: str) -> str:
        """The code to these digits, whether or not it may be given."""
        return code_of(phone_key(self._keys.personal_data_key(question.node)), question, challenge)

    def given(self) -> tuple[Given, ...]:
        """The newest answers, newest first."""
        answer, use = table_of(PhoneAnswer), table_of(PhoneUse)
        same = [use.c[name] == answer.c[name] for name in ("node", "epoch", "challenge")]
        used = select(use.c.stamped_at).where(*same).limit(1).scalar_subquery()
        columns = [answer.c[name] for name in Given.__dataclass_fields__ if name != "used_at"]
        query = select(*columns, used).order_by(answer.c.at.desc(), answer.c.challenge)
        with self._database.reading() as session:
            rows = session.execute(query.limit(ANSWERS_SHOWN)).all()
        return tuple(Given(*row) for row in rows)


def question_of(node: str, purpose: str, subject: str, act: str = "", amount: int = 0) -> Question:
    """What a caller says.

    Raises:
        PhoneRefused: it is no question.
    """
    approves = purpose == APPROVE
    if purpose not in PURPOSES or (approves and act not in ACTS) or amount < 0:
        raise PhoneRefused
    return Question(
        node=node,
        epoch=1,
        purpose=purpose,
        subject="" if purpose == ALLOWANCE else subject,
        act=act if approves else "",
        amount=amount if approves else 0,
    )


def keep_answer(
    connection: Connection, question: Question, challenge: str, decision: Decision
) -> None:
    """Write down that these digits are answered; the same answer again changes nothing.

    A request for the same that waits here is then granted too.

    Raises:
        PhoneAnswered: they were answered, and for something else.
        PhoneOwn: whoever decides does the act himself.
        RefusedBefore: somebody refused it.
    """
    if question.purpose == APPROVE:
        _check_other_person(question, decision)
    row = PhoneAnswer(
        node=question.node,
        epoch=question.epoch,
        challenge=challenge,
        purpose=question.purpose,
        subject=question.subject,
        act=question.act,
        amount=question.amount,
        answered_by=decision.by,
        second=decision.second,
        reason=decision.reason,
        at=decision.at,
    ).model_dump()
    refused = approval_store.refused_by(connection, _key(row))
    if refused:
        raise RefusedBefore(name=refused)
    before = _answered(connection, [row]).get(_key(row))
    if before is None:
        add(connection, PhoneAnswer, [row])
    elif any(before[name] != row[name] for name in _SAID):
        raise PhoneAnswered
    approval_store.granted(connection, row)


def phone_doubts(
    connection: Connection, uses: Sequence[Values]
) -> Iterable[tuple[Values, str, str, int]]:
    """The doubts about answers that these records use, which are not stored yet."""
    given = _answered(connection, uses)
    used = _used(connection, uses)
    times = Counter(_key(row) for row in uses)
    for row in uses:
        answer = given.get(_key(row))
        asked = approval_store.digest_of(connection, _key(row))
        if (
            answer is None
            or any(answer[name] != row[name] for name in _SAID)
            or (asked and asked != row["digest"])
        ):
            yield row, "phone_false", row["challenge"], row["amount"]
        if used.get(_key(row)) or times[_key(row)] > 1:
            yield row, "phone_repeated", row["challenge"], row["amount"]


def _of_present_epoch(connection: Connection, asked: Question) -> Question:
    certificate = current_certificate(connection, asked.node)
    if certificate is None:
        raise UnknownNode(node=asked.node)
    return Question(
        node=asked.node,
        epoch=certificate.epoch,
        purpose=asked.purpose,
        subject=asked.subject,
        act=asked.act,
        amount=asked.amount,
    )


def _check_person(connection: Connection, asked: Question, now: int) -> None:
    """Nobody is let in whom the list of persons shuts out, and nobody begins who is not on it."""
    if asked.purpose not in (RELEASE, ADMIT, JOIN):
        return
    listed = persons_of(connection, asked.node)
    if asked.purpose == JOIN:
        found = [one for one in listed if one.staff_number == asked.subject]
        good = [one for one in found if not one.revoked and (not one.until or one.until >= now)]
        refused = not good
    else:
        bare = "".join(asked.subject.split()).casefold()
        named = [one for one in listed if "".join(one.name.split()).casefold() == bare]
        refused = bool(named) and all(one.revoked for one in named)
    if refused:
        raise PhonePersonRefused(subject=asked.subject, node=asked.node)


def _check_other_person(asked: Question, decision: Decision) -> None:
    for name in (decision.by, decision.second):
        if "".join(name.split()).casefold() == "".join(asked.subject.split()).casefold():
            raise PhoneOwn(name=name)


def _answered(connection: Connection, rows: Sequence[Values]) -> dict[object, Values]:
    table = table_of(PhoneAnswer)
    columns = [table.c[name] for name in ("node", "epoch", "challenge")]
    wanted = sorted({_key(row) for row in rows})
    found: dict[object, Values] = {}
    for start in range(0, len(wanted), BATCH):
        query = select(table).where(one_of(columns, wanted[start : start + BATCH]))
        found |= {_key(dict(row)): dict(row) for row in connection.execute(query).mappings()}
    return found


def _used(connection: Connection, rows: Sequence[Values]) -> dict[object, bool]:
    table = table_of(PhoneUse)
    columns = [table.c[name] for name in ("node", "epoch", "challenge")]
    wanted = sorted({_key(row) for row in rows})
    found: dict[object, bool] = {}
    for start in range(0, len(wanted), BATCH):
        query = select(*columns).where(one_of(columns, wanted[start : start + BATCH]))
        found |= {_key(dict(row)): True for row in connection.execute(query).mappings()}
    return found


def _key(row: Values) -> tuple[str, int, str]:
    return row["node"], row["epoch"], row["challenge"]
