"""One pass over a batch of pairs: which sales they have, what was found, and what changes by it.

The tables of a pass are temporary and belong to one connection:

================  ================================================================================
table             holds
================  ================================================================================
rerate_pair       the batch: (account, service) by number, its plan, and from when it is priced
rerate_found      the ratings that say something else than their sales
rerate_share      their differences by cause
rerate_gone       places whose stored rating is not true any more
rerate_change     what has to be posted
================  ================================================================================

Both ways of pricing fill ``rerate_found`` and ``rerate_share``; everything behind that is the same
for both and touches only rows that change.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, TextClause, text

from yika_central.db.rating_plan import CLAMPED, COUNTS, Plan

BY_HAND: Final = -1
"""The plan of pairs that are priced in Python."""

_PLACE: Final = "node, epoch, branch, seq"
_RATED: Final = (
    "counted_at",
    "period",
    "tariff_id",
    "tariff_version",
    "tariff_hash",
    "used_before",
    "charged_through",
    "free_day",
    "amount",
    "difference",
    "problem",
)
"""Columns of a rating that are never empty, under the same name in ``rerate_found``."""

_CAUSES: Final = (
    "wrong_price",
    "unknown_tariff",
    "stale_tariff",
    "wrong_facts",
    "quota_split",
)
"""What a plan's statement tells apart."""

_POSITION: Final = "node TEXT NOT NULL, epoch BIGINT, branch BIGINT, seq BIGINT"
_TABLES: Final = {
    "rerate_pair": """n BIGINT PRIMARY KEY, account TEXT NOT NULL, service TEXT NOT NULL,
        ticket BIGINT, since BIGINT, start BIGINT, plan BIGINT,
        tariff_class TEXT, area TEXT, persons BIGINT""",
    "rerate_found": f"""n BIGINT NOT NULL, {_POSITION}, odd BIGINT DEFAULT 0,
        stays BIGINT DEFAULT 0, counted_at BIGINT, period TEXT, tariff_id TEXT,
        tariff_version BIGINT, tariff_hash TEXT, used_before BIGINT, heating_year BIGINT,
        charged_through BIGINT DEFAULT 0, free_day BIGINT DEFAULT 0, amount BIGINT,
        difference BIGINT, straddles BIGINT, problem TEXT DEFAULT '',
        {", ".join(f"{cause} BIGINT DEFAULT 0" for cause in _CAUSES)},
        PRIMARY KEY ({_PLACE})""",
    "rerate_share": f"n BIGINT NOT NULL, {_POSITION}, cause TEXT NOT NULL, amount BIGINT,"
    f" PRIMARY KEY ({_PLACE}, cause)",
    "rerate_gone": f"n BIGINT NOT NULL, {_POSITION}, PRIMARY KEY ({_PLACE})",
    "rerate_change": f"n BIGINT NOT NULL, {_POSITION}, cause TEXT NOT NULL, amount BIGINT",
}


Pair = tuple[str, str]
"""An account and a service."""

BEFORE_ALL: Final = ("", "")
"""Before the first pair of the queue."""


class Scope(NamedTuple):
    """What the accounts of a plan have in common."""

    service: str
    tariff_class: str
    area: str


class Written(NamedTuple):
    """Ratings that are new, changed or gone, and the sum of what was posted for them."""

    changed: int
    posted: int


