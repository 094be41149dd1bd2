"""Commands about the supply network: branches, the meters on them, district meters' readings."""

from datetime import datetime
from pathlib import Path

import click

from yika_central.cli.kit import EXISTING_FILE, Place, command, say, text_of
from yika_central.cli.money import bookkeeper
from yika_central.services.network_office import NewBranch, read_hanging_list
from yika_central.services.network_tree import Interval
from yika_common.numbers import quantity_from_text, quantity_to_text
from yika_common.services import Service

_by = click.option("--by", required=True, help="Who does it.")


@click.group()
def network() -> None:
    """Compare what went into parts of the network with what was sold out of them."""


@command
@click.argument("code")
@click.option(
    "--service", required=True, type=click.Choice([service.value for service in Service])
)
@click.option("--name", required=True, help="What people call it.")
@click.option("--fed-by", "parent", default="", help="The branch that feeds it.")
@_by
def enter(place: Place, code: str, *, service: str, name: str, parent: str, by: str) -> None:
    """Enter a branch: what lies behind one district meter."""
    hq = place.open()
    person = bookkeeper(hq, by)
    say(branch=hq.network_office.enter(NewBranch(code, service, name, parent), by=person))


@command
@click.argument("listed", metavar="LIST", type=EXISTING_FILE)
@_by
def hang(place: Place, listed: Path, *, by: str) -> None:
    """Hang the meters of a CSV list, "meter,branch", on branches; an empty one takes them off."""
    hq = place.open()
    person = bookkeeper(hq, by)
    meters = read_hanging_list(text_of(listed))
    say(listed=len(meters), moved=hq.network_office.hang(meters, by=person))


@command
@click.argument("code")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.argument("reading")
@click.option("--begins", help="What the meter that took its place that day begins with.")
@_by
def read(
    place: Place, code: str, day: datetime, reading: str, *, begins: str | None, by: str
) -> None:
    """Note what a branch's district meter showed as a day began."""
    hq = place.open()
    person = bookkeeper(hq, by)
    first = None if begins is None else quantity_from_text(begins)
    hq.network_office.read(code, day.date(), quantity_from_text(reading), first, by=person)
    say(branch=code, day=day.date().isoformat(), reading=reading)


@command
@click.option("--service", type=click.Choice([service.value for service in Service]))
def losses(place: Place, service: str | None) -> None:
    """Print each branch with the time between its two newest readings, one JSON line each."""
    for view in place.open().network_office.tree(service or ""):
        say(
            branch=view.code,
            name=view.name,
            service=view.service,
            fed_by=view.parent,
            meters=view.meters,
            **_facts(view.interval),
        )


for _command in (enter, hang, read, losses):
    network.add_command(_command)


def _facts(interval: Interval | None) -> dict[str, str]:
    if interval is None:
        return {}
    return {
        "start": interval.start.isoformat(),
        "end": interval.end.isoformat(),
        "supplied": quantity_to_text(interval.supplied),
        "sold": quantity_to_text(interval.sold),
        "not_sold": quantity_to_text(interval.unsold),
    }
