"""For auditors: what everybody did, what looks odd, and whether anything is missing."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from yika_common.errors import N_
from yika_common.journal.record import chain
from yika_node.db.seldom_records import SELDOM
from yika_node.services.reports.model import (
    Column,
    Kind,
    Line,
    Report,
    Scope,
    Source,
    numbers_of,
)
from yika_node.services.reports.sales import PERIOD
from yika_node.services.reports.words import word

AUDIT: Final = N_("Audit")
_SHARE: Final = 10_000
_ABOVE_ALL: Final = 1 << 62
"""Above the number of every epoch."""

_MINUTE: Final = 60
_SOON_MINUTES: Final = 60

KINDS: Final[dict[str, str]] = {
    "boot": N_("Program started"),
    "login": N_("Sign-in"),
    "oper": N_("Operator added"),
    "staff": N_("Operator changed"),
    "daylimit": N_("Operator's limit set"),
    "account": N_("Account opened"),
    "facts": N_("Account amended"),
    "life": N_("Account suspended, resumed or closed"),
    "hold": N_("Hold on an account"),
    "seen": N_("Telephone and document shown in full"),
    "limits": N_("Limits lifted"),
    "practice": N_("Practice"),
    "card": N_("Card issued"),
    "report": N_("Card lost or found"),
    "ended": N_("Card out of use"),
    "cleared": N_("Card cleared"),
    "stock": N_("Blank cards moved"),
    "special": N_("Special card"),
    "supplement": N_("Record written again"),
    "approved": N_("Approved by a second person"),
    "phone": N_("Headquarters answered by telephone"),
    "complaint": N_("Complaint"),
    "photo": N_("Photograph of a complaint"),
    "corrected": N_("Payment set right"),
    "superseded": N_("Sale overtaken"),
    "refunded": N_("Refund paid out"),
    "swap": N_("Meter replaced"),
    "tool": N_("Tool card came back"),
    "notice": N_("Notice done"),
    "printed": N_("Receipt printed"),
    "charge": N_("Fee, deposit or guarantee"),
    "tender": N_("Paid otherwise than in cash"),
    "shift": N_("Shift begun"),
    "cash": N_("Cash moved"),
    "drawer": N_("Drawer opened without a sale"),
    "z": N_("Shift ended"),
    "z_why": N_("Difference explained"),
    "banked": N_("Brought to the bank"),
    "idle": N_("Nothing sold"),
    "total": N_("Part of a shift, day, month or year totalled"),
    "bundle": N_("Tariffs and settings switched"),
    "refused": N_("Tariffs and settings refused"),
    "witness": N_("Another point's sale seen"),
}
"""What the kinds of records are called; one that is not here is shown by its own name."""

_TOLD: Final = (
    *("a", "c", "m", "name", "level", "outcome", "w", "st", "how", "n", "z", "amt", "fee", "iq"),
    *("mv", "sw", "why"),
)
"""The members of a record that say something to a reader; the others are seals and numbers."""
_MONEY_MEMBERS: Final = ("amt", "fee")


def _records(source: Source, after: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Records that do not come with every sale, newest first, below a key."""
    below = numbers_of(after, 2) if after else (_ABOVE_ALL, 0)
    rows = source.ask(
        f"SELECT epoch, seq, line FROM record INDEXED BY record_seldom WHERE {SELDOM}"  # noqa: S608
        " AND (epoch, seq) < (?, ?) ORDER BY epoch DESC, seq DESC",
        below,
    )
    for epoch, seq, line in rows:
        assert isinstance(line, bytes), "a line"
        yield f"{epoch}-{seq}", json.loads(line)


def _within(
    source: Source, scope: Scope, after: str = ""
) -> Iterator[tuple[str, dict[str, object], int]]:
    """Those of the period, with their times; ends a day before it, as clocks may be set back."""
    for key, said in _records(source, after):
        at = said["ts"]
        assert isinstance(at, int), "every record has a time"
        if at < scope.since - 86_400:
            return
        if scope.since <= at < scope.until:
            yield key, said, at


def _log(source: Source, scope: Scope, after: str, limit: int) -> Iterator[Line]:
    found = 0
    for key, said, at in _within(source, scope, after):
        operator = str(said.get("op", ""))
        if scope.operator not in ("", operator) or scope.state not in ("", said["t"]):
            continue
        yield Line(key, (at, key, operator, word(KINDS, str(said["t"])), _details(said)))
        found += 1
        if limit and found == limit:
            return


def _details(said: Mapping[str, object]) -> str:
    parts = []
    for name in _TOLD:
        value = said.get(name)
        if value in (None, "", 0):
            continue
        if name in _MONEY_MEMBERS and isinstance(value, int):
            value = f"{value // 100}.{value % 100:02}"
        parts.append(str(value))
    return " · ".join(parts)


