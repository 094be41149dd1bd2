"""What becomes of operators, and what they may do in a day, reaches headquarters."""

from pathlib import Path

from sqlalchemy import select

from central_builders import LI, WANG, HandClock, new_headquarters
from node_world import OPERATOR, a_chip, for_quantity
from points_of_headquarters import AREA, WATER, a_point, open_at
from staff_builders import add_operator, approved, office_of
from yika_central.db.tables import NodeOperator, Record, Suspense, table_of
from yika_common.journal.staff_bodies import SALES
from yika_common.numbers import Money
from yika_common.services import PROFILES
from yika_common.tariffs.shipped import shipped
from yika_node.db.staff_queries import StaffQueries
from yika_node.services.day_limits import DayLimits, sale_digest
from yika_node.services.views import Level


def test_headquarters_knows_who_is_what_and_keeps_every_record(tmp_path: Path) -> None:
    clock = HandClock()
    hq = new_headquarters(tmp_path / "central", clock)
    hq.tariff_office.publish(shipped()["cn-bj-water-res.json"], [LI, WANG])
    hq.stock.take_in_new(AREA, PROFILES[4] * 2, 4)
    point = a_point(tmp_path, hq, clock, "N0001")
    node = point.node
    add_operator(node, "lan", Level.MANAGER)
    add_operator(node, "wei", Level.CLERK)
    office_of(node).change_level(OPERATOR, "wei", Level.AUDITOR, "P1 other duties")
    office_of(node).disable(OPERATOR, "wei", "P2 left")
    staff = StaffQueries(node.store)
    limits = DayLimits(node.journal, node.queries, staff, node.clock, node.config.place.zone)
    limits.set(OPERATOR, ("lan", None), SALES, (0, Money(100)), "L1 new at the counter")
    point.hand.insert(a_chip())
    card = open_at(point)
    entries = [for_quantity(WATER, 10_000)]
    paid = node.sales.quote(node.cards.read("lan"), entries).paid
    token = approved(node, "lan", sale_digest(card, entries, paid))
    sold = node.sales.sell("lan", card, entries, "one", approval=token)
    assert sold.complete
    point.sync()

    records, people = table_of(Record), table_of(NodeOperator)
    with hq.database.engine.connect() as connection:
        kinds = connection.scalars(select(records.c.kind).order_by(records.c.seq)).all()
        levels = connection.execute(select(people.c.operator, people.c.level)).all()
        reasons = set(connection.scalars(select(table_of(Suspense).c.reason)))
    assert [kind for kind in kinds if kind in {"staff", "daylimit"}] == ["staff"] * 3 + [
        "daylimit"
    ]
    assert kinds[kinds.index("intent") - 1] == "approved"
    assert dict(tuple(row) for row in levels) == {
        OPERATOR: "SUPERVISOR",
        "lan": "MANAGER",
        "wei": "AUDITOR",
    }
    # Nothing of it is strange to headquarters.
    assert "unreadable" not in reasons
    node.close()
    hq.close()
