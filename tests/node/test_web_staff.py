"""The pages of operators: added, moved, disabled, limited; and everybody's own password."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node_pages import Clerk, Pages, code_of, pages_in, said
from node_world import OPERATOR, PASSWORD
from staff_builders import MANAGER, add_operator, office_of
from yika_common.infra.sessions import WrongPassword
from yika_common.journal.card_bodies import Approved
from yika_node.services.lockout import CLOSED_AT, wait_after
from yika_node.services.staff_office import level_digest
from yika_node.services.views import Level, Operator

OTHER = "another four words"


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "node") as pages:
        yield pages


@pytest.fixture
def chief(pages: Pages) -> Clerk:
    return pages.clerk()


def approve(pages: Pages, path: str, digest: bytes) -> str:
    """The holder of a managing card approves what the page at ``path`` asks; leads on."""
    token = path.rsplit("/", 1)[-1]
    book = pages.node.approvals
    waiting = book.pending(token)
    assert waiting.digest == digest
    said = Approved(
        act=digest.hex(), card="930010000012", holder=MANAGER, counter=1, proof="00" * 8
    )
    book.give(token, said)
    return f"{waiting.then}&approval={token}"


def sign_in(pages: Pages, name: str, password: str) -> tuple[Clerk, str]:
    clerk = Clerk(pages)
    answer = clerk.post("/login", {"name": name, "password": password}, on="/login")
    return clerk, answer.headers.get("Location", "")


def test_a_supervisor_is_made_by_two_persons(pages: Pages, chief: Clerk) -> None:
    wanted = {"name": "lan", "password": OTHER, "level": "SUPERVISOR"}
    asked = chief.post("/operators", wanted, on="/operators")
    assert asked.location.startswith("/approve/")
    assert "lan" in chief.get(asked.location).text
    then = approve(pages, asked.location, level_digest("lan", Level.SUPERVISOR, ""))
    assert "A second person has approved it" in chief.get(then).text
    done = chief.post("/operators", wanted, on=then)
    assert done.location == "/operators"
    assert pages.node.staff.operator("lan") == Operator("lan", Level.SUPERVISOR)


def test_a_level_is_changed_on_the_operators_page(pages: Pages, chief: Clerk) -> None:
    add_operator(pages.node, "wei", Level.CLERK)
    on = "/operator?name=wei"
    wanted = {"name": "wei", "level": "MANAGER", "reason": "leads now"}
    assert (
        code_of(chief.post("/operator/level", wanted | {"reason": ""}, on=on)) == "reason_missing"
    )
    asked = chief.post("/operator/level", wanted, on=on)
    then = approve(pages, asked.location, level_digest("wei", Level.MANAGER, "leads now"))
    fields = wanted | {"approval": then.rsplit("=", 1)[-1]}
    assert chief.post("/operator/level", fields, on=then).location == on
    assert pages.node.staff.operator("wei") == Operator("wei", Level.MANAGER)
    page = chief.get(on).text
    assert "another level" in page
    assert "leads now" in page


def test_a_disabled_operators_session_is_over_at_once(pages: Pages, chief: Clerk) -> None:
    add_operator(pages.node, "wei", Level.CLERK)
    worker = pages.clerk(name="wei")
    assert worker.get("/accounts").status_code == 200
    wanted = {"name": "wei", "reason": "left"}
    chief.post("/operator/disable", wanted, on="/operator?name=wei")
    assert worker.get("/accounts").location.startswith("/login")
    assert sign_in(pages, "wei", PASSWORD)[1] == ""
    assert "can&#39;t sign in any more" in chief.get("/operators").text


def test_a_password_that_holds_once_lets_nobody_do_anything_but_choose(
    pages: Pages, chief: Clerk
) -> None:
    add_operator(pages.node, "wei", Level.CLERK)
    wanted = {"name": "wei", "password": OTHER, "reason": "forgot it"}
    chief.post("/operator/password", wanted, on="/operator?name=wei")
    worker, _ = sign_in(pages, "wei", OTHER)
    for path in ("/", "/sell", "/accounts", "/operators", "/manual"):
        assert worker.get(path).location == "/password", path
    assert worker.post("/card/read", {}, on="/password").location == "/password"
    short = worker.post("/password", {"old": OTHER, "new": "short"}, on="/password")
    assert code_of(short) == "password_too_short"
    worker.post("/password", {"old": OTHER, "new": "yet four other words"}, on="/password")
    assert worker.get("/accounts").status_code == 200
    assert sign_in(pages, "wei", "yet four other words")[1] == "/"


def test_wrong_old_passwords_are_counted_as_at_the_door(pages: Pages, chief: Clerk) -> None:
    wrong = {"old": "not the password", "new": OTHER}
    answers = [code_of(chief.post("/password", wrong, on="/password")) for _ in range(4)]
    assert answers == ["wrong_password"] * 3 + ["too_many_attempts"]
    with pytest.raises(WrongPassword):
        office_of(pages.node).vault.unlock(OPERATOR, OTHER)


def test_a_closed_name_is_seen_and_opened_again(pages: Pages, chief: Clerk) -> None:
    add_operator(pages.node, "wei", Level.CLERK)
    for number in range(CLOSED_AT):
        pages.world.pass_time(seconds=min(wait_after(number), 60))
        if wait_after(number) > 60:
            pages.world.ran += wait_after(number)
        sign_in(pages, "wei", "not the password")
    closed = Clerk(pages).post("/login", {"name": "wei", "password": PASSWORD}, on="/login")
    assert "this name is closed" in " ".join(said(closed))
    assert "closed by wrong passwords" in pages.clerk().get("/operators").text
    again = pages.clerk()
    again.post("/operator/release", {"name": "wei", "reason": "a child"}, on="/operator?name=wei")
    assert sign_in(pages, "wei", PASSWORD)[1] == "/"


def test_an_auditor_sees_all_of_it_and_finds_nothing_to_press(pages: Pages, chief: Clerk) -> None:
    add_operator(pages.node, "an", Level.AUDITOR)
    auditor = pages.clerk(name="an")
    for path in (
        "/operators",
        f"/operator?name={OPERATOR}",
        "/operators/changes",
        "/operators/rights",
        "/operators/limits",
    ):
        page = auditor.get(path)
        assert page.status_code == 200, path
        assert 'method="post"' not in page.text.partition("<main")[2], path


def test_the_changes_are_paged(pages: Pages, chief: Clerk) -> None:
    add_operator(pages.node, "wei", Level.CLERK)
    for number in range(60):
        office_of(pages.node).release(OPERATOR, "wei", f"reason {number}")
    first = chief.get("/operators/changes").text
    assert "reason 59" in first
    assert "reason 9<" not in first
    older = first.partition("before=")[2].partition('"')[0]
    second = chief.get(f"/operators/changes?before={older}").text
    assert "reason 9<" in second
    assert "reason 59" not in second


def test_who_approved_for_another_takes_no_money_in_that_session(
    pages: Pages, chief: Clerk
) -> None:
    add_operator(pages.node, "zhao", Level.MANAGER)
    manager = pages.clerk(name="zhao")
    chief.open_with_card()
    assert manager.get("/sell").status_code == 200
    session = pages.sessions.sessions.resume(key_of(manager), in_use=False)
    pages.sessions.has_approved(session)
    assert code_of(manager.get("/sell")) == "not_allowed"
    assert code_of(manager.get("/accounts/new")) == ""
    assert chief.get("/sell").status_code == 200
    assert pages.clerk(name="zhao").get("/sell").status_code == 200


def key_of(clerk: Clerk) -> str:
    with clerk.client.session_transaction() as cookie:
        return str(cookie["key"])
