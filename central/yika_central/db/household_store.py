"""Households of merged accounts: who belongs together, and what they bought together.

Sales stay with the account that they were made under.  Whoever counts a quota counts the sales of
the whole household: re-rating folds them together, and sheets tell every member what all bought.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, case, func, select, text

from yika_central.db.rating_plan import COUNTS
from yika_central.db.rerating_store import PLACE
from yika_central.db.tables import Household, Rating, Sale, table_of

_AT_ONCE: Final = 500

_FELLOWS: Final = f"""
    SELECT p.n, s.* FROM rerate_pair p
    JOIN household h ON h.account = p.account
    JOIN household o ON o.survivor = h.survivor AND o.account <> p.account
    JOIN sale s ON s.account = o.account AND s.service = p.service
    WHERE p.plan = :by_hand AND {COUNTS}
    ORDER BY p.n"""  # noqa: S608 - no input

Counts = Mapping[str, Mapping[str, Any]]
"""By service: ``period``, ``counted``, ``heating``, ``charged`` and ``free``."""


def survivors_of(connection: Connection, accounts: Iterable[str]) -> dict[str, str]:
    """Of the accounts those that belong to a household, each with the surviving one."""
    table, wanted = table_of(Household), sorted(set(accounts))
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = table.c.account.in_(wanted[start : start + _AT_ONCE])
        found |= {
            row.account: row.survivor for row in connection.execute(select(table).where(some))
        }
    return found


def members_of(connection: Connection, accounts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Of the accounts those of a household, each with all its accounts in order, itself too."""
    survivors = survivors_of(connection, accounts)
    table, wanted = table_of(Household), sorted(set(survivors.values()))
    together: dict[str, list[str]] = {survivor: [] for survivor in wanted}
    for start in range(0, len(wanted), _AT_ONCE):
        some = table.c.survivor.in_(wanted[start : start + _AT_ONCE])
        query = select(table).where(some).order_by(table.c.survivor, table.c.account)
        for row in connection.execute(query):
            together[row.survivor].append(row.account)
    return {account: tuple(together[survivor]) for account, survivor in survivors.items()}


def sales_of_fellows(connection: Connection, by_hand: int) -> Sequence[Row[Any]]:
    """Of the pairs of a pass that are priced by hand: what the others of the household bought.

    Each sale stands beside the number ``n`` of the pair that it counts with.
    """
    return connection.execute(text(_FELLOWS), {"by_hand": by_hand}).all()


def counted_together(connection: Connection, accounts: Sequence[str]) -> dict[str, Counts]:
    """Of accounts of households: what stands counted of each service after all its purchases.

    The newest period of any member counts, and in it the furthest of what re-rating found to be
    used before a purchase, with that purchase.
    """
    one, other = table_of(Household), table_of(Household).alias("other")
    sale, rating = table_of(Sale), table_of(Rating)
    period = case((rating.c.period != "", rating.c.period), else_=sale.c.period)
    used = func.coalesce(rating.c.used_before, sale.c.used_before) + sale.c.quantity
    query = (
        select(
            one.c.account,
            sale.c.service,
            period.label("period"),
            func.max(used).label("counted"),
            func.max(sale.c.stamped_at).label("newest"),
            func.max(func.coalesce(sale.c.heating_year, 0)).label("heating"),
            func.max(sale.c.charged_through).label("charged"),
            func.max(sale.c.free_day).label("free"),
        )
        .select_from(one)
        .join(other, other.c.survivor == one.c.survivor)
        .join(sale, sale.c.account == other.c.account)
        .join(rating, and_(*(rating.c[name] == sale.c[name] for name in PLACE)), isouter=True)
        .where(
            one.c.account.in_(accounts),
            sale.c.act == "",
            sale.c.refunded == 0,
            sale.c.outcome != "SUPERSEDED",
        )
        .group_by(one.c.account, sale.c.service, period)
        .order_by(one.c.account, sale.c.service, func.max(sale.c.stamped_at), period)
    )
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in connection.execute(query).mappings():
        services = found.setdefault(row["account"], {})
        before = services.get(row["service"], {})
        services[row["service"]] = {
            "period": row["period"],
            "counted": int(row["counted"]),
            **{
                name: max(int(row[name]), before.get(name, 0))
                for name in ("heating", "charged", "free")
            },
        }
    return dict(found)
