"""``yika card``: simulated cards in files."""

from pathlib import Path

import click

from yika_common.cards.application import NO_TAG, CardIdentity
from yika_common.cards.errors import CardForeign
from yika_common.cards.memory.peek import SeenRecord, meters_on, records_on
from yika_common.cards.special import contact as special
from yika_common.cards.user_card import recognise
from yika_common.infra.entropy import system_random
from yika_common.numbers import quantity_to_text
from yika_common.simulated.card_file import new_card_file
from yika_common.simulated.chip_file import (
    KINDS,
    in_a_reader,
    new_chip_file,
    open_any_card_file,
)
from yika_common.simulated.icc import UserCardIcc
from yika_common.simulated.memory_chip import SimulatedChip
from yika_common.simulated.memory_contact import MemoryContact
from yika_common.tools.telling import COMMAND_LINE_WRONG, answer, stopping

_CPU = "cpu"


@click.group()
def card() -> None:
    """Make a simulated card in a file, or show what is on one."""


@card.command()
@click.option(
    "--kind",
    type=click.Choice((_CPU, *KINDS)),
    required=True,
    help="The chip: a CPU card, or a memory card that is written under a code.",
)
@click.argument("file", type=click.Path(path_type=Path))
def new(kind: str, file: Path) -> None:
    """Make a blank card in FILE and show it.

    What no reader gets out of a chip (the keys of a CPU card, the code of a memory card) goes to
    FILE.secret: without it the card proves itself to nobody. A node makes the blank card a
    customer's; “yika reader” puts it into a simulated reader.
    """
    with stopping(COMMAND_LINE_WRONG):
        if kind == _CPU:
            answer(_shown(new_card_file(file, system_random)))
        else:
            answer(_shown(new_chip_file(file, KINDS[kind], system_random)))


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

    A memory card hides nothing, and proves nothing without its meters' keys:

    \b
    tries         wrong codes that are left before the chip is blocked
    records       of each place that was sold to: count and total of its newest record, and
                  what an SLE4442's meter noted: the count it took and its balance

    A system or managing card says what it is for:

    \b
    state         "in_use" or "burnt"
    type          "system" or "managing"
    holder        of a managing card
    valid_from, valid_until
                  seconds since 1970; 0: no bound
    tries         wrong PINs that are left
    """  # noqa: D301 - click reads the character itself
    with stopping(COMMAND_LINE_WRONG):
        answer(_shown(open_any_card_file(file, system_random)))


def _shown(card: UserCardIcc | SimulatedChip) -> dict[str, object]:
    try:
        return _customers(card)
    except CardForeign:
        face = special.recognise(in_a_reader(card))
    return {
        "kind": card.kind.name.lower() if isinstance(card, SimulatedChip) else _CPU,
        "format": face.format,
        "serial": face.serial.hex(),
        "state": face.state.name.lower(),
        "type": face.type.name.lower(),
        "number": face.number,
        "holder": face.holder,
        "key_version": face.key_version,
        "valid_from": face.valid_from,
        "valid_until": face.valid_until,
        "tries": face.tries,
    }


def _customers(card: UserCardIcc | SimulatedChip) -> dict[str, object]:
    if isinstance(card, SimulatedChip):
        contact = MemoryContact(card)
        identity, slots = meters_on(contact)
        return {
            **_face(card.kind.name.lower(), identity, slots),
            "tries": contact.tries(),
            "records": [_record(seen) for seen in records_on(contact)],
        }
    identity = recognise(card)
    tagged = tuple(slot for slot, tag in enumerate(identity.slot_tags) if tag != NO_TAG)
    return _face(_CPU, identity, tagged)


def _face(kind: str, identity: CardIdentity, slots: tuple[int, ...]) -> dict[str, object]:
    return {
        "kind": kind,
        "format": identity.format,
        "serial": identity.serial.hex(),
        "state": identity.state.value,
        "number": identity.number,
        "generation": identity.generation,
        "profile": identity.profile,
        "key_version": identity.key_version,
        "slots": [*slots],
    }


def _record(seen: SeenRecord) -> dict[str, object]:
    told: dict[str, object] = {
        "slot": seen.slot,
        "count": seen.count,
        "total": quantity_to_text(seen.total),
    }
    if seen.note is not None:
        told["taken"] = seen.note.count
        told["balance"] = quantity_to_text(seen.note.balance)
    return told
