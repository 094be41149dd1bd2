"""Commands about the settings of all nodes."""

import click

from yika_central.cli.kit import Place, command, password, say
from yika_central.services.settings_office import NAMES, typed_of
from yika_central.services.staff import Credential, NotAnAdministrator, StaffRole


@click.group()
def settings() -> None:
    """The settings that every vending point sells by."""


@command
def show(place: Place) -> None:
    """Print the settings in force."""
    current = place.open().settings_office.current()
    say(**{name: typed_of(current, name) for name in NAMES})


@command
@click.argument("changes", nargs=-1, required=True, metavar="NAME=VALUE...")
@click.option("--by", required=True, help="The administrator who changes them.")
@click.option("--reason", required=True, help="Why; it is kept with the change.")
def set_(place: Place, changes: tuple[str, ...], by: str, reason: str) -> None:
    """Change settings and send them to every vending point."""
    wanted = {}
    for change in changes:
        name, equals, value = change.partition("=")
        if not equals:
            raise click.BadParameter("Write each change as NAME=VALUE.")
        wanted[name] = value
    hq = place.open()
    person = hq.staff.sign_in(Credential(by, password(by)))
    if StaffRole.ADMIN not in person.roles:
        raise NotAnAdministrator(name=by)
    version = hq.settings_office.change(wanted, by=person.name, reason=reason)
    say(version=version.number, **{name: typed_of(version.settings, name) for name in NAMES})


settings.add_command(show)
settings.add_command(set_)
