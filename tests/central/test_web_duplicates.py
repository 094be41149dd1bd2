"""The page of duplicates: both sides are shown to whoever may decide, and two persons merge."""

from dataclasses import replace

import pytest

from central_builders import HandClock
from central_pages import post, signed_in
from duplicate_builders import FIRST, FLAT, SECOND, open_flat, sell_water, two_points
from settlement_builders import BO, MEI, deliver
from yika_central.bootstrap import Headquarters
from yika_central.services.staff import Credential, StaffRole

PAIR = f"/duplicates/{FIRST}/{SECOND}"
SECONDED = {"second_name": BO.name, "second_password": BO.password}
NORA = Credential("nora", "the auditor's password")


@pytest.fixture
def proposed(headquarters: Headquarters, clock: HandClock) -> Headquarters:
    """A headquarters that has a proposal."""
    first, second = two_points(headquarters, clock)
    open_flat(first, FIRST)
    open_flat(second, SECOND, replace(FLAT, name="王晓明", phone=""))
    sell_water(first, FIRST, 10_000, count=1)
    deliver(first, second)
    headquarters.duplicate_finder.run()
    headquarters.staff.enter(NORA, frozenset({StaffRole.AUDITOR}))
    return headquarters


def test_the_evidence_stands_side_by_side_and_two_persons_merge(proposed: Headquarters) -> None:
    page = signed_in(proposed, MEI)
    listed = page.get("/duplicates").text
    assert PAIR in listed
    assert "Same address" in listed
    shown = page.get(PAIR).text
    for text in ("王小明", "王晓明", "…1234", "the same", "50.00", "010-1234 5678"):
        assert text in shown
    assert FLAT.document not in shown
    fields = {"survivor": "one", "reason": "one flat"}
    assert post(page, f"{PAIR}/merge", **fields) == 409
    assert post(page, f"{PAIR}/merge", **fields, **SECONDED) == 303
    assert post(page, f"{PAIR}/merge", **fields, **SECONDED) == 409, "sent twice"
    assert "Surviving account" not in page.get(PAIR).text
    assert PAIR in page.get("/duplicates?state=MERGED").text
    for number, other in ((FIRST, SECOND), (SECOND, FIRST)):
        assert f'href="/adjustments/of/{other}"' in page.get(f"/adjustments/of/{number}").text


def test_a_person_says_that_two_are_not_the_same(proposed: Headquarters) -> None:
    page = signed_in(proposed, MEI)
    assert post(page, f"{PAIR}/part", reason=" ") == 409
    assert post(page, f"{PAIR}/part", reason="two brothers") == 303
    assert PAIR not in page.get("/duplicates").text
    assert "two brothers" in page.get("/duplicates?state=DIFFERENT").text


def test_the_other_one_may_survive_and_no_third_can(proposed: Headquarters) -> None:
    page = signed_in(proposed, MEI)
    fields = {"survivor": "other", "reason": "one flat"}
    assert post(page, f"{PAIR}/merge", **fields, **SECONDED) == 303
    told = proposed.duplicates.belonging(FIRST)
    assert told is not None
    assert told.survivor == SECOND


def test_who_only_reads_sees_the_numbers_and_nobody_s_name(proposed: Headquarters) -> None:
    page = signed_in(proposed, NORA)
    listed = page.get("/duplicates").text
    assert FIRST in listed
    assert PAIR not in listed
    assert page.get(PAIR).status_code == 403
    assert post(page, f"{PAIR}/merge", survivor="one", reason="x", **SECONDED) == 403


def test_odd_numbers_are_told_and_break_nothing(proposed: Headquarters) -> None:
    page = signed_in(proposed, MEI)
    assert page.get("/duplicates/compare?one=&other=n0001-000017").status_code == 303
    assert page.get(f"/duplicates/-/{FIRST}").status_code == 404
    assert page.get("/duplicates?account=%27&other=~&state=nonsense").status_code == 200
    assert post(page, f"/duplicates/{FIRST}/{FIRST}/merge", reason="x", **SECONDED) == 422