LOG: Final = Report(
    name="log",
    title=N_("Log"),
    family=AUDIT,
    about=N_(
        "Who signed in, opened, amended, issued, printed, approved and set what, newest first."
    ),
    columns=(
        Column("time", N_("Time"), Kind.TIME, wide=19),
        Column("record", N_("Record"), Kind.IDENT, wide=12),
        Column("operator", N_("Operator"), wide=14),
        Column("what", N_("What"), Kind.WORD, wide=30),
        Column("details", N_("Details"), wide=60),
    ),
    rows=_log,
    filters=PERIOD | {"operator", "kind"},
    paged=True,
)

_REFUNDED: Final = """
SELECT back.at, back.operator, back.account, -back.paid, back.epoch || '-' || back.basket,
    (back.at - bought.at) / 60,
    (SELECT MIN(again.at) FROM intent AS again WHERE again.account = back.account
        AND again.service = back.service AND again.act = '' AND again.at >= back.at
        AND again.at < back.at + 86400),
    (SELECT MIN(closed_at) FROM shift WHERE shift.operator = back.operator AND report > 0
        AND closed_at >= back.at)
FROM intent AS back INDEXED BY intent_at JOIN refund USING (epoch, seq)
JOIN intent AS bought ON bought.epoch = back.epoch AND bought.seq = refund.purchase
WHERE back.act = 'refund' AND back.state <> 'superseded' AND back.at >= ? AND back.at < ?
ORDER BY back.at, back.epoch, back.seq
"""
GIVEN_BACK_SOON: Final = N_("Given back within an hour of the sale")
SOLD_AGAIN: Final = N_("Given back, and sold again within a day")
BEFORE_CLOSE: Final = N_("Given back in the hour before the close")
_BY_KIND: Final = {
    "drawer": KINDS["drawer"],
    "supplement": KINDS["supplement"],
    "superseded": KINDS["superseded"],
}
CLOCK: Final = N_("The clock was set back")
REPRINT: Final = N_("A receipt was printed again")
SIGN_IN: Final = N_("A sign-in failed")


def _incidents(source: Source, scope: Scope, _after: str, _limit: int) -> Iterator[Line]:
    found = [*_of_refunds(source, scope), *_of_records(source, scope)]
    for at, operator, what, account, detail, money in sorted(found, key=lambda one: one[:3]):
        if scope.operator in ("", operator):
            yield Line("", (at, operator, what, account, detail, money))


_Incident = tuple[int, str, str, str, str, int | None]


def _of_refunds(source: Source, scope: Scope) -> Iterator[_Incident]:
    for row in source.ask(_REFUNDED, (scope.since, scope.until)):
        at, operator, account, money, receipt, minutes, again, closed = row
        assert isinstance(at, int), "a time"
        assert isinstance(money, int), "money"
        assert isinstance(minutes, int), "a number"
        who, what = (at, str(operator)), (str(account), str(receipt), money)
        if minutes < _SOON_MINUTES:
            yield *who, GIVEN_BACK_SOON, *what
        if again is not None:
            yield *who, SOLD_AGAIN, *what
        if isinstance(closed, int) and closed - at < _SOON_MINUTES * _MINUTE:
            yield *who, BEFORE_CLOSE, *what


def _of_records(source: Source, scope: Scope) -> Iterator[_Incident]:
    for key, said, at in _within(source, scope):
        kind, operator = str(said["t"]), str(said.get("op", ""))
        what = _BY_KIND.get(kind)
        if kind == "login" and said.get("outcome") != "ok":
            what = SIGN_IN
        elif kind == "printed" and said.get("n"):
            what = REPRINT
        elif kind == "boot" and _set_back(source, key, at):
            what = CLOCK
        if what is not None:
            yield at, operator, what, str(said.get("a", "")), _details(said), None


def _set_back(source: Source, key: str, at: int) -> bool:
    """Whether the record before says a later time."""
    epoch, seq = (int(part) for part in key.split("-"))
    rows = source.ask(
        "SELECT json_extract(CAST(line AS TEXT), '$.ts') FROM record WHERE epoch = ? AND seq = ?",
        (epoch, seq - 1),
    )
    return any(isinstance(before, int) and before > at for (before,) in rows)


INCIDENTS: Final = Report(
    name="incidents",
    title=N_("Odd acts, one by one"),
    family=AUDIT,
    about=N_("What an honest day has little of: the evidence behind the numbers by operator."),
    columns=(
        Column("time", N_("Time"), Kind.TIME, wide=19),
        Column("operator", N_("Operator"), wide=14),
        Column("what", N_("What"), Kind.WORD, wide=34),
        Column("account", N_("Account"), Kind.ACCOUNT, wide=15),
        Column("details", N_("Details"), wide=40),
        Column("money", N_("Money"), Kind.MONEY, wide=12),
    ),
    rows=_incidents,
    filters=PERIOD | {"operator"},
    reads_sales=True,
)


