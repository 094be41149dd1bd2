"""Persons who may work at vending points, and answers by telephone."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "listed_person",
        *_texts("number", "name", "level"),
        _number("valid_until"),
        *_texts("entered_by"),
        _number("entered_at"),
        _number("revoked_at", nullable=True),
        *_texts("certified_by"),
        _number("certified_at", nullable=True),
        _key("listed_person", "number"),
    )
    op.create_table(
        "listed_person_node",
        *_texts("number", "node"),
        _number("ended"),
        _key("listed_person_node", "number", "node"),
    )
    op.create_index(op.f("ix_listed_person_node_node"), "listed_person_node", ["node"])
    op.create_table(
        "person_change",
        *_texts("number"),
        _number("nth"),
        *_texts("what", "level", "nodes"),
        _number("valid_until"),
        *_texts("changed_by", "reason"),
        _number("at"),
        _key("person_change", "number", "nth"),
    )
    op.create_table(
        "node_person_list",
        *_texts("node"),
        _number("epoch"),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        _number("sealed_at"),
        _key("node_person_list", "node"),
    )
    op.create_table(
        "phone_answer",
        *_texts("node"),
        _number("epoch"),
        *_texts("challenge", "purpose", "subject", "act"),
        _number("amount"),
        *_texts("answered_by", "second", "reason"),
        _number("at"),
        _key("phone_answer", "node", "epoch", "challenge"),
    )
    op.create_table(
        "phone_use",
        *_texts("node"),
        *(_number(name) for name in ("epoch", "branch", "seq")),
        *_texts("purpose", "subject", "act"),
        _number("amount"),
        *_texts("digest", "challenge", "operator"),
        _number("stamped_at"),
        _key("phone_use", "node", "epoch", "branch", "seq"),
    )
    op.create_index("phone_use_challenge", "phone_use", ["node", "epoch", "challenge"])


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=nullable)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))
