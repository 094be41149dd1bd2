"""What re-rating must look at again: pairs of an account and a service, each with a ticket.

A pair's ticket rises whenever something about its sales arrives.  Whoever drains the queue removes
a pair only under the ticket he read, so that what arrives meanwhile is not forgotten.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, literal, select

from yika_central.db.database import Insert, insert_or
from yika_central.db.tables import RerateQueue, Sale, table_of


def queue(connection: Connection, pairs: Iterable[tuple[str, str]], at: int) -> None:
    """Put pairs into the queue; in one order, so that two writers never wait for each other."""
    rows = [
        {"account": account, "service": service, "ticket": 1, "queued_at": at}
        for account, service in sorted(set(pairs))
    ]
    if rows:
        connection.execute(_raising_ticket(connection), rows)


def queue_sales_of(connection: Connection, *, service: str, since: int, at: int) -> None:
    """Queue every account with sales of the service that may have been made since a time."""
    sale = table_of(Sale)
    found = connection.execute(
        select(sale.c.account, literal(service))
        .distinct()
        .where(sale.c.service == service, sale.c.not_after >= since)
    ).all()
    queue(connection, ((row[0], row[1]) for row in found), at)


def _raising_ticket(connection: Connection) -> Insert:
    table = table_of(RerateQueue)
    statement = insert_or(connection, RerateQueue)
    return statement.on_conflict_do_update(
        index_elements=["account", "service"], set_={"ticket": table.c.ticket + 1}
    )
