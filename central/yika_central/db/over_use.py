"""What meters had delivered beyond nothing when others took their place."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, select

from yika_central.db.tables import Debt, MeterSwap, Sale, SaleLine, table_of

_SWAP, _SALE = table_of(MeterSwap), table_of(Sale)
_LEFT = _SWAP.c.balance + _SWAP.c.unloaded
_PLACE = ("node", "epoch", "branch", "seq")


def over_used(connection: Connection, limit: int) -> Sequence[RowMapping]:
    """Swaps of meters that had less than nothing left, newest first; ``over`` is by how much."""
    query = (
        select(_SWAP, (-_LEFT).label("over"))
        .where(_LEFT < 0)
        .order_by(_SWAP.c.swapped_at.desc(), *(_SWAP.c[name] for name in _PLACE))
        .limit(limit)
    )
    return connection.execute(query).mappings().all()


def charged(connection: Connection) -> set[str]:
    """The causes of all debts that have one."""
    debt = table_of(Debt)
    return set(connection.execute(select(debt.c.cause).where(debt.c.cause != "")).scalars())


def unit_price(connection: Connection, meter: str, at: int) -> int:
    """What one more unit cost at a meter's newest purchase up to a time; 0: there is none.

    In 1/10000 of the currency's unit per unit: of each component the price of its highest step.
    """
    sale = connection.execute(
        select(*(_SALE.c[name] for name in _PLACE))
        .where(
            _SALE.c.meter == meter,
            _SALE.c.stamped_at <= at,
            _SALE.c.booked == 1,
            _SALE.c.quantity > 0,
        )
        .order_by(_SALE.c.generation.desc(), _SALE.c["count"].desc())
        .limit(1)
    ).first()
    if sale is None:
        return 0
    line = table_of(SaleLine)
    here = [line.c[name] == value for name, value in zip(_PLACE, sale, strict=True)]
    rows = connection.execute(
        select(line.c.code, line.c.price).where(*here, line.c.step > 0).order_by(line.c.step)
    ).all()
    # The highest step of a component comes last.
    return sum({row.code: int(row.price) for row in rows}.values())
