"""The pages, one act after the other, as a clerk without a screen meets them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from node_pages import Clerk, Pages, code_of, hidden, pages_in, said, states
from node_world import OPERATOR, PASSWORD, World
from staff_builders import add_operator
from yika_node.services.rights import Right, may
from yika_node.services.views import Level
from yika_node.web.app import NAV
from yika_node.web.labels import CHAPTERS
from yika_node.web.manual_pages import chapter_of

PLACES = (
    "/",
    "/card",
    "/sell",
    "/accounts",
    "/accounts/new",
    "/pending",
    "/sales",
    "/readings",
    "/tariffs",
    "/sync",
    "/operators",
    "/reader",
    "/manual",
)


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "node") as pages:
        yield pages


@pytest.fixture
def clerk(pages: Pages) -> Clerk:
    return pages.clerk()


# The first start


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Pages]:
    world = World(tmp_path / "node")
    node = world.build()
    yield Pages(world, node)
    node.close()


def setup(pages: Pages, token: str = "", password: str = PASSWORD) -> dict[str, str]:
    return {
        "token": token or pages.world.headquarters.token,
        "name": OPERATOR,
        "password": password,
    }


@pytest.mark.parametrize("path", ["/", "/login", "/sell", "/manual"])
def test_until_it_is_registered_every_page_leads_to_the_first_start(
    fresh: Pages, path: str
) -> None:
    clerk = Clerk(fresh)
    answer = clerk.get(path)
    while answer.location and answer.location != "/setup":
        answer = clerk.get(answer.location)
    assert (answer.status_code, answer.location) == (303, "/setup")


def test_the_first_start_registers_and_signs_the_first_operator_in(fresh: Pages) -> None:
    clerk = Clerk(fresh)
    done = clerk.post("/setup", setup(fresh), on="/setup")
    assert (done.status_code, done.location) == (303, "/")
    assert clerk.get("/operators").status_code == 200
    assert fresh.node.staff.operators()[0].level is Level.SUPERVISOR


def test_a_token_may_be_pasted_with_line_breaks(fresh: Pages) -> None:
    token = fresh.world.headquarters.token
    broken = "\n ".join(token[at : at + 40] for at in range(0, len(token), 40))
    assert Clerk(fresh).post("/setup", setup(fresh, broken), on="/setup").status_code == 303


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"token": "YIKA1.nonsense"}, "token_malformed"),
        ({"password": "short"}, "password_too_short"),
        ({"name": " "}, "operator_name_unusable"),
    ],
    ids=["token", "password", "name"],
)
def test_a_refused_first_start_shows_its_form_again(
    fresh: Pages, changes: dict[str, str], code: str
) -> None:
    refused = Clerk(fresh).post("/setup", setup(fresh) | changes, on="/setup")
    assert (code_of(refused), len(said(refused))) == (code, 1)
    assert 'name="token"' in refused.text
    assert not fresh.node.enrolment.enrolled()


def test_a_lost_answer_is_asked_for_again_with_the_same_form(fresh: Pages) -> None:
    fresh.world.headquarters.lose_answer = 1
    clerk = Clerk(fresh)
    lost = clerk.post("/setup", setup(fresh), on="/setup")
    assert (code_of(lost), lost.status_code) == ("link_down", 503)
    assert clerk.post("/setup", setup(fresh), on="/setup").status_code == 303


def test_there_is_no_second_first_start(pages: Pages, clerk: Clerk) -> None:
    assert code_of(clerk.get("/setup")) == "already_enrolled"
    assert code_of(clerk.post("/setup", setup(pages))) == "already_enrolled"


# Every page, in both languages


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("path", PLACES)
def test_every_page_opens_in_both_languages(pages: Pages, language: str, path: str) -> None:
    clerk = pages.clerk(language)
    clerk.open_with_card()
    page = clerk.get(path)
    assert page.status_code == 200
    assert f'lang="{"zh-CN" if language == "zh" else "en"}"' in page.text
    assert page.text.count("<h1") == 1
    heading = re.search(r"<title>([^<]+)<", page.text)
    assert heading is not None
    assert bool(re.search(r"[一-鿿]", heading[1])) is (language == "zh")


def test_before_anybody_chose_the_pages_speak_the_vending_points_language(fresh: Pages) -> None:
    assert fresh.node.config.place.language == "zh"
    assert 'lang="zh-CN"' in fresh.app.test_client().get("/setup").text


@pytest.mark.parametrize("name", [kind.name for kind in Level])
def test_the_bar_of_commands_leads_only_where_the_level_reaches(pages: Pages, name: str) -> None:
    chief = pages.clerk()
    add_operator(pages.node, "wei", Level[name])
    worker = pages.clerk(name="wei")
    (worker if may(Level[name], Right.OPEN_ACCOUNT) else chief).open_with_card()
    bar = worker.get("/manual").text.partition("<nav")[2].partition("</nav>")[0]
    for path in re.findall(r'href="([^"]+)"', bar):
        assert worker.get(path).status_code == 200, path


def test_an_auditor_sees_everything_and_changes_nothing(pages: Pages) -> None:
    chief = pages.clerk()
    account, _ = chief.open_with_card()
    chief.post(
        "/operators", {"name": "an", "password": PASSWORD, "level": "AUDITOR"}, on="/operators"
    )
    auditor = pages.clerk(name="an")
    for path in ("/", "/accounts", f"/accounts/{account}", "/sales", "/pending", "/sync"):
        assert auditor.get(path).status_code == 200
    tip = pages.node.courier.state().head
    for path in ("/sell", "/card/read", "/accounts/new", "/pending/resolve", "/sync/now"):
        assert code_of(auditor.post(path, {})) == "not_allowed"
    assert code_of(auditor.post("/operators", {})) == "not_allowed"
    assert pages.node.courier.state().head == tip


def test_every_key_is_there_once_and_in_the_manual(pages: Pages) -> None:
    keys = [item.key for item in NAV if item.key]
    assert len(set(keys)) == len(keys)
    for language in ("en", "zh"):
        manual = pages.clerk(language).get("/manual").text.partition("<main")[2]
        for key in [*keys, "F8", "Esc", "P"]:
            assert f"<kbd>{key}</kbd>" in manual


def test_the_manual_opens_where_its_reader_was() -> None:
    address = "http://127.0.0.1:8631"
    assert [chapter_of(f"{address}{path}") for path in ("/sell", "/accounts/N1", "/", "/x")] == [
        "selling",
        "accounts",
        "counter",
        "counter",
    ]
    assert set(map(chapter_of, ("/pending", "/card", "/tariffs", "/sync"))) <= set(CHAPTERS)


def test_the_manual_holds_every_message_in_its_language(pages: Pages) -> None:
    text = pages.clerk("zh").get("/manual").text
    assert "<code>card_write_uncertain</code>" in text
    assert "读卡器里没有卡。没有写入任何内容。请插入卡片。" in text


# Records, headquarters, operators


def test_a_long_list_is_turned_page_by_page(pages: Pages, clerk: Clerk) -> None:
    clerk.open_with_card()
    for _ in range(51):
        clerk.sell({"amount-4": "5"})
    first = clerk.get("/sales").text
    older = re.search(r'href="([^"]+before=[^"]+)"', first)
    assert older is not None
    assert first.count("¥5.00") == 50
    assert clerk.get(older[1].replace("&amp;", "&")).text.count("¥5.00") == 1


def test_an_exchange_is_asked_for_and_told(pages: Pages, clerk: Clerk) -> None:
    waiting = pages.node.courier.state().waiting
    assert waiting > 0
    done = clerk.post("/sync/now", {}, on="/sync")
    assert (done.status_code, done.location) == (303, "/sync")
    page = clerk.get("/sync").text
    assert "Headquarters has everything that was recorded here." in page
    assert pages.node.courier.state().waiting == 0


def test_a_line_that_is_down_is_no_reason_to_stop(pages: Pages, clerk: Clerk) -> None:
    pages.world.headquarters.lose_request = 1
    down = clerk.post("/sync/now", {}, on="/sync")
    assert (code_of(down), down.status_code) == ("link_down", 503)
    assert "Headquarters cannot be reached." in clerk.get("/sync").text
    clerk.open_with_card()
    assert states(clerk.sell({"amount-4": "5"}).text) == ["written"]


def test_the_status_line_tells_what_waits_and_how_long(pages: Pages, clerk: Clerk) -> None:
    pages.world.pass_time(minutes=10)
    line = clerk.get("/status").text
    assert "10 min" in line
    assert "not reached yet" in line
    clerk.post("/sync/now", {}, on="/sync")
    assert ">0<" in clerk.get("/status").text


def test_an_operator_is_added_once(pages: Pages, clerk: Clerk) -> None:
    someone = {"name": "wei", "password": PASSWORD, "level": "CLERK"}
    assert clerk.post("/operators", someone, on="/operators").status_code == 303
    assert "wei can sign in now." in clerk.get("/operators").text
    again = clerk.post("/operators", someone, on="/operators")
    assert (code_of(again), len(said(again))) == ("operator_exists", 1)
    assert code_of(pages.clerk(name="wei").get("/operators")) == "not_allowed"


def test_a_stopped_node_says_so_and_sells_nothing(pages: Pages, clerk: Clerk) -> None:
    clerk.open_with_card()
    form = hidden(clerk.get("/sell")) | {"amount-4": "5"}
    pages.world.headquarters.status = pages.world.headquarters.status.STOPPED
    clerk.post("/sync/now", {}, on="/sync")
    assert "has stopped this vending point" in clerk.get("/").text
    assert code_of(clerk.send("/sell", form)) == "stopped_by_headquarters"
    assert "stopped" in clerk.get("/status").text


# Other programs


def test_a_program_learns_how_the_node_stands_and_nothing_more(
    pages: Pages, clerk: Clerk, fresh_client: Clerk
) -> None:
    clerk.open_with_card()
    described = fresh_client.get("/api/v1/openapi.json").json
    assert described is not None
    for path in described["paths"]:
        assert fresh_client.get(path).status_code == 200
    metrics = fresh_client.get("/metrics").text
    assert f"yika_node_records_waiting {pages.node.courier.state().waiting}\n" in metrics
    assert "王小明" not in metrics
    assert fresh_client.get("/healthz").json == {"status": "ok", "enrolled": 1}


@pytest.fixture
def fresh_client(pages: Pages) -> Clerk:
    """A browser in which nobody is signed in."""
    return Clerk(pages)


def test_every_address_for_programs_is_described(pages: Pages, fresh_client: Clerk) -> None:
    described = set(fresh_client.get("/api/v1/openapi.json").json["paths"])  # type: ignore[index]
    machines = {
        rule.rule
        for rule in pages.app.url_map.iter_rules()
        if rule.endpoint.startswith("machine.") or rule.rule == "/healthz"
    }
    assert machines == described


def test_before_the_first_start_a_program_is_answered_too(fresh: Pages) -> None:
    client = Clerk(fresh)
    assert client.get("/healthz").json == {"status": "ok", "enrolled": 0}
    assert "yika_node_enrolled 0" in client.get("/metrics").text
