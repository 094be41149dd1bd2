"""No more in a day than an operator's limit: the rule that the journal obeys.

Whichever desk writes the record, what would go beyond the limit is not committed, unless a second
person approved it in the same commit.  Where no limit is set this is one look at a table of a few
rows; what counts is loaded with the first limit that is met.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from yika_common.journal.bodies import PURCHASE, Intent
from yika_common.journal.card_bodies import APPROVALS
from yika_node.db.journal import Entry, Rule

_LIMIT: Final = (
    "SELECT times, amount FROM day_limit WHERE what = 'sales' AND (times > 0 OR amount > 0)"
    " AND (name = ? OR level = (SELECT level FROM operator WHERE name = ?))"
    " ORDER BY name = '' LIMIT 1"
)


def rule_of_days(zone: ZoneInfo) -> Rule:
    """The rule, for business days of this time zone."""

    def rule(connection: sqlite3.Connection, entries: Sequence[Entry], operator: str) -> None:
        bought = [
            entry.body.paid
            for entry in entries
            if isinstance(entry.body, Intent) and entry.body.act == PURCHASE
        ]
        if not bought:
            return
        if any(entry.body.kind in APPROVALS for entry in entries):
            return
        limit = connection.execute(_LIMIT, (operator, operator)).fetchone()
        if limit is not None:
            from yika_node.services.day_limits import check_sold  # noqa: PLC0415 - see above

            sold = entries[0].position.at, sum(bought)
            check_sold(connection, limit, operator, sold, zone)

    return rule
