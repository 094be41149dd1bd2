"""What is known of customers and told to nodes, and the settings of all nodes."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_PLACE = ("epoch", "branch", "seq")


def upgrade() -> None:
    op.create_table(
        "account_facts",
        *_texts("account", "node"),
        *_keys(*_PLACE),
        *_numbers("stamped_at"),
        *_texts("operator", "tariff_class"),
        *_numbers("persons", "persons_until", "inner_area", "gross_area"),
        *_texts("heat_class"),
        *_numbers("heat_from"),
        *_texts("suspended", "equipment", "reason"),
        sa.PrimaryKeyConstraint("account", "node", *_PLACE, name=op.f("pk_account_facts")),
    )
    op.create_table(
        "own_limit",
        *_texts("account", "service", "node"),
        *_keys(*_PLACE),
        *_numbers("stamped_at"),
        *_texts("operator"),
        *_numbers("per_sale", "per_day", "per_month", "per_cycle", "valid_until"),
        *_texts("reason"),
        sa.PrimaryKeyConstraint("account", "service", "node", *_PLACE, name=op.f("pk_own_limit")),
    )
    op.create_table(
        "node_refusal",
        *_texts("node"),
        *_keys("manifest"),
        *_texts("digest"),
        *_numbers("epoch", "seq"),
        *_texts("item", "code", "sentence"),
        *_numbers("refused_at"),
        sa.PrimaryKeyConstraint("node", "manifest", "digest", name=op.f("pk_node_refusal")),
    )
    _create_told()


def _create_told() -> None:
    op.create_table(
        "sheet",
        *_texts("account", "area"),
        *_numbers("part"),
        *_bytes("facts", "slots"),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_sheet")),
    )
    op.create_index("sheet_part_accounts", "sheet", ["area", "part", "account"])
    op.create_table(
        "sheet_part",
        *_texts("area"),
        *_keys("part"),
        *_numbers("version", "facts_version"),
        sa.PrimaryKeyConstraint("area", "part", name=op.f("pk_sheet_part")),
    )
    op.create_table(
        "node_part",
        *_texts("node", "area"),
        *_keys("part"),
        *_numbers("epoch", "version", "facts_version"),
        *_bytes("digest"),
        *_numbers("item_version", "sealed_at"),
        sa.PrimaryKeyConstraint("node", "area", "part", name=op.f("pk_node_part")),
    )
    op.create_table(
        "sheet_change",
        *_texts("account", "node"),
        *_numbers("ticket"),
        sa.PrimaryKeyConstraint("account", "node", name=op.f("pk_sheet_change")),
    )
    op.create_table(
        "settings_change",
        *_keys("number"),
        *_bytes("document"),
        *_texts("changed_by", "reason"),
        *_numbers("changed_at"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_settings_change")),
    )
    # Accounts that are here already are told of with the rest.
    op.execute(
        "INSERT INTO sheet_change (account, node, ticket) SELECT account, node, 1 FROM account"
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _bytes(*names: str) -> list[sa.Column[bytes]]:
    return [sa.Column(name, sa.LargeBinary(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _keys(*names: str) -> list[sa.Column[int]]:
    return [
        sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in names
    ]
