"""Practice: a vending point on which nothing is real, and which never looks like a real one."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from card_builders import repeatable_random
from little_headquarters import NODE as REAL_NODE
from node_pages import Clerk, Pages
from node_world import CHEAP, OPERATOR, START, World, a_form, open_with_card
from yika_common.cards.identifiers import PRACTICE_CARDS
from yika_common.infra.sqlite import open_for_money
from yika_common.journal.practice_bodies import PracticeUsed
from yika_common.journal.record import decode_line
from yika_common.simulated.icc import UserCardIcc
from yika_common.tools.wall.bench import Bench
from yika_node.bootstrap import Node
from yika_node.db.store import FILE_NAME
from yika_node.jobs import Jobs
from yika_node.practice.office import AREA, CARDS, NODE, TITLE, card_number
from yika_node.practice.pages import PLACES, practice_blueprints, teach
from yika_node.practice.steps import Step, steps_done
from yika_node.practice.town import (
    CLERK,
    HOUSEHOLDS,
    PASSWORD,
    NotAPracticeFolder,
    Practice,
    clear,
    folder_beside,
    open_practice,
)
from yika_node.services import practice_uses
from yika_node.services.errors import PracticeCardShown, RealCardShown
from yika_node.services.views import CardKind
from yika_node.web.app import make_node_app
from yika_node.web.entrance import DeskSessions


class Town:
    """Practice in a folder, on a clock that the test turns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = START
        self.practice: Practice = self.opened()

    def opened(self) -> Practice:
        return open_practice(
            self.folder,
            lambda: self.now,
            repeatable_random(77),
            cost=CHEAP,
        )

    @property
    def node(self) -> Node:
        return self.practice.node

    def insert(self, name: str) -> None:
        self.practice.reader.remove()
        self.practice.reader.insert(self.folder / "cards" / name)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Practice as it is when it was just made."""
    folder = tmp_path_factory.mktemp("made") / "practice"
    Town(folder).node.close()
    return folder


@pytest.fixture
def town(made: Path, tmp_path: Path) -> Iterator[Town]:
    shutil.copytree(made, tmp_path / "practice")
    town = Town(tmp_path / "practice")
    town.node.staff.sign_in(CLERK, PASSWORD)
    yield town
    town.practice.reader.remove()
    town.node.close()


def test_practice_begins_with_households_cards_and_spare_things(town: Town) -> None:
    names = {path.name for path in (town.folder / "cards").iterdir() if "." not in path.name}
    assert {"card-1", "card-2", "card-3", "spare-1"} <= names
    for index in range(1, len(HOUSEHOLDS) + 1):
        town.insert(f"card-{index}")
        assert town.node.cards.read(CLERK).kind is CardKind.OURS


def test_its_numbers_say_what_they_are(town: Town) -> None:
    """Receipts and accounts carry the point's name, cards a beginning that no real one has."""
    town.insert("card-1")
    view = town.node.cards.read(CLERK)
    assert view.account is not None
    assert view.account.number.startswith("PRACTICE")
    assert view.identity.number.startswith(PRACTICE_CARDS)
    assert town.node.state().node == NODE
    assert town.node.settings.settings().receipt_title == TITLE


def test_it_never_reaches_a_real_headquarters(town: Town) -> None:
    """What answers is in the process: an address on the network is nowhere named."""
    report = town.node.courier.sync()
    assert report.acknowledged == town.node.courier.state().head
    assert town.node.standing.membership.headquarters == "practice:here"


def test_the_office_remembers_over_a_restart(town: Town) -> None:
    town.node.courier.sync()
    town.node.close()
    town.practice = town.opened()
    town.node.staff.sign_in(CLERK, PASSWORD)
    assert town.node.courier.sync().acknowledged == town.node.courier.state().head
    assert town.node.journal.refusal is None


def test_practice_in_a_year_still_sells_by_its_prices(town: Town) -> None:
    town.now = START + timedelta(days=200)
    town.node.courier.sync()
    assert town.node.courier.state().problem is None


def test_a_practice_card_is_refused_at_a_real_vending_point(town: Town, tmp_path: Path) -> None:
    world = World(tmp_path / "real")
    real = world.enrolled()
    town.insert("card-1")
    world.hand.icc = town.practice.reader.icc
    with pytest.raises(PracticeCardShown):
        real.cards.read(OPERATOR)
    real.close()


