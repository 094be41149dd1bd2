"""A sale with all its journal says; rulings on sales; postings by cause; from when to re-rate."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NUMBERS = (
    "charged_through",
    "free_day",
    "free",
    "consumed",
    "heat_days",
    "heat_suspended",
    "adjusted",
    "adjusted_number",
    "adjusted_quantity",
    "adjusted_quantity_number",
    "debts",
    "kept",
    "rounding",
    "paid",
)


def upgrade() -> None:
    for name in _NUMBERS:
        op.add_column("sale", _number(name))
    for name in ("heat_class", "equipment"):
        op.add_column("sale", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.create_table(
        "sale_debt",
        *_place(),
        sa.Column("debt", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("still_owed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "node", "epoch", "branch", "seq", "debt", name=op.f("pk_sale_debt")
        ),
    )
    op.create_table(
        "ruling",
        *_place(),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("ruled_by", sa.String(), nullable=False),
        sa.Column("seconded_by", sa.String(), nullable=False),
        sa.Column("ruled_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "node", "epoch", "branch", "seq", "kind", "number", name=op.f("pk_ruling")
        ),
    )
    op.create_index("ruling_account", "ruling", ["account", "service"])
    for name in ("charged_through", "free_day"):
        op.add_column("rating", _number(name))
    op.add_column("posting", sa.Column("cause", sa.String(), nullable=False, server_default=""))
    op.add_column("rerate_queue", _number("since"))


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")


def _place() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("branch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
    )
