"""What headquarters owes an account is paid out as it ends, once, and only if that is certain."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from card_builders import ChipMemory
from customer_builders import a_sheet
from node_world import (
    OPERATOR,
    Fate,
    PowerCut,
    World,
    abandon,
    contents,
    for_money,
    open_with_card,
    watch_commits,
)
from refund_builders import TOKEN, SecondPerson
from yika_common.errors import YikaError
from yika_common.journal.card_bodies import RETIRED, CardCleared
from yika_common.journal.record import decode_line
from yika_common.journal.till_bodies import SETTLED_BACK, SETTLED_PAID, Charged
from yika_common.sync.customers import CLOSED, SlotSheet
from yika_node.bootstrap import Node
from yika_node.services.closing import ClosingDesk
from yika_node.services.views import Account
from yika_node.web.closing_pages import closing_desk_of

WATER = 4
WHY = "moves away"


class Household:
    """An account with its card, which lies in the reader, and its meters."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self.node: Node = self.world.enrolled()
        opened, store = open_with_card(self.world, self.node)
        assert isinstance(store, ChipMemory)
        self.number, self.chip = opened.number, store
        self.sales = 0

    @property
    def account(self) -> Account:
        return self.node.accounts.get(self.number)

    @property
    def desk(self) -> ClosingDesk:
        desk = closing_desk_of(self.node)
        desk.life._approvals = SecondPerson()
        return desk

    def tell(self, adjustment: int, number: int = 1, **changes: Any) -> None:
        card = self.account.card
        told = {"adjustment": adjustment, "adjustment_number": number, "card": card}
        self.world.headquarters.tell(a_sheet(self.number, 0, **(told | changes)))
        self.node.courier.sync()

    def buy(self, minor: int = 5_000) -> int:
        """Buy water and load it; what was applied of the adjustment."""
        self.sales += 1
        card = str(self.chip.memory.identity.number)
        self.world.hand.insert(self.chip)
        sold = self.node.sales.sell(OPERATOR, card, [for_money(WATER, minor)], f"s{self.sales}")
        assert sold.complete
        self.world.load(self.chip, self.account.meters[WATER].meter)
        self.world.hand.insert(self.chip)
        self.node.cards.read(OPERATOR)
        return int(sold.adjusted)

    def take_in(self) -> None:
        self.node.life.ends.end(OPERATOR, RETIRED, "moved out")

    def bodies(self) -> list[Any]:
        rows = self.node.queries.records(1, 1, 1000)
        return [decode_line(row.line).body for row in rows]

    def settled(self) -> list[tuple[str, int]]:
        found = (body for body in self.bodies() if isinstance(body, Charged))
        return [(body.what, body.signed) for body in found if body.what.startswith("settled")]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Household]:
    home = Household(tmp_path / "node")
    yield home
    home.node.close()


def test_what_no_purchase_applied_is_handed_out_with_everything_else(home: Household) -> None:
    home.tell(3_000)
    assert home.buy() == 3_000
    home.tell(5_000, 2)
    home.take_in()
    terms = home.desk.terms(home.number)
    assert (terms.settled, terms.adjustment, terms.total, terms.second) == (2_000, 0, 2_000, True)
    ended = home.desk.close(OPERATOR, home.number, WHY, "c1", approval=TOKEN)
    assert (ended.account.status, ended.paid) == (CLOSED, 2_000)
    assert home.settled() == [(SETTLED_BACK, -2_000)]
    assert home.desk.close(OPERATOR, home.number, WHY, "c1", approval=TOKEN) == ended
    assert home.settled() == [(SETTLED_BACK, -2_000)]


def test_what_headquarters_claims_is_collected(home: Household) -> None:
    home.buy()
    home.tell(-1_500)
    home.take_in()
    terms = home.desk.terms(home.number)
    assert (terms.settled, terms.total, terms.second) == (-1_500, -1_500, False)
    assert home.desk.close(OPERATOR, home.number, WHY, "c1").paid == -1_500
    assert home.settled() == [(SETTLED_PAID, 1_500)]


