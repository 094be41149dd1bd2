"""What re-rating in Python reads of the ledger, as the domain has it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, FromClause, RowMapping, exists, select

from yika_central.db.tables import Account, AccountFacts, Ruling, TariffVersion, table_of
from yika_central.domain.purchases import Position, Purchase, TariffUsed
from yika_central.domain.ratings import Premises, Rated, Standing
from yika_central.domain.timeline import EVER
from yika_common.clock import from_timestamp, to_timestamp
from yika_common.numbers import Money, Quantity
from yika_common.tariffs.facts import Facts

PLACE: Final = ("node", "epoch", "branch", "seq")
"""What names a sale in every table about it."""

SUPERSEDED: Final = "SUPERSEDED"
VOID: Final = "VOID"
TIME: Final = "TIME"

Place = tuple[str, int, int, int]
Values = dict[str, Any]
Rulings = dict[Place, dict[str, RowMapping]]
"""By sale, then by kind."""


def tariff_digests(connection: Connection) -> tuple[bytes, ...]:
    """The digest of every published version."""
    table = table_of(TariffVersion)
    return tuple(sorted(bytes(d) for d in connection.execute(select(table.c.digest)).scalars()))


def tariff_documents(connection: Connection) -> tuple[bytes, ...]:
    """Every published tariff file."""
    table = table_of(TariffVersion)
    return tuple(bytes(found) for found in connection.execute(select(table.c.document)).scalars())


def premises_of(
    connection: Connection, accounts: Iterable[str], zone: ZoneInfo
) -> dict[str, Premises]:
    """The accounts that are known, with every amendment of their facts."""
    wanted = sorted(set(accounts))
    account, amended = table_of(Account), table_of(AccountFacts)
    amendments: dict[str, list[RowMapping]] = {}
    for row in connection.execute(
        select(amended)
        .where(amended.c.account.in_(wanted))
        .order_by(amended.c.stamped_at, *(amended.c[name] for name in PLACE))
    ).mappings():
        amendments.setdefault(row["account"], []).append(row)
    rows = connection.execute(select(account).where(account.c.account.in_(wanted))).mappings()
    return {
        row["account"]: Premises(
            row["area"], _standings(row, amendments.get(row["account"], ()), zone)
        )
        for row in rows
    }


def _standings(
    opened: RowMapping, amendments: Sequence[RowMapping], zone: ZoneInfo
) -> tuple[Standing, ...]:
    first = Facts.recorded(
        zone,
        opened=opened["opened_at"],
        persons=opened["persons"],
        inner_area=opened["area_m2"] or 0,
    )
    standings = [Standing(EVER, opened["tariff_class"], first)]
    for row in amendments:
        facts = Facts.recorded(
            zone,
            opened=opened["opened_at"],
            persons=row["persons"],
            persons_until=row["persons_until"],
            inner_area=row["inner_area"],
            gross_area=row["gross_area"],
            heat_class=row["heat_class"],
            heat_from=row["heat_from"],
            suspended=tuple(int(year) for year in row["suspended"].split()),
            equipment=row["equipment"],
            quota_from=row["quota_from"],
            mixed=row["mixed"],
        )
        since = max(EVER, from_timestamp(row["stamped_at"]))
        standings.append(Standing(since, row["tariff_class"], facts))
    return tuple(standings)


def rulings_of(connection: Connection, accounts: Iterable[str]) -> dict[tuple[str, str], Rulings]:
    """The rulings that hold, by account and service, then by sale, then by kind."""
    table = table_of(Ruling)
    rows = connection.execute(
        select(table).where(table.c.account.in_(sorted(set(accounts)))).order_by(table.c.number)
    ).mappings()
    found: dict[tuple[str, str], Rulings] = {}
    for row in rows:
        sales = found.setdefault((row["account"], row["service"]), {})
        sales.setdefault(place_of(row), {})[row["kind"]] = row
    return found


def is_void(sale: FromClause) -> ColumnElement[bool]:
    """Whether the last ruling on a row of ``sale`` declares it void."""
    ruling, later = table_of(Ruling), table_of(Ruling).alias("later")
    here = [*(ruling.c[name] == sale.c[name] for name in PLACE), ruling.c.kind == VOID]
    overruled = exists().where(
        *(later.c[name] == ruling.c[name] for name in (*PLACE, "kind")),
        later.c.number > ruling.c.number,
    )
    return exists().where(*here, ruling.c.holds, ~overruled)


def place_of(row: Mapping[Any, Any]) -> Place:
    """Which sale a row is about."""
    return (row["node"], row["epoch"], row["branch"], row["seq"])


def purchase_of(sale: Mapping[Any, Any], rulings: Mapping[str, Mapping[Any, Any]]) -> Purchase:
    """A sale and what was ruled on it, by kind; a ruling that holds no more counts for nothing."""
    holding = {kind: row for kind, row in rulings.items() if row["holds"]}
    return Purchase(
        position=Position(sale["node"], sale["epoch"], sale["seq"], bytes(sale["hash"])),
        meter=sale["meter"],
        generation=sale["generation"],
        count=sale["count"],
        stamped_at=from_timestamp(sale["stamped_at"]),
        not_before=from_timestamp(sale["not_before"]),
        not_after=from_timestamp(sale["not_after"]),
        quantity=Quantity(sale["quantity"]),
        charged=Money(sale["amount"]),
        tariff=TariffUsed(
            sale["tariff_id"], sale["tariff_version"], sale["tariff_hash"], sale["mixed"]
        ),
        used_before=Quantity(sale["used_before"]),
        period=sale["period"],
        persons=sale["persons"] or None,
        area_m2=sale["area_m2"],
        heating_year=sale["heating_year"],
        months_due=sale["months_due"],
        charged_through=sale["charged_through"],
        free=Quantity(sale["free"]),
        free_day=sale["free_day"],
        consumed=Quantity(sale["consumed"]),
        heat_class=sale["heat_class"],
        heat_days=sale["heat_days"],
        heat_suspended=sale["heat_suspended"],
        equipment=sale["equipment"],
        delivered=sale["outcome"] != SUPERSEDED,
        voided=VOID in holding,
        decided_at=_decided(holding.get(TIME)),
    )


def _decided(ruling: Mapping[Any, Any] | None) -> datetime | None:
    if ruling is None or ruling["at"] is None:
        return None
    return from_timestamp(ruling["at"])


def rating_row(pair: int, place: Place, rated: Rated) -> Values:
    """A rating for ``rerate_found``."""
    tariff = rated.tariff or TariffUsed("", 0, "")
    return {
        "n": pair,
        **dict(zip(PLACE, place, strict=True)),
        "counted_at": to_timestamp(rated.counted_at),
        "period": rated.period,
        "tariff_id": tariff.id,
        "tariff_version": tariff.version,
        "tariff_hash": tariff.digest,
        "used_before": rated.used_before or 0,
        "heating_year": rated.heating_year,
        "charged_through": rated.charged_through,
        "free_day": rated.free_day,
        "amount": rated.amount,
        "difference": rated.difference,
        "straddles": int(rated.straddles),
        "problem": rated.problem,
    }


def share_rows(pair: int, place: Place, rated: Rated) -> list[Values]:
    """Its causes for ``rerate_share``; one cause on two rungs is one row."""
    keys = {"n": pair, **dict(zip(PLACE, place, strict=True))}
    amounts: dict[str, int] = {}
    for share in rated.shares:
        amounts[share.cause.value] = amounts.get(share.cause.value, 0) + share.amount
    return [keys | {"cause": c, "amount": amount} for c, amount in amounts.items() if amount]
