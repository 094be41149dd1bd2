"""What in a run of records a person must look at: the business rules of ingest.

Source: the rules of ingest: nothing here refuses a record, stops a node's queue or drops money.

==================  ====================================================================
reason              meaning; the subject
==================  ====================================================================
unreadable          a record of a kind or form unknown here; its kind
unknown_account     a sale on, or a charge for, an account nobody has opened (yet); the account
unknown_meter       a sale to a meter that was never in stock; the meter
unknown_card        a sale on a card that was never in stock; the card
unknown_tariff      priced by a tariff that was never published; id/version/digest
count_taken         two sales carry one purchase count of a meter; meter/generation/count
account_doubled     an account number was opened twice; the account
meter_taken         a meter was given to two accounts; the meter
old_epoch           sold after the node had begun a later epoch; the epoch
fork                a record beside the expected journal; the branch
unknown_intent      ends an intent that is not here (yet); epoch/seq/hash
lines_differ        the lines of a sale do not add up to its amount; their sum
false_reading       a meter's reading without the meter's evidence; the meter
resolved_twice      ends an intent that had ended; epoch/seq/hash
forbidden_service   sold what the node's certificate does not name; the service
meter_swapped       sold to a meter, or opened with one, that another had replaced; the meter
swap_unfounded      a meter's credit was moved, and it had not written that; the meter
replaced_card       sold to a card that another had replaced; the card
card_doubled        a second card of one generation, or of one number; the card
carried_unfounded   a new card carries what nobody sold (yet); meter/count/total
charge_unfounded    gives back what was not taken so, or again, or not held; the account
voucher_twice       paid with a voucher that had paid before, anywhere; the voucher
drawer_differs      so much over or short that a second person signs; the Z report and operator
==================  ====================================================================
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Column, Connection, or_, select

from yika_central.db.base import one_of
from yika_central.db.meter_projections import withdrawn
from yika_central.db.projections import Arrival, Projected, Values, suspense_row
from yika_central.db.suspense import BATCH
from yika_central.db.tables import (
    Account,
    AccountLife,
    AccountMeter,
    Card,
    Charge,
    Meter,
    NodeCertificate,
    Reading,
    Sale,
    SaleLine,
    TariffVersion,
    table_of,
)
from yika_central.services.key_room import KeyRoom
from yika_central.services.reconciliation_approvals import approval_doubts
from yika_central.services.reconciliation_cards import card_doubts
from yika_central.services.reconciliation_evidence import false_readings
from yika_central.services.reconciliation_swaps import swap_doubts
from yika_common.journal.bodies import CARRYING
from yika_common.sync.messages import Certificate


def doubts_of(
    connection: Connection, projected: Projected, arrival: Arrival, keys: KeyRoom
) -> list[Values]:
    """The rows of suspense for these records, which are not stored yet."""
    sales = projected.of(Sale)
    charges = [row for row in projected.of(Charge) if row["account"]]
    doubts = [
        *_unknown(connection, sales, "account", table_of(Account).c.account, projected),
        *_unknown(connection, charges, "account", table_of(Account).c.account, projected),
        *_unknown(connection, sales, "meter", table_of(Meter).c.meter, projected),
        *_unknown(connection, sales, "card", table_of(Card).c.number, projected),
        *_unknown_tariffs(connection, sales),
        *_counts_taken(connection, sales),
        *_accounts_doubled(connection, projected),
        *_meters_taken(connection, projected),
        *_lines_differ(projected),
        *swap_doubts(connection, projected, keys),
        *card_doubts(connection, projected),
    ]
    doubts += [
        (row, "false_reading", row["meter"], 0)
        for row in false_readings(connection, projected.of(Reading), keys)
    ]
    doubts += approval_doubts(connection, projected, keys)
    doubts += _not_allowed(connection, sales, arrival)
    later = _later_epoch(connection, arrival)
    for sale in sales:
        if arrival.branch:
            doubts.append((sale, "fork", str(arrival.branch), sale["amount"]))
        if later is not None and sale["stamped_at"] > later:
            doubts.append((sale, "old_epoch", str(arrival.epoch), sale["amount"]))
    return [
        suspense_row(place, reason, subject=subject, amount=amount, at=arrival.received_at)
        for place, reason, subject, amount in doubts
    ]


Doubt = tuple[Values, str, str, int]
"""The record's place, the reason, what it is about, and the money."""


def _unknown(
    connection: Connection,
    sales: Sequence[Values],
    name: str,
    column: Column[Any],
    projected: Projected,
) -> Iterable[Doubt]:
    """Sales whose account, meter or card is neither stored nor among the rows that come with."""
    known = {row["account"] for row in projected.of(Account)} if name == "account" else set()
    wanted = {sale[name] for sale in sales} - known
    known |= _present(connection, column, wanted)
    return [
        (sale, f"unknown_{name}", sale[name], sale["amount"])
        for sale in sales
        if sale[name] not in known
    ]


def _present(connection: Connection, column: Column[Any], wanted: Iterable[str]) -> set[str]:
    values = sorted(wanted)
    found: set[str] = set()
    for start in range(0, len(values), BATCH):
        query = select(column).where(column.in_(values[start : start + BATCH]))
        found.update(connection.execute(query).scalars())
    return found


