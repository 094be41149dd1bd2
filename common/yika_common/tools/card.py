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
    """Make a simulated card in a file, or show what is on one."""


@card.command()
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    required=True,
    help="The chip; this version makes cpu only.",
)
@click.argument("file", type=click.Path(path_type=Path))
def new(kind: str, file: Path) -> None:
    """Make a blank card in FILE and show it.

    The keys that no reader gets out of a chip go to FILE.secret: without it the card proves
    itself to nobody. A node makes the blank card a customer's; “yika reader” puts it into a
    simulated reader.
    """
    if kind != "cpu":
        stop(CardKindNotMade(kind=kind), COMMAND_LINE_WRONG)
    with stopping(COMMAND_LINE_WRONG):
        answer(_shown(recognise(new_card_file(file, system_random))))


@card.command()
@click.argument("file", type=click.Path(path_type=Path))
def show(file: Path) -> None:
    """Print what the card in FILE tells anybody, as one JSON object.

    \b
    kind, format  of the chip and of its content
    serial        of the chip
    state         "blank", "user" (a customer's) or "retired"
    number        of the card; empty while blank
    generation    1 for a customer's first card, one more for each replacement
    profile       how many meters the card is made for: 4, 6 or 8
    key_version   of the key that nodes use
    slots         the places, 0 to 7, that belong to a meter
    """  # noqa: D301 - click reads the character itself
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
