"""What becomes of accounts: their state, holds on them, and where their history stands."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_KINDS = ("account", "facts", "limits", "card", "report", "ended", "swap", "charge")


def upgrade() -> None:
    op.create_table(
        "account_event",
        sa.Column("account", sa.String(), nullable=False),
        *_keys("epoch", "seq"),
        sa.Column("kind", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("account", "epoch", "seq", name=op.f("pk_account_event")),
        sqlite_with_rowid=False,
    )
    op.create_index("account_event_place", "account_event", ["epoch", "seq"])
    op.create_table(
        "account_state",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("status_at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("who_at", sa.BigInteger(), nullable=False),
        sa.Column("community", sa.String(), nullable=False),
        sa.Column("premises", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_account_state")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "account_state_premises",
        "account_state",
        ["premises"],
        sqlite_where=sa.text("premises <> ''"),
    )
    op.create_table(
        "account_hold",
        sa.Column("node", sa.String(), nullable=False),
        *_keys("epoch", "seq"),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("account", "level", "words")),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("lifter", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("lifted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("node", "epoch", "seq", name=op.f("pk_account_hold")),
    )
    op.create_index(op.f("ix_account_hold_account"), "account_hold", ["account"])
    op.add_column("sheet", sa.Column("premises", sa.String(), nullable=False, server_default=""))
    op.create_index(
        "sheet_premises", "sheet", ["premises"], sqlite_where=sa.text("premises <> ''")
    )
    # The sheets are made again, with the column filled, when somebody signs in.
    op.execute("DELETE FROM sheet_part")
    for kind in _KINDS:
        start = f'{{"t":"{kind}",'
        op.get_bind().execute(
            sa.text(
                "INSERT INTO account_event SELECT json_extract(CAST(line AS TEXT), '$.a'), epoch,"
                " seq, :kind FROM record WHERE substr(CAST(line AS TEXT), 1, :size) = :start"
                " AND coalesce(json_extract(CAST(line AS TEXT), '$.a'), '') <> ''"
            ),
            {"kind": kind, "size": len(start), "start": start},
        )


def _keys(*names: str) -> list[sa.Column[int]]:
    return [
        sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in names
    ]
