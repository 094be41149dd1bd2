"""Tool cards, and meters that are replaced: what headquarters orders, fitters do and clerks end.

A *transfer* is four acts: the tool card is written, the meter follows it, the card comes back, and
another meter takes the old one's place together with a new card.  Each may be cut, and the rest
waits until somebody comes again.
"""

from contextlib import suppress
from datetime import timedelta

from attack_beginning import ZHAO
from attack_books import POINTS, Household, Tool
from attack_cards import CPU, Pocket, number_of
from attack_town import Town
from central_builders import ADMIN
from node_world import OPERATOR, Fate
from yika_central.services.level_office import Scope
from yika_central.services.tool_desk import NewTool
from yika_common.cards.parameters import Levels, MeterParameters
from yika_common.cards.tool_order import OrderKind
from yika_common.errors import YikaError
from yika_common.numbers import Quantity
from yika_common.services import Service
from yika_node.services.meter_swap import SwapForm
from yika_node.web.swap_pages import make_up_of, meter_swap_of
from yika_node.web.tool_pages import tool_desk_of

REASON = "it runs backwards"
DAYS = 3
"""For which an order is of use."""


def order(
    town: Town,
    point: int,
    meter: str,
    kind: OrderKind,
    parameters: MeterParameters = MeterParameters(),  # noqa: B008 - it is frozen
) -> Tool:
    """Headquarters orders a tool card, two persons, and tells the point."""
    new = NewTool(
        node=POINTS[point],
        holder="Sun",
        kind=kind,
        meters=(meter,),
        until=town.hq.tool_desk.today + timedelta(days=DAYS),
        parameters=parameters,
    )
    number = town.hq.tool_desk.order(new, by=ADMIN.name, reason=REASON, second=ZHAO)
    town.sync(point)
    town.serial += 1
    if parameters != MeterParameters():
        town.levels[meter].append(parameters.levels)
    town.tools.append(Tool(number, point, meter, kind, Pocket(CPU, town.serial)))
    return town.tools[-1]


def write(town: Town, tool: Tool, fate: Fate | None = None) -> None:
    """Make the chip that tool card, or finish it."""
    with town.at(tool.point, tool.pocket, fate) as node:
        tool_desk_of(node).write(OPERATOR, tool.number)
        town.happened["tool card written"] += 1


def show(town: Town, tool: Tool, fate: Fate | None = None) -> None:
    """The fitter shows the card to its meter."""
    before = town.meter(tool.meter).state()
    town.load(tool.pocket, tool.meter, fate)
    if town.meter(tool.meter).state().order != before.order:
        town.happened[f"order followed: {tool.kind.name.lower()}"] += 1
        if tool.kind is OrderKind.CLEAR:
            town.cleared[tool.meter] += before.balance


def take_back(town: Town, tool: Tool, fate: Fate | None = None) -> None:
    """The card comes back, and what its meter wrote is recorded."""
    with town.at(tool.point, tool.pocket, fate) as node:
        tool_desk_of(node).take_back(OPERATOR)
        town.happened["tool card taken back"] += 1


def set_levels(town: Town, service: Service, levels: Levels) -> None:
    """Headquarters sets the levels of a service's meters."""
    try:
        scope = Scope(service=service)
        town.hq.level_office.change(scope, levels, by=ADMIN.name, reason="dry homes")
    except YikaError as refused:
        town.happened[refused.code] += 1
    else:
        town.levels[service].append(levels)
        town.happened["levels set"] += 1


def transfer(town: Town, tool: Tool, fate: Fate | None = None) -> None:
    """The three acts of the tool card, as far as nothing goes wrong."""
    fate = fate or Fate()
    for act in (write, show, take_back):
        act(town, tool, fate)
        if struck(fate):
            return


def struck(fate: Fate) -> bool:
    """Whether the accident has happened."""
    return fate.at is not None and len(fate.steps) > fate.at


def swap(
    town: Town,
    who: Household,
    point: int,
    slot: int,
    fate: Fate | None = None,
    *,
    same_chip: bool = True,
    holds: Quantity | None = None,
) -> None:
    """Replace the meter in a slot, with the household's card in the reader or a blank chip.

    The new one holds so much, as somebody reads on its plate.

    Whatever is cut off after the commit is finished as every new card is (:meth:`Town.replace`).
    """
    old, before = who.meters[slot], town.card_of(who, point)
    if _at(town, who, point, slot) != old or not _coming(town, who, slot):
        return
    pocket, form = who.pocket, town.token()
    if not same_chip:
        town.serial += 1
        pocket = Pocket(who.kind, town.serial)
    typed = SwapForm(who.account, slot, _coming(town, who, slot), REASON, holds=holds)
    with town.at(point, pocket, fate) as node:
        made = meter_swap_of(node).swap(OPERATOR, typed, form)
        if made.problem is not None:
            raise made.problem
        town.happened["meter replaced"] += 1
    card = town.card_of(who, point)
    if card == before:
        return
    who.gone.append(old)
    who.meters[slot] = who.coming.pop(slot)
    if pocket is not who.pocket:
        who.pockets.append(pocket)
    if number_of(pocket) != card:
        who.replacing = (point, form)


def make_up(town: Town, who: Household, point: int, slot: int, fate: Fate | None = None) -> int:
    """Load what is owed to the meter in a slot, as far as it has room; how much, 0: nothing."""
    town.clock.pass_by(minutes=5)
    loaded = 0
    with town.at(point, who.pocket, fate) as node:
        done = make_up_of(node).load(OPERATOR, town.card_of(who, point), slot, town.token())
        loaded += done.quantity
    return loaded


def _at(town: Town, who: Household, point: int, slot: int) -> str:
    """The meter that stands in the slot, as far as the point knows."""
    with suppress(YikaError):
        account = town.nodes[point].accounts.get(who.account)
        return next(view.meter for view in account.meters if view.slot == slot)
    return ""


def _coming(town: Town, who: Household, slot: int) -> str:
    """The new meter with which the fitter stands there, however often he tries; empty: none."""
    if slot not in who.coming and town.spares[slot]:
        number = town.spares[slot].pop(0)
        town.deliver(slot, number)
        who.coming[slot] = number
    return who.coming.get(slot, "")
