"""Another holder's quota at headquarters: told to all points, and priced as at the point."""

from typing import Any

import pytest
from sqlalchemy import select

from central_builders import HandClock, Pen
from told_builders import ACCOUNT, CARD, METERS, deliver, told, told_town
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Posting, table_of
from yika_common.clock import from_timestamp
from yika_common.journal.bodies import AccountFacts

WATER = METERS[3]
STEP_TWO = 8000
"""100 m³ and 120 m³ at 5.00: 40 m³ of the later sale lie in the step of 7.00."""


@pytest.fixture
def town(headquarters: Headquarters, clock: HandClock) -> tuple[Pen, Pen]:
    return told_town(headquarters, clock)


def facts(**changes: Any) -> AccountFacts:
    return AccountFacts(account=ACCOUNT, tariff_class="residential", persons=3, **changes)


def posted(hq: Headquarters) -> int:
    with hq.database.reading() as session:
        return sum(map(int, session.execute(select(table_of(Posting).c.amount)).scalars()))


@pytest.mark.parametrize(("anew", "difference"), [(True, 0), (False, STEP_TWO)])
def test_what_another_holder_buys_is_rated_from_the_first_step_where_quotas_begin_anew(
    headquarters: Headquarters,
    town: tuple[Pen, Pen],
    clock: HandClock,
    *,
    anew: bool,
    difference: int,
) -> None:
    first, _second = town
    first.sell(ACCOUNT, WATER, card=CARD, quantity=100_000)
    clock.pass_by(days=40)
    first.write(facts(quota_from=clock.seconds if anew else 0, reason="moved in"))
    clock.pass_by(days=1)
    first.sell(ACCOUNT, WATER, card=CARD, quantity=120_000)
    deliver(first)
    headquarters.rerating.drain()
    assert posted(headquarters) == difference


def test_a_purchase_of_before_keeps_its_step_whenever_the_record_comes(
    headquarters: Headquarters, town: tuple[Pen, Pen], clock: HandClock
) -> None:
    first, second = town
    first.sell(ACCOUNT, WATER, card=CARD, quantity=100_000)
    clock.pass_by(days=1)
    second.sell(ACCOUNT, WATER, card=CARD, quantity=120_000, count=2)
    deliver(first)
    deliver(second)
    headquarters.rerating.drain()
    assert posted(headquarters) == STEP_TWO
    clock.pass_by(days=1)
    first.write(facts(quota_from=clock.seconds, reason="moved in"))
    deliver(first)
    headquarters.rerating.drain()
    assert posted(headquarters) == STEP_TWO


def test_every_point_is_told_since_when(
    headquarters: Headquarters, town: tuple[Pen, Pen], clock: HandClock
) -> None:
    first, second = town
    deliver(second)
    clock.pass_by(minutes=1)
    first.write(facts(quota_from=clock.seconds, reason="moved in"))
    deliver(first)
    deliver(second)
    sheet = told(headquarters, second)
    assert sheet is not None
    assert from_timestamp(sheet.quota_from) == clock.now
    assert sheet.facts.quota_from == clock.seconds
