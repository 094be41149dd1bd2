"""What was bought and charged, and what is settled through each slot, as the card says it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_INDEXES = ("intent_account", "intent_pending")


def upgrade() -> None:
    _intents()
    _positions()
    _tallies()
    op.drop_table("quota")
    op.drop_table("heat_year")


def _intents() -> None:
    """Until now no sale adjusted or settled anything, and all of the price was paid."""
    for index in _INDEXES:
        op.drop_index(index, "intent")
    op.rename_table("intent", "intent_before")
    op.create_table(
        "intent",
        *_keys("epoch", "seq"),
        *_numbers("basket", "at"),
        *_texts("operator", "account", "card"),
        *_shorts("slot"),
        *_texts("service", "meter"),
        *_shorts("generation"),
        *_numbers("count", "total", "quantity", "amount", "paid"),
        *_texts("tariff"),
        *_shorts("tariff_version"),
        *_texts("state"),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        *_texts("period"),
        *_numbers("counted"),
        *_shorts("heating_year", "charged_through", "free_day"),
        *_settled(),
        sa.PrimaryKeyConstraint("epoch", "seq", name=op.f("pk_intent")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO intent SELECT epoch, seq, basket, at, operator, account, card, slot, service,"
        " meter, generation, count, total, quantity, amount, amount, tariff, tariff_version,"
        " state, resolved_at, period, used_before + quantity, coalesce((SELECT max(year)"
        " FROM heat_year WHERE heat_year.account = intent_before.account"
        " AND heat_year.service = intent_before.service), 0), 0, 0, 0, 0, 0, 0, 0"
        " FROM intent_before ORDER BY epoch, seq"
    )
    op.drop_table("intent_before")
    op.create_index("intent_account", "intent", ["account", "epoch", "seq"])
    op.create_index(
        "intent_pending", "intent", ["card"], sqlite_where=sa.text("state = 'pending'")
    )


def _positions() -> None:
    op.rename_table("meter_position", "meter_position_before")
    op.create_table(
        "meter_position",
        *_texts("meter"),
        *_shorts("generation"),
        *_numbers("count", "total"),
        *_settled(),
        sa.PrimaryKeyConstraint("meter", name=op.f("pk_meter_position")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO meter_position SELECT meter, generation, count, total, 0, 0, 0, 0, 0"
        " FROM meter_position_before ORDER BY meter"
    )
    op.drop_table("meter_position_before")


def _tallies() -> None:
    """The newest written sale says what was counted before it, too."""
    op.create_table(
        "tally",
        *_texts("account", "service"),
        *_numbers("epoch", "seq"),
        *_texts("period"),
        *_numbers("counted"),
        *_shorts("heating_year", "charged_through", "free_day"),
        sa.PrimaryKeyConstraint("account", "service", name=op.f("pk_tally")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO tally SELECT account, service, epoch, seq, period, counted, heating_year,"
        " 0, 0 FROM (SELECT *, row_number() OVER (PARTITION BY account, service"
        " ORDER BY epoch DESC, seq DESC) AS place FROM intent WHERE state = 'written')"
        " WHERE place = 1"
    )


def _keys(*names: str) -> list[sa.Column[int]]:
    return [
        sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in names
    ]


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _shorts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _settled() -> list[sa.Column[int]]:
    return [
        *_shorts("money_number"),
        *_numbers("money_total"),
        *_shorts("quantity_number"),
        *_numbers("quantity_total", "debts"),
    ]
