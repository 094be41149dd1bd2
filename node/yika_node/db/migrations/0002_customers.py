"""What is amended here of customers, and what headquarters tells of them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_facts",
        *_texts("account"),
        *_numbers("at"),
        *_texts("operator", "tariff_class"),
        sa.Column("persons", sa.Integer(), nullable=False),
        *_numbers("persons_until", "inner_area", "gross_area"),
        *_texts("heat_class"),
        *_numbers("heat_from"),
        *_texts("suspended", "equipment", "reason"),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_account_facts")),
    )
    op.create_table(
        "own_limit",
        *_texts("account", "service"),
        *_numbers("at"),
        *_texts("operator"),
        *_numbers("per_sale", "per_day", "per_month", "per_cycle", "until"),
        *_texts("reason"),
        sa.PrimaryKeyConstraint("account", "service", name=op.f("pk_own_limit")),
    )
    op.create_table(
        "refusal",
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        *_texts("digest", "item", "code", "sentence"),
        *_numbers("at"),
        sa.PrimaryKeyConstraint("version", "digest", name=op.f("pk_refusal")),
    )
    op.create_table(
        "sheet",
        *_texts("account", "item", "card"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_sheet")),
    )
    op.create_index(op.f("ix_sheet_item"), "sheet", ["item"])
    op.create_index(op.f("ix_sheet_card"), "sheet", ["card"])
    op.create_table(
        "sheet_meter",
        *_texts("meter", "account"),
        sa.PrimaryKeyConstraint("meter", "account", name=op.f("pk_sheet_meter")),
        sqlite_with_rowid=False,
    )
    op.create_index("sheet_meter_account", "sheet_meter", ["account"])
    op.create_table(
        "sheet_part",
        *_texts("item"),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("item", name=op.f("pk_sheet_part")),
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]
