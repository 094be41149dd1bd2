"""A database of an earlier version says after its migration what its journal says."""

import sqlite3
from contextlib import closing
from pathlib import Path

from node_world import OPERATOR, World, contents, for_quantity, open_with_card

BACK = """
ALTER TABLE account_facts DROP COLUMN quota_from;
ALTER TABLE account_facts DROP COLUMN mixed;
DROP TABLE refund;
DROP TABLE meter_swap;
DROP TABLE card_report; DROP TABLE card_end; DROP TABLE stock_move;
DROP INDEX ix_card_replaces;
ALTER TABLE card DROP COLUMN replaces; ALTER TABLE card DROP COLUMN fee;
ALTER TABLE card DROP COLUMN reason;
DROP TABLE special_card;
DROP TABLE managing_seen;
DROP INDEX intent_account; DROP INDEX intent_pending;
ALTER TABLE intent RENAME TO intent_now;
CREATE TABLE intent (epoch BIGINT NOT NULL, seq BIGINT NOT NULL, basket BIGINT NOT NULL,
    at BIGINT NOT NULL, operator VARCHAR NOT NULL, account VARCHAR NOT NULL,
    card VARCHAR NOT NULL, slot INTEGER NOT NULL, service VARCHAR NOT NULL,
    meter VARCHAR NOT NULL, generation INTEGER NOT NULL, count BIGINT NOT NULL,
    total BIGINT NOT NULL, quantity BIGINT NOT NULL, amount BIGINT NOT NULL,
    tariff VARCHAR NOT NULL, tariff_version INTEGER NOT NULL, period VARCHAR NOT NULL,
    used_before BIGINT NOT NULL, heating_year INTEGER NOT NULL, state VARCHAR NOT NULL,
    resolved_at BIGINT, PRIMARY KEY (epoch, seq)) WITHOUT ROWID;
INSERT INTO intent SELECT epoch, seq, basket, at, operator, account, card, slot, service, meter,
    generation, count, total, quantity, amount, tariff, tariff_version, period,
    counted - quantity, heating_year, state, resolved_at FROM intent_now;
CREATE INDEX intent_account ON intent (account, epoch, seq);
CREATE INDEX intent_pending ON intent (card) WHERE state = 'pending';
CREATE TABLE quota (account VARCHAR NOT NULL, service VARCHAR NOT NULL, period VARCHAR NOT NULL,
    bought BIGINT NOT NULL, PRIMARY KEY (account, service, period)) WITHOUT ROWID;
CREATE TABLE heat_year (account VARCHAR NOT NULL, service VARCHAR NOT NULL,
    year INTEGER NOT NULL, PRIMARY KEY (account, service)) WITHOUT ROWID;
INSERT INTO quota SELECT account, service, period, counted FROM tally;
INSERT INTO heat_year SELECT account, service, heating_year FROM tally WHERE heating_year > 0;
ALTER TABLE meter_position RENAME TO meter_position_now;
CREATE TABLE meter_position (meter VARCHAR NOT NULL, generation INTEGER NOT NULL,
    count BIGINT NOT NULL, total BIGINT NOT NULL, PRIMARY KEY (meter)) WITHOUT ROWID;
INSERT INTO meter_position SELECT meter, generation, count, total FROM meter_position_now;
DROP TABLE meter_position_now; DROP TABLE tally; DROP TABLE intent_now;
DROP TABLE notice_done;
DROP TABLE account_event; DROP TABLE account_state; DROP TABLE account_hold;
DROP INDEX sheet_premises; ALTER TABLE sheet DROP COLUMN premises;
DROP TABLE charge; DROP TABLE tendering; DROP TABLE receipt_print; DROP TABLE correction;
DROP TABLE shift; DROP TABLE banking; DROP TABLE idle_days; DROP TABLE total;
DROP TABLE money; DROP TABLE sold; DROP TABLE staff_change; DROP TABLE day_limit;
DROP TABLE deed; ALTER TABLE operator DROP COLUMN disabled_at;
ALTER TABLE operator DROP COLUMN temporary; ALTER TABLE operator DROP COLUMN last_at;
ALTER TABLE attempt DROP COLUMN console; ALTER TABLE operator DROP COLUMN staff_number;
DROP TABLE phone_answer; DROP TABLE right_use; DROP TABLE complaint;
DROP TABLE complaint_photo; DROP TABLE photograph;
DROP INDEX record_seldom; DROP INDEX reading_at; DROP INDEX reading_alarm;
DROP INDEX reading_unbalanced;
UPDATE alembic_version SET version_num = '0002';
"""
"""From the newest version of the tables to the second, for sales without anything newer."""


def test_sales_of_the_second_version_count_on_in_the_third(tmp_path: Path) -> None:
    world = World(tmp_path / "node")
    node = world.enrolled()
    account, _ = open_with_card(world, node)
    assert account.card is not None
    for number, slot in enumerate((0, 2, 2, 4, 0, 1)):
        node.sales.sell(OPERATOR, account.card, [for_quantity(slot, 2_000)], f"form {number}")
    node.close()
    database = world.folder / "node.db"
    before = contents(database)
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(BACK)
    node = world.restarted()
    assert contents(database) == before
    node.journal.rebuild()
    assert contents(database) == before
    node.close()
