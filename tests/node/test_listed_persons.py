"""Headquarters' list of persons: who may work here, as what, and for how long without a line."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node_pages import Clerk, Pages, said
from node_world import OPERATOR, PASSWORD, World, contents
from phone_builders import answer_to, desk_of
from staff_builders import add_operator, office_of
from yika_common.clock import to_timestamp
from yika_common.infra.sessions import EntryRefused
from yika_common.journal.bodies import Login
from yika_common.journal.record import decode_line
from yika_common.signing.errors import SealBroken, SignatureInvalid, TooFewSignatures
from yika_common.sync.errors import ItemOlder
from yika_common.sync.person_list import ListedPerson
from yika_common.sync.settings import LISTED, Settings
from yika_node.bootstrap import Node
from yika_node.services.person_shelf import ADMITTED_S, bounded
from yika_node.services.phone_errors import (
    ListingEnded,
    ListTooOld,
    NotListed,
    PersonTaken,
    PersonUnknown,
    PhoneCodeWrong,
    QuestionOver,
)
from yika_node.services.rights import RIGHTS
from yika_node.services.staff_office import OperatorIsYou
from yika_node.services.views import Level
from yika_node.web.phone_pages import phone_entry_of

DAY = 86_400
LIN = "lin"
MEI = ListedPerson(staff_number="1001", name=OPERATOR, level="SUPERVISOR")
"""The first operator, as headquarters knows her."""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


@pytest.fixture
def node(world: World) -> Iterator[Node]:
    made = world.enrolled()
    yield made
    made.close()


def lists(world: World, node: Node, *persons: ListedPerson, policy: str = LISTED) -> None:
    """Headquarters publishes its list, and the node hears of it."""
    world.headquarters.publish_settings(Settings(operators=policy))
    world.headquarters.list_persons(*persons)
    node.courier.sync()


def person(name: str = LIN, **said_: object) -> ListedPerson:
    told: dict[str, object] = {"staff_number": "1002", "name": name, "level": "CLERK"}
    return ListedPerson(**{**told, **said_})  # type: ignore[arg-type]


def comes(node: Node, name: str = LIN) -> Level:
    node.staff.sign_out(name)
    return node.staff.sign_in(name, PASSWORD).level


def test_a_point_without_a_list_works_by_itself(world: World, node: Node) -> None:
    add_operator(node, LIN, Level.CLERK)
    assert comes(node) is Level.CLERK
    lists(world, node, person(), policy="local")
    assert comes(node, OPERATOR) is Level.SUPERVISOR
    # Listed, and nobody on the list: a setting alone shuts nobody out.
    world.headquarters.publish_settings(Settings(operators=LISTED))
    world.headquarters.list_persons()
    node.courier.sync()
    assert comes(node, OPERATOR) is Level.SUPERVISOR


def test_who_is_not_on_the_list_is_not_let_in_and_that_he_came_is_recorded(
    world: World, node: Node
) -> None:
    add_operator(node, LIN, Level.CLERK)
    lists(world, node, MEI)
    with pytest.raises(NotListed):
        comes(node)
    last = decode_line(node.queries.records(1, 1, 10_000)[-1].line)
    assert (last.operator, last.body) == (LIN, Login(outcome="locked"))
    lists(world, node, MEI, person())
    assert comes(node) is Level.CLERK


def test_a_fired_clerk_is_shut_out_and_his_vault_stays_locked(world: World, node: Node) -> None:
    add_operator(node, LIN, Level.CLERK)
    lists(world, node, MEI, person(revoked=1))
    node.staff.sign_out(OPERATOR)
    with pytest.raises(ListingEnded):
        comes(node)
    assert node.vault.locked


def test_a_persons_time_ends_by_the_second(world: World, node: Node) -> None:
    add_operator(node, LIN, Level.CLERK)
    until = to_timestamp(world.now) + DAY
    lists(world, node, MEI, person(until=until))
    world.pass_time(seconds=DAY)
    assert comes(node) is Level.CLERK
    world.pass_time(seconds=1)
    with pytest.raises(ListingEnded):
        comes(node)
    # The clock is set back: what was recorded since holds the time up.
    world.set_clock(days=-30)
    with pytest.raises(ListingEnded):
        comes(node)


def test_a_list_that_was_not_renewed_warns_and_then_lets_in_only_who_has_a_date(
    world: World, node: Node
) -> None:
    add_operator(node, LIN, Level.CLERK)
    far = to_timestamp(world.now) + 300 * DAY
    lists(world, node, MEI, person(until=far))
    assert not node.roster.late()
    world.pass_time(days=30, seconds=1)
    comes(node, OPERATOR)
    assert node.roster.late()
    assert comes(node, OPERATOR) is Level.SUPERVISOR
    world.pass_time(days=14)
    with pytest.raises(ListTooOld):
        comes(node, OPERATOR)
    assert comes(node) is Level.CLERK
    world.headquarters.list_persons(MEI, person(until=far))
    node.courier.sync()
    assert comes(node, OPERATOR) is Level.SUPERVISOR


def test_the_list_bounds_a_level_and_never_raises_one(world: World, node: Node) -> None:
    add_operator(node, LIN, Level.SUPERVISOR)
    lists(world, node, MEI, person(level="CLERK"))
    assert comes(node) is Level.CLERK
    lists(world, node, MEI, person(level="MANAGER"))
    assert comes(node) is Level.SUPERVISOR


@pytest.mark.parametrize("local", Level)
@pytest.mark.parametrize("most", Level)
def test_nobody_ever_has_a_right_that_the_list_does_not_give(local: Level, most: Level) -> None:
    assert RIGHTS[bounded(local, most)] <= RIGHTS[most]


def test_an_older_list_a_forged_one_and_another_points_change_nothing(
    world: World, node: Node
) -> None:
    add_operator(node, LIN, Level.CLERK)
    lists(world, node, MEI, person())
    old = dict(world.headquarters.listed), list(world.headquarters.manifests)
    lists(world, node, MEI, person(revoked=1))
    # The list from before, offered again under a manifest of its own.
    world.headquarters.listed = dict(old[0])
    world.headquarters.issue()
    with pytest.raises(ItemOlder):
        node.courier.sync()
    with pytest.raises(ListingEnded):
        comes(node)


def test_a_list_that_headquarters_did_not_sign_is_refused(world: World, node: Node) -> None:
    lists(world, node, MEI)
    stranger = World(world.folder.with_name("stranger")).headquarters
    world.headquarters.list_persons(MEI, person(), signer=stranger.officer)
    with pytest.raises((SignatureInvalid, TooFewSignatures)):
        node.courier.sync()
    assert [one.name for one in node.roster.shelf().persons()] == [OPERATOR]


def test_a_list_sealed_to_another_epoch_is_refused(world: World, node: Node) -> None:
    lists(world, node, MEI)
    world.headquarters.list_persons(MEI, person(), epoch=2)
    with pytest.raises(SealBroken):
        node.courier.sync()
    assert [one.name for one in node.roster.shelf().persons()] == [OPERATOR]


def test_headquarters_admits_somebody_for_a_day_by_telephone(world: World, node: Node) -> None:
    add_operator(node, LIN, Level.CLERK)
    lists(world, node, MEI)
    desk = desk_of(node)
    asked = desk.asked(desk.ask("admit", LIN))
    right = answer_to(asked)
    found = phone_entry_of(node).sign_in(asked.waiting.token, LIN, PASSWORD, right)
    assert found.level is Level.CLERK
    world.pass_time(seconds=ADMITTED_S)
    assert comes(node) is Level.CLERK
    world.pass_time(seconds=1)
    with pytest.raises(NotListed):
        comes(node)
    with pytest.raises(QuestionOver):
        phone_entry_of(node).sign_in(asked.waiting.token, LIN, PASSWORD, right)


def test_a_newer_list_has_the_last_word_over_the_telephone(world: World, node: Node) -> None:
    add_operator(node, LIN, Level.CLERK)
    lists(world, node, MEI)
    desk = desk_of(node)
    asked = desk.asked(desk.ask("admit", LIN))
    phone_entry_of(node).sign_in(asked.waiting.token, LIN, PASSWORD, answer_to(asked))
    world.pass_time(seconds=1)
    lists(world, node, MEI, person(revoked=1))
    with pytest.raises(ListingEnded):
        comes(node)


def test_the_only_operator_of_a_point_is_never_shut_out_for_good(world: World, node: Node) -> None:
    lists(world, node, person("somebody else"))
    node.staff.sign_out(OPERATOR)
    with pytest.raises(NotListed):
        comes(node, OPERATOR)
    desk = desk_of(node)
    asked = desk.asked(desk.ask("admit", OPERATOR))
    answer = answer_to(asked)
    found = phone_entry_of(node).sign_in(asked.waiting.token, OPERATOR, PASSWORD, answer)
    assert found.level is Level.SUPERVISOR


def test_a_person_of_the_list_begins_at_another_point_by_a_code(world: World, node: Node) -> None:
    lists(world, node, MEI, person("林海", staff_number="2002", level="SUPERVISOR"))
    desk, entry = desk_of(node), phone_entry_of(node)
    with pytest.raises(PersonUnknown):
        entry.person("9999")
    with pytest.raises(PersonTaken):
        entry.person("1001")
    asked = desk.asked(desk.ask("join", entry.person(" 2002 ").staff_number))
    other = desk.asked(desk.ask("admit", "林海"))
    with pytest.raises(PhoneCodeWrong):
        entry.join(OPERATOR, asked.waiting.token, answer_to(other), PASSWORD)
    added = entry.join(OPERATOR, asked.waiting.token, answer_to(asked), PASSWORD)
    assert (added.name, added.level) == ("林海", Level.SUPERVISOR)
    assert comes(node, "林海") is Level.SUPERVISOR
    row = node.queries.operator("林海")
    assert row is not None
    assert row.staff_number == "2002"
    with pytest.raises(QuestionOver):
        entry.join(OPERATOR, asked.waiting.token, answer_to(asked), PASSWORD)
    before = contents(node.store.path)
    node.journal.rebuild()
    assert contents(node.store.path) == before


def test_a_namesake_is_told_apart_by_the_staff_number(world: World, node: Node) -> None:
    add_operator(node, "tan", Level.SUPERVISOR)
    tan = person("tan", staff_number="3003", level="SUPERVISOR")
    lists(world, node, MEI, person(OPERATOR, staff_number="2002"), tan)
    assert comes(node, "tan") is Level.SUPERVISOR
    # Two of the list are called as she is: who she is must be said.
    with pytest.raises(NotListed):
        comes(node, OPERATOR)
    with pytest.raises(OperatorIsYou):
        office_of(node).bind("tan", "tan", "2002")
    with pytest.raises(PersonTaken):
        office_of(node).bind("tan", OPERATOR, "3003")
    office_of(node).bind("tan", OPERATOR, "2002")
    assert comes(node, OPERATOR) is Level.CLERK


def test_where_the_list_counts_nobody_is_added_who_is_not_on_it(world: World, node: Node) -> None:
    lists(world, node, MEI, person("林海", staff_number="2002"))
    office = office_of(node)
    with pytest.raises(NotListed):
        office.add(OPERATOR, LIN, PASSWORD, Level.CLERK)
    with pytest.raises(PersonUnknown):
        office.add(OPERATOR, LIN, PASSWORD, Level.CLERK, number="7")
    office.add(OPERATOR, LIN, PASSWORD, Level.CLERK, number="2002")
    assert comes(node) is Level.CLERK


@pytest.fixture
def pages(world: World, node: Node) -> Pages:
    add_operator(node, LIN, Level.SUPERVISOR)
    return Pages(world, node)


def test_an_open_session_ends_at_its_next_request_with_one_sentence(
    world: World, node: Node, pages: Pages
) -> None:
    clerk = pages.clerk(name=LIN)
    lists(world, node, MEI, person(level="SUPERVISOR"))
    assert clerk.get("/operators").status_code == 200
    lists(world, node, MEI, person(level="CLERK"))
    assert clerk.get("/operators").status_code == 403
    assert clerk.get("/accounts").status_code == 200
    lists(world, node, MEI, person(revoked=1))
    refused = clerk.get("/sell")
    assert refused.status_code == 403
    assert "lets lin work here no longer" in refused.text
    assert clerk.get("/sell").status_code in {302, 303, 401}


def test_the_status_line_warns_of_a_list_that_was_not_renewed(
    world: World, node: Node, pages: Pages
) -> None:
    lists(world, node, MEI, person(level="SUPERVISOR"))
    assert "List of persons" not in pages.clerk().get("/").text
    world.pass_time(days=30, seconds=1)
    assert "List of persons" in pages.clerk().get("/").text


def test_a_session_that_nobody_uses_ends_as_well(world: World, node: Node, pages: Pages) -> None:
    pages.clerk(name=LIN)
    node.staff.sign_out(OPERATOR)
    node.staff.sign_in(OPERATOR, PASSWORD)
    lists(world, node, MEI, person(revoked=1))
    node.staff.sign_out(OPERATOR)
    assert not node.vault.locked
    pages.sessions.sweep()
    assert node.vault.locked


def test_the_sign_in_page_says_why_somebody_may_not_come_in(
    world: World, node: Node, pages: Pages
) -> None:
    lists(world, node, MEI)
    clerk = Clerk(pages)
    refused = clerk.post("/login", {"name": LIN, "password": PASSWORD}, on="/login")
    assert refused.status_code == 403
    assert "does not have lin for this vending point" in said(refused)[0]
    assert isinstance(NotListed(name=LIN), EntryRefused)


def test_the_pages_take_a_person_from_another_point(
    world: World, node: Node, pages: Pages
) -> None:
    lists(world, node, MEI, person("林海", staff_number="2002"), person(level="SUPERVISOR"))
    clerk = pages.clerk()
    assert "nobody with staff number 9" in clerk.get("/phone/join?number=9").text
    place = "/phone/join?number=2002"
    assert "林海" in clerk.get(place).text
    desk = desk_of(node)
    asked = desk.asked(desk.ask("join", "2002"))
    short = clerk.post("/phone/join", {"code": answer_to(asked), "password": "short"}, on=place)
    assert short.status_code == 422
    done = clerk.post("/phone/join", {"code": answer_to(asked), "password": PASSWORD}, on=place)
    assert done.status_code == 303
    assert comes(node, "林海") is Level.CLERK


def test_the_page_of_an_operator_tells_the_person_and_what_was_used_when(
    world: World, node: Node, pages: Pages
) -> None:
    lists(world, node, MEI, person(level="SUPERVISOR"))
    lin = pages.clerk(name=LIN)
    lin.get("/sell")
    page = lin.get(f"/operator?name={OPERATOR}").text
    assert f"{OPERATOR} · 1001" in page
    told = lin.post(
        "/operator/person", {"name": OPERATOR, "number": "77"}, on=f"/operator?name={OPERATOR}"
    )
    assert "nobody with staff number 77" in said(told)[0]
    assert "last on 2026-04-01" in lin.get(f"/operator?name={LIN}").text
    assert "2026-04-01" in lin.get("/operators/rights").text


def test_uses_of_rights_are_written_once_a_day_and_never_by_a_request(
    world: World, node: Node, pages: Pages
) -> None:
    lin = pages.clerk(name=LIN)
    for _ in range(3):
        lin.get("/sell")
        lin.get("/sell/quote")
    assert contents_of_uses(node) == []
    node.uses.keep()
    first = contents_of_uses(node)
    assert ("lin", "SELL") in [(name, right) for name, right, _ in first]
    world.pass_time(minutes=5)
    lin.get("/sell")
    node.uses.keep()
    assert contents_of_uses(node) == first
    world.pass_time(minutes=10)
    world.set_clock(days=1)
    lin = pages.clerk(name=LIN)
    lin.get("/sell")
    node.uses.keep()
    assert len(contents_of_uses(node)) >= len(first)
    assert contents_of_uses(node) != first


def contents_of_uses(node: Node) -> list[tuple[object, ...]]:
    import sqlite3

    with sqlite3.connect(node.store.path) as connection:
        return sorted(connection.execute("SELECT * FROM right_use WHERE operator = 'lin'"))
