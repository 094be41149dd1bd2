"""What was paid for one sale and why, and what became of its differences."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from yika_central.db.database import Database
from yika_central.db.enquiry_store import Place, of_sale
from yika_central.db.rerating_store import PLACE
from yika_central.db.tables import LateSale, Sale, SaleDebt, Settlement, table_of
from yika_central.domain.months import Month
from yika_common.clock import from_timestamp
from yika_common.numbers import Money


@dataclass(frozen=True, slots=True)
class DebtShare:
    """What a sale took for one debt."""

    debt: str
    amount: Money


@dataclass(frozen=True, slots=True)
class SettledView:
    """What became of one posting of a sale."""

    number: int
    cause: str
    posted: Money
    absorbed: Money
    adjusted: Money
    policy: int
    month: Month
    of_month: Month
    settled_at: datetime


@dataclass(frozen=True, slots=True)
class SaleMoney:
    """From what was charged to what was paid; ``late`` is the month a late sale is booked in."""

    charged: Money
    adjusted: Money
    adjusted_number: int
    debts: tuple[DebtShare, ...]
    kept: Money
    rounding: Money
    paid: Money
    settled: tuple[SettledView, ...]
    late: Month


def money_of_sale(database: Database, place: Place) -> SaleMoney:
    """The money of a sale that there is."""
    with database.reading() as session:
        sale = session.get_one(Sale, place)
        return SaleMoney(
            charged=Money(sale.amount),
            adjusted=Money(sale.adjusted),
            adjusted_number=sale.adjusted_number,
            debts=tuple(
                DebtShare(row["debt"], Money(row["amount"]))
                for row in of_sale(session, SaleDebt, place, "debt")
            ),
            kept=Money(sale.kept),
            rounding=Money(sale.rounding),
            paid=Money(sale.paid),
            settled=_settled(session, place),
            late=_late(session, place),
        )


def _settled(session: Session, place: Place) -> tuple[SettledView, ...]:
    return tuple(
        SettledView(
            row["number"],
            row["cause"],
            Money(row["posted"]),
            Money(row["absorbed"]),
            Money(row["adjusted"]),
            row["policy"],
            row["month"],
            row["of_month"],
            from_timestamp(row["settled_at"]),
        )
        for row in of_sale(session, Settlement, place, "number")
    )


def _late(session: Session, place: Place) -> Month:
    table = table_of(LateSale)
    here = (table.c[name] == value for name, value in zip(PLACE, place, strict=True))
    return session.execute(select(table.c.month).where(*here)).scalar() or ""
