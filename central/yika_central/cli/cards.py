"""Commands about single cards and meters: notices, lost cards, levels."""

from datetime import datetime

import click

from yika_central.cli.kit import Place, command, password, say
from yika_central.cli.money import bookkeeper
from yika_central.services.level_office import LevelVersion, Scope
from yika_central.services.notice_desk import NewNotice, NoticeView
from yika_central.services.staff import Credential, NotAnAdministrator, StaffRole
from yika_common.cards.parameters import Levels
from yika_common.numbers import money_to_text, quantity_from_text, quantity_to_text
from yika_common.services import Service
from yika_common.sync.card_list import ACTIONS

_DAY = click.DateTime(["%Y-%m-%d"])
_by = click.option("--by", required=True, help="Who does it.")
_reason = click.option("--reason", required=True, help="Why it is done.")


@click.group()
def notice() -> None:
    """Tell vending points what to do with single cards."""


@command
@click.argument("subject", metavar="CARD_OR_METER")
@click.argument("action", type=click.Choice(ACTIONS))
@click.option("--zh", default="", help="The text in Chinese.")
@click.option("--en", default="", help="The text in English.")
@click.option("--until", type=_DAY, help="Last day it holds, YYYY-MM-DD; without end if left out.")
@_reason
@_by
def give(
    place: Place,
    subject: str,
    action: str,
    *,
    zh: str,
    en: str,
    until: datetime | None,
    reason: str,
    by: str,
) -> None:
    """Give a notice about a card, or about a meter and its card."""
    hq = place.open()
    day = None if until is None else until.date()
    new = NewNotice(subject=subject, action=action, until=day, zh=zh, en=en)
    number = hq.notice_desk.give(new, by=bookkeeper(hq, by), reason=reason)
    say(subject=subject, number=number, action=action)


@command
@click.argument("subject", metavar="CARD_OR_METER")
@click.argument("number", type=int)
@click.option("--meter", "of_meter", is_flag=True, help="The number is a meter's.")
@_by
def end(place: Place, subject: str, number: int, *, of_meter: bool, by: str) -> None:
    """End a notice that holds."""
    hq = place.open()
    card, meter = ("", subject) if of_meter else (subject, "")
    hq.notice_desk.end(card, meter, number, by=bookkeeper(hq, by))
    say(subject=subject, number=number, ended=True)


@command
@click.option("--all", "everything", is_flag=True, help="Also those that ended.")
def list_(place: Place, *, everything: bool) -> None:
    """List notices, one JSON line each."""
    for view in place.open().notice_desk.listed(everything=everything):
        say(**_facts(view))


@command
@click.argument("card")
@_reason
@_by
def lost(place: Place, card: str, *, reason: str, by: str) -> None:
    """Note that the holder of a card lost it."""
    hq = place.open()
    hq.notice_desk.lose(card, by=bookkeeper(hq, by), reason=reason)
    say(card=card, state="lost")


@command
@click.argument("card")
@_reason
@_by
def found(place: Place, card: str, *, reason: str, by: str) -> None:
    """Note that a lost card is there again."""
    hq = place.open()
    hq.notice_desk.find(card, by=bookkeeper(hq, by), reason=reason)
    say(card=card, state="found")


for _command in (give, end, list_, lost, found):
    notice.add_command(_command)


@command
@click.argument("text", default="")
@click.option("--node", default="", help="Those made at one vending point.")
def register(place: Place, text: str, node: str) -> None:
    """Print cards whose number or account begins with TEXT, one JSON line each."""
    for line in place.open().card_register.find(text, node):
        say(
            card=line.card,
            account=line.account,
            generation=line.generation,
            node=line.node,
            issued=line.issued_at.isoformat(),
            replaces=line.replaces,
            replaced_by=line.replaced_by,
            fee=money_to_text(line.fee),
            state=line.state,
            since=line.since.isoformat(),
        )


@click.group()
def levels() -> None:
    """Set at which credit meters warn, close, refuse and lend."""


@command
@click.option(
    "--service",
    type=click.Choice([service.value for service in Service]),
    help="A service's meters.",
)
@click.option("--class", "tariff_class", default="", help="Of one tariff class only.")
@click.option("--meter", default="", help="One meter, instead of a service's.")
@click.option("--money", is_flag=True, help="Meters that hold money.")
@click.option("--alarm", default="0", help="Alarm level.")
@click.option("--second", default="0", help="Second alarm level: closes once; 0: none.")
@click.option("--most", default="0", help="Most credit stored; 0: the meter's own.")
@click.option(
    "--lends",
    default="0",
    show_default=True,
    help="How far below zero it delivers; 0: not at all.",
)
@click.option("--none", "removed", is_flag=True, help="Set none there any more.")
@_reason
@_by
def set_(
    place: Place,
    service: str | None,
    tariff_class: str,
    meter: str,
    *,
    money: bool,
    alarm: str,
    second: str,
    most: str,
    lends: str,
    removed: bool,
    reason: str,
    by: str,
) -> None:
    """Set the levels of a service's meters, or of one meter."""
    scope = Scope(service=service or "", tariff_class=tariff_class, meter=meter, money=money)
    wanted = Levels(*(quantity_from_text(text) for text in (alarm, most, second, lends)))
    hq = place.open()
    person = hq.staff.sign_in(Credential(by, password(by)))
    if StaffRole.ADMIN not in person.roles:
        raise NotAnAdministrator(name=by)
    version = hq.level_office.change(
        scope, None if removed else wanted, by=person.name, reason=reason
    )
    say(**_version(version))


@command
def show(place: Place) -> None:
    """Print the levels that are set, one JSON line each."""
    for version in place.open().level_office.current():
        say(**_version(version))


@command
@click.option(
    "--service", type=click.Choice([service.value for service in Service]), help="Of one service."
)
def meters(place: Place, service: str | None) -> None:
    """Print how far each meter's levels are, one JSON line each."""
    for view in place.open().level_office.meters(service=service or ""):
        say(
            meter=view.meter,
            service=view.service,
            account=view.account,
            version=view.wanted.number if view.wanted else None,
            state=view.state.value,
            told=view.told,
            in_force=view.in_force,
            status=int(view.status),
        )


for _command in (set_, show, meters):
    levels.add_command(_command)


def _version(version: LevelVersion) -> dict[str, object]:
    told = None
    if version.levels is not None:
        told = {name: quantity_to_text(level) for name, level in version.levels._asdict().items()}
    return {
        "version": version.number,
        "service": version.scope.service,
        "class": version.scope.tariff_class,
        "meter": version.scope.meter,
        "money": version.scope.money,
        "levels": told,
    }


def _facts(view: NoticeView) -> dict[str, object]:
    return {
        "card": view.card,
        "meter": view.meter,
        "number": view.number,
        "action": view.action,
        "until": view.until.isoformat() if view.until else None,
        "reason": view.reason,
        "by": view.created_by,
        "ended": view.ended_by if view.ended_at else None,
        "done": [
            {"node": one.node, "card": one.card, "how": one.how, "reason": one.reason}
            for one in view.done
        ],
    }
