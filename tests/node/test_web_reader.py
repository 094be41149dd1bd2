"""The reader's page, and every other page while the reader hangs."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from card_builders import ChipMemory, repeatable_random
from node_pages import Clerk, Pages, hidden, pages_in
from node_world import OPERATOR, PASSWORD, World, a_chip
from pcsc_daemon import until
from reader_builders import QUICK_ATR, EchoCard
from served import served
from yika_common.infra.entropy import system_random
from yika_common.simulated.firmware import Disturbance
from yika_common.simulated.icc import UserCardIcc, blank_memory
from yika_common.simulated.reader import SimulatedReader
from yika_common.simulated.reader_gempc_twin import FIRMWARE
from yika_node.db.folder_lock import is_running
from yika_node.hardware.errors import ReaderSought
from yika_node.hardware.readers import reader_at
from yika_node.services.inspection import Inspection


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[SimulatedReader]:
    with SimulatedReader(tmp_path / "port") as simulated:
        yield simulated


@contextmanager
def wired(folder: Path, port: Path) -> Iterator[Pages]:
    """The pages of a node with the production driver on a port."""
    world = World(folder)
    world.hand = reader_at(str(port), "auto")  # type: ignore[assignment]
    node = world.enrolled()
    node.staff.sign_out(OPERATOR)
    try:
        yield Pages(world, node)
    finally:
        node.close()


def after_a_test(clerk: Clerk) -> str:
    """The page after a test has ended."""
    begun = clerk.post("/reader/test", {}, on="/reader")
    assert begun.status_code == 303
    assert until(lambda: clerk.get("/reader/seen").status_code == 200, 20)
    return clerk.get("/reader").text


def test_it_tells_port_protocol_speed_firmware_and_how_fast_the_reader_answers(
    tmp_path: Path, reader: SimulatedReader
) -> None:
    with wired(tmp_path / "node", reader.link) as pages:
        clerk = pages.clerk()
        assert "was not tested since" in clerk.get("/reader").text
        page = after_a_test(clerk)
        assert "no card is in it" in page
        assert str(reader.link) in page
        assert f"gempc-twin at 115200 baud, firmware {FIRMWARE.decode()}" in page
        assert " ms" in page


@pytest.mark.parametrize(
    ("card", "words"),
    [
        (EchoCard(b""), "does not answer. What was already recorded"),
        (EchoCard(QUICK_ATR), "not a card of this system"),
        (EchoCard(bytes.fromhex("3B024142")), "not a card of this system"),
        (
            UserCardIcc(ChipMemory(blank_memory(b"CHIP0009")), system_random),
            "the card in it is blank",
        ),
    ],
    ids=["mute or upside down", "foreign", "foreign protocol", "blank"],
)
def test_each_card_is_told_apart(
    tmp_path: Path, reader: SimulatedReader, card: EchoCard | UserCardIcc, words: str
) -> None:
    reader.insert(card)
    with wired(tmp_path / "node", reader.link) as pages:
        assert words in after_a_test(pages.clerk())


def test_a_card_of_ours_is_named(tmp_path: Path) -> None:
    with pages_in(tmp_path / "node") as pages:
        clerk = pages.clerk()
        number, _ = clerk.open_with_card()
        card = pages.node.accounts.get(number).card
        assert card is not None
        page = after_a_test(clerk)
        assert card in page
        assert "so does the card in it" in page
        assert "读卡器应答正常" in pages.clerk("zh").get("/reader").text


def test_a_reader_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with wired(tmp_path / "node", tmp_path / "nothing") as pages:
        assert "does not exist" in after_a_test(pages.clerk())


def test_while_the_reader_is_looked_for_every_page_says_so(tmp_path: Path) -> None:
    with pages_in(tmp_path / "node") as pages:

        def sought() -> bool:
            raise ReaderSought

        pages.world.hand.card_present = sought  # type: ignore[method-assign]
        page = pages.clerk().get("/").text
        assert "is looked for" in page
        assert "being looked for" in page


def test_a_test_runs_once_however_often_it_is_asked_for(
    tmp_path: Path, reader: SimulatedReader
) -> None:
    with wired(tmp_path / "node", reader.link) as pages:
        clerk = pages.clerk()
        reader.disturb(Disturbance.SILENCE, 1000)
        for _ in range(5):
            clerk.post("/reader/test", {}, on="/reader")
        running = [one for one in threading.enumerate() if one.name == "reader-test"]
        assert len(running) == 1
        assert "Other pages can be used meanwhile" in clerk.get("/reader").text
        reader.calm()
        assert until(lambda: not pages.node.reader_test.running, 20)


class Browser:
    """A clerk at a served node."""

    def __init__(self, url: str) -> None:
        self.url, self.session = url, requests.Session()
        self.session.headers.update({"Accept-Language": "en", "Origin": url})
        form = hidden(self.get("/login"))  # type: ignore[arg-type]
        form |= {"name": OPERATOR, "password": PASSWORD}
        self.session.post(url + "/login", data=form, timeout=60)

    def get(self, path: str) -> requests.Response:
        return self.session.get(self.url + path, timeout=60)

    def seconds(self, *paths: str) -> float:
        """How long the slowest of these pages takes."""
        spans = []
        for path in paths:
            begun = time.monotonic()
            assert self.get(path).status_code == 200
            spans.append(time.monotonic() - begun)
        return max(spans)


OTHER_PAGES = ("/sales", "/accounts", "/tariffs", "/sync", "/reader", "/manual", "/pending")


def test_a_reader_that_stops_in_the_middle_of_a_command_hangs_no_other_page(
    tmp_path: Path, reader: SimulatedReader
) -> None:
    with wired(tmp_path / "node", reader.link) as pages:
        pages.clerk()
        chip = a_chip()
        reader.insert(UserCardIcc(chip, repeatable_random(11)))
        account = pages.clerk().open_account()
        pages.node.cards.initialise(OPERATOR, account)
        with served(pages.app) as url:
            browser = Browser(url)
            usual = browser.seconds(*OTHER_PAGES)
            assert account in browser.get("/card").text
            reader.disturb(Disturbance.SILENCE, 100_000)
            stuck = [threading.Thread(target=browser.get, args=("/card",)) for _ in range(6)]
            begun = time.monotonic()
            for thread in stuck:
                thread.start()
            time.sleep(0.2)
            slowest = max(browser.seconds(*OTHER_PAGES) for _ in range(3))
            still = sum(thread.is_alive() for thread in stuck)
            reader.calm()
            for thread in stuck:
                thread.join(60)
            assert still > 0, "the reader did not hang"
            assert slowest < usual + 0.5
            assert time.monotonic() - begun < 40


def test_a_reader_that_answers_nothing_slows_no_page(
    tmp_path: Path, reader: SimulatedReader
) -> None:
    with wired(tmp_path / "node", reader.link) as pages, served(pages.app) as url:
        browser = Browser(url)
        usual = browser.seconds(*OTHER_PAGES)
        reader.disturb(Disturbance.SILENCE, 100_000)
        for page in ("/", *OTHER_PAGES):
            pages.world.pass_time(seconds=1)
            assert browser.seconds(page) < usual + 0.6
        assert until(lambda: "does not answer" in browser.get("/").text, 10)


def test_check_says_the_firmware_too(tmp_path: Path, reader: SimulatedReader) -> None:
    with wired(tmp_path / "node", tmp_path / "other") as pages:
        pages.world.folder.joinpath("node.toml").write_text(
            f'[reader]\nport = "{reader.link}"\n', encoding="utf-8"
        )
        inspection = Inspection(pages.world.folder, reader_at, pages.world.clock)
        texts = [one.text % one.facts for one in inspection.findings()]
    assert (
        f"The card reader at {reader.link} answers as gempc-twin at 115200 baud, firmware "
        f"{FIRMWARE.decode()}; it is empty." in texts
    )


def test_check_leaves_the_reader_to_the_program_that_runs(
    tmp_path: Path, reader: SimulatedReader
) -> None:
    with wired(tmp_path / "node", tmp_path / "other") as pages:
        folder = pages.world.folder
        folder.joinpath("node.toml").write_text(
            f'[reader]\nport = "{reader.link}"\n', encoding="utf-8"
        )
        assert is_running(folder)
        clock = pages.world.clock
        findings = list(Inspection(folder, reader_at, clock, running=True).findings())
    assert all(one.good for one in findings)
    assert any("The program runs and has the card reader" in one.text for one in findings)
    assert not is_running(folder)
    assert not is_running(tmp_path / "no such folder")
