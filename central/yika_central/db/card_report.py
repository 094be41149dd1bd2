"""The statements behind a workbook's list of cards."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, func, select
from sqlmodel import Session

from yika_central.db.report_store import STREAMED, Window
from yika_central.db.tables import Account, IssuedCard, table_of

_ISSUED, _ACCOUNT = table_of(IssuedCard), table_of(Account)


def cards(session: Session, window: Window) -> Iterator[RowMapping]:
    """The cards made in the window, in the order they were."""
    order = (_ISSUED.c.issued_at, _ISSUED.c.account, _ISSUED.c.generation, _ISSUED.c.card)
    query = _made_in(select(_ISSUED), window).order_by(*order)
    yield from session.execute(query, execution_options={"yield_per": STREAMED}).mappings()


def fees(session: Session, window: Window) -> int:
    """What was taken for them."""
    query = _made_in(select(func.coalesce(func.sum(_ISSUED.c.fee), 0)), window)
    return int(session.execute(query).scalar_one())


def _made_in(query: Select[Any], window: Window) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = [
        _ISSUED.c.issued_at >= window.start,
        _ISSUED.c.issued_at < window.end,
    ]
    if window.node:
        conditions.append(_ISSUED.c.node == window.node)
    if window.area:
        within = select(_ACCOUNT.c.account).where(_ACCOUNT.c.area == window.area)
        conditions.append(_ISSUED.c.account.in_(within))
    return query.select_from(_ISSUED).where(*conditions)
