"""The nodes' journals and what is read out of them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("branch", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("tariff_class", sa.String(), nullable=False),
        sa.Column("profile", sa.BigInteger(), nullable=False),
        sa.Column("persons", sa.BigInteger(), nullable=False),
        sa.Column("area_m2", sa.BigInteger(), nullable=True),
        sa.Column("sealed", sa.String(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_account")),
    )
    op.create_index(op.f("ix_account_area"), "account", ["area"])
    op.create_index(op.f("ix_account_node"), "account", ["node"])
    op.create_table(
        "account_meter",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("slot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("meter", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("account", "slot", name=op.f("pk_account_meter")),
    )
    op.create_index(op.f("ix_account_meter_meter"), "account_meter", ["meter"])
    op.create_table(
        "acknowledgement",
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("node", "n", name=op.f("pk_acknowledgement")),
    )
    op.create_table(
        "branch",
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("branch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("parent", sa.BigInteger(), nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("floor_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("node", "epoch", "branch", name=op.f("pk_branch")),
    )
    op.create_table(
        "card_witness",
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("branch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("seen_node", sa.String(), nullable=False),
        sa.Column("seen_epoch", sa.BigInteger(), nullable=False),
        sa.Column("seen_seq", sa.BigInteger(), nullable=False),
        sa.Column("seen_before", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("node", "epoch", "branch", "seq", name=op.f("pk_card_witness")),
    )
    op.create_index(op.f("ix_card_witness_seen_node"), "card_witness", ["seen_node"])
    op.create_table(
        "held_item",
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("manifest", sa.BigInteger(), nullable=False),
        sa.Column("adopted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("node", "name", "version", name=op.f("pk_held_item")),
    )
    op.create_table(
        "issued_card",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("generation", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("branch", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("key_version", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "generation", "card", name=op.f("pk_issued_card")),
    )
    op.create_table(
        "node_operator",
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("node", "operator", name=op.f("pk_node_operator")),
    )
    op.create_table(
        "quarantine",
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("sentence", sa.String(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("node", "sha256", name=op.f("pk_quarantine")),
    )
    op.create_table(
        "reading",
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("branch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("meter", sa.String(), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("lifetime_use", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("meter_time", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("stamped_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("node", "epoch", "branch", "seq", name=op.f("pk_reading")),
    )
    op.create_index(op.f("ix_reading_meter"), "reading", ["meter"])
    op.create_table(
        "record",
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("branch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("stamped_at", sa.BigInteger(), nullable=False),
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.Column("segment", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("node", "epoch", "branch", "seq", name=op.f("pk_record")),
    )
    op.create_index("record_hash", "record", ["node", "hash"], unique=True)
    op.create_table(
        "rerate_queue",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("ticket", sa.BigInteger(), nullable=False),
        sa.Column("queued_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "service", name=op.f("pk_rerate_queue")),
    )
    op.create_table(
        "sale",
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("branch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("basket", sa.BigInteger(), nullable=False),
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("stamped_at", sa.BigInteger(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("not_after", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("meter", sa.String(), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("total_after", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("residual", sa.BigInteger(), nullable=False),
        sa.Column("by_money", sa.Boolean(), nullable=False),
        sa.Column("typed", sa.BigInteger(), nullable=False),
        sa.Column("tariff_id", sa.String(), nullable=False),
        sa.Column("tariff_version", sa.BigInteger(), nullable=False),
        sa.Column("tariff_hash", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("used_before", sa.BigInteger(), nullable=False),
        sa.Column("persons", sa.BigInteger(), nullable=False),
        sa.Column("area_m2", sa.BigInteger(), nullable=True),
        sa.Column("heating_year", sa.BigInteger(), nullable=True),
        sa.Column("months_due", sa.BigInteger(), nullable=False),
        sa.Column("key_version", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("resolved_epoch", sa.BigInteger(), nullable=True),
        sa.Column("resolved_seq", sa.BigInteger(), nullable=True),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("node", "epoch", "branch", "seq", name=op.f("pk_sale")),
    )
    op.create_index("sale_account", "sale", ["account", "service", "stamped_at"])
    op.create_index("sale_arrival", "sale", ["not_after"])
    op.create_index("sale_meter", "sale", ["meter", "generation", "count"])
    op.create_index("sale_outcome", "sale", ["outcome"])
    op.create_index("sale_time", "sale", ["stamped_at"])
    op.create_table(
        "sale_line",
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("branch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "node", "epoch", "branch", "seq", "line", name=op.f("pk_sale_line")
        ),
    )
    op.create_table(
        "segment",
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("n_ack", sa.BigInteger(), nullable=False),
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("stamped_at", sa.BigInteger(), nullable=False),
        sa.Column("manifest", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("node", "sha256", name=op.f("pk_segment")),
    )
    op.create_index("segment_parked", "segment", ["node", "epoch", "state", "first"])
    op.create_table(
        "suspense",
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("branch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "node", "epoch", "branch", "seq", "reason", name=op.f("pk_suspense")
        ),
    )
    op.create_index("suspense_state", "suspense", ["state", "opened_at"])
    op.create_index("suspense_subject", "suspense", ["reason", "subject"])
