"""From the tables' rows to what the faces are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from yika_common.clock import from_timestamp
from yika_common.numbers import Money, Quantity
from yika_common.services import Service
from yika_common.sync.personal_data import Person
from yika_node.services.views import (
    Account,
    Level,
    MeterView,
    Operator,
    ReadingRow,
    SaleRow,
    SaleState,
)

if TYPE_CHECKING:
    from yika_node.db import rows


def sale_row(row: rows.Intent, given_back: int = 0) -> SaleRow:
    """One meter's sale; ``given_back`` is the number of its refund, if there is one."""
    return SaleRow(
        epoch=row.epoch,
        seq=row.seq,
        basket=row.basket,
        at=from_timestamp(row.at),
        operator=row.operator,
        account=row.account,
        card=row.card,
        slot=row.slot,
        service=Service(row.service),
        meter=row.meter,
        quantity=Quantity(row.quantity),
        amount=Money(row.amount),
        paid=Money(row.paid),
        count=row.count,
        total=Quantity(row.total),
        tariff_id=row.tariff,
        tariff_version=row.tariff_version,
        state=SaleState(row.state),
        resolved_at=None if row.resolved_at is None else from_timestamp(row.resolved_at),
        act=row.act,
        given_back=given_back,
    )


def reading_row(row: rows.Reading) -> ReadingRow:
    """One meter reading."""
    return ReadingRow(
        at=from_timestamp(row.at),
        card=row.card,
        slot=row.slot,
        meter=row.meter,
        generation=row.generation,
        count=row.count,
        total=Quantity(row.total),
        balance=Quantity(row.balance),
        used=Quantity(row.used),
        status=row.status,
        meter_time=from_timestamp(row.meter_time),
    )


def operator_of(row: rows.Operator) -> Operator:
    """One operator."""
    return Operator(row.name, Level[row.level], temporary=bool(row.temporary))


def account_of(
    row: rows.Account,
    meters: Sequence[rows.AccountMeter],
    card: rows.Card | None,
    person_of: Callable[[rows.Account], Person | None],
) -> Account:
    """An account; ``person_of`` opens its personal data, if anybody may see it now."""
    return Account(
        number=row.number,
        area=row.area,
        tariff_class=row.tariff_class,
        profile=row.profile,
        persons=row.persons,
        area_m2=Quantity(row.heated_area) if row.heated_area else None,
        meters=tuple(
            MeterView(meter.slot, Service(meter.service), meter.meter) for meter in meters
        ),
        person=person_of(row),
        card=None if card is None else card.number,
        opened_at=from_timestamp(row.opened_at),
        operator=row.operator,
    )
