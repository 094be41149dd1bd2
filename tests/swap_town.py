"""Counters whose customer's water meter is replaced, for tests of swaps and what follows."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from card_builders import ChipMemory, repeatable_random
from counters import GAS, WATER, Counters
from little_headquarters import AREA, MASTERS, meter_number
from node_tools import order_for
from node_world import (
    OPERATOR,
    for_money,
    for_quantity,
)
from sale_checker import journal_lines
from yika_common.cards.keys import derive_card_key, derive_meter_keys
from yika_common.cards.tool_order import OrderKind
from yika_common.cards.user_card import open_session, personalise
from yika_common.cards.write_back import evidence_in, open_write_back
from yika_common.clock import to_timestamp
from yika_common.journal.bodies import Reading
from yika_common.meters.rules import Outcome
from yika_common.meters.state import consumed
from yika_common.numbers import Quantity
from yika_common.simulated.icc import UserCardIcc
from yika_node.services.meter_swap import MeterSwap, SwapForm
from yika_node.web.swap_pages import meter_swap_of

REASON = "it runs backwards"
OLD, NEW_WATER, NEWER_WATER = (meter_number("4", index) for index in (0, 5, 6))
TOOL = "880000000001"


class Town(Counters):
    """Counters whose customer's water meter is replaced."""

    def swaps(self, at: int = 0) -> MeterSwap:
        return meter_swap_of(self.nodes[at])

    def typed(self, **changes: Any) -> SwapForm:
        return replace(SwapForm(self.account.number, WATER, NEW_WATER, REASON), **changes)

    def swap(
        self,
        chip: ChipMemory | None = None,
        at: int = 0,
        form: str = "swap",
        approval: str = "",
        **changes: Any,
    ) -> str:
        """Replace the meter with the account's card, or that chip, in the reader."""
        chip = chip or self.chip  # type: ignore[assignment]
        assert chip is not None
        self.worlds[at].hand.insert(chip)
        made = self.swaps(at).swap(OPERATOR, self.typed(**changes), form, approval)
        assert made.problem is None
        self.found(chip, made.number, at)
        return made.number

    def found(self, chip: ChipMemory, card: str, at: int = 0) -> None:
        self.chip, self.card = chip, card
        self.account = self.nodes[at].accounts.get(self.account.number)

    def transfer(self, number: int = 1) -> ChipMemory:
        """A tool card tells the water meter that it is to be replaced."""
        meter = self.account.meters[WATER].meter
        keys = derive_meter_keys(MASTERS, meter, 1, area=AREA)
        order = order_for(meter, 0, kind=OrderKind.TRANSFER, number=number)
        chip = ChipMemory()
        node_key = derive_card_key(MASTERS, TOOL, 1)
        personalise(
            UserCardIcc(chip, repeatable_random(1)),
            repeatable_random(2),
            number=TOOL,
            generation=1,
            profile=8,
            key_version=1,
            node_key=node_key,
            slot_auth_keys={0: keys.auth},
        )
        session = open_session(
            UserCardIcc(chip, repeatable_random(1)), repeatable_random(2), node_key, number=TOOL
        )
        session.write_record(0, order.encode(keys.wbq or b""))
        assert self.worlds[0].load(chip, meter).outcome is Outcome.EXECUTED
        return chip

    def take_back(self, tool: ChipMemory) -> None:
        """What the tool desk records of a card that came back."""
        icc = UserCardIcc(tool, repeatable_random(1))
        node_key = derive_card_key(MASTERS, TOOL, 1)
        session = open_session(icc, repeatable_random(2), node_key, number=TOOL)
        data = session.read_write_back(0)
        keys = derive_meter_keys(MASTERS, OLD, 1, area=AREA)
        reading = open_write_back(data, keys.wbn).reading
        body = Reading(
            card=TOOL,
            meter=OLD,
            slot=0,
            generation=reading.generation,
            count=reading.count,
            total=reading.total,
            balance=reading.balance,
            used=reading.lifetime_use,
            status=int(reading.status),
            sequence=reading.sequence,
            meter_time=to_timestamp(reading.clock),
            evidence=evidence_in(data).hex(),
        )
        self.nodes[0].journal.append([body], at=self.worlds[0].now, operator=OPERATOR)

    def use(self, quantity: int) -> None:
        stored = self.worlds[0].use_meter(self.account.meters[WATER].meter)
        state, drawn = consumed(stored.state(), Quantity(quantity), self.worlds[0].now)
        assert drawn == quantity
        stored.commit(state)

    def state_of(self, meter: str) -> Any:
        return self.worlds[0].use_meter(meter).state()

    def lines(self, kind: str, at: int = 0) -> list[dict[str, Any]]:
        lines = journal_lines(self.worlds[at].folder / "node.db")
        return [line for line in lines if line["t"] == kind]

    def pulled_at_the_write(self) -> None:
        """Sell water; the card is gone before its record is written."""
        hand = self.worlds[0].hand
        hand.insert(self.chip)
        keep = hand.fate.step
        hand.fate.step = lambda name: name == "before card DC"  # type: ignore[method-assign]
        self.sales += 1
        receipt = self.nodes[0].sales.sell(
            OPERATOR, self.card, [for_money(WATER, 2_000)], f"form {self.sales}"
        )
        hand.fate.step = keep  # type: ignore[method-assign]
        assert receipt.problem is not None


def a_town(folder: Path, points: int = 1, chip: ChipMemory | None = None) -> Town:
    """5,000 of water were bought and loaded, 1,200 used, 2,000 more bought and not loaded."""
    town = Town(folder, points=points, chip=chip, tariff_class="test")
    town.publish_and_open()
    town.tell()
    town.sell(for_quantity(WATER, 5_000), for_quantity(GAS, 7_000))
    town.load(WATER)
    town.use(1_200)
    town.sell(for_quantity(WATER, 2_000))
    return town
