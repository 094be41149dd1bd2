"""What becomes of differences: policies, settlements, adjustments, debts, accounting months."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_PLACE = ("epoch", "branch", "seq")
_BOOKED = ("month", "of_month")
_PERSONS = ("reason", "made_by", "seconded_by")


def upgrade() -> None:
    op.add_column(
        "posting", sa.Column("settled", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_index(
        "posting_unsettled",
        "posting",
        ["account"],
        sqlite_where=sa.text("NOT settled"),
        postgresql_where=sa.text("NOT settled"),
    )
    _policies()
    _settlements()
    _debts()
    op.create_table(
        "late_sale",
        *_texts("node"),
        *_keys(*_PLACE),
        *_texts(*_BOOKED),
        sa.PrimaryKeyConstraint("node", *_PLACE, name=op.f("pk_late_sale")),
    )
    op.create_index("late_sale_month", "late_sale", ["month"])
    op.create_index("late_sale_of", "late_sale", ["of_month"])
    op.create_table(
        "closed_month",
        *_texts("month", "zone"),
        sa.Column("figures", sa.LargeBinary(), nullable=False),
        *_texts("digest", "closed_by"),
        *_numbers("closed_at"),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_closed_month")),
    )


def _policies() -> None:
    op.create_table(
        "policy_change",
        *_keys("number"),
        *_texts("cause"),
        *_flags("owes_adjusted"),
        *_numbers("owes_threshold"),
        *_flags("owed_adjusted"),
        *_numbers("owed_threshold", "valid_from"),
        *_texts("changed_by", "reason"),
        *_numbers("changed_at"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_policy_change")),
    )
    op.create_index("policy_cause", "policy_change", ["cause", "valid_from"])


def _settlements() -> None:
    op.create_table(
        "settlement",
        *_texts("node"),
        *_keys(*_PLACE, "number"),
        *_texts("account", "service", "cause"),
        *_numbers("policy", "posted", "absorbed", "adjusted"),
        *_texts(*_BOOKED),
        *_numbers("settled_at"),
        sa.PrimaryKeyConstraint("node", *_PLACE, "number", name=op.f("pk_settlement")),
    )
    op.create_index("settlement_month", "settlement", ["month"])
    op.create_table(
        "adjustment_entry",
        *_texts("account"),
        *_keys("entry"),
        *_numbers("number"),
        *_texts("kind", "cause"),
        *_numbers("amount"),
        *_texts("node"),
        *_numbers(*_PLACE, "posting"),
        *_texts("debt", *_BOOKED, *_PERSONS),
        *_numbers("made_at"),
        sa.PrimaryKeyConstraint("account", "entry", name=op.f("pk_adjustment_entry")),
    )
    op.create_index("adjustment_entry_month", "adjustment_entry", ["month"])
    op.create_index("adjustment_entry_sale", "adjustment_entry", ["node", *_PLACE])
    op.create_table(
        "quantity_entry",
        *_texts("account"),
        *_keys("slot", "number"),
        *_texts("service"),
        *_numbers("amount"),
        *_texts("month", *_PERSONS),
        *_numbers("made_at"),
        sa.PrimaryKeyConstraint("account", "slot", "number", name=op.f("pk_quantity_entry")),
    )
    op.create_table(
        "settlement_due",
        *_texts("account", "node"),
        *_numbers("ticket"),
        sa.PrimaryKeyConstraint("account", "node", name=op.f("pk_settlement_due")),
    )


def _debts() -> None:
    op.create_table(
        "debt",
        *_texts("account", "debt", "zh", "en"),
        *_numbers("amount", "share", "least", "priority", "not_before"),
        *_flags("begun"),
        *_texts("due_on"),
        *_numbers("daily_fee", "fee_most"),
        *_texts("month", "reason", "registered_by", "seconded_by"),
        *_numbers("registered_at"),
        sa.PrimaryKeyConstraint("account", "debt", name=op.f("pk_debt")),
    )
    op.create_index("debt_id", "debt", ["debt"], unique=True)
    op.create_index("debt_month", "debt", ["month"])
    op.create_table(
        "debt_entry",
        *_texts("account", "debt"),
        *_keys("number"),
        *_texts("kind"),
        *_numbers("amount"),
        *_texts("upto", *_BOOKED, *_PERSONS),
        *_numbers("made_at"),
        sa.PrimaryKeyConstraint("account", "debt", "number", name=op.f("pk_debt_entry")),
    )
    op.create_index("debt_entry_month", "debt_entry", ["month"])


def _texts(*names: str) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, sa.String(), nullable=False) for name in names)


def _numbers(*names: str) -> tuple[sa.Column[int], ...]:
    return tuple(sa.Column(name, sa.BigInteger(), nullable=False) for name in names)


def _keys(*names: str) -> tuple[sa.Column[int], ...]:
    return tuple(
        sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in names
    )


def _flags(*names: str) -> tuple[sa.Column[bool], ...]:
    return tuple(sa.Column(name, sa.Boolean(), nullable=False) for name in names)
