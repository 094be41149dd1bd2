"""What was sold, summed up by hour, day and month; and sales found by their time."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_HOUR, _DAY, _MONTH = 3600, 86_400, 32 * 86_400

_OF_ACCOUNT = """
UPDATE intent SET area = known.area, tariff_class = known.tariff_class
FROM (SELECT number, area, tariff_class FROM account) AS known
WHERE known.number = intent.account
"""
_AMENDED = """
UPDATE intent SET tariff_class = (
    SELECT said.tariff_class FROM said WHERE said.account = intent.account
    AND (said.epoch, said.seq) < (intent.epoch, intent.seq)
    ORDER BY said.epoch DESC, said.seq DESC LIMIT 1)
WHERE EXISTS (
    SELECT 1 FROM said WHERE said.account = intent.account
    AND (said.epoch, said.seq) < (intent.epoch, intent.seq))
"""
_SUMS = """
INSERT INTO sold SELECT :span, at - at % :span, outcome, operator, service, area, tariff_class,
    COUNT(*), SUM(quantity * counts), SUM(amount * counts), SUM(paid * counts)
FROM (SELECT *, CASE act WHEN 'refund' THEN CASE state WHEN 'superseded' THEN 'off' ELSE 'refund'
        END ELSE CASE state WHEN 'superseded' THEN 'superseded' ELSE 'sold' END END AS outcome,
        CASE WHEN act = 'refund' AND state = 'superseded' THEN 0 ELSE 1 END AS counts
    FROM intent WHERE act IN ('', 'refund'))
GROUP BY 1, 2, 3, 4, 5, 6, 7
"""


def upgrade() -> None:
    for name in ("area", "tariff_class"):
        op.add_column("intent", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.create_table(
        "sold",
        *(
            sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)
            for name in ("span", "start")
        ),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("outcome", "operator", "service", "area", "tariff_class")
        ),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("count", "quantity", "amount", "paid")
        ),
        sa.PrimaryKeyConstraint(
            "span",
            "start",
            "outcome",
            "operator",
            "service",
            "area",
            "tariff_class",
            name=op.f("pk_sold"),
        ),
        sqlite_with_rowid=False,
    )
    op.execute(_OF_ACCOUNT)
    op.execute(
        "CREATE TEMP TABLE said AS SELECT epoch, seq, json_extract(CAST(line AS TEXT), '$.a')"
        " AS account, json_extract(CAST(line AS TEXT), '$.cl') AS tariff_class FROM record"
        ' WHERE substr(CAST(line AS TEXT), 1, 13) = \'{"t":"facts",\''
    )
    op.execute(_AMENDED)
    op.execute("DROP TABLE said")
    for span in (_HOUR, _DAY, _MONTH):
        op.get_bind().execute(sa.text(_SUMS), {"span": span})
    op.create_index("intent_at", "intent", ["at"])
    op.create_index(
        "intent_superseded", "intent", ["at"], sqlite_where=sa.text("state = 'superseded'")
    )
    op.create_index("tally_newest", "tally", ["epoch", "seq"])
    op.create_index("reading_alarm", "reading", ["at"], sqlite_where=sa.text("status & 252 <> 0"))
    op.create_index(
        "reading_unbalanced",
        "reading",
        ["at"],
        sqlite_where=sa.text("used + balance <> total"),
    )
    op.create_index("reading_at", "reading", ["at"])
    op.execute(
        "CREATE INDEX record_seldom ON record (epoch, seq) WHERE substr(line, 1, 12) NOT IN"
        ' (CAST(\'{"t":"intent\' AS BLOB), CAST(\'{"t":"readin\' AS BLOB),'
        ' CAST(\'{"t":"sale",\' AS BLOB))'
    )
