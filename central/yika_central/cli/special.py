"""Commands for system and managing cards: ordered here, written by a vending point."""

import re
from datetime import UTC, datetime, timedelta

import click

from yika_central.cli.kit import Place, command, say
from yika_central.cli.money import bookkeeper
from yika_central.services.enrolment import Invitation
from yika_central.services.special_office import NewManaging, NewSystem, SpecialView
from yika_common.services import Service

_DAY = click.DateTime(["%Y-%m-%d"])
_by = click.option("--by", required=True, help="Who does it: an accountant or administrator.")


@click.group()
def special() -> None:
    """Order, revoke and list system and managing cards."""


@command
@click.option("--holder", required=True, help="Who holds it; by the name he signs in with.")
@click.option("--node", required=True, help="The vending point that writes the card.")
@click.option("--good-at", "nodes", multiple=True, required=True, help="Where it is good.")
@click.option("--since", type=_DAY, help="First day it is good, YYYY-MM-DD.")
@click.option("--until", type=_DAY, help="Last day it is good, YYYY-MM-DD.")
@_by
def managing(
    place: Place,
    *,
    holder: str,
    node: str,
    nodes: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    by: str,
) -> None:
    """Order a managing card; its holder chooses the PIN when it is written."""
    hq = place.open()
    new = NewManaging(
        holder=holder,
        node=node,
        nodes=nodes,
        since=0 if since is None else _seconds(since),
        until=0 if until is None else _end(until),
    )
    say(card=hq.special_office.order_managing(new, by=bookkeeper(hq, by)))


@command
@click.argument("installation")
@click.option("--name", default="", help="What people call it.")
@click.option("--area", "areas", multiple=True, required=True, help="An area it sells for.")
@click.option(
    "--service",
    "services",
    multiple=True,
    required=True,
    type=click.Choice([service.value for service in Service]),
    help="What it may sell.",
)
@click.option("--url", required=True, help="Where it reaches headquarters.")
@click.option("--node", required=True, help="The vending point that writes the card.")
@click.option("--until", required=True, type=_DAY, help="Last day it is good, YYYY-MM-DD.")
@_by
def system(
    place: Place,
    installation: str,
    *,
    name: str,
    areas: tuple[str, ...],
    services: tuple[str, ...],
    url: str,
    node: str,
    until: datetime,
    by: str,
) -> None:
    """Order the card that registers INSTALLATION, and print its PIN, which nobody sees again."""
    if re.fullmatch(r"https?://[^\s/]+(/\S*)?", url) is None:
        raise click.BadParameter("An address begins with http:// or https://.")
    hq = place.open()
    invitation = Invitation(
        node=installation,
        name=name,
        areas=areas,
        url=url,
        services=tuple(map(Service, services)),
    )
    new = NewSystem(invitation=invitation, node=node, until=_end(until))
    ordered = hq.special_office.order_system(new, by=bookkeeper(hq, by))
    say(card=ordered.number, pin=ordered.pin)


@command
@click.argument("card")
@click.option("--reason", required=True, help="Why it is done.")
@_by
def revoke(place: Place, card: str, *, reason: str, by: str) -> None:
    """Let a card be good for nothing."""
    hq = place.open()
    hq.special_office.revoke(card, by=bookkeeper(hq, by), reason=reason)
    say(card=card, state="REVOKED")


@command
@click.option("--all", "everything", is_flag=True, help="Those that are over, too.")
def list_(place: Place, *, everything: bool) -> None:
    """Every special card from its order to its end, tool cards among them."""
    for view in place.open().special_office.listed(everything=everything):
        say(**_facts(view))


for _command in (managing, system, revoke, list_):
    special.add_command(_command)


def _facts(view: SpecialView) -> dict[str, object]:
    return {
        "card": view.number,
        "kind": view.kind,
        "state": view.state,
        "holder": view.holder,
        "written_by": view.node,
        "good_at": list(view.nodes),
        "registers": view.purpose,
        "ordered_by": view.ordered_by,
        "reason": view.reason,
        "refusals": view.refusals,
    }


def _seconds(day: datetime) -> int:
    return int(day.replace(tzinfo=UTC).timestamp())


def _end(day: datetime) -> int:
    """The last second of a day."""
    return _seconds(day) + int(timedelta(days=1).total_seconds()) - 1
