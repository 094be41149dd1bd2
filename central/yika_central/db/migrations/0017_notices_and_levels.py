"""Notices about cards and meters, the levels of meters, and how each meter stands."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_LEVELS = ("alarm_level", "max_stored", "second_level", "overdraft")


def upgrade() -> None:
    op.add_column(
        "reading", sa.Column("parameters", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.create_table(
        "card_notice",
        *_texts("card", "meter"),
        *_keys("number"),
        *_texts("action"),
        *_numbers("valid_until"),
        *_texts("zh", "en", "reason", "created_by"),
        *_numbers("created_at"),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        *_texts("ended_by"),
        sa.PrimaryKeyConstraint("card", "meter", "number", name=op.f("pk_card_notice")),
    )
    op.create_index("card_notice_open", "card_notice", ["ended_at", "created_at"])
    op.create_table(
        "notice_done",
        *_texts("node"),
        *_keys("epoch", "branch", "seq"),
        *_texts("card", "meter"),
        *_numbers("number"),
        *_texts("how", "reason", "operator"),
        *_numbers("done_at"),
        sa.PrimaryKeyConstraint("node", "epoch", "branch", "seq", name=op.f("pk_notice_done")),
    )
    op.create_index("notice_done_of", "notice_done", ["card", "meter", "number"])
    op.create_table(
        "level_change",
        *_keys("number"),
        *_texts("service", "tariff_class", "meter"),
        *_numbers("money", *_LEVELS, "removed"),
        *_texts("reason", "changed_by"),
        *_numbers("changed_at"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_level_change")),
    )
    op.create_table(
        "node_card_list",
        *_texts("node"),
        *_numbers("epoch"),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("node", name=op.f("pk_node_card_list")),
    )
    op.create_table(
        "meter_standing",
        *_texts("meter", "service"),
        *_numbers("number", "balance", "status", "in_force", "read_at"),
        *_texts("node", "card"),
        *_numbers("told", "money", *_LEVELS),
        sa.PrimaryKeyConstraint("meter", name=op.f("pk_meter_standing")),
    )
    op.create_index("meter_standing_status", "meter_standing", ["status", "read_at"])


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _keys(*names: str) -> list[sa.Column[int]]:
    return [
        sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in names
    ]
