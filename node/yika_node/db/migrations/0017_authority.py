"""Which person of headquarters' list an operator is, its answers by telephone, rights in use."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "operator", sa.Column("staff_number", sa.String(), nullable=False, server_default="")
    )
    op.create_table(
        "phone_answer",
        *_texts("purpose", "subject"),
        *(
            sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)
            for name in ("epoch", "seq")
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *_texts("operator", "act"),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "purpose", "subject", "epoch", "seq", name=op.f("pk_phone_answer")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "right_use",
        *_texts("operator", "right"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("operator", "right", name=op.f("pk_right_use")),
        sqlite_with_rowid=False,
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(one, sa.String(), nullable=False) for one in names]
