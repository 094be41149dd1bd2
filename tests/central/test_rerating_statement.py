"""The statements that price again are made of numbers: no text of a tariff becomes part of one."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rerating_builders import a_tariff, premises
from yika_central.db.rating_plan import Plan
from yika_central.domain.published import Published
from yika_common.services import Service
from yika_common.tariffs.model import Tariff

HOSTILE = "x' OR 1=1; DROP TABLE sale; -- :plan"
UNTIL = datetime(2027, 1, 1, tzinfo=UTC)


def a_plan(*tariffs: Tariff) -> Plan:
    timeline = Published(tariffs).timeline(Service.COLD_WATER, premises(), UNTIL)
    return Plan.of(timeline, tariffs)


def hostile(tariff: Tariff) -> Tariff:
    """The tariff with everything that is text in its file turned against the database."""
    components = tuple(replace(part, code=HOSTILE, payee=HOSTILE) for part in tariff.components)
    return replace(tariff, id=HOSTILE, components=components)


def test_a_hostile_tariff_is_priced_by_the_same_statement() -> None:
    # The third version is of a shape the database does not price: it is only named.
    tariffs = (
        a_tariff(),
        a_tariff(version=2, effective_from="2026-07-01T00:00:00"),
        a_tariff(version=3, effective_from="2026-09-01T00:00:00", step_mode="whole_block"),
    )
    honest, turned = a_plan(*tariffs), a_plan(*map(hostile, tariffs))
    assert turned.statement("LIMIT -1") == honest.statement("LIMIT -1")
    assert turned.start("since") == honest.start("since")
    assert set(turned.names.values()) & {HOSTILE} == {HOSTILE}
    assert turned.names.keys() == honest.names.keys()


def test_what_is_no_number_is_not_written_where_a_number_belongs() -> None:
    plan = a_plan(a_tariff())
    turned = replace(plan.common[0], version=HOSTILE)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="format code 'd'"):
        replace(plan, common=(turned,)).statement("LIMIT -1")
