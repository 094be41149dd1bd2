"""Accounts that may be one household's, and those that were merged."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_trace",
        *_texts("account", "kind", "digest"),
        sa.PrimaryKeyConstraint("account", "kind", name=op.f("pk_account_trace")),
    )
    op.create_index("account_trace_digest", "account_trace", ["kind", "digest"])
    op.create_table(
        "trace_due",
        *_texts("account"),
        *_numbers("ticket"),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_trace_due")),
    )
    op.create_table(
        "duplicate_pair",
        *_texts("account", "other", "why", "state"),
        *_numbers("found_at"),
        *_texts("decided_by", "seconded_by", "reason"),
        *_numbers("decided_at"),
        sa.PrimaryKeyConstraint("account", "other", name=op.f("pk_duplicate_pair")),
    )
    op.create_index("duplicate_pair_state", "duplicate_pair", ["state", "account", "other"])
    op.create_index("duplicate_pair_other", "duplicate_pair", ["other"])
    op.create_table(
        "household",
        *_texts("account", "survivor"),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_household")),
    )
    op.create_index("household_survivor", "household", ["survivor"])
    op.create_table(
        "account_merge",
        *_texts("account", "survivor", "made_by", "seconded_by", "reason"),
        *_numbers("made_at"),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_account_merge")),
    )
    # What was opened before accounts were compared is compared by the first run.
    op.execute("INSERT INTO trace_due (account, ticket) SELECT account, 1 FROM account")


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]
