"""Sums and lists of sales say what reading every sale would say, whatever is asked."""

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.stored_sales import commit_intent, commit_sale, open_journal
from bench.traffic import OPENING, Town
from yika_common.clock import to_timestamp
from yika_common.journal.bodies import Superseded
from yika_common.services import Service
from yika_node.db import business_queries
from yika_node.db.business_queries import STATES, Ask, parts_of, sales, sums
from yika_node.db.sold_projections import SPANS
from yika_node.db.store import FILE_NAME
from yika_node.services.reports.model import Scope

SALES = 600
BEGIN = to_timestamp(OPENING)
CLERKS = ("", "王芳", "李静", "nobody")


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """The tables of a point where every seventh sale waits and every eleventh was overtaken."""
    folder = tmp_path_factory.mktemp("sold")
    town = Town(12)
    with closing(open_journal(folder)) as journal:
        for number, sale in enumerate(itertools.islice(town.sales(), SALES)):
            if number % 7 == 3:
                commit_intent(journal, sale, f"{number}")
            elif number % 11 == 5:
                seq = commit_intent(journal, sale, f"{number}")
                lost = Superseded(intent=seq, generation_seen=1, count_seen=9)
                journal.append([lost], at=sale.at, operator=sale.operator)
            else:
                commit_sale(journal, sale, f"{number}")
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        yield lambda statement, values: connection.execute(statement, tuple(values))


def scopes(accounts: tuple[str, ...]) -> st.SearchStrategy[Scope]:
    times = st.integers(BEGIN - 40_000, BEGIN + 2_000 * SALES // 10)
    return st.builds(
        lambda ends, **narrowed: Scope(since=min(ends), until=max(ends), **narrowed),
        st.tuples(times, times),
        operator=st.sampled_from(CLERKS),
        service=st.sampled_from(["", *(str(service) for service in Service)]),
        state=st.sampled_from(["", *STATES]),
        accounts=st.none() | st.lists(st.sampled_from(accounts), max_size=3).map(tuple),
    )


def read_all(ask: Ask, scope: Scope) -> list[tuple[int, ...]]:
    """(at, epoch, seq, quantity, amount, paid) of every sale wanted, one by one."""
    found = []
    rows = ask("SELECT * FROM intent", ())
    names = [column[0] for column in rows.description]  # type: ignore[attr-defined]
    for values in rows:
        row = dict(zip(names, values, strict=True))
        wanted = (
            scope.since <= row["at"] < scope.until
            and scope.operator in ("", row["operator"])
            and scope.service in ("", row["service"])
            and scope.state in ("", row["state"])
            and (scope.accounts is None or row["account"] in scope.accounts)
        )
        if wanted:
            found.append(
                tuple(row[n] for n in ("at", "epoch", "seq", "quantity", "amount", "paid"))
            )
    return sorted(found, reverse=True)


@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_sums_and_lists_are_what_reading_every_sale_gives(ask: Ask, data: st.DataObject) -> None:
    accounts = tuple(str(row[0]) for row in ask("SELECT DISTINCT account FROM intent", ()))
    scope = data.draw(scopes(accounts))
    expected = read_all(ask, scope)
    total = sums(ask, scope, ())
    figures = [tuple(each)[1:] for each in total]
    assert figures == (
        []
        if not expected
        else [(len(expected), *map(sum, zip(*(e[3:] for e in expected), strict=True)))]
    )
    by_service = sums(ask, scope, ("service", "operator"))
    assert sum(each.sales for each in by_service) == len(expected)
    assert sum(each.paid for each in by_service) == sum(each[5] for each in expected)
    listed = list(sales(ask, scope, None, 0))
    assert [(line.at, line.epoch, line.seq) for line in listed] == [each[:3] for each in expected]


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), size=st.integers(1, 70))
def test_pages_of_a_list_join_without_a_gap(ask: Ask, data: st.DataObject, size: int) -> None:
    accounts = tuple(str(row[0]) for row in ask("SELECT DISTINCT account FROM intent", ()))
    scope = data.draw(scopes(accounts))
    whole = list(sales(ask, scope, None, 0))
    joined, before = [], None
    while page := list(sales(ask, scope, before, size))[:size]:
        joined += page
        before = page[-1].at, page[-1].epoch, page[-1].seq
    assert joined == whole


@given(st.integers(0, 2**31), st.integers(0, 2**27))
def test_a_period_is_a_few_rows_of_sums_and_less_than_an_hour_at_its_ends(
    since: int, length: int
) -> None:
    parts = list(parts_of(since, since + length))
    ends = [since, *(part.last for part in parts)]
    assert [part.first for part in parts] == ends[:-1]
    assert ends[-1] == since + length
    edges = [part for part in parts if part.span == 0]
    assert len(parts) <= 2 * len(SPANS) + 1
    assert sum(part.last - part.first for part in edges) < 2 * 3600
    assert all(part.last - part.first < 3600 for part in edges) or len(parts) == 1


def test_a_sum_that_forgot_the_ends_of_the_period_would_be_found(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        business_queries, "parts_of", lambda *period: [p for p in parts_of(*period) if p.span]
    )
    scope = Scope(since=BEGIN + 1234, until=BEGIN + 50_000)
    assert sums(ask, scope, ())[0].sales < len(read_all(ask, scope))
