"""What records say of special cards, of what managing cards approved, and of telephone calls."""

from typing import Any

from sqlalchemy import Connection, update

from yika_central.db.tables import EnrolmentToken, SpecialCard, table_of
from yika_common.journal import card_bodies
from yika_common.journal.phone_bodies import PhoneCode
from yika_common.journal.record import Record as JournalRecord

Values = dict[str, Any]
_ENDS = (card_bodies.RETURNED, card_bodies.BURNT, card_bodies.MISSING, card_bodies.COPIED)
_REVOKED = "REVOKED"


def approval_row(record: JournalRecord) -> Values:
    """The columns of an approval besides its place."""
    body = record.body
    assert isinstance(body, card_bodies.Approved)
    return {
        "card": body.card,
        "counter": body.counter,
        "holder": body.holder,
        "act": body.act,
        "proof": body.proof,
        "operator": record.operator,
        "stamped_at": record.ts,
    }


def phone_row(record: JournalRecord, node: str, epoch: int) -> Values:
    """The columns of an answer by telephone that was used, besides its place."""
    body = record.body
    assert isinstance(body, PhoneCode)
    return {
        "purpose": body.purpose,
        "subject": body.subject,
        "act": body.act,
        "amount": body.amount,
        "digest": body.digest,
        "challenge": body.challenge(node, epoch),
        "operator": record.operator,
        "stamped_at": record.ts,
    }


def special_row(record: JournalRecord) -> Values:
    """What a record says became of a special card."""
    body = record.body
    assert isinstance(body, card_bodies.SpecialCard)
    return {
        "number": body.card,
        "state": body.state,
        "serial": body.serial,
        "reason": body.reason,
        "operator": record.operator,
        "stamped_at": record.ts,
    }


def note_special(connection: Connection, changes: list[Values]) -> set[str]:
    """Bring the list up to date; returns the numbers of the cards that changed.

    A revoked card stays revoked, whatever became of it.
    """
    table = table_of(SpecialCard)
    for change in changes:
        here = update(table).where(table.c.number == change["number"])
        if change["state"] == card_bodies.ISSUED:
            values: Values = {
                "issued_at": change["stamped_at"],
                "issued_by": change["operator"],
                "serial": change["serial"],
            }
            connection.execute(here.values(values))
            connection.execute(here.where(table.c.state == "ORDERED").values(state="ISSUED"))
        elif change["state"] in _ENDS:
            ended = {"state": change["state"].upper(), "ended_at": change["stamped_at"]}
            if change["reason"]:
                ended["reason"] = change["reason"]
            connection.execute(here.where(table.c.state != _REVOKED).values(ended))
            # A system card that will not be used lets nobody in any more.
            token = table_of(EnrolmentToken)
            connection.execute(
                update(token)
                .where(token.c.card == change["number"], token.c.keys_digest == b"")
                .values(expires_at=0)
            )
    return {change["number"] for change in changes}
