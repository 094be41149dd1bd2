"""Commands of the tool desk: orders to meters, on cards that a vending point writes."""

from datetime import datetime

import click

from yika_central.cli.kit import Place, command, say
from yika_central.cli.money import bookkeeper, credential
from yika_central.services.tool_desk import NewTool, ToolRefused
from yika_central.services.tool_views import ToolView
from yika_common.cards.parameters import Levels, MeterParameters
from yika_common.cards.tool_order import OrderKind
from yika_common.errors import Phrase
from yika_common.numbers import (
    PRICE_PLACES,
    Price,
    quantity_from_text,
    quantity_to_text,
    scaled_from_text,
)

_KINDS = {kind.name.lower(): kind for kind in OrderKind}
_DAY = click.DateTime(["%Y-%m-%d"])
_by = click.option("--by", required=True, help="Who does it: an accountant or administrator.")
_reason = click.option("--reason", required=True, help="Why it is done.")


@click.group()
def tool() -> None:
    """Order, list and follow tool cards."""


@command
@click.argument("kind", type=click.Choice([*_KINDS]))
@click.argument("meters", nargs=-1, required=True)
@click.option("--node", required=True, help="The vending point that writes the card.")
@click.option("--holder", required=True, help="Who carries it.")
@click.option("--until", required=True, type=_DAY, help="Last day it is of use, YYYY-MM-DD.")
@click.option(
    "--version",
    type=click.IntRange(0, 0xFFFF),
    default=0,
    help="Parameters: their version; 0: the one after all that are known of the meter.",
)
@click.option("--alarm", default="0", help="Parameters: alarm level, in units.")
@click.option("--second-level", default="0", help="Parameters: second alarm level.")
@click.option("--most", default="0", help="Parameters: most credit stored; 0: the meter's own.")
@click.option("--lends", default="0", help="Parameters: how far below zero it delivers.")
@click.option("--price", default="0", help="Parameters: price, for a meter that holds money.")
@_reason
@_by
@click.option("--second", default="", help="The second person: always for transfer and clear.")
def order(
    place: Place,
    kind: str,
    meters: tuple[str, ...],
    *,
    node: str,
    holder: str,
    until: datetime,
    version: int,
    alarm: str,
    second_level: str,
    most: str,
    lends: str,
    price: str,
    reason: str,
    by: str,
    second: str,
) -> None:
    """Order a tool card that tells METERS to do KIND."""
    hq = place.open()
    parameters = _parameters(version, price, alarm, most, second_level, lends)
    new = NewTool(
        node=node,
        holder=holder,
        kind=_KINDS[kind],
        meters=meters,
        until=until.date(),
        parameters=parameters,
    )
    card = hq.tool_desk.order(new, by=bookkeeper(hq, by), reason=reason, second=credential(second))
    say(card=card, node=node, kind=kind, meters=list(meters))


@command
@click.option("--all", "everything", is_flag=True, help="Also those that came to an end.")
def list_(place: Place, *, everything: bool) -> None:
    """List tool cards, one JSON line each."""
    hq = place.open()
    for view in hq.tool_desk.listed(everything=everything):
        say(**_facts(view))


@command
@click.argument("card")
@_reason
@_by
def revoke(place: Place, card: str, *, reason: str, by: str) -> None:
    """Take back the order of a card that was not written yet."""
    hq = place.open()
    hq.tool_desk.revoke(card, by=bookkeeper(hq, by), reason=reason)
    say(card=card, state=hq.tool_desk.statement(card).state)


@command
@click.argument("card")
@_reason
@_by
def give_up(place: Place, card: str, *, reason: str, by: str) -> None:
    """Note that a card which is out will not come back."""
    hq = place.open()
    hq.tool_desk.give_up(card, by=bookkeeper(hq, by), reason=reason)
    say(card=card, state=hq.tool_desk.statement(card).state)


@command
@click.argument("node")
@click.option("--no", "forbidden", is_flag=True, help="Take the right away.")
@_by
def issuer(place: Place, node: str, *, forbidden: bool, by: str) -> None:
    """Let a vending point write special cards: tool, managing and system cards."""
    hq = place.open()
    bookkeeper(hq, by)
    hq.tool_desk.let_issue(node, allowed=not forbidden)
    say(node=node, issuing=not forbidden)


for _command in (order, list_, revoke, give_up, issuer):
    tool.add_command(_command)


def _parameters(version: int, price: str, *levels: str) -> MeterParameters:
    """Parameters as they were typed; ``levels`` in the order of :class:`Levels`."""
    try:
        wanted = Levels(*map(quantity_from_text, levels))
        return MeterParameters(
            version,
            price=Price(scaled_from_text(price, PRICE_PLACES)),
            **wanted._asdict(),
        )
    except ValueError as cause:
        raise ToolRefused(field=Phrase("Parameters")) from cause


def _facts(view: ToolView) -> dict[str, object]:
    return {
        "card": view.card,
        "kind": view.kind.name.lower(),
        "node": view.node,
        "holder": view.holder,
        "state": view.state.lower(),
        "overdue": view.overdue,
        "until": view.until.isoformat(),
        "ordered_by": view.ordered_by,
        "reason": view.reason,
        "orders": [
            {
                "meter": order.meter,
                "number": order.number,
                "outcome": order.outcome.lower(),
                "balance": None if order.balance is None else quantity_to_text(order.balance),
                "used": None if order.used is None else quantity_to_text(order.used),
                "status": order.status,
                "genuine": order.genuine,
            }
            for order in view.orders
        ],
    }
