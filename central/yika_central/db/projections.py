"""From journal records to rows: what each record means in headquarters' tables.

A pure function of the records and of where and when they arrived.  Rows are plain mappings, ready
for one statement per table.  A record that cannot be read becomes a row of ``suspense``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from yika_central.db import card_projections, meter_projections, sale_projections
from yika_central.db.charge_store import charge_row
from yika_central.db.customer_projections import (
    complaint_row,
    facts_row,
    hold_row,
    life_row,
    limits_row,
    refusal_row,
)
from yika_central.db.special_projections import approval_row, phone_row, special_row
from yika_central.db.tables import (
    Account,
    AccountFacts,
    AccountHold,
    AccountLife,
    AccountMeter,
    Approval,
    CardEnd,
    CardReport,
    CardWitness,
    Charge,
    Complaint,
    HeldItem,
    IssuedCard,
    MeterSwap,
    NodeOperator,
    NodeRefusal,
    NoticeDone,
    OwnLimit,
    PhoneUse,
    Reading,
    Record,
    RefundPaid,
    Row,
    Sale,
    SaleDebt,
    SaleLine,
    StockMove,
    Suspense,
)
from yika_common.journal import account_bodies, bodies, card_bodies, meter_bodies, staff_bodies
from yika_common.journal.acts import approval_of, digest_of
from yika_common.journal.body import Body
from yika_common.journal.complaint_bodies import Complained
from yika_common.journal.phone_bodies import PhoneCode
from yika_common.journal.record import Record as JournalRecord
from yika_common.journal.record import Unknown
from yika_common.journal.till_bodies import Charged

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A record as it came: its line, its place in the chain, and what it says."""

    line: bytes
    hash: bytes
    record: JournalRecord


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a run of records belongs and when it came.

    ``floor_at`` bounds the first record's time from below, ``received_at`` all of them from above.
    ``manifest_times`` gives the time of issue of each manifest version that a record may name.
    """

    node: str
    epoch: int
    branch: int
    segment: bytes
    received_at: int
    floor_at: int
    manifest_times: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Resolution:
    """A record that ends an intent: which one, how, and in which record.

    ``carried``: the intent's own record was not read back, a later card carries its credit.
    """

    seq: int
    at: int
    outcome: str
    intent_epoch: int
    intent_seq: int
    intent_hash: str
    carried: bool = False


@dataclass(slots=True)
class Projected:
    """The rows of a run of records, by table; ``floor_at`` as it is after the last."""

    floor_at: int
    rows: dict[type[Row], list[Values]] = field(default_factory=dict)
    resolutions: list[Resolution] = field(default_factory=list)
    ended: list[Values] = field(default_factory=list)
    """Sales stored before that these records end."""
    acts: list[Values] = field(default_factory=list)
    """Acts that need a second person, each with the seq of its approval and its digest."""
    special: list[Values] = field(default_factory=list)
    """What became of special cards."""
    orders: list[Values] = field(default_factory=list)
    """What orders of tool cards came to."""
    told: list[Values] = field(default_factory=list)
    """Levels that records on cards bring to meters."""

    def of(self, table: type[Row]) -> list[Values]:
        """The rows of one table so far."""
        return self.rows.setdefault(table, [])


def project(arrived: Iterable[Arrived], arrival: Arrival) -> Projected:
    """The rows of these records, in their order."""
    projected = Projected(floor_at=arrival.floor_at)
    for item in arrived:
        place = _place(arrival, item.record.seq)
        projected.of(Record).append(
            place
            | {
                "hash": item.hash,
                "kind": item.record.body.kind,
                "stamped_at": item.record.ts,
                "operator": item.record.operator,
                "line": item.line,
                "segment": arrival.segment,
            }
        )
        _PROJECTIONS.get(type(item.record.body), _nothing)(projected, place, item, arrival)
        _act(projected, place, item.record.body)
    return projected


def _act(projected: Projected, place: Values, body: Body | Unknown) -> None:
    if isinstance(body, Unknown):
        return
    approval = approval_of(body)
    if approval is not None:
        digest = digest_of(body, place["node"], place["epoch"])
        act = digest.hex() if digest else ""
        projected.acts.append(place | {"approval": approval, "act": act})


def _place(arrival: Arrival, seq: int) -> Values:
    return {
        "node": arrival.node,
        "epoch": arrival.epoch,
        "branch": arrival.branch,
        "seq": seq,
    }


def _nothing(projected: Projected, place: Values, item: Arrived, arrival: Arrival) -> None:
    """Starts and logins are kept as records and need no table of their own."""


def _unknown(projected: Projected, place: Values, item: Arrived, arrival: Arrival) -> None:
    body = item.record.body
    assert isinstance(body, Unknown)
    projected.of(Suspense).append(
        suspense_row(place, "unreadable", subject=body.kind, at=arrival.received_at)
    )


def _operator(projected: Projected, place: Values, item: Arrived, arrival: Arrival) -> None:
    body = item.record.body
    assert isinstance(body, bodies.OperatorAdded | staff_bodies.StaffChanged)
    row = {"node": arrival.node, "operator": body.name, "level": body.level}
    if body.level:
        projected.of(NodeOperator).append(row | {"added_at": item.record.ts})


def _phoned(projected: Projected, place: Values, item: Arrived, arrival: Arrival) -> None:
    row = phone_row(item.record, arrival.node, arrival.epoch)
    projected.of(PhoneUse).append(place | row)


def _account(projected: Projected, place: Values, item: Arrived, arrival: Arrival) -> None:
    body = item.record.body
    assert isinstance(body, bodies.AccountOpened)
    projected.of(Account).append(
        place
        | {
            "account": body.account,
            "area": body.area,
            "tariff_class": body.tariff_class,
            "profile": body.profile,
            "persons": body.persons,
            "area_m2": body.heated_area or None,
            "sealed": body.who,
            "opened_at": item.record.ts,
            "community": body.community,
            "premises": body.premises,
        }
    )
    projected.of(AccountMeter).extend(
        {"account": body.account, "slot": slot, "service": str(service), "meter": meter}
        for slot, service, meter in body.meters
    )


def _tool(projected: Projected, place: Values, item: Arrived, arrival: Arrival) -> None:
    projected.orders += meter_projections.outcome_rows(item.record)


def _intent(projected: Projected, place: Values, item: Arrived, arrival: Arrival) -> None:
    body = item.record.body
    assert isinstance(body, bodies.Intent)
    bracket = (min(projected.floor_at, arrival.received_at), arrival.received_at)
    sold = sale_projections.sale_row(item.record, body, item.hash, bracket)
    projected.of(Sale).append(place | sold)
    projected.told += meter_projections.told_rows(body)
    projected.of(SaleLine).extend(place | row for row in sale_projections.line_rows(body))
    projected.of(SaleDebt).extend(place | row for row in sale_projections.debt_rows(body))


def _paid_out(projected: Projected, place: Values, item: Arrived, arrival: Arrival) -> None:
    body = item.record.body
    assert isinstance(body, card_bodies.RefundPaid)
    row = place | {
        "refund_epoch": body.epoch or arrival.epoch,
        "refund_seq": body.intent,
        "amount": body.amount,
        "write_back": body.write_back,
        "stamped_at": item.record.ts,
        "not_before": min(projected.floor_at, arrival.received_at),
        "not_after": arrival.received_at,
    }
    projected.of(RefundPaid).append(row)


def _charged(projected: Projected, place: Values, item: Arrived, arrival: Arrival) -> None:
    bracket = {
        "not_before": min(projected.floor_at, arrival.received_at),
        "not_after": arrival.received_at,
    }
    row = charge_row(item.record, arrival.epoch)
    projected.of(Charge).append(place | bracket | row)


def _special(projected: Projected, place: Values, item: Arrived, arrival: Arrival) -> None:
    projected.special.append(special_row(item.record))


def _hold(projected: Projected, place: Values, item: Arrived, arrival: Arrival) -> None:
    projected.of(AccountHold).append(place | hold_row(item.record, arrival.node))


def _refusal(projected: Projected, place: Values, item: Arrived, arrival: Arrival) -> None:
    place = {"node": arrival.node, "epoch": arrival.epoch}
    projected.of(NodeRefusal).append(place | refusal_row(item.record))


def _resolution(projected: Projected, place: Values, item: Arrived, arrival: Arrival) -> None:
    body = item.record.body
    assert isinstance(body, bodies.Sale | bodies.Superseded)
    projected.resolutions.append(
        Resolution(
            seq=item.record.seq,
            at=item.record.ts,
            outcome="WRITTEN" if isinstance(body, bodies.Sale) else "SUPERSEDED",
            intent_epoch=body.epoch or arrival.epoch,
            intent_seq=body.intent,
            intent_hash=body.hash,
            carried=isinstance(body, bodies.Sale) and bool(body.through or body.carried),
        )
    )


def _reading(projected: Projected, place: Values, item: Arrived, arrival: Arrival) -> None:
    body = item.record.body
    assert isinstance(body, bodies.Reading)
    projected.of(Reading).append(
        place
        | {
            "card": body.card,
            "meter": body.meter,
            "slot": body.slot,
            "generation": body.generation,
            "count": body.count,
            "total": body.total,
            "balance": body.balance,
            "lifetime_use": body.used,
            "status": body.status,
            "number": body.sequence,
            "meter_time": body.meter_time,
            "evidence": body.evidence,
            "stamped_at": item.record.ts,
            "parameters": body.parameters,
        }
    )


def _witness(projected: Projected, place: Values, item: Arrived, arrival: Arrival) -> None:
    body = item.record.body
    assert isinstance(body, bodies.Witness)
    projected.of(CardWitness).append(
        place
        | {
            "card": body.card,
            "slot": body.slot,
            "seen_node": body.node,
            "seen_epoch": body.epoch,
            "seen_seq": body.seq,
            "seen_before": body.head,
        }
    )


def _bundle(projected: Projected, place: Values, item: Arrived, arrival: Arrival) -> None:
    body = item.record.body
    assert isinstance(body, bodies.BundleApplied)
    # The node held this manifest before it wrote the record: a bound that no wrong clock moves.
    issued = arrival.manifest_times.get(body.version, 0)
    projected.floor_at = max(projected.floor_at, issued)
    projected.of(HeldItem).extend(
        {
            "node": arrival.node,
            "name": name,
            "version": version,
            "digest": digest,
            "manifest": body.version,
            "adopted_at": item.record.ts,
        }
        for name, version, digest in body.items
    )


def suspense_row(
    place: Mapping[str, Any], reason: str, *, subject: str, at: int, amount: int = 0
) -> Values:
    """A row of suspense for the record at ``place``."""
    keys = ("node", "epoch", "branch", "seq")
    return {key: place[key] for key in keys} | {
        "reason": reason,
        "subject": subject,
        "amount": amount,
        "state": "OPEN",
        "opened_at": at,
    }


def _one_row(
    table: type[Row], row: Callable[[JournalRecord], Values]
) -> Callable[[Projected, Values, Arrived, Arrival], None]:
    """A record that is one row of one table."""

    def project_one(projected: Projected, place: Values, item: Arrived, _arrival: Arrival) -> None:
        projected.of(table).append(place | row(item.record))

    return project_one


_PROJECTIONS = {
    Unknown: _unknown,
    bodies.OperatorAdded: _operator,
    staff_bodies.StaffChanged: _operator,
    bodies.AccountOpened: _account,
    bodies.AccountFacts: _one_row(AccountFacts, facts_row),
    bodies.LimitsLifted: _one_row(OwnLimit, limits_row),
    account_bodies.AccountMoved: _one_row(AccountLife, life_row),
    account_bodies.AccountHeld: _hold,
    Complained: _one_row(Complaint, complaint_row),
    bodies.CardIssued: _one_row(IssuedCard, card_projections.issued_row),
    bodies.Intent: _intent,
    bodies.Sale: _resolution,
    bodies.Superseded: _resolution,
    bodies.Reading: _reading,
    bodies.Witness: _witness,
    bodies.BundleApplied: _bundle,
    bodies.BundleRefused: _refusal,
    card_bodies.CardReported: _one_row(CardReport, card_projections.report_row),
    card_bodies.CardEnded: _one_row(CardEnd, card_projections.end_row),
    card_bodies.StockMoved: _one_row(StockMove, card_projections.stock_row),
    card_bodies.NoticeDone: _one_row(NoticeDone, card_projections.notice_row),
    card_bodies.RefundPaid: _paid_out,
    Charged: _charged,
    meter_bodies.MeterSwapped: _one_row(MeterSwap, meter_projections.swap_row),
    meter_bodies.ToolReturned: _tool,
    card_bodies.Approved: _one_row(Approval, approval_row),
    card_bodies.SpecialCard: _special,
    PhoneCode: _phoned,
}