def test_a_real_card_is_refused_in_practice(town: Town, tmp_path: Path) -> None:
    world = World(tmp_path / "real")
    real = world.enrolled()
    _, chip = open_with_card(world, real)
    before = chip.load()
    town.insert("spare-1")
    town.practice.reader.icc = UserCardIcc(chip, repeatable_random(5))
    with pytest.raises(RealCardShown):
        town.node.cards.read(CLERK)
    assert chip.load() == before
    real.close()


def test_even_under_the_same_number_neither_opens_the_other(town: Town, tmp_path: Path) -> None:
    """The keys differ, whatever the numbers say: masters are drawn for each practice folder."""
    world = World(tmp_path / "real")
    real = world.enrolled()
    meters = {meter for digit in "1234567" for meter in (f"{digit}00000000001",)}
    ours = {town.practice.office.meter_keys(meter).credit for meter in meters}
    theirs = {bytes(real.cards.keyring.meter(meter).keys.credit) for meter in meters}
    assert not {bytes(key) for key in ours} & theirs
    real.close()


def test_a_blank_card_becomes_a_practice_card(town: Town) -> None:
    form = a_form(
        4,
        index=0,
        area=AREA,
        meters=(
            (0, "PRACTICE-107"),
            (1, "PRACTICE-207"),
            (2, "PRACTICE-307"),
            (3, "PRACTICE-407"),
        ),
    )
    account = town.node.accounts.open(CLERK, form)
    town.insert("spare-2")
    issued = town.node.cards.initialise(CLERK, account.number)
    assert issued.number == card_number(len(HOUSEHOLDS) + 1)
    assert int(card_number(CARDS)) - int(card_number(1)) == CARDS - 1


def test_resetting_throws_everything_away(town: Town) -> None:
    town.node.accounts.open(CLERK, a_form(4, area=AREA, meters=((0, "PRACTICE-107"),)))
    town.node.close()
    clear(town.folder)
    town.practice = town.opened()
    town.node.staff.sign_in(CLERK, PASSWORD)
    assert town.node.courier.state().head == town.practice.begun + 2


def test_what_is_no_practice_is_not_thrown_away(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("Dear")
    with pytest.raises(NotAPracticeFolder):
        clear(tmp_path / "letters")
    assert (tmp_path / "letters" / "dear.txt").exists()


def test_a_setup_that_was_cut_off_is_made_anew(made: Path, tmp_path: Path) -> None:
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "office.json").write_bytes((made / "office.json").read_bytes())
    practice = open_practice(tmp_path / "half", lambda: START, repeatable_random(1), cost=CHEAP)
    assert practice.begun > 0
    practice.node.close()


def test_it_lies_beside_the_real_folder(tmp_path: Path) -> None:
    assert folder_beside(tmp_path / "node-data") == tmp_path / "node-data-practice"


# The strip, the watermark and the pages of practice.


@pytest.fixture
def pages(town: Town) -> "PracticePages":
    return PracticePages(town)


class PracticePages(Pages):
    """The pages of practice, without a browser."""

    def __init__(self, town: Town) -> None:
        self.node = town.node
        self.sessions = DeskSessions(
            lambda: town.now,
            repeatable_random(5000),
            town.node.staff.sign_out,
            town.node.roster.level,
        )
        self.app = make_node_app(
            town.node,
            clock=lambda: town.now,
            random=repeatable_random(7000),
            instance="p",
            sessions=self.sessions,
            besides=practice_blueprints(town.practice, lambda: town.now, repeatable_random(8)),
            marked=PLACES,
        )
        teach(self.app)

    def clerk(self, language: str = "en", name: str = CLERK) -> Clerk:
        clerk = Clerk(self, language)
        signed = clerk.post("/login", {"name": name, "password": PASSWORD}, on="/login")
        assert signed.status_code == 303, signed.text
        return clerk


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "path", ["/", "/login", "/sales", "/manual", "/practice/hour", "/practice/table", "/meters/"]
)
def test_every_page_says_in_both_languages_that_nothing_is_real(
    pages: PracticePages, language: str, path: str
) -> None:
    clerk = Clerk(pages, language) if path == "/login" else pages.clerk(language)
    page = clerk.get(path)
    assert page.status_code == 200
    assert 'class="side-node marked"' in page.text
    assert "nothing here is real" in page.text
    assert "一切均非真实" in page.text


def test_a_real_vending_points_pages_bear_no_mark(tmp_path: Path) -> None:
    """Control for the one above."""
    world = World(tmp_path / "real")
    real = world.enrolled()
    assert "marked" not in Pages(world, real).clerk().get("/").text
    real.close()


