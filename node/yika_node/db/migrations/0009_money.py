"""What moved money at this point: one row for each movement."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "money",
        *(
            sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)
            for name in ("epoch", "seq", "part")
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("operator", "what", "tender")),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("epoch", "seq", "part", name=op.f("pk_money")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO money SELECT epoch, seq, 0, at, operator, 'sale', 'cash', paid, account"
        " FROM intent WHERE act = '' AND paid <> 0 ORDER BY epoch, seq"
    )
    _from_lines()
    op.create_index("money_operator", "money", ["operator", "epoch", "seq"])
    op.create_index("money_at", "money", ["at"])


def _from_lines() -> None:
    """Fees for cards and refunds handed out stand with their place in the journal alone."""
    connection = op.get_bind()
    lines = connection.execute(
        sa.text(
            "SELECT epoch, line FROM record WHERE substr(CAST(line AS TEXT), 1, 12) = :card"
            " OR substr(CAST(line AS TEXT), 1, 16) = :refunded ORDER BY epoch, seq"
        ),
        {"card": '{"t":"card",', "refunded": '{"t":"refunded",'},
    )
    paid = set()
    for epoch, line in lines.all():
        said = json.loads(line)
        if said["t"] == "card":
            what, amount, account = "card_fee", said.get("fee", 0), said["a"]
        else:
            intent = {"epoch": said.get("iep", epoch), "seq": said["iq"]}
            account = connection.execute(
                sa.text("SELECT account FROM intent WHERE epoch = :epoch AND seq = :seq"), intent
            ).scalar_one()
            again = tuple(intent.values()) in paid
            what, amount = "refund", 0 if again else -said["amt"]
            paid.add(tuple(intent.values()))
        if amount:
            connection.execute(
                sa.text(
                    "INSERT INTO money VALUES (:epoch, :seq, 0, :at, :operator, :what, 'cash',"
                    " :amount, :account)"
                ),
                {
                    "epoch": epoch,
                    "seq": said["q"],
                    "at": said["ts"],
                    "operator": said.get("op", ""),
                    "what": what,
                    "amount": amount,
                    "account": account,
                },
            )