def test_a_card_that_never_bought_anything_settled_nothing(home: Household) -> None:
    home.tell(700)
    home.take_in()
    assert home.desk.terms(home.number).settled == 700


def test_of_a_lost_card_nobody_knows_what_it_settled_elsewhere(home: Household) -> None:
    home.buy()
    home.tell(3_000)
    home.node.life.reports.lose(OPERATOR, home.number, "by telephone")
    terms = home.desk.terms(home.number)
    assert (terms.settled, terms.adjustment, terms.total) == (0, 3_000, 0)
    home.desk.close(OPERATOR, home.number, WHY, "c1")
    assert home.settled() == []


def test_a_purchase_elsewhere_that_only_headquarters_knows_leaves_it_to_headquarters(
    home: Household,
) -> None:
    home.buy()
    home.take_in()
    newer = SlotSheet(
        slot=WATER,
        generation=1,
        count=9,
        total=90_000,
        period="2026",
        bought=90_000,
        money_number=1,
        money_total=2_500,
    )
    home.tell(3_000, slots=(newer,))
    terms = home.desk.terms(home.number)
    assert (terms.settled, terms.adjustment) == (0, 500)


def test_a_later_adjustment_than_the_one_told_was_applied_so_it_is_left(home: Household) -> None:
    home.tell(3_000, 7)
    home.buy()
    home.take_in()
    home.tell(1_000, 6)
    assert home.desk.terms(home.number).settled == 0


def test_a_card_pulled_while_it_ended_can_perhaps_still_buy(home: Household) -> None:
    home.buy()
    home.tell(3_000)
    hand = home.world.hand
    hand.fate = looking = Fate()
    home.node.cards.read(OPERATOR)
    hand.fate = Fate(len(looking.steps) + 2, "pull")
    with pytest.raises(YikaError):
        home.take_in()
    hand.fate = Fate()
    assert home.desk.terms(home.number).settled == 0
    assert not [body for body in home.bodies() if isinstance(body, CardCleared)]
    hand.insert(home.chip)
    home.take_in()
    # What the card showed is gone: headquarters knows better.
    assert home.desk.terms(home.number).settled == 0


@pytest.mark.parametrize("step", range(2))
def test_a_power_cut_pays_all_of_it_or_nothing(tmp_path: Path, step: int) -> None:
    home = Household(tmp_path / "node")
    home.buy()
    home.tell(3_000)
    home.take_in()
    watch_commits(home.node, Fate(step))
    with pytest.raises(PowerCut):
        home.desk.close(OPERATOR, home.number, WHY, "c1", approval=TOKEN)
    abandon(home.node)
    home.node = home.world.restarted()
    assert len(home.settled()) == step
    home.desk.close(OPERATOR, home.number, WHY, "c1", approval=TOKEN)
    assert home.settled() == [(SETTLED_BACK, -3_000)]
    home.node.close()


def test_a_power_cut_before_the_chip_s_end_is_confirmed_leaves_it_to_headquarters(
    tmp_path: Path,
) -> None:
    home = Household(tmp_path / "node")
    home.tell(3_000)
    watch_commits(home.node, Fate(2))
    with pytest.raises(PowerCut):
        home.take_in()
    assert home.chip.memory.keys == {}
    abandon(home.node)
    home.node = home.world.restarted()
    terms = home.desk.terms(home.number)
    assert (terms.settled, terms.adjustment) == (0, 3_000)
    home.node.close()


def test_the_tables_are_made_again_from_the_journal(home: Household) -> None:
    home.tell(3_000)
    home.take_in()
    home.desk.close(OPERATOR, home.number, WHY, "c1", approval=TOKEN)
    before = contents(home.node.store.path)
    home.node.journal.rebuild()
    assert contents(home.node.store.path) == before
