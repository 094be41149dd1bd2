"""What old sales paid, and the causes of what was posted when a sale's ratings were all kept."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_SAME = " AND ".join(
    f"share.{name} = posting.{name}" for name in ("node", "epoch", "branch", "seq")
)


def upgrade() -> None:
    # Nothing was settled with a purchase before 0006: its customer paid what was charged.
    op.execute(
        "UPDATE sale SET paid = amount - adjusted + debts + kept + rounding"
        " WHERE paid <> amount - adjusted + debts + kept + rounding"
    )
    # Where one cause explains a rating, it explains what was posted for it.  All others are
    # posted back without a cause and again with theirs, by the run that this queues.
    one = f"FROM rating_share share WHERE {_SAME}"
    op.execute(
        f"UPDATE posting SET cause = (SELECT share.cause {one})"  # noqa: S608 - the names above
        f" WHERE cause = '' AND NOT settled AND (SELECT COUNT(*) {one}) = 1"
    )
    op.execute(
        "INSERT INTO rerate_queue (account, service, ticket, since, queued_at)"
        " SELECT account, service, 1, 0, 0 FROM"
        " (SELECT account, service FROM rating UNION"
        " SELECT account, service FROM posting WHERE cause = '') AS pairs WHERE true"
        " ON CONFLICT (account, service) DO UPDATE SET since = 0,"
        " ticket = rerate_queue.ticket + 1"
    )
