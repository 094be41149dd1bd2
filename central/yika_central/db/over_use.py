"""What meters had delivered beyond nothing when others took their place."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, String, case, cast, exists, select

from yika_central.db.tables import Debt, MeterSwap, Sale, SaleLine, table_of

_SWAP, _SALE, _DEBT = table_of(MeterSwap), table_of(Sale), table_of(Debt)
_LEFT = _SWAP.c.balance + _SWAP.c.unloaded
_PLACE = ("node", "epoch", "branch", "seq")
_CAUSE: Any = (
    _SWAP.c.node
    + "-e"
    + cast(_SWAP.c.epoch, String)
    + "-q"
    + cast(_SWAP.c.seq, String)
    + case((_SWAP.c.branch != 0, "-b" + cast(_SWAP.c.branch, String)), else_="")
)


def over_used(connection: Connection, limit: int, cause: str = "") -> Sequence[RowMapping]:
    """Swaps of meters that had less than nothing left and that no debt is for, newest first.

    ``over`` is by how much, ``cause`` names the swap's record; of one of them, if it is given.
    """
    query = (
        select(_SWAP, (-_LEFT).label("over"), _CAUSE.label("cause"))
        .where(_LEFT < 0, ~exists().where(_DEBT.c.cause == _CAUSE))
        .order_by(_SWAP.c.swapped_at.desc(), *(_SWAP.c[name] for name in _PLACE))
        .limit(limit)
    )
    if cause:
        query = query.where(cause == _CAUSE)
    return connection.execute(query).mappings().all()


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
