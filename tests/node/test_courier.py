"""Syncing: lost requests, lost answers, doubled and late posts converge on the same state."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node_world import OPERATOR, World, for_money, open_with_card
from tariff_builders import a_component, a_document, as_bytes
from yika_common.journal.record import heads
from yika_common.signing.errors import FileMalformed, SignatureInvalid, TooFewSignatures
from yika_common.signing.signed_file import SignedFile, read_signed_file
from yika_common.sync.errors import AckChallenge, ItemMismatch, ManifestOlder
from yika_common.sync.messages import Status
from yika_common.tariffs.errors import GoldenCaseDiffers
from yika_common.tariffs.shipped import shipped
from yika_node.bootstrap import Node
from yika_node.errors import NodeRestored, VaultLocked
from yika_node.services.courier import SYNC_PATH
from yika_node.services.errors import StoppedByHeadquarters
from yika_node.uplink import HeadquartersRefused, LinkDown

WATER = 4


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


@pytest.fixture
def node(world: World) -> Iterator[Node]:
    node = world.enrolled()
    yield node
    node.close()


def sell(world: World, node: Node, times: int = 1) -> None:
    account, _ = open_with_card(world, node)
    assert account.card is not None
    for number in range(times):
        sold = node.sales.sell(OPERATOR, account.card, [for_money(WATER, 700)], f"form {number}")
        assert sold.complete


def own_lines(node: Node) -> list[bytes]:
    return [row.line for row in node.queries.records(1, 1, 10_000)]


def test_headquarters_gets_the_very_lines(world: World, node: Node) -> None:
    sell(world, node, 3)
    report = node.courier.sync()
    assert world.headquarters.lines == own_lines(node)
    assert report.acknowledged == report.sent == len(own_lines(node))
    state = node.courier.state()
    assert (state.waiting, state.oldest, state.status, state.problem) == (0, None, "OK", None)


def test_with_nothing_to_send_a_sign_of_life_goes(world: World, node: Node) -> None:
    node.courier.sync()
    posts = world.headquarters.posts
    report = node.courier.sync()
    assert (report.sent, world.headquarters.posts) == (0, posts + 1)


@pytest.mark.parametrize("lost", ["lose_request", "lose_answer"])
def test_a_lost_message_is_made_up_for_by_the_next_exchange(
    world: World, node: Node, lost: str
) -> None:
    sell(world, node)
    setattr(world.headquarters, lost, 1)
    with pytest.raises(LinkDown):
        node.courier.sync()
    state = node.courier.state()
    assert isinstance(state.problem, LinkDown)
    assert state.waiting > 0
    node.courier.sync()
    assert world.headquarters.lines == own_lines(node)
    assert node.courier.state().waiting == 0


def test_after_a_break_less_is_sent_at_once_and_all_arrives(world: World, node: Node) -> None:
    sell(world, node, 20)
    world.headquarters.lose_request = 9
    for _ in range(9):
        with pytest.raises(LinkDown):
            node.courier.sync()
    posts = world.headquarters.posts
    node.courier.sync()
    assert world.headquarters.posts > posts + 1
    assert world.headquarters.lines == own_lines(node)


def test_headquarters_put_back_from_a_backup_is_sent_what_it_lacks(
    world: World, node: Node
) -> None:
    sell(world, node, 5)
    node.courier.sync()
    del world.headquarters.lines[4:]
    del world.headquarters.heads[5:]
    node.courier.sync()
    node.courier.sync()
    assert world.headquarters.lines == own_lines(node)


def test_an_answer_to_another_exchange_is_passed_over(world: World, node: Node) -> None:
    real = world.headquarters.acknowledge
    setattr(world.headquarters, "acknowledge", lambda _challenge: real("ab" * 16))  # noqa: B010
    with pytest.raises(AckChallenge):
        node.courier.sync()
    assert node.courier.state().acknowledged == 0


def test_a_forged_acknowledgement_is_refused(world: World, node: Node) -> None:
    world.headquarters.keys["ack"] = world.headquarters.keys["enrol"]
    with pytest.raises((SignatureInvalid, TooFewSignatures)):
        node.courier.sync()
    assert node.courier.state().acknowledged == 0


def test_an_answer_that_is_none_changes_nothing(world: World, node: Node) -> None:
    setattr(world.headquarters, "post", lambda _path, _body: b"<html>wifi login</html>")  # noqa: B010
    with pytest.raises(FileMalformed):
        node.courier.sync()
    assert node.courier.state().acknowledged == 0


@pytest.mark.parametrize("forked", [False, True], ids=["holds more", "holds another"])
def test_a_headquarters_that_knows_better_stops_the_node(
    world: World, node: Node, *, forked: bool
) -> None:
    sell(world, node)
    node.courier.sync()
    hq = world.headquarters
    if forked:
        hq.lines[-1] = hq.lines[-1].replace(b"}\n", b" }\n")
        hq.heads[1:] = heads(hq.heads[0], hq.lines)
    else:
        hq.lines.append(b'{"t":"boot"}\n')
        hq.heads[1:] = heads(hq.heads[0], hq.lines)
    with pytest.raises(NodeRestored):
        node.courier.sync()
    before = node.courier.state().head
    account = node.accounts.find("").rows[0]
    assert account.card is not None
    with pytest.raises(NodeRestored):
        node.sales.sell(OPERATOR, account.card, [for_money(WATER, 700)], "one more")
    assert node.courier.state().head == before


def test_headquarters_says_stop_and_go(world: World) -> None:
    node = world.enrolled()
    sell(world, node)
    account = node.accounts.find("").rows[0]
    assert account.card is not None
    world.headquarters.status = Status.STOPPED
    node.courier.sync()
    with pytest.raises(StoppedByHeadquarters):
        node.sales.sell(OPERATOR, account.card, [for_money(WATER, 700)], "one more")
    node.close()
    again = world.restarted()
    assert isinstance(again.journal.refusal, StoppedByHeadquarters)
    world.headquarters.status = Status.OK
    again.courier.sync()
    assert again.sales.sell(OPERATOR, account.card, [for_money(WATER, 700)], "x").complete
    again.close()


def test_nothing_is_signed_while_the_vault_is_locked(world: World, node: Node) -> None:
    node.staff.sign_out(OPERATOR)
    posts = world.headquarters.posts
    with pytest.raises(VaultLocked):
        node.courier.sync()
    assert world.headquarters.posts == posts


def test_a_new_tariff_is_taken_and_waits_for_its_time(world: World, node: Node) -> None:
    world.headquarters.publish_tariff(shipped()["example-water-price-change.json"])
    report = node.courier.sync()
    assert (report.items, report.manifest) == (1, 2)
    held = {
        view.version: view.in_force
        for view in node.tariffs.shelf()
        if view.id == "CN-BJ-WATER-RES"
    }
    assert held == {3: True, 4: False}
    world.pass_time(days=365 * 4)
    held = {
        view.version: view.in_force
        for view in node.tariffs.shelf()
        if view.id == "CN-BJ-WATER-RES"
    }
    assert held == {3: False, 4: True}
    assert node.courier.state().waiting == 0, "headquarters knows which manifest is in force"


def test_every_sale_names_the_tariff_it_used(world: World, node: Node) -> None:
    sell(world, node)
    world.headquarters.publish_tariff(shipped()["example-water-price-change.json"])
    node.courier.sync()
    world.pass_time(days=365 * 4)
    account = node.accounts.find("").rows[0]
    assert account.card is not None
    node.sales.sell(OPERATOR, account.card, [for_money(WATER, 5_000)], "later")
    versions = [row.tariff_version for row in node.enquiries.sales().rows]
    assert versions == [4, 3]


def offered(version: int, **changes: object) -> bytes:
    return as_bytes(a_document(id="T", version=version, **{"class": "other"}, **changes))


def test_a_tariff_signed_by_one_person_only_is_refused(world: World, node: Node) -> None:
    world.headquarters.publish_tariff(offered(1), signers=1)
    with pytest.raises(TooFewSignatures):
        node.courier.sync()
    assert node.courier.state().manifest == 1


def test_a_tariff_that_prices_its_examples_otherwise_is_refused(world: World, node: Node) -> None:
    wrong = [{"used": "0", "amount": "10.00", "quantum": "1", "quantity": "3", "charged": "10.00"}]
    world.headquarters.publish_tariff(offered(1, golden=wrong))
    with pytest.raises(GoldenCaseDiffers):
        node.courier.sync()
    assert node.courier.state().manifest == 1
    assert all(view.id != "T" for view in node.tariffs.shelf())


def test_an_older_manifest_is_refused(world: World, node: Node) -> None:
    world.headquarters.publish_tariff(offered(1, components=[a_component([], ["5.00"])]))
    node.courier.sync()
    with pytest.raises(ManifestOlder):
        node.enrolment.adoption.missing(_first_manifest(world))


def _first_manifest(world: World) -> SignedFile:
    return read_signed_file(world.headquarters.manifests[0])


def test_an_item_with_other_bytes_is_refused(world: World, node: Node) -> None:
    world.headquarters.publish_tariff(offered(1))
    for digest in list(world.headquarters.items):
        world.headquarters.items[digest] += b" "
    with pytest.raises(ItemMismatch):
        node.courier.sync()
    assert node.courier.state().manifest == 1


def test_a_missing_item_leaves_the_manifest_in_force(world: World, node: Node) -> None:
    world.headquarters.publish_tariff(offered(1))
    held = dict(world.headquarters.items)
    world.headquarters.items.clear()
    with pytest.raises(HeadquartersRefused):
        node.courier.sync()
    assert node.courier.state().manifest == 1
    world.headquarters.items = held
    node.courier.sync()
    assert node.courier.state().manifest == 2


def test_a_stick_carries_the_same_both_ways(world: World, node: Node, tmp_path: Path) -> None:
    sell(world, node, 2)
    stick = tmp_path / "stick"
    stick.mkdir()
    names = node.stick.export(stick)
    assert node.courier.state().acknowledged == 0, "only an acknowledgement says that it arrived"
    up = stick / "YIKA" / "up" / "N0001"
    assert sorted(path.name for path in up.iterdir()) == sorted(names)
    down = stick / "YIKA" / "down" / "N0001"
    down.mkdir(parents=True)
    for path in up.glob("*.seg"):
        answer = world.headquarters.post(SYNC_PATH, b"\0" + path.read_bytes())
        (down / f"{path.name}.ack").write_bytes(answer)
    world.headquarters.publish_tariff(shipped()["example-water-price-change.json"])
    (down / "manifest").write_bytes(world.headquarters.manifests[-1])
    for digest, file in world.headquarters.items.items():
        (down / digest).write_bytes(file)
    report = node.stick.import_(stick)
    assert (report.items, report.manifest) == (1, 2)
    assert report.acknowledged == len(world.headquarters.lines) > 0
    node.stick.import_(stick)
    assert node.courier.state().manifest == 2