_SOLD: Final = (
    "SELECT operator, COUNT(*) FROM intent INDEXED BY intent_at WHERE act = ''"
    " AND at >= ? AND at < ? GROUP BY operator"
)


def _conduct(source: Source, scope: Scope, _after: str, _limit: int) -> Iterator[Line]:
    """How often, and how often for each hundred sales: operators can be compared."""
    sold: dict[object, object] = {}
    for who, sales in source.ask(_SOLD, (scope.since, scope.until)):
        sold[who] = sales
    counted: dict[tuple[str, str], int] = {}
    for line in _incidents(source, scope, "", 0):
        key = str(line.cells[1]), str(line.cells[2])
        counted[key] = counted.get(key, 0) + 1
    for (operator, what), number in sorted(counted.items()):
        made = sold.get(operator, 0)
        assert isinstance(made, int), "a count"
        share = _SHARE * number // made if made else None
        yield Line("", (operator, what, number, made, share))


CONDUCT: Final = Report(
    name="conduct",
    title=N_("Odd acts by operator"),
    family=AUDIT,
    about=N_(
        "Refunds soon after a sale or before a close, reprints, failed sign-ins and the like."
    ),
    columns=(
        Column("operator", N_("Operator"), wide=14),
        Column("what", N_("What"), Kind.WORD, wide=36),
        Column("number", N_("How many"), Kind.COUNT, total=True, wide=9),
        Column("sales", N_("Sales"), Kind.COUNT, wide=9),
        Column("share", N_("Of the sales"), Kind.SHARE, wide=12),
    ),
    rows=_conduct,
    filters=PERIOD | {"operator"},
    reads_sales=True,
)


def _gaps(source: Source, scope: Scope, _after: str, _limit: int) -> Iterator[Line]:
    """The journal of the period record by record, and the numbers of the shifts' reports."""
    ends = source.ask(
        "SELECT epoch, MIN(seq), MAX(seq) FROM intent INDEXED BY intent_at"
        " WHERE at >= ? AND at < ? GROUP BY epoch",
        (scope.since, scope.until),
    )
    for epoch, first, last in list(ends):
        assert isinstance(first, int), "a number"
        assert isinstance(last, int), "a number"
        found, broken = _chained(source, epoch, first, last)
        missing = last - first + 1 - found
        name = N_("Records of the journal")
        yield Line(
            "", (name, f"{epoch}-{first}", f"{epoch}-{last}", last - first + 1, found, missing)
        )
        name = N_("Records that do not fit the chain")
        yield Line("", (name, f"{epoch}-{first}", f"{epoch}-{last}", 0, broken, broken))
    for low, high, reports in source.ask(
        "SELECT MIN(report), MAX(report), COUNT(*) FROM shift WHERE report > 0", ()
    ):
        if isinstance(high, int) and isinstance(reports, int):
            name = N_("Reports of closed shifts")
            yield Line("", (name, str(low), str(high), high, reports, high - reports))
    for what, high, number in source.ask(
        "SELECT what, MAX(batch), COUNT(*) FROM total GROUP BY what ORDER BY what", ()
    ):
        assert isinstance(high, int), "a number"
        assert isinstance(number, int), "a count"
        yield Line("", (_TOTALS[str(what)], "1", str(high), high, number, high - number))


_TOTALS: Final = {
    "cut": N_("Parts of shifts"),
    "day": N_("Sales days"),
    "month": N_("Sales months"),
    "year": N_("Sales years"),
}


def _chained(source: Source, epoch: object, first: int, last: int) -> tuple[int, int]:
    """How many of these records there are, and how many do not follow the one before."""
    found = broken = 0
    before: bytes | None = None
    rows = source.ask(
        "SELECT seq, line, head FROM record WHERE epoch = ? AND seq >= ? AND seq <= ?"
        " ORDER BY seq",
        (epoch, first - 1, last),
    )
    for seq, line, head in rows:
        assert isinstance(line, bytes), "a line"
        assert isinstance(head, bytes), "a hash"
        if seq == first - 1:
            before = head
            continue
        found += 1
        broken += before is not None and chain(before, line) != head
        before = head
    return found, broken


GAPS: Final = Report(
    name="gaps",
    title=N_("Gaps in numbers"),
    family=AUDIT,
    about=N_("Whether a record, a link of the journal's chain or a shift's report is missing."),
    columns=(
        Column("what", N_("What"), Kind.WORD, wide=34),
        Column("first", N_("First number"), Kind.IDENT, wide=14),
        Column("last", N_("Last number"), Kind.IDENT, wide=14),
        Column("expected", N_("Expected"), Kind.COUNT, wide=12),
        Column("found", N_("Found"), Kind.COUNT, wide=12),
        Column("missing", N_("Missing"), Kind.COUNT, total=True, wide=10),
    ),
    rows=_gaps,
    reads_sales=True,
)
