"""The page that waits for headquarters' approval over the line."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from node_pages import Clerk, Pages, pages_in, said
from node_world import PASSWORD
from phone_builders import answer_to, desk_of
from yika_node.uplink import LinkDown

LIN = "lin"


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "node") as made:
        yield made


@pytest.fixture
def clerk(pages: Pages) -> Clerk:
    return pages.clerk()


def asked(clerk: Clerk) -> str:
    """The second person's page of an act that waits."""
    fields = {"name": LIN, "level": "SUPERVISOR", "password": PASSWORD}
    return str(clerk.post("/operators", fields, on="/operators").location)


def heard(clerk: Clerk, place: str, tag: str = "none") -> tuple[int, str, str]:
    """What the page that waits is told next: status, text, and where it is led."""
    clerk.pages.world.pass_time(seconds=3)
    for _ in range(100):
        answer = clerk.get(f"{place}/line/heard?tag={tag}")
        waiting = clerk.pages.node.approvals.pending(place.rsplit("/", 1)[-1]).heard
        if waiting is None or not waiting.out:
            break
        time.sleep(0.01)
    return answer.status_code, answer.text, answer.headers.get("HX-Location", "")


def test_one_key_asks_and_the_page_goes_on_by_itself(pages: Pages, clerk: Clerk) -> None:
    place = asked(clerk)
    assert 'data-key="H"' in clerk.get(place).text
    sent = clerk.post(place + "/line", {}, on=place)
    assert sent.location == place + "/line"
    page = clerk.get(sent.location).text
    assert "Headquarters is asked." in page
    assert place + "/phone" in page
    assert heard(clerk, place, "waiting-")[0] == 204
    pages.world.headquarters.decision = "granted"
    status, _, led = heard(clerk, place, "waiting-")
    token = place.rsplit("/", 1)[-1]
    assert status == 200
    assert f"approval={token}" in led
    # Who looks at the page itself is led there too.
    assert f"approval={token}" in clerk.get(place + "/line").location


def test_a_refusal_and_a_line_that_is_down_are_said(pages: Pages, clerk: Clerk) -> None:
    place = asked(clerk)
    pages.world.headquarters.lose_request = 1
    clerk.post(place + "/line", {}, on=place)
    assert "The line does not answer." in clerk.get(place + "/line").text
    assert "Headquarters is asked." in heard(clerk, place)[1]
    pages.world.headquarters.decision = "refused"
    assert "Headquarters refuses: not today" in heard(clerk, place)[1]
    assert "hx-get" not in heard(clerk, place)[1]
    pages.world.headquarters.decision = "granted"
    assert "Headquarters refuses: not today" in heard(clerk, place)[1]


def test_it_can_be_taken_back_or_read_out_by_telephone(pages: Pages, clerk: Clerk) -> None:
    place = asked(clerk)
    clerk.post(place + "/line", {}, on=place)
    ended = clerk.post(place + "/line/end", {}, on=place + "/line")
    assert ended.location == place
    assert clerk.get(place + "/line").location == place
    assert "is asked no more" in clerk.get(place).text
    clerk.post(place + "/line", {}, on=place)
    token = place.rsplit("/", 1)[-1]
    right = answer_to(desk_of(pages.node).asked(token))
    done = clerk.post(place + "/phone", {"code": right}, on=place + "/phone")
    assert f"approval={token}" in done.location


def test_what_no_longer_waits_is_said_in_a_sentence(pages: Pages, clerk: Clerk) -> None:
    gone = clerk.get("/approve/" + "0" * 32 + "/line")
    assert gone.status_code == 409
    assert "there is none" in said(gone)[0]
    place = asked(clerk)
    assert clerk.get(place + "/line").location == place


def test_the_page_says_the_same_in_chinese(pages: Pages) -> None:
    clerk = pages.clerk("zh")
    place = asked(clerk)
    clerk.post(place + "/line", {}, on=place)
    assert "已向总部申请" in clerk.get(place + "/line").text


def test_a_lost_answer_is_asked_for_again(pages: Pages, clerk: Clerk) -> None:
    place = asked(clerk)
    pages.world.headquarters.lose_answer = 1
    clerk.post(place + "/line", {}, on=place)
    waiting = pages.node.approvals.pending(place.rsplit("/", 1)[-1])
    assert waiting.heard is not None
    assert isinstance(waiting.heard.problem, LinkDown)
    pages.world.headquarters.decision = "granted"
    assert "approval=" in heard(clerk, place)[2]