def _unknown_tariffs(connection: Connection, sales: Sequence[Values]) -> Iterable[Doubt]:
    """Where nothing was bought there is no tariff."""
    sales = [sale for sale in sales if sale["act"] not in CARRYING]
    table = table_of(TariffVersion)
    wanted = sorted({(sale["tariff_id"], sale["tariff_version"]) for sale in sales})
    if not wanted:
        return []
    rows = connection.execute(
        select(table.c.tariff_id, table.c.version, table.c.digest).where(
            one_of([table.c.tariff_id, table.c.version], wanted)
        )
    ).all()
    published = {f"{name}/{version}/{bytes(digest)[:8].hex()}" for name, version, digest in rows}
    used = (
        (sale, f"{sale['tariff_id']}/{sale['tariff_version']}/{sale['tariff_hash']}")
        for sale in sales
    )
    return [
        (sale, "unknown_tariff", subject, sale["amount"])
        for sale, subject in used
        if subject not in published
    ]


def _counts_taken(connection: Connection, sales: Sequence[Values]) -> Iterable[Doubt]:
    """Sales that share a meter's purchase count, the ones stored before included."""
    table = table_of(Sale)
    names = ("meter", "generation", "count")
    by_count: dict[tuple[Any, ...], list[Values]] = {}
    for sale in sales:
        by_count.setdefault(tuple(sale[name] for name in names), []).append(sale)
    wanted = sorted(by_count)
    for start in range(0, len(wanted), BATCH):
        rows = connection.execute(
            select(table).where(
                one_of([table.c[name] for name in names], wanted[start : start + BATCH])
            )
        ).mappings()
        for row in rows:
            by_count[tuple(row[name] for name in names)].append(dict(row))
    return [
        (sale, "count_taken", "/".join(map(str, count)), sale["amount"])
        for count, sharing in by_count.items()
        if len(sharing) > 1
        for sale in sharing
    ]


def _accounts_doubled(connection: Connection, projected: Projected) -> Iterable[Doubt]:
    opened = projected.of(Account)
    stored = _present(connection, table_of(Account).c.account, {row["account"] for row in opened})
    seen: set[str] = set()
    doubts = []
    for row in opened:
        if row["account"] in stored or row["account"] in seen:
            doubts.append((row, "account_doubled", row["account"], 0))
        seen.add(row["account"])
    return doubts


def _withdrawn(connection: Connection, projected: Projected) -> set[str]:
    """The accounts that their own node opened by mistake, and that nobody sold to."""
    gone = withdrawn(projected.of(AccountLife)) - {row["account"] for row in projected.of(Sale)}
    if not gone:
        return gone
    account, sale = table_of(Account), table_of(Sale)
    node = projected.of(AccountLife)[0]["node"]
    sold = select(sale.c.node).where(sale.c.account == account.c.account).exists()
    kept = select(account.c.account).where(
        account.c.account.in_(sorted(gone)), or_(account.c.node != node, sold)
    )
    return gone - set(connection.execute(kept).scalars())


def _meters_taken(connection: Connection, projected: Projected) -> Iterable[Doubt]:
    table = table_of(AccountMeter)
    owners = {row["account"]: row for row in projected.of(Account)}
    gone = _withdrawn(connection, projected)
    given: dict[str, str] = {}
    meters = sorted({row["meter"] for row in projected.of(AccountMeter)})
    for start in range(0, len(meters), BATCH):
        rows = connection.execute(
            select(table.c.meter, table.c.account).where(
                table.c.meter.in_(meters[start : start + BATCH])
            )
        ).all()
        given |= {row.meter: row.account for row in rows if row.account not in gone}
    doubts = []
    for row in projected.of(AccountMeter):
        if row["account"] in gone:
            continue
        owner = given.setdefault(row["meter"], row["account"])
        if owner != row["account"]:
            doubts.append((owners[row["account"]], "meter_taken", row["meter"], 0))
    # One record may name several such meters; its row in suspense names the first.
    return list({(d[0]["seq"], d[1]): d for d in reversed(doubts)}.values())


def _lines_differ(projected: Projected) -> Iterable[Doubt]:
    added: Counter[int] = Counter()
    for line in projected.of(SaleLine):
        added[line["seq"]] += line["amount"]
    return [
        (sale, "lines_differ", str(added[sale["seq"]]), sale["amount"])
        for sale in projected.of(Sale)
        if added[sale["seq"]] != sale["amount"]
    ]


def _not_allowed(
    connection: Connection, sales: Sequence[Values], arrival: Arrival
) -> Iterable[Doubt]:
    """Sales of a service that the node's certificate of that epoch does not name."""
    if not sales:
        return []
    table = table_of(NodeCertificate)
    payload = connection.execute(
        select(table.c.payload).where(table.c.node == arrival.node, table.c.epoch == arrival.epoch)
    ).scalar_one()
    allowed = {str(service) for service in Certificate.parse(payload).services}
    return [
        (sale, "forbidden_service", sale["service"], sale["amount"])
        for sale in sales
        if sale["service"] not in allowed
    ]


def _later_epoch(connection: Connection, arrival: Arrival) -> int | None:
    """When the node's next epoch began; None while this one is its newest."""
    table = table_of(NodeCertificate)
    return connection.execute(
        select(table.c.issued_at).where(
            table.c.node == arrival.node, table.c.epoch == arrival.epoch + 1
        )
    ).scalar()
