"""Cases that detection opens, and what it has still to look at."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_PLACE = ("epoch", "branch", "seq")


def upgrade() -> None:
    op.create_table(
        "audit_case",
        *_texts("subject", "kind", "mark"),
        *_numbers("amount"),
        *_texts("service", "account", "places", "state"),
        *_numbers("opened_at", "changed_at"),
        *_texts("note", "explained_by"),
        sa.PrimaryKeyConstraint("subject", "kind", "mark", name=op.f("pk_audit_case")),
    )
    op.create_index("audit_case_state", "audit_case", ["state", "opened_at"])
    op.create_table(
        "audit_queue",
        *_texts("meter"),
        *_numbers("ticket"),
        sa.PrimaryKeyConstraint("meter", name=op.f("pk_audit_queue")),
    )
    op.create_table(
        "open_witness",
        *_texts("node"),
        *[sa.Column(n, sa.BigInteger(), autoincrement=False, nullable=False) for n in _PLACE],
        *_numbers("seen_at"),
        sa.PrimaryKeyConstraint("node", *_PLACE, name=op.f("pk_open_witness")),
    )
    # What arrived before there was detection is looked at by the first run.
    op.execute("INSERT INTO audit_queue (meter, ticket) SELECT DISTINCT meter, 1 FROM reading")
    op.execute(
        "INSERT INTO open_witness (node, epoch, branch, seq, seen_at) "
        "SELECT w.node, w.epoch, w.branch, w.seq, r.stamped_at FROM card_witness w JOIN record r "
        "ON r.node = w.node AND r.epoch = w.epoch AND r.branch = w.branch AND r.seq = w.seq"
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]
