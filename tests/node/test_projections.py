"""Every projection is a function of the journal: rebuilt from it, the tables are the same."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from node_world import (
    OPERATOR,
    Fate,
    PowerCut,
    World,
    a_chip,
    abandon,
    contents,
    for_money,
    open_with_card,
    watch_commits,
)
from staff_builders import add_operator
from yika_common.errors import YikaError
from yika_common.simulated.icc import CardStore
from yika_node.bootstrap import Node
from yika_node.services.views import Account, Level

ACCOUNTS_MAX = 3


class Counter(RuleBasedStateMachine):
    """A counter at work: accounts, cards, sales, meters, syncs, power cuts."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.world = World(Path(self.folder.name) / "node")
        self.node: Node = self.world.enrolled()
        self.cards: list[tuple[Account, CardStore]] = []
        self.token = 0

    def teardown(self) -> None:
        self.node.close()
        self.folder.cleanup()

    @precondition(lambda self: len(self.cards) < ACCOUNTS_MAX)
    @rule()
    def open_an_account(self) -> None:
        index = len(self.cards)
        self.cards.append(
            open_with_card(self.world, self.node, a_chip(index), profile=4, index=index)
        )

    @precondition(lambda self: self.cards)
    @rule(
        which=st.integers(0, ACCOUNTS_MAX - 1),
        slot=st.sampled_from([0, 2, 3]),
        money=st.integers(500, 90_000),
        cut=st.none() | st.integers(0, 40),
    )
    def sell(self, which: int, slot: int, money: int, cut: int | None) -> None:
        account, chip = self.cards[which % len(self.cards)]
        assert account.card is not None
        self.token += 1
        fate = Fate(cut)
        self.world.hand.insert(chip)
        self.world.hand.fate = fate
        watch_commits(self.node, fate)
        try:
            self.node.sales.sell(OPERATOR, account.card, [for_money(slot, money)], str(self.token))
        except PowerCut:
            abandon(self.node)
            self.node = self.world.restarted()
        except YikaError:
            # A price that can't be, or a sale that is still open: nothing was sold.
            pass
        fate.at = None

    @precondition(lambda self: self.cards)
    @rule(which=st.integers(0, ACCOUNTS_MAX - 1), slot=st.sampled_from([0, 2, 3]))
    def load_a_meter_and_read(self, which: int, slot: int) -> None:
        account, chip = self.cards[which % len(self.cards)]
        self.world.load(chip, account.meters[slot].meter)
        self.world.hand.insert(chip)
        self.node.cards.read(OPERATOR)

    @rule()
    def sync(self) -> None:
        self.world.pass_time(hours=1)
        self.node.courier.sync()

    @rule()
    def hire(self) -> None:
        self.token += 1
        add_operator(self.node, f"clerk {self.token}", Level.CLERK)

    @invariant()
    def rebuilding_changes_nothing(self) -> None:
        database = self.world.folder / "node.db"
        before = contents(database)
        self.node.journal.rebuild()
        assert contents(database) == before


Counter.TestCase.settings = settings(
    max_examples=12,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestProjections = Counter.TestCase
