"""Approvals that vending points ask for over the line."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "approval_request",
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("challenge", sa.String(), nullable=False),
        *_texts("digest", "subject", "act"),
        sa.Column("amount", sa.BigInteger(), autoincrement=False, nullable=False),
        *_texts("words", "state"),
        sa.Column("asked_at", sa.BigInteger(), autoincrement=False, nullable=False),
        *_texts("decided_by", "second", "reason"),
        sa.Column("decided_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("node", "epoch", "challenge", name=op.f("pk_approval_request")),
    )
    op.create_index("approval_request_state", "approval_request", ["state", "asked_at"])
    op.create_index("approval_request_decided", "approval_request", ["decided_at"])


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]
