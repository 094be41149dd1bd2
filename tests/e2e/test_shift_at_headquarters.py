"""What a drawer's day was reaches headquarters whole: every record, in order, signed."""

from pathlib import Path

from sqlalchemy import select

from central_builders import LI, WANG, HandClock, new_headquarters
from node_world import OPERATOR, a_chip
from points_of_headquarters import AREA, a_point, open_at
from refund_builders import TOKEN
from shift_builders import banking_of, close_with, differences_of, shift_desk
from yika_central.db.tables import Record, Suspense, table_of
from yika_central.services.reconciliation_drawers import DIFFERS
from yika_common.journal.cash_bodies import DROP, Banked, CashMoved, ShiftClosed
from yika_common.journal.record import decode_line
from yika_common.services import PROFILES
from yika_common.tariffs.shipped import shipped
from yika_node.services.cash_count import Count


def test_headquarters_keeps_every_record_of_a_drawer_as_it_was_signed(tmp_path: Path) -> None:
    clock = HandClock()
    hq = new_headquarters(tmp_path / "central", clock)
    hq.tariff_office.publish(shipped()["cn-bj-water-res.json"], [LI, WANG])
    hq.stock.take_in_new(AREA, PROFILES[4] * 2, 4)
    point = a_point(tmp_path, hq, clock, "N0001")
    node = point.node
    node.guard.on = True
    desk = shift_desk(node, second_from=1_000)
    desk.open(OPERATOR, Count(10_000))
    point.hand.insert(a_chip())
    card = open_at(point)
    ((_, _, price),) = point.sell(card, 10)
    desk.move(OPERATOR, DROP, 1_000, "full", token="drop", approval=TOKEN)
    desk.open_drawer(OPERATOR, "change", token="drawer")
    z = close_with(node, OPERATOR, 9_000 + price - 20)
    differences_of(node).explain(OPERATOR, z.number, "a coin")
    banking_of(node).bank(OPERATOR, [z.number], z.to_bank, token="bank")
    clock.pass_by(days=3)
    desk.open(OPERATOR, Count(0))
    point.sync()

    table = table_of(Record)
    with hq.database.engine.connect() as connection:
        rows = connection.execute(select(table.c.kind, table.c.line).order_by(table.c.seq)).all()
        reasons = set(connection.scalars(select(table_of(Suspense).c.reason)))
    kinds = [row.kind for row in rows]
    wanted = ("shift", "cash", "drawer", "z", "z_why", "banked", "total", "idle", "shift")
    assert [kind for kind in kinds if kind in wanted] == [*wanted]
    bodies = {row.kind: decode_line(bytes(row.line)).body for row in rows if row.kind in wanted}
    closed, moved, banked = bodies["z"], bodies["cash"], bodies["banked"]
    assert isinstance(closed, ShiftClosed)
    assert (closed.report, closed.difference, closed.taken) == (1, -20, price)
    assert isinstance(moved, CashMoved)
    assert isinstance(banked, Banked)
    assert banked.amount == z.to_bank
    # Nothing of it is strange to headquarters.
    assert "unreadable" not in reasons
    node.close()
    hq.close()


def test_a_drawer_that_a_second_person_signs_for_stands_in_suspense(tmp_path: Path) -> None:
    clock = HandClock()
    hq = new_headquarters(tmp_path / "central", clock)
    changes = {"difference_accepted": "100", "difference_unsigned": "1000"}
    hq.settings_office.change(changes, by=LI.name, reason="drawers")
    point = a_point(tmp_path, hq, clock, "N0001")
    point.sync()
    for counted in (10_100, 9_500, 5_000):
        shift_desk(point.node).open(OPERATOR, Count(10_000))
        z = close_with(point.node, OPERATOR, counted)
        if z.unanswered:
            differences_of(point.node).explain(OPERATOR, z.number, "a note", approval=TOKEN)
    point.sync()
    table = table_of(Suspense)
    with hq.database.engine.connect() as connection:
        rows = connection.execute(
            select(table).where(table.c.reason == DIFFERS, table.c.state == "OPEN")
        ).all()
    assert [(row.subject, row.amount) for row in rows] == [(f"Z 3 · {OPERATOR}", -5_000)]
    point.node.close()
    hq.close()
