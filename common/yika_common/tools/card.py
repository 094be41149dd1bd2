"""``yika card``: simulated cards in files."""

from pathlib import Path

import click

from yika_common.cards.application import NO_TAG, CardIdentity
from yika_common.cards.user_card import recognise
from yika_common.errors import N_, YikaError
from yika_common.infra.entropy import system_random
from yika_common.simulated.card_file import new_card_file, open_card_file
from yika_common.tools.telling import COMMAND_LINE_WRONG, answer, stop, stopping

KINDS = ("cpu", "sle4442", "sle4428")


class CardKindNotMade(YikaError):
    """A kind of card that this version has no simulation of."""

    code = "card_kind_not_made"
    sentence = N_(
        "This version simulates CPU cards only, not %(kind)s. No file was made. Use --kind cpu."
    )


@click.group()
def card() -> None:
    """Simulated cards in files."""


@card.command()
@click.option("--kind", type=click.Choice(KINDS), required=True, help="The chip.")
@click.argument("file", type=click.Path(path_type=Path))
def new(kind: str, file: Path) -> None:
    """Make a blank card in FILE; its secrets are in FILE.secret."""
    if kind != "cpu":
        stop(CardKindNotMade(kind=kind), COMMAND_LINE_WRONG)
    with stopping(COMMAND_LINE_WRONG):
        answer(_shown(recognise(new_card_file(file, system_random))))


@card.command()
@click.argument("file", type=click.Path(path_type=Path))
def show(file: Path) -> None:
    """What the card in FILE tells anybody, as a JSON line."""
    with stopping(COMMAND_LINE_WRONG):
        answer(_shown(recognise(open_card_file(file, system_random))))


def _shown(identity: CardIdentity) -> dict[str, object]:
    return {
        "kind": "cpu",
        "format": identity.format,
        "serial": identity.serial.hex(),
        "state": identity.state.value,
        "number": identity.number,
        "generation": identity.generation,
        "profile": identity.profile,
        "key_version": identity.key_version,
        "slots": [slot for slot, tag in enumerate(identity.slot_tags) if tag != NO_TAG],
    }
