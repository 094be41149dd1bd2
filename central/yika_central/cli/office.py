"""Commands of the office: set up, put into stock, enrol."""

import json
import re
from pathlib import Path

import click

from yika_central.bootstrap import initialise
from yika_central.cli.kit import (
    EXISTING_FILE,
    FOLDER,
    Place,
    command,
    password,
    say,
    text_of,
)
from yika_central.config import FILE
from yika_central.services.staff import Credential, StaffRole
from yika_central.services.stock import NewMeter, read_meter_list
from yika_common.cards.ciphers import Suite
from yika_common.infra.files import PRIVATE, replace_file
from yika_common.infra.passwords import check_new_password
from yika_common.services import PROFILES, Service


@command
@click.option("--admin", default="admin", show_default=True, help="The first administrator.")
@click.option(
    "--officer",
    "officers",
    multiple=True,
    required=True,
    help="A tariff officer; name at least two persons.",
)
@click.option("--accountant", "accountants", multiple=True, help="An accountant to enter.")
@click.option("--area", "areas", multiple=True, metavar="CODE=NAME", help="An area to enter.")
def init(
    place: Place,
    admin: str,
    officers: tuple[str, ...],
    accountants: tuple[str, ...],
    areas: tuple[str, ...],
) -> None:
    """Set up a new headquarters with its keys and its first people."""
    if len(set(officers)) < 2 or admin in officers:  # noqa: PLR2004 - the tariff role's threshold
        raise click.UsageError("Name two different tariff officers beside the administrator.")
    names = (admin, *officers, *accountants)
    if len(set(names)) < len(names):
        raise click.UsageError("Name every person once.")
    people = [Credential(name, password(name, confirm=True)) for name in names]
    for person in people:
        check_new_password(person.password)
    if place.database_url and not (place.folder / FILE).exists():
        place.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = f"database_url = {json.dumps(place.database_url)}\n"
        replace_file(place.folder / FILE, text.encode(), mode=PRIVATE)
    hq = initialise(
        place.folder,
        administrator=people[0],
        officers=people[1 : 1 + len(officers)],
        database_url=place.database_url,
    )
    for accountant in people[1 + len(officers) :]:
        hq.staff.enter(accountant, frozenset({StaffRole.ACCOUNTANT}))
    for area in areas:
        code, _, name = area.partition("=")
        hq.stock.name_area(code, name)
    say(folder=str(place.folder), root=hq.keys.root.digest)


@command
@click.option("--area", required=True, help="The area that meters and cards are for.")
@click.option("--meters", "listed", type=EXISTING_FILE, help="CSV list: meter,service.")
@click.option(
    "--profile",
    type=click.Choice([str(size) for size in PROFILES]),
    help="Number meters of ours: one card's services.",
)
@click.option(
    "--service",
    "services",
    multiple=True,
    type=click.Choice([service.value for service in Service], case_sensitive=False),
    help="Number meters of ours: this service.",
)
@click.option(
    "--count",
    default=1,
    show_default=True,
    type=click.IntRange(0, 100_000),
    help="How many of each.",
)
@click.option(
    "--cards",
    default=0,
    show_default=True,
    type=click.IntRange(0, 100_000),
    help="New card numbers.",
)
@click.option(
    "--suite",
    default=Suite.AES.name.lower(),
    show_default=True,
    type=click.Choice([suite.name.lower() for suite in Suite]),
    help="The cipher of their keys.",
)
@click.option("--factory", type=FOLDER, help="Write the meters' key files for their maker here.")
def stock(  # noqa: PLR0917 - one parameter for each option
    place: Place,
    area: str,
    listed: Path | None,
    profile: str | None,
    services: tuple[str, ...],
    count: int,
    cards: int,
    suite: str,
    factory: Path | None,
) -> None:
    """Put meters and cards of an area into stock."""
    hq = place.open()
    if listed is not None:
        meters: tuple[NewMeter, ...] = read_meter_list(text_of(listed))
        delivery = hq.stock.take_in(area, meters, cards, Suite[suite.upper()])
    else:
        wanted = [*(PROFILES[int(profile)] if profile else ()), *map(Service, services)]
        delivery = hq.stock.take_in_new(area, wanted * count, cards, Suite[suite.upper()])
    if factory is not None:
        hq.stock.export_keys([entry.meter for entry in delivery.meters], factory)
    say(
        area=delivery.area,
        meters=[{"meter": entry.meter, "service": entry.service} for entry in delivery.meters],
        cards=delivery.cards,
    )


@command
@click.argument("node")
@click.option("--name", default="", help="What people call it.")
@click.option("--area", "areas", multiple=True, required=True, help="An area it sells for.")
@click.option("--url", required=True, help="Where the node reaches headquarters.")
@click.option(
    "--service",
    "services",
    multiple=True,
    type=click.Choice([service.value for service in Service]),
    help="What it may sell; without any: what it might before, else everything.",
)
def enrol(
    place: Place,
    node: str,
    name: str,
    areas: tuple[str, ...],
    url: str,
    services: tuple[str, ...],
) -> None:
    """Print a one-time token for a vending point, good for 72 hours."""
    if re.fullmatch(r"https?://[^\s/]+(/\S*)?", url) is None:
        raise click.BadParameter("An address begins with http:// or https://.")
    allowed = tuple(map(Service, services))
    enrolment = place.open().enrolment
    click.echo(enrolment.invite(node, name=name, areas=areas, url=url, services=allowed))


@command
@click.argument("request", type=EXISTING_FILE)
@click.argument("grant", type=click.Path(dir_okay=False, path_type=Path))
def certify(place: Place, request: Path, grant: Path) -> None:
    """Certify a vending point's pages for its local network: REQUEST in, GRANT out."""
    from yika_central.services.lan_office import LanOffice  # noqa: PLC0415 - seldom needed

    hq = place.open()
    office = LanOffice(place.folder, hq.database, hq.keys, hq.clock, hq.random)
    granted = office.grant(request.read_bytes())
    grant.write_bytes(granted.file)
    say(node=granted.node, names=granted.names, until=granted.until.isoformat())
