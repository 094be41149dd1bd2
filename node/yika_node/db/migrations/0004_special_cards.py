"""System, managing and tool cards that were issued here, and how managing cards were last seen."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "special_card",
        *_texts("number", "kind", "holder", "serial", "state"),
        *_numbers("valid_until", "issued_at"),
        *_texts("operator"),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_special_card")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "managing_seen",
        *_texts("number"),
        *_numbers("counter"),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        *_numbers("failures"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_managing_seen")),
        sqlite_with_rowid=False,
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]
