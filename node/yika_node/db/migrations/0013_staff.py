"""What became of operators, and what they may do in a day."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("disabled_at", "temporary", "last_at"):
        op.add_column(
            "operator", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
        )
    op.create_table(
        "staff_change",
        *_keys("epoch", "seq"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *_texts("operator", "name", "what", "level", "reason"),
        *_numbers("times", "amount"),
        sa.PrimaryKeyConstraint("epoch", "seq", name=op.f("pk_staff_change")),
        sqlite_with_rowid=False,
    )
    op.create_index("staff_change_name", "staff_change", ["name", "epoch", "seq"])
    op.create_table(
        "day_limit",
        *_texts("name", "level", "what"),
        *_numbers("times", "amount"),
        sa.PrimaryKeyConstraint("name", "level", "what", name=op.f("pk_day_limit")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "deed",
        *_texts("operator", "what"),
        *_keys("at", "epoch", "seq"),
        *_numbers("amount"),
        sa.PrimaryKeyConstraint("operator", "what", "at", "epoch", "seq", name=op.f("pk_deed")),
        sqlite_with_rowid=False,
    )
    op.add_column(
        "attempt", sa.Column("console", sa.BigInteger(), nullable=False, server_default="0")
    )
    _from_lines()


def _from_lines() -> None:
    """Who was added, who signed in last, and what was written again stand in the journal alone."""
    connection = op.get_bind()
    lines = connection.execute(
        sa.text(
            "SELECT epoch, line FROM record WHERE substr(line, 1, 12) NOT IN"
            ' (CAST(\'{"t":"intent\' AS BLOB), CAST(\'{"t":"readin\' AS BLOB),'
            ' CAST(\'{"t":"sale",\' AS BLOB)) ORDER BY epoch, seq'
        )
    )
    for epoch, line in lines.all():
        said = json.loads(line)
        at, by = said["ts"], said.get("op", "")
        if said["t"] == "login" and said["outcome"] == "ok":
            connection.execute(
                sa.text("UPDATE operator SET last_at = :at WHERE name = :by"), {"at": at, "by": by}
            )
        elif said["t"] == "oper":
            connection.execute(
                sa.text(
                    "INSERT INTO staff_change VALUES"
                    " (:epoch, :seq, :at, :by, :name, 'added', :level, '', 0, 0)"
                ),
                {"epoch": epoch, "seq": said["q"], "at": at, "by": by}
                | {"name": said["name"], "level": said["level"]},
            )
        elif said["t"] == "supplement":
            connection.execute(
                sa.text(
                    "INSERT INTO deed VALUES (:by, 'supplements', :at, :epoch, :seq, COALESCE("
                    "(SELECT amount FROM intent WHERE epoch = :of AND seq = :intent), 0))"
                ),
                {"epoch": epoch, "seq": said["q"], "at": at, "by": by}
                | {"of": said.get("iep", epoch), "intent": said["iq"]},
            )


def _keys(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(one, sa.BigInteger(), autoincrement=False, nullable=False) for one in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(one, sa.BigInteger(), nullable=False) for one in names]


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(one, sa.String(), nullable=False) for one in names]
