"""Signing in opens the vault; it is locked again when nobody is left, asked for or not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node_pages import Clerk, Pages, code_of, pages_in, said
from node_world import PASSWORD


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "node") as pages:
        yield pages


def locked(pages: Pages) -> bool:
    return pages.node.vault.locked


def sign_in(pages: Pages, name: str, password: str) -> tuple[int, str]:
    clerk = Clerk(pages)
    answer = clerk.post("/login", {"name": name, "password": password}, on="/login")
    return answer.status_code, " ".join(said(answer))


def test_signing_in_opens_the_vault_and_signing_out_locks_it(pages: Pages) -> None:
    assert locked(pages)
    clerk = pages.clerk()
    assert not locked(pages)
    clerk.post("/logout", {})
    assert locked(pages)
    assert clerk.get("/").location == "/login?next=/"


def test_the_vault_stays_open_while_somebody_is_signed_in(pages: Pages) -> None:
    chief = pages.clerk()
    someone = {"name": "wei", "password": PASSWORD, "level": "CLERK"}
    chief.post("/operators", someone, on="/operators")
    other = pages.clerk(name="wei")
    chief.post("/logout", {})
    assert not locked(pages)
    other.post("/logout", {})
    assert locked(pages)


def test_a_session_that_ran_out_unasked_locks_the_vault(pages: Pages) -> None:
    pages.clerk()
    pages.world.pass_time(minutes=15)
    pages.sessions.sweep()
    assert not locked(pages)
    pages.world.pass_time(minutes=1)
    pages.sessions.sweep()
    assert locked(pages)


def test_without_the_sweep_the_vault_would_stay_open(pages: Pages) -> None:
    pages.clerk()
    pages.world.pass_time(hours=24)
    assert not locked(pages)


def test_what_a_page_asks_by_itself_keeps_no_session_alive(pages: Pages) -> None:
    clerk = pages.clerk()
    for _ in range(4):
        pages.world.pass_time(minutes=5)
        clerk.get("/card/seen?tag=empty")
        clerk.get("/status")
    assert clerk.get("/").location == "/login?why=session_expired&next=/"


def test_signing_in_again_ends_the_session_at_the_other_browser(pages: Pages) -> None:
    first = pages.clerk()
    second = pages.clerk()
    assert first.get("/").status_code == 303
    assert second.get("/").status_code == 200
    assert not locked(pages)


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(pages: Pages) -> None:
    assert sign_in(pages, "mei", "wrong") == sign_in(pages, "nobody", "wrong")
    assert locked(pages)


def test_after_five_wrong_passwords_the_right_one_waits(pages: Pages) -> None:
    for _ in range(5):
        assert sign_in(pages, "mei", "wrong")[0] == 401
        pages.world.pass_time(seconds=2)
    status, text = sign_in(pages, "mei", PASSWORD)
    assert (status, "Too many wrong passwords" in text) == (429, True)
    pages.world.pass_time(minutes=15)
    assert sign_in(pages, "mei", PASSWORD)[0] == 303


def test_a_page_of_a_program_that_was_restarted_leads_to_signing_in(pages: Pages) -> None:
    clerk = pages.clerk()
    anew = Pages(pages.world, pages.node)
    clerk.client.application = anew.app
    assert clerk.get("/sell").location.startswith("/login")
    assert code_of(clerk.post("/sell", {"amount-0": "5"}, on="/login")) in {
        "not_signed_in",
        "session_expired",
    }
