"""Money that vending points took beside sales."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_TEXTS = ("what", "account", "code", "booked_as")
_NUMBERS = ("amount", "tax", "back_epoch", "takes_back")
_TIMES = ("stamped_at", "not_before", "not_after")


def upgrade() -> None:
    op.create_table(
        "charge",
        sa.Column("node", sa.String(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)
            for name in ("epoch", "branch", "seq")
        ),
        *(sa.Column(name, sa.String(), nullable=False) for name in _TEXTS),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _NUMBERS),
        sa.Column("operator", sa.String(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _TIMES),
        sa.PrimaryKeyConstraint("node", "epoch", "branch", "seq", name=op.f("pk_charge")),
    )
    op.create_index("charge_account", "charge", ["account"])
    op.create_index("charge_back", "charge", ["node", "back_epoch", "takes_back"])
    op.create_index("charge_booked", "charge", ["not_after"])
