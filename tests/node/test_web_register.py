"""The pages of what becomes of accounts: who may open them, what they show, what they refuse."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from household_tables import HEAD, a_row
from node_pages import Clerk, Pages, account_fields, code_of, pages_in, said
from node_world import OPERATOR, PASSWORD, a_chip, without_shifts
from staff_builders import office_of
from yika_node.services.customers import masked
from yika_node.services.views import Level

DOCUMENT = "110101199001011234"
PATHS = ("details", "holder", "rest", "close", "holds", "history")


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Pages]:
    without_shifts(tmp_path / "node")
    with pages_in(tmp_path / "node") as pages:
        yield pages


@pytest.fixture
def clerk(counter: Pages) -> Clerk:
    return counter.clerk()


def with_level(counter: Pages, level: Level) -> Clerk:
    counter.node.staff.sign_in(OPERATOR, PASSWORD)
    office_of(counter.node).add(OPERATOR, "li", PASSWORD, level)
    return counter.clerk(name="li")


def details(**changes: str) -> dict[str, str]:
    fields = account_fields(4)
    kept = {name: fields[name] for name in ("name", "phone", "address", "document")}
    return kept | {"community": "", "reason": "a letter"} | changes


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("path", PATHS)
def test_every_page_of_an_account_opens(counter: Pages, language: str, path: str) -> None:
    clerk = counter.clerk(language)
    number = clerk.open_account(4)
    page = clerk.get(f"/accounts/{number}/{path}")
    assert page.status_code == 200, page.text
    assert page.text.count("autofocus") + page.text.count("data-focus") >= (path != "history")


def test_typing_lists_what_fits_and_an_empty_field_asks_for_letters(clerk: Clerk) -> None:
    number = clerk.open_account(4, document=DOCUMENT)
    assert number in clerk.get("/accounts/found?text=wxm").text
    assert "No account fits." in clerk.get("/accounts/found?text=nobody").text
    assert "Type a name" in clerk.get("/accounts/found?text=").text


def test_the_only_one_that_fits_is_opened(clerk: Clerk) -> None:
    number = clerk.open_account(4)
    found = clerk.get("/accounts?text=王小明")
    assert (found.status_code, found.location) == (303, f"/accounts/{number}")
    clerk.open_account(4, 1)
    assert clerk.get("/accounts?text=王小明").status_code == 200


def test_telephone_and_document_are_masked_until_somebody_looks(
    counter: Pages, clerk: Clerk
) -> None:
    number = clerk.open_account(4, phone="13912345678", document=DOCUMENT)
    for path in (f"/accounts/{number}", "/accounts/found?text=wxm", f"/accounts/{number}/history"):
        assert "13912345678" not in clerk.get(path).text, path
        assert DOCUMENT not in clerk.get(path).text, path
    shown = clerk.post(f"/accounts/{number}/person", {}, on=f"/accounts/{number}")
    assert "13912345678" in shown.text
    assert DOCUMENT in shown.text
    assert "shown in full" in clerk.get(f"/accounts/{number}/history").text
    assert with_level(counter, Level.CLERK).send(f"/accounts/{number}/person", {}).status_code in (
        400,
        403,
    )


def test_what_is_masked_shows_its_end() -> None:
    assert masked("13912345678") == "*******5678"
    assert masked("123") == "123"
    assert masked("") == ""


def test_details_change_and_history_shows_it(clerk: Clerk) -> None:
    number = clerk.open_account(4)
    changed = clerk.post(
        f"/accounts/{number}/details",
        details(name="王大明", community="YG"),
        on=f"/accounts/{number}/details",
    )
    assert changed.status_code == 303, changed.text
    history = clerk.get(f"/accounts/{number}/history").text
    assert "王小明 → 王大明" in history
    assert "a letter" in history


def test_a_refused_form_comes_back_as_typed(clerk: Clerk) -> None:
    number = clerk.open_account(4)
    back = clerk.post(
        f"/accounts/{number}/details",
        details(phone="777", reason=""),
        on=f"/accounts/{number}/details",
    )
    assert back.status_code >= 400
    assert 'value="777"' in back.text
    assert len(said(back)) == 1


def test_a_suspended_account_offers_no_sale_and_says_so(clerk: Clerk) -> None:
    number, _ = clerk.open_with_card(4)
    rested = clerk.post(
        f"/accounts/{number}/rest", {"reason": "vacant"}, on=f"/accounts/{number}/rest"
    )
    assert rested.status_code == 303, rested.text
    page = clerk.get(f"/accounts/{number}").text
    assert "account suspended" in page
    assert "is suspended" in clerk.get("/sell").text
    back = clerk.post(
        f"/accounts/{number}/rest",
        {"reason": "back", "resume": "1"},
        on=f"/accounts/{number}/rest",
    )
    assert back.status_code == 303
    assert "is suspended" not in clerk.get("/sell").text


def test_a_hold_is_seen_by_whoever_sells(clerk: Clerk) -> None:
    number, _ = clerk.open_with_card(4)
    form = {"level": "warn", "words": "安检过期", "until": "", "lifter": "anybody"}
    put = clerk.post(f"/accounts/{number}/holds", form, on=f"/accounts/{number}/holds")
    assert put.status_code == 303, put.text
    for path in ("/sell", "/card", f"/accounts/{number}"):
        assert "安检过期" in clerk.get(path).text, path
    lifted = clerk.post(
        f"/accounts/{number}/holds/lift", {"reason": "done"}, on=f"/accounts/{number}/holds"
    )
    assert lifted.status_code == 303, lifted.text
    assert "安检过期" not in clerk.get("/sell").text


def test_an_account_ends_on_its_page_once(clerk: Clerk) -> None:
    number = clerk.open_account(4)
    closed = clerk.post(
        f"/accounts/{number}/close", {"reason": "gone"}, on=f"/accounts/{number}/close"
    )
    assert closed.status_code == 303
    assert "account closed" in clerk.get(f"/accounts/{number}").text
    again = clerk.send(f"/accounts/{number}/close", {"reason": "gone"})
    assert again.status_code >= 400


def test_a_clerk_leads_no_account_and_an_auditor_changes_none(
    counter: Pages, clerk: Clerk
) -> None:
    number = clerk.open_account(4)
    li = with_level(counter, Level.CLERK)
    for path in ("holder", "rest", "close"):
        assert li.get(f"/accounts/{number}/{path}").status_code == 403, path
    assert li.get(f"/accounts/{number}/details").status_code == 200
    assert li.get("/accounts/import").status_code == 403


def test_a_second_account_of_a_flat_is_refused_in_a_sentence(clerk: Clerk) -> None:
    clerk.open_account(4)
    same = account_fields(4, 1) | {"address": account_fields(4)["address"]}
    back = clerk.post("/accounts/new", same, on="/accounts/new")
    assert code_of(back) == "address_taken"
    done = clerk.post("/accounts/new", same | {"same_address": "divided"}, on="/accounts/new")
    assert done.status_code == 303, done.text


def given(clerk: Clerk, path: str, data: bytes, **more: str) -> str:
    """The page after a table was handed to it."""
    token = clerk.get(path).text.partition('name="csrf_token" value="')[2].partition('"')[0]
    answer = clerk.client.post(
        path,
        data={"csrf_token": token, "file": (io.BytesIO(data), "table.csv"), **more},
        headers={"Origin": "http://localhost", "Accept-Language": "en"},
    )
    assert answer.status_code == 200, answer.text
    return answer.text


def undo_path(page: str) -> str:
    return "/accounts/undo/" + page.partition('href="/accounts/undo/')[2].partition('"')[0]


def test_a_table_is_tried_opened_and_taken_back_on_its_pages(counter: Pages, clerk: Clerk) -> None:
    data = f"{HEAD}\n{a_row(0)}\n{a_row(1, '李秀英')}\n".encode()
    tried = given(clerk, "/accounts/import", data)
    assert tried.count("it can be opened") == 2
    assert "undo" not in tried.partition("<main")[2]
    done = given(clerk, "/accounts/import", data, open="1")
    assert done.count("opened</td>") == 2
    assert given(clerk, "/accounts/import", data, open="1").count("it is there already") == 2
    undo = clerk.get(undo_path(done))
    assert (undo.status_code, undo.mimetype) == (200, "text/csv")
    assert "attachment" in undo.headers["Content-Disposition"]
    again = given(clerk, "/accounts/changes", undo.data, reason="the wrong list")
    assert again.count("it will be withdrawn") == 2
    gone = given(clerk, "/accounts/changes", undo.data, reason="the wrong list", change="1")
    assert gone.count("withdrawn: opened by mistake") == 2
    assert given(clerk, "/accounts/import", data).count("it can be opened") == 2


def test_a_table_of_changes_shows_both_sides_and_gives_the_way_back(
    counter: Pages, clerk: Clerk
) -> None:
    number = clerk.open_account(4)
    data = f"account,persons\n{number},5\n".encode()
    tried = given(clerk, "/accounts/changes", data, reason="census")
    assert "<s>3</s> → <b>5</b>" in tried
    assert counter.node.accounts.get(number).persons == 3
    done = given(clerk, "/accounts/changes", data, reason="census", change="1")
    assert counter.node.accounts.get(number).persons == 5
    undo = clerk.get(undo_path(done))
    assert undo.data.decode("utf-8-sig").splitlines() == [
        "account,persons,was-persons",
        f"{number},3,5",
    ]
    given(clerk, "/accounts/changes", undo.data, reason="census", change="1")
    assert counter.node.accounts.get(number).persons == 3


def test_an_undo_file_is_for_whoever_made_the_change(counter: Pages, clerk: Clerk) -> None:
    kept = counter.node.accounts.undo_files
    mine, another = kept.keep(OPERATOR, b"account"), kept.keep("li", b"account")
    assert clerk.get(f"/accounts/undo/{mine}.csv").data == b"account"
    assert code_of(clerk.get(f"/accounts/undo/{another}.csv")) == "undo_file_gone"
    assert with_level(counter, Level.CLERK).get(f"/accounts/undo/{mine}.csv").status_code == 403
    for _ in range(8):
        kept.keep(OPERATOR, b"newer")
    assert code_of(clerk.get(f"/accounts/undo/{mine}.csv")) == "undo_file_gone"


def test_a_table_without_a_reason_or_with_a_wrong_line_comes_back(clerk: Clerk) -> None:
    number = clerk.open_account(4)
    token = clerk.get("/accounts/changes").text
    token = token.partition('name="csrf_token" value="')[2].partition('"')[0]

    def refused(data: bytes, reason: str) -> str | None:
        answer = clerk.client.post(
            "/accounts/changes",
            data={
                "csrf_token": token,
                "file": (io.BytesIO(data), "t.csv"),
                "reason": reason,
                "change": "1",
            },
            headers={"Origin": "http://localhost"},
        )
        return code_of(answer)

    good = f"account,persons\n{number},5\n".encode()
    assert refused(good, "") == "card_reason_missing"
    assert refused(b"", "census") == "import_unreadable"
    assert refused(good.replace(b"5", b"many"), "census") == "change_lines_wrong"


def test_a_card_that_lies_in_the_reader_finds_its_account(counter: Pages, clerk: Clerk) -> None:
    number, _ = clerk.open_with_card(4)
    counter.world.hand.insert(a_chip(0))
    assert number in clerk.get("/accounts/found?text=860000000000").text
