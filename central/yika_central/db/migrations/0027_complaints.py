"""What customers complained of, and the answers."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "complaint",
        *_texts("account", "node"),
        *(
            sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)
            for name in ("epoch", "branch", "seq")
        ),
        *_numbers("stamped_at"),
        *_texts("operator", "about", "sealed"),
        *_numbers("of_epoch", "receipt"),
        *_texts("outcome", "zh", "en", "reason"),
        *_numbers("amount"),
        *_texts("answered_by", "seconded_by"),
        *_numbers("answered_at"),
        *_texts("card"),
        *_numbers("notice"),
        sa.PrimaryKeyConstraint(
            "account", "node", "epoch", "branch", "seq", name=op.f("pk_complaint")
        ),
    )
    columns = ["outcome", "stamped_at", "node", "epoch", "seq"]
    op.create_index("complaint_outcome", "complaint", columns)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]
