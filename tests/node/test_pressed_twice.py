"""Two requests at once, or one after the other: what is meant once is done once, and said."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from node_world import (
    OPERATOR,
    PASSWORD,
    World,
    a_chip,
    a_form,
    for_money,
    for_quantity,
    open_with_card,
)
from yika_common.cards.application import CardIdentity
from yika_common.errors import YikaError
from yika_node.bootstrap import Node
from yika_node.errors import AlreadyEnrolled
from yika_node.services.errors import FormUsed
from yika_node.services.payments import Receipt
from yika_node.services.views import Operator

GAS, WATER = 3, 4
PATIENCE_S = 20


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


@pytest.fixture
def node(world: World) -> Iterator[Node]:
    node = world.enrolled()
    yield node
    node.close()


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each act, in a thread of its own, returned or was refused with."""
    outcomes: list[object] = [None] * len(acts)

    def run(index: int) -> None:
        try:
            outcomes[index] = acts[index]()
        except YikaError as refusal:
            outcomes[index] = refusal

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    return outcomes


def test_two_enrolments_at_once_make_one_pair_of_keys(world: World) -> None:
    node, headquarters = world.build(), world.headquarters
    asked, second_came = threading.Event(), threading.Event()
    post = headquarters.post

    def slow(path: str, body: bytes) -> bytes:
        asked.set()
        # The second attempt is let in as far as it gets before the first one is answered.
        second_came.wait(0.3)
        return post(path, body)

    headquarters.post = slow  # type: ignore[method-assign]

    def enrol() -> Operator:
        return node.enrolment.enrol(headquarters.token, OPERATOR, PASSWORD)

    def enrol_meanwhile() -> Operator:
        asked.wait(PATIENCE_S)
        return enrol()

    first, second = at_once(enrol, enrol_meanwhile)
    assert isinstance(first, Operator)
    assert isinstance(second, AlreadyEnrolled)
    node.close()
    node = world.restarted()
    assert node.journal.refusal is None
    node.close()


def test_one_form_sent_twice_at_once_sells_once(world: World, node: Node) -> None:
    account, _ = open_with_card(world, node)
    card = account.card
    assert card is not None

    def sell() -> Receipt:
        return node.sales.sell(OPERATOR, card, [for_money(WATER, 5_000)], "form")

    first, second = at_once(sell, sell)
    assert isinstance(first, Receipt)
    assert first == second
    assert len(node.enquiries.sales().rows) == 1


def test_two_forms_at_once_for_one_card_are_two_sales_on_top_of_each_other(
    world: World, node: Node
) -> None:
    account, chip = open_with_card(world, node)
    card = account.card
    assert card is not None

    def sell(token: str) -> Receipt:
        return node.sales.sell(OPERATOR, card, [for_quantity(WATER, 5_000)], token)

    outcomes = at_once(*(lambda token=f"form {n}": sell(token) for n in range(3)))
    assert all(isinstance(outcome, Receipt) and outcome.complete for outcome in outcomes)
    meter = account.meters[WATER].meter
    assert world.load(chip, meter).credited == 15_000


def test_a_used_form_with_other_amounts_is_refused_and_names_its_receipt(
    world: World, node: Node
) -> None:
    account, _ = open_with_card(world, node)
    assert account.card is not None
    sold = node.sales.sell(OPERATOR, account.card, [for_money(WATER, 5_000)], "form")
    head = node.courier.state().head
    for card, entries in (
        (account.card, [for_money(WATER, 9_000)]),
        (account.card, [for_quantity(WATER, 5_000)]),
        (account.card, [for_money(WATER, 5_000), for_money(GAS, 5_000)]),
        ("860099999999", [for_money(WATER, 5_000)]),
    ):
        with pytest.raises(FormUsed, match=sold.number):
            node.sales.sell(OPERATOR, card, entries, "form")
    assert node.courier.state().head == head


def test_a_card_issued_twice_at_once_is_one_card(world: World, node: Node) -> None:
    account = node.accounts.open(OPERATOR, a_form())
    world.hand.insert(a_chip())
    at_the_card, second_came = threading.Event(), threading.Event()
    step = world.hand.fate.step

    def slow(name: str) -> bool:
        if not at_the_card.is_set():
            at_the_card.set()
            # The second request is let in as far as it gets before the card is issued.
            second_came.wait(0.3)
        return step(name)

    setattr(world.hand.fate, "step", slow)  # noqa: B010 - a method is replaced on purpose

    def issue() -> CardIdentity:
        return node.cards.initialise(OPERATOR, account.number)

    def issue_meanwhile() -> CardIdentity:
        at_the_card.wait(PATIENCE_S)
        return issue()

    first, second = at_once(issue, issue_meanwhile)
    assert isinstance(first, CardIdentity)
    assert first == second
    assert node.accounts.get(account.number).card == first.number
