"""What this journal says of customers beside opening their accounts, as tables."""

import sqlite3

from yika_common.journal import bodies
from yika_common.journal.record import Record


def facts(c: sqlite3.Connection, _epoch: int, record: Record, body: bodies.AccountFacts) -> None:
    """The latest amendment holds."""
    c.execute(
        "INSERT OR REPLACE INTO account_facts (account, at, operator, tariff_class, persons,"
        " persons_until, inner_area, gross_area, heat_class, heat_from, suspended, equipment,"
        " reason, quota_from, mixed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            body.account,
            record.ts,
            record.operator,
            body.tariff_class,
            body.persons,
            body.persons_until,
            body.inner_area,
            body.gross_area,
            body.heat_class,
            body.heat_from,
            " ".join(map(str, body.suspended)),
            body.equipment,
            body.reason,
            body.quota_from,
            body.mixed,
        ),
    )


def limits(c: sqlite3.Connection, _epoch: int, record: Record, body: bodies.LimitsLifted) -> None:
    """The latest limits of an account and service hold, until their time."""
    c.execute(
        "INSERT OR REPLACE INTO own_limit (account, service, at, operator, per_sale, per_day,"
        " per_month, per_cycle, until, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            body.account,
            str(body.service),
            record.ts,
            record.operator,
            body.per_sale,
            body.per_day,
            body.per_month,
            body.per_cycle,
            body.until,
            body.reason,
        ),
    )


def refusal(
    c: sqlite3.Connection, _epoch: int, record: Record, body: bodies.BundleRefused
) -> None:
    """A manifest is refused once, however often it comes."""
    c.execute(
        "INSERT OR IGNORE INTO refusal (version, digest, item, code, sentence, at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (body.version, body.digest, body.item, body.code, body.sentence, record.ts),
    )
