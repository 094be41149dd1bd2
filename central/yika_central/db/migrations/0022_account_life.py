"""What becomes of accounts, holds on them, and where they are."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_LIFE = ("operator", "what", "sealed", "changed", "community", "premises", "reason")


def upgrade() -> None:
    for name in ("community", "premises"):
        op.add_column("account", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.create_table(
        "account_life",
        *_place(),
        sa.Column("stamped_at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in _LIFE),
        _key("account_life"),
    )
    op.create_table(
        "account_hold",
        *_place(),
        sa.Column("stamped_at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("operator", "level", "words")),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("lifter", "lifts_node")),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("lifts_epoch", "lifts_seq")
        ),
        sa.Column("reason", sa.String(), nullable=False),
        _key("account_hold"),
    )


def _place() -> list[sa.Column[str] | sa.Column[int]]:
    return [
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)
            for name in ("epoch", "branch", "seq")
        ),
    ]


def _key(table: str) -> sa.PrimaryKeyConstraint:
    columns = ("account", "node", "epoch", "branch", "seq")
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))