class RatingPass:
    """The statements of one batch, in order; everything happens in the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._postgresql = connection.dialect.name == "postgresql"
        for name, columns in _TABLES.items():
            end = " ON COMMIT DELETE ROWS" if self._postgresql else ""
            self._run(f"CREATE TEMPORARY TABLE IF NOT EXISTS {name} ({columns}){end}")
            self._run(f"DELETE FROM {name}")  # noqa: S608 - the names above

    def take(self, most: int, after: Pair) -> tuple[int, Pair]:
        """Take the next pairs of the queue behind ``after``; how many, and the last of them.

        They stay in the queue, held by the transaction.
        """
        held = "FOR UPDATE SKIP LOCKED" if self._postgresql else ""
        taken = self._run(
            f"""INSERT INTO rerate_pair (n, account, service, ticket, since, start, plan,
                    tariff_class, area, persons)
                SELECT ROW_NUMBER() OVER (ORDER BY q.account, q.service), q.account, q.service,
                    q.ticket, q.since, 0, {BY_HAND}, a.tariff_class, a.area, a.persons
                FROM (SELECT account, service, ticket, since FROM rerate_queue
                    WHERE (account, service) > (:account, :service)
                    ORDER BY account, service LIMIT :most {held}) AS q
                LEFT JOIN account a ON a.account = q.account""",  # noqa: S608 - no input
            most=most,
            account=after[0],
            service=after[1],
        )
        for row in self._all(f"SELECT account, service FROM rerate_pair WHERE n = {taken:d}"):  # noqa: S608 - a number
            return taken, (row.account, row.service)
        return taken, after

    def scopes(self) -> list[Scope]:
        """Which classes and areas the known accounts of the batch have, by service."""
        rows = self._connection.execute(
            text(
                "SELECT DISTINCT service, tariff_class, area FROM rerate_pair"
                " WHERE tariff_class IS NOT NULL ORDER BY 1, 2, 3"
            )
        )
        return [Scope(*row) for row in rows]

    def assign(self, scope: Scope, number: int, plan: Plan) -> None:
        """Let the pairs of a scope be priced by a plan, each from its own cut on.

        Accounts whose facts were amended or that belong together with others, and sales somebody
        has ruled on, are priced by hand.
        """
        self._run(
            f"""UPDATE rerate_pair SET plan = :number, start = {plan.start("since")}
                WHERE service = :service AND tariff_class = :tariff_class AND area = :area
                AND NOT EXISTS (SELECT 1 FROM account_facts f
                    WHERE f.account = rerate_pair.account)
                AND NOT EXISTS (SELECT 1 FROM household h
                    WHERE h.account = rerate_pair.account)
                AND NOT EXISTS (SELECT 1 FROM ruling r
                    WHERE r.account = rerate_pair.account
                    AND r.service = rerate_pair.service)""",  # noqa: S608 - no input
            number=number,
            **scope._asdict(),
        )

    def send_disordered_back(self) -> None:
        """Pairs in which a purchase of before the cut follows one of after it: priced whole.

        One that was given back is looked at too: without it, what follows may count earlier.
        """
        self._run(
            f"""UPDATE rerate_pair SET start = 0, plan = {BY_HAND} WHERE n IN (
                SELECT m.n FROM (
                    SELECT p.n, p.start, s.meter,
                        MIN(s.generation * 4294967296 + s."count") AS first
                    FROM rerate_pair p CROSS JOIN sale s
                    WHERE p.start > 0 AND s.account = p.account AND s.service = p.service
                        AND s.act = '' AND s.not_after >= p.start AND {CLAMPED} >= p.start
                    GROUP BY p.n, p.start, s.meter) AS m
                CROSS JOIN sale s CROSS JOIN rerate_pair q
                WHERE s.meter = m.meter AND s.generation >= m.first / 4294967296
                    AND s.generation * 4294967296 + s."count" >= m.first
                    AND q.n = m.n AND s.account = q.account AND s.service = q.service
                    AND s.act = '' AND {CLAMPED} < m.start)"""  # noqa: S608 - no input
        )

    def price(self, number: int, plan: Plan) -> None:
        """Price the pairs of a plan; those that turn out odd are left to be priced by hand."""
        first, last = self._time_of(number)
        fence = "OFFSET 0" if self._postgresql else "LIMIT -1"
        narrow = plan.between(first, last)
        self._run(narrow.statement(fence), plan=number, **narrow.names)

    def _time_of(self, number: int) -> tuple[int, int]:
        """A time that all sales of a plan lie in, by the ends of indexes; none is read."""
        (row,) = self._all(
            """SELECT (SELECT MIN(stamped_at) FROM sale), (SELECT MIN(not_after) FROM sale),
                (SELECT MAX(not_after) FROM sale),
                (SELECT MIN(start) FROM rerate_pair WHERE plan = :plan)""",
            plan=number,
        )
        stamped, earliest, latest, start = (value or 0 for value in row)
        return max(min(stamped, earliest), start), latest

    def leave_odd(self) -> None:
        """Forget what the statements found for odd pairs, and keep the shares of the others."""
        self._run(
            f"""UPDATE rerate_pair SET plan = {BY_HAND}
                WHERE n IN (SELECT n FROM rerate_found WHERE odd = 1)"""  # noqa: S608 - no input
        )
        self._run(
            f"""DELETE FROM rerate_found
                WHERE n IN (SELECT n FROM rerate_pair WHERE plan = {BY_HAND})"""  # noqa: S608 - no input
        )
        for cause in _CAUSES:
            self._run(
                f"""INSERT INTO rerate_share (n, {_PLACE}, cause, amount)
                    SELECT n, {_PLACE}, '{cause}', {cause} FROM rerate_found
                    WHERE {cause} <> 0"""  # noqa: S608 - the names above
            )

    def by_hand(self) -> list[Row[Any]]:
        """The pairs to be priced in Python."""
        return list(self._all(f"SELECT * FROM rerate_pair WHERE plan = {BY_HAND} ORDER BY n"))  # noqa: S608 - no input

    def start_at(self, starts: Mapping[int, int]) -> None:
        """Set from when pairs priced by hand are priced."""
        rows = [{"n": n, "start": start} for n, start in starts.items()]
        if rows:
            self._connection.execute(
                text("UPDATE rerate_pair SET start = :start WHERE n = :n"), rows
            )

    def sales_by_hand(self) -> Sequence[Row[Any]]:
        """The sales of those pairs, each with the number of its pair."""
        return self._all(
            f"""SELECT p.n, s.* FROM rerate_pair p CROSS JOIN sale s
                WHERE p.plan = {BY_HAND} AND s.account = p.account AND s.service = p.service
                    AND {COUNTS} AND s.not_after >= p.start
                    AND ({CLAMPED} >= p.start OR p.start = 0)
                ORDER BY p.n"""  # noqa: S608 - no input
        )

    def taken_before(self, look_back: int) -> Sequence[Row[Any]]:
        """Fees and free units taken in the ``look_back`` seconds before each pair's start."""
        return self._all(
            f"""SELECT p.n, COUNT(*) AS sales,
                    MAX(CASE WHEN r.node IS NULL THEN s.heating_year ELSE r.heating_year END)
                        AS heating_year,
                    MAX(CASE WHEN r.node IS NULL THEN s.charged_through
                        ELSE r.charged_through END) AS charged_through,
                    MAX(CASE WHEN r.node IS NULL THEN s.free_day ELSE r.free_day END) AS free_day
                FROM rerate_pair p CROSS JOIN sale s
                LEFT JOIN rating r ON r.node = s.node AND r.epoch = s.epoch
                    AND r.branch = s.branch AND r.seq = s.seq
                WHERE p.plan = {BY_HAND} AND p.start > 0 AND s.account = p.account
                    AND s.service = p.service AND {COUNTS}
                    AND s.not_after >= p.start - :look_back
                    AND {CLAMPED} >= p.start - :look_back AND {CLAMPED} < p.start
                GROUP BY p.n""",  # noqa: S608 - no input
            look_back=look_back,
        )

    def sold_before(self) -> set[int]:
        """The pairs priced by hand that have sales before their start."""
        rows = self._all(
            f"""SELECT p.n FROM rerate_pair p WHERE p.plan = {BY_HAND} AND p.start > 0
                AND EXISTS (SELECT 1 FROM sale s WHERE s.account = p.account
                    AND s.service = p.service AND {COUNTS} AND {CLAMPED} < p.start)"""  # noqa: S608 - no input
        )
        return {row[0] for row in rows}

    def keep(self, rows: Sequence[Mapping[str, Any]], shares: Sequence[Mapping[str, Any]]) -> None:
        """Add what was found by hand."""
        if rows:
            self._connection.execute(_insert("rerate_found", rows[0]), list(rows))
        if shares:
            self._connection.execute(_insert("rerate_share", shares[0]), list(shares))

    def write(self, at: int) -> Written:
        """Replace the ratings that changed, post the changes, and leave all others untouched."""
        self._mark_what_stays()
        self._find_what_goes()
        self._compute_changes()
        posted = self._connection.execute(text("SELECT SUM(amount) FROM rerate_change")).scalar()
        vanished = self._connection.execute(
            text(
                f"""SELECT COUNT(*) FROM rerate_gone g WHERE NOT EXISTS (
                    SELECT 1 FROM rerate_found f WHERE {_same("f", "g")})"""  # noqa: S608 - no input
            )
        ).scalar_one()
        for table in ("rating_share", "rating"):
            self._run(
                f"""DELETE FROM {table} WHERE ({_PLACE}) IN
                    (SELECT {_PLACE} FROM rerate_gone)"""  # noqa: S608 - the names above
            )
        new = self._store(at)
        return Written(new + vanished, int(posted or 0))

    def strike_off(self) -> None:
        """Remove the pairs from the queue, unless something arrived since they were taken."""
        self._run(
            """DELETE FROM rerate_queue WHERE (account, service, ticket) IN
                (SELECT account, service, ticket FROM rerate_pair)"""
        )

    def _mark_what_stays(self) -> None:
        same = " AND ".join(f"r.{name} = rerate_found.{name}" for name in _RATED)
        self._run(
            f"""UPDATE rerate_found SET stays = 1 WHERE EXISTS (
                SELECT 1 FROM rating r WHERE {_same("r", "rerate_found")} AND {same}
                    AND COALESCE(r.heating_year, -1) = COALESCE(rerate_found.heating_year, -1)
                    AND r.straddles = (rerate_found.straddles = 1))
                AND (SELECT COUNT(*) FROM rating_share o WHERE {_same("o", "rerate_found")})
                    = (SELECT COUNT(*) FROM rerate_share n WHERE {_same("n", "rerate_found")})
                AND NOT EXISTS (SELECT 1 FROM rerate_share n
                    WHERE {_same("n", "rerate_found")} AND NOT EXISTS (
                        SELECT 1 FROM rating_share o WHERE {_same("o", "n")}
                            AND o.cause = n.cause AND o.amount = n.amount))"""  # noqa: S608 - no input
        )

    def _find_what_goes(self) -> None:
        self._run(
            f"""INSERT INTO rerate_gone (n, {_PLACE})
                SELECT p.n, r.node, r.epoch, r.branch, r.seq
                FROM rerate_pair p CROSS JOIN rating r
                WHERE r.account = p.account AND r.service = p.service
                    AND (r.counted_at >= p.start OR p.start = 0)
                    AND NOT EXISTS (SELECT 1 FROM rerate_found f
                        WHERE {_same("f", "r")} AND f.stays = 1)"""  # noqa: S608 - no input
        )

    def _compute_changes(self) -> None:
        """For every sale whose rating changes: its shares now, less what was posted for them."""
        self._run(
            f"""INSERT INTO rerate_change (n, {_PLACE}, cause, amount)
                SELECT n, {_PLACE}, cause, CAST(SUM(amount) AS BIGINT) FROM (
                    SELECT s.n, s.node, s.epoch, s.branch, s.seq, s.cause, s.amount
                    FROM rerate_share s CROSS JOIN rerate_found f
                    WHERE {_same("f", "s")} AND f.stays = 0
                    UNION ALL
                    SELECT t.n, t.node, t.epoch, t.branch, t.seq, p.cause, -p.amount
                    FROM (SELECT n, {_PLACE} FROM rerate_gone UNION
                        SELECT n, {_PLACE} FROM rerate_found WHERE stays = 0) AS t
                    CROSS JOIN posting p WHERE {_same("p", "t")}) AS parts
                GROUP BY n, {_PLACE}, cause HAVING SUM(amount) <> 0"""  # noqa: S608 - no input
        )

    def _store(self, at: int) -> int:
        names = ", ".join(_RATED)
        self._run(
            f"""INSERT INTO posting ({_PLACE}, number, account, service, cause, amount, posted_at)
                SELECT c.node, c.epoch, c.branch, c.seq,
                    COALESCE((SELECT MAX(number) FROM posting o WHERE {_same("o", "c")}), 0)
                        + ROW_NUMBER() OVER (PARTITION BY c.node, c.epoch, c.branch, c.seq
                            ORDER BY c.cause),
                    p.account, p.service, c.cause, c.amount, :at
                FROM rerate_change c CROSS JOIN rerate_pair p WHERE p.n = c.n""",  # noqa: S608 - no input
            at=at,
        )
        self._run(
            f"""INSERT INTO rating_share ({_PLACE}, cause, amount)
                SELECT s.node, s.epoch, s.branch, s.seq, s.cause, s.amount
                FROM rerate_share s CROSS JOIN rerate_found f
                WHERE {_same("f", "s")} AND f.stays = 0"""  # noqa: S608 - no input
        )
        return self._run(
            f"""INSERT INTO rating ({_PLACE}, account, service, {names}, heating_year, straddles,
                    rated_at)
                SELECT f.node, f.epoch, f.branch, f.seq, p.account, p.service,
                    {", ".join(f"f.{name}" for name in _RATED)}, f.heating_year,
                    f.straddles = 1, :at
                FROM rerate_found f CROSS JOIN rerate_pair p
                WHERE p.n = f.n AND f.stays = 0""",  # noqa: S608 - no input
            at=at,
        )

    def _run(self, statement: str, **values: Any) -> int:
        """Run a statement; how many rows it wrote."""
        return int(self._connection.execute(text(statement), values).rowcount)

    def _all(self, statement: str, **values: Any) -> Sequence[Row[Any]]:
        return self._connection.execute(text(statement), values).all()


def _same(one: str, other: str) -> str:
    """Two tables' rows are about the same sale."""
    return " AND ".join(f"{one}.{name} = {other}.{name}" for name in _PLACE.split(", "))


def _insert(table: str, row: Mapping[str, Any]) -> TextClause:
    names: Iterable[str] = row.keys()
    marks = ", ".join(f":{name}" for name in names)
    return text(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})")  # noqa: S608 - the columns above
