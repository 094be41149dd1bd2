"""The statements of the tariff office: drafts, and past sales a batch of accounts at a time."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, RowMapping, Table, func, select, update

from yika_central.db.database import add
from yika_central.db.rerating_store import SUPERSEDED
from yika_central.db.tables import (
    Account,
    Sale,
    TariffDraft,
    TariffDraftAct,
    TariffReplay,
    TariffVersion,
    table_of,
)


def draft_row(connection: Connection, draft: int) -> Row[Any] | None:
    """A draft, held until the transaction ends."""
    table = table_of(TariffDraft)
    return connection.execute(
        select(table).where(table.c.draft == draft).with_for_update()
    ).first()


def add_draft(connection: Connection, row: dict[str, Any]) -> int:
    """Keep a new draft under the next number; the office is held."""
    table = table_of(TariffDraft)
    number = (connection.execute(select(func.max(table.c.draft))).scalar() or 0) + 1
    add(connection, TariffDraft, [TariffDraft(draft=number, **row).model_dump()])
    return number


def change_draft(connection: Connection, draft: int, **values: Any) -> None:
    """Set columns of a draft that its history does not keep."""
    table = table_of(TariffDraft)
    connection.execute(update(table).where(table.c.draft == draft).values(**values))


def add_act(
    connection: Connection, draft: int, act: str, who: str, at: int, reason: str = ""
) -> None:
    """Write down what somebody did to a draft."""
    table = table_of(TariffDraftAct)
    last = connection.execute(
        select(func.max(table.c.number)).where(table.c.draft == draft)
    ).scalar()
    row = TariffDraftAct(
        draft=draft, number=(last or 0) + 1, act=act, who=who, at=at, reason=reason
    )
    add(connection, TariffDraftAct, [row.model_dump()])


def add_replay(connection: Connection, row: dict[str, Any]) -> int:
    """Ask for a replay; returns its number among the draft's."""
    table = table_of(TariffReplay)
    last = connection.execute(
        select(func.max(table.c.run)).where(table.c.draft == row["draft"])
    ).scalar()
    replay = TariffReplay(run=(last or 0) + 1, **row)
    add(connection, TariffReplay, [replay.model_dump()])
    return replay.run


def change_replay(connection: Connection, draft: int, run: int, **values: Any) -> None:
    """Set how far a replay is, or what it found."""
    table = table_of(TariffReplay)
    connection.execute(
        update(table).where(table.c.draft == draft, table.c.run == run).values(**values)
    )


def versions(connection: Connection, service: str) -> Sequence[Row[*tuple[Any, ...]]]:
    """The published versions of a service, by id and version."""
    table = table_of(TariffVersion)
    return connection.execute(
        select(table.c.tariff_id, table.c.version, table.c.digest, table.c.document)
        .where(table.c.service == service)
        .order_by(table.c.tariff_id, table.c.version)
    ).all()


def any_sale(connection: Connection, service: str) -> bool:
    """Whether anything of the service was ever sold."""
    table = table_of(Sale)
    query = select(table.c.account).where(table.c.service == service).limit(1)
    return connection.execute(query).first() is not None


def count_accounts(connection: Connection) -> int:
    """How many accounts there are."""
    return connection.execute(select(func.count()).select_from(table_of(Account))).scalar_one()


def accounts_after(connection: Connection, account: str, most: int) -> Sequence[str]:
    """The next accounts in the order of their numbers."""
    column = table_of(Account).c.account
    return (
        connection.execute(select(column).where(column > account).order_by(column).limit(most))
        .scalars()
        .all()
    )


def sales_of(
    connection: Connection, accounts: Sequence[str], service: str, since: int, until: int
) -> Sequence[RowMapping]:
    """Sales of a service that had arrived by ``until`` and may have been made since ``since``."""
    table = table_of(Sale)
    return (
        connection.execute(
            select(table)
            .where(
                table.c.account.in_(accounts),
                table.c.service == service,
                table.c.not_after.between(since, until),
                *_counts(table),
            )
            .order_by(table.c.account)
        )
        .mappings()
        .all()
    )


def count_sales(
    connection: Connection, accounts: Sequence[str], service: str, since: int, until: int
) -> dict[str, int]:
    """How many such sales each of the accounts has."""
    table = table_of(Sale)
    rows = connection.execute(
        select(table.c.account, func.count())
        .where(
            table.c.account.in_(accounts),
            table.c.service == service,
            table.c.not_after.between(since, until),
            *_counts(table),
        )
        .group_by(table.c.account)
    ).all()
    return {row[0]: row[1] for row in rows}


def strangers_sales(connection: Connection, service: str, since: int, until: int) -> int:
    """How many such sales are on accounts that nobody opened here."""
    sale, account = table_of(Sale), table_of(Account)
    known = select(account.c.account).where(account.c.account == sale.c.account).exists()
    return connection.execute(
        select(func.count())
        .select_from(sale)
        .where(
            sale.c.service == service,
            sale.c.not_after.between(since, until),
            *_counts(sale),
            ~known,
        )
    ).scalar_one()


def _counts(sale: Table) -> list[ColumnElement[bool]]:
    """Purchases that have a price: neither superseded nor given back."""
    return [sale.c.outcome != SUPERSEDED, sale.c.act == "", sale.c.refunded == 0]