def test_a_card_is_put_in_and_pulled_by_a_key(pages: PracticePages, town: Town) -> None:
    clerk = pages.clerk()
    put = clerk.post("/practice/card", {"card": "card-1"}, on="/practice/table")
    assert put.status_code == 303
    assert town.practice.reader.card_present()
    assert 'data-key="0"' in clerk.get("/practice/table").text
    clerk.post("/practice/pull", {}, on="/practice/table")
    assert town.practice.reader.pull_next
    clerk.send("/practice/card", {**csrf(clerk)})
    assert not town.practice.reader.card_present()


def test_steps_are_seen_from_the_journal(pages: PracticePages, town: Town) -> None:
    folder, begun = town.folder / "node", town.practice.begun
    assert steps_done(folder, begun) == {Step.SIGN_IN}
    town.node.accounts.open(CLERK, a_form(4, area=AREA, meters=((0, "PRACTICE-107"),)))
    assert steps_done(folder, begun) == {Step.SIGN_IN, Step.OPEN_ACCOUNT}
    page = pages.clerk().get("/practice/hour").text
    assert "2 of 12 done" in page
    assert page.count('class="done"') == 2
    assert page.count('aria-current="step"') == 1


def test_what_the_setup_did_counts_for_nothing(town: Town) -> None:
    """Control: seen from its beginning the journal shows accounts and cards."""
    folder = town.folder / "node"
    assert {Step.OPEN_ACCOUNT, Step.ISSUE} <= steps_done(folder, 0)
    assert not {Step.OPEN_ACCOUNT, Step.ISSUE} & steps_done(folder, town.practice.begun)


def test_the_meters_of_practice_take_what_was_sold(town: Town) -> None:
    bench = Bench(
        town.folder,
        clock=lambda: town.now,
        random=repeatable_random(9),
        readers={NODE: town.practice.reader},
    )
    assert len(bench.meters("card-1")) == HOUSEHOLDS[0].profile
    bench.to_reader("card-1", NODE)
    assert town.practice.reader.card_present()


# That practice was used stands in the real journal.


def test_using_practice_is_told_in_the_real_journal(tmp_path: Path) -> None:
    world = World(tmp_path / "real")
    real = world.enrolled()
    for what in ("started", "reset"):
        practice_uses.leave_word(real.folder, "li", what, world.clock, world.random)
    assert practice_uses.waiting(real.folder)
    Jobs(real, sweep=lambda: None)._backup_or_tell()
    assert [(used.who, used.what) for used in told(real.folder)] == [
        ("li", "started"),
        ("li", "reset"),
    ]
    assert not practice_uses.waiting(real.folder)
    real.journal.rebuild()
    real.close()


def test_a_locked_vault_is_told_later(tmp_path: Path) -> None:
    world = World(tmp_path / "real")
    real = world.enrolled()
    practice_uses.leave_word(real.folder, "li", "started", world.clock, world.random)
    real.staff.lock()
    jobs = Jobs(real, sweep=lambda: None)
    jobs._backup_or_tell()
    assert practice_uses.waiting(real.folder)
    real.staff.sign_in(OPERATOR, "four short words")
    jobs._backup_or_tell()
    assert len(told(real.folder)) == 1
    real.close()


def test_what_a_cut_left_between_two_steps_is_told_under_the_same_name(tmp_path: Path) -> None:
    world = World(tmp_path / "real")
    real = world.enrolled()
    practice_uses.leave_word(real.folder, "li", "started", world.clock, world.random)
    line = (real.folder / practice_uses.FILE).read_text()
    practice_uses.tell(real.folder, real.journal, world.clock)
    (real.folder / practice_uses.FILE).write_text(line + '{"use": "half')
    practice_uses.tell(real.folder, real.journal, world.clock)
    first, second = told(real.folder)
    assert first == second
    real.close()


def test_practice_is_told_in_no_journal_of_its_own(town: Town) -> None:
    assert told(town.folder / "node") == []
    assert town.node.state().node != REAL_NODE


def told(folder: Path) -> list[PracticeUsed]:
    with closing(open_for_money(folder / FILE_NAME, read_only=True)) as connection:
        lines = connection.execute("SELECT line FROM record ORDER BY seq").fetchall()
    records = [decode_line(line) for (line,) in lines]
    return [record.body for record in records if isinstance(record.body, PracticeUsed)]


def csrf(clerk: Clerk) -> dict[str, str]:
    page = clerk.get("/practice/table").text
    return {"csrf_token": page.partition('name="csrf_token" value="')[2].partition('"')[0]}
