"""What headquarters doubts of approvals: it trusts the card's proof, not the vending point.

====================  =================================================================
reason                meaning; the subject
====================  =================================================================
approval_false        the managing card did not make this proof; the card
approval_card         the card is unknown, revoked, run out, not good at this vending
                      point, or another person's; the card
approval_repeated     two approvals carry one count of a card; card/count
approval_by_operator  whoever did the act holds the card; the holder
approval_absent       the act needs an approval, and the record before it is none; its seq
approval_for_another  the record before it approves something else; its seq
phone_false           headquarters never answered that by telephone; the digits read out
phone_repeated        an answer by telephone was used twice; the digits
====================  =================================================================
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from yika_central.db.base import one_of
from yika_central.db.projections import Projected, Values
from yika_central.db.suspense import BATCH
from yika_central.db.tables import Approval, PhoneUse, SpecialCard, SpecialCardNode, table_of
from yika_central.services.key_room import KeyRoom
from yika_central.services.phone_room import phone_doubts
from yika_central.services.special_lists import GOOD, MANAGING
from yika_common.cards.ciphers import same
from yika_common.cards.special.face import approval_proof

Doubt = tuple[Values, str, str, int]


def approval_doubts(
    connection: Connection, projected: Projected, keys: KeyRoom
) -> Iterable[Doubt]:
    """The doubts about the approvals among these records, which are not stored yet."""
    approvals = projected.of(Approval)
    doubts = [*_acts(connection, projected), *_repeated(connection, approvals)]
    doubts += phone_doubts(connection, projected.of(PhoneUse))
    for row in approvals:
        reason = _doubt(connection, row, keys)
        if reason:
            doubts.append((row, reason, row["card"], 0))
        if _bare(row["operator"]) == _bare(row["holder"]):
            doubts.append((row, "approval_by_operator", row["holder"], 0))
    return doubts


def _acts(connection: Connection, projected: Projected) -> Iterable[Doubt]:
    """Acts whose approval is missing or was for something else."""
    held = {row["seq"]: row["act"] for row in projected.of(Approval)}
    held |= {row["seq"]: row["digest"] for row in projected.of(PhoneUse)}
    for act in projected.acts:
        approved = held.get(act["approval"])
        if approved is None and act["approval"]:
            approved = _stored(connection, act)
        if approved is None or act["approval"] != act["seq"] - 1:
            yield act, "approval_absent", str(act["approval"]), 0
        elif act["act"] and act["act"] != approved:
            yield act, "approval_for_another", str(act["approval"]), 0


def _stored(connection: Connection, act: Values) -> str | None:
    """The digest of an approval that came with an earlier delivery."""
    for table, name in ((table_of(Approval), "act"), (table_of(PhoneUse), "digest")):
        found: str | None = connection.execute(
            select(table.c[name]).where(
                *(table.c[place] == act[place] for place in ("node", "epoch", "branch")),
                table.c.seq == act["approval"],
            )
        ).scalar()
        if found is not None:
            return found
    return None


def _doubt(connection: Connection, row: Values, keys: KeyRoom) -> str:
    card, at = table_of(SpecialCard), table_of(SpecialCardNode)
    found = connection.execute(
        select(card).where(card.c.number == row["card"], card.c.kind == MANAGING)
    ).first()
    if found is None:
        return "approval_card"
    proof = approval_proof(
        keys.managing_keys(found.number, found.key_version).approve,
        found.number,
        row["counter"],
        bytes.fromhex(row["act"]),
    )
    if not same(proof, bytes.fromhex(row["proof"])):
        return "approval_false"
    good_here = connection.execute(
        select(at.c.node).where(at.c.number == found.number, at.c.node == row["node"])
    ).first()
    ended = found.ended_at is not None and row["stamped_at"] > found.ended_at
    late = found.valid_until and row["stamped_at"] > found.valid_until
    over = found.state not in GOOD and ended
    early = row["stamped_at"] < found.valid_from
    if good_here is None or over or late or early or found.holder != row["holder"]:
        return "approval_card"
    return ""


def _repeated(connection: Connection, approvals: Sequence[Values]) -> Iterable[Doubt]:
    """Approvals that share a card's count, the ones stored before included."""
    table = table_of(Approval)
    by_count: dict[tuple[str, int], list[Values]] = {}
    for row in approvals:
        by_count.setdefault((row["card"], row["counter"]), []).append(row)
    wanted = sorted(by_count)
    for start in range(0, len(wanted), BATCH):
        rows = connection.execute(
            select(table).where(
                one_of([table.c.card, table.c.counter], wanted[start : start + BATCH])
            )
        ).mappings()
        for stored in rows:
            by_count[stored["card"], stored["counter"]].append(dict(stored))
    return [
        (row, "approval_repeated", f"{card}/{counter}", 0)
        for (card, counter), sharing in by_count.items()
        if len(sharing) > 1
        for row in sharing
    ]


def _bare(name: str) -> str:
    return "".join(name.split()).casefold()
