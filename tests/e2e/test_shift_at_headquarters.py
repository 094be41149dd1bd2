"""What a drawer's day was reaches headquarters whole: every record, in order, signed."""

from pathlib import Path

from sqlalchemy import select

from central_builders import LI, WANG, HandClock, new_headquarters
from node_world import OPERATOR, a_chip
from points_of_headquarters import AREA, a_point, open_at
from refund_builders import TOKEN
from shift_builders import banking_of, close_with, shift_desk
from yika_central.db.tables import Record, Suspense, table_of
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
    desk.explain(OPERATOR, z.number, "a coin")
    banking_of(node).bank(OPERATOR, [z.number], z.to_bank, token="bank")
    clock.pass_by(days=3)
    desk.open(OPERATOR, Count(0))
    point.sync()

    table = table_of(Record)
    with hq.database.engine.connect() as connection:
        rows = connection.execute(select(table.c.kind, table.c.line).order_by(table.c.seq)).all()
        reasons = set(connection.scalars(select(table_of(Suspense).c.reason)))
    kinds = [row.kind for row in rows]
    wanted = ("shift", "cash", "drawer", "z", "z_why", "banked", "idle", "shift")
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
