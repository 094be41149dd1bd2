"""``yika meter``: the reference meter in a file, for demonstrations and for meter makers."""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from yika_common.cards.errors import CardError
from yika_common.clock import from_timestamp
from yika_common.errors import N_, YikaError
from yika_common.infra.entropy import system_random
from yika_common.infra.wall_clock import system_clock
from yika_common.meters.catalogue import fitted, model_of, usual_model
from yika_common.meters.dialogue import load
from yika_common.meters.errors import MeterNotOnCard
from yika_common.meters.events import Event, happened
from yika_common.meters.factory import KEY_FILE_SIZE_MAX, parse_key_file
from yika_common.meters.rules import Outcome
from yika_common.meters.state import Holds, MeterPlate, MeterState, consumed
from yika_common.numbers import Quantity, price_to_text, quantity_from_text, quantity_to_text
from yika_common.services import SLOTS_MAX
from yika_common.simulated.card_hold import CardHold
from yika_common.simulated.chip_file import in_a_reader, open_any_card_file
from yika_common.simulated.meter_file import new_meter_file, open_meter_file
from yika_common.tools.telling import COMMAND_LINE_WRONG, FAILED, answer, complain, stopping

CEILING_MAX = Quantity(4_294_967_000)
_CLOCK_MAX = 0xFFFF_FFFF
_FILE = click.Path(path_type=Path)


class QuantityOutOfRange(YikaError):
    """A quantity on the command line that no meter can deliver or store."""

    code = "quantity_out_of_range"
    sentence = N_("%(text)s is not above 0 and at most %(most)s. Nothing was changed.")


class MeterClockWrong(YikaError):
    """A time on the command line that no meter's clock can show."""

    code = "meter_clock_wrong"
    sentence = N_(
        "“%(text)s” is not a time of a meter's clock. Nothing was changed. Type date, time and "
        "zone, for example 2026-05-01T00:00:00+08:00."
    )


class NoSuchFolder(YikaError):
    """The wall has nothing to show."""

    code = "no_such_folder"
    sentence = N_("%(path)s is no folder. No page was opened. Name the folder with the meters.")


class WriteBackLost(YikaError):
    """The card left after the meter kept the credit and before it could answer."""

    code = "write_back_lost"
    sentence = N_(
        "The meter kept its credit and could not write it back to the card. Put the card in again."
    )


def _at_clock(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option that sets the meter's clock."""
    return click.option(
        "--clock",
        metavar="TIME",
        help="What the meter's clock shows: date, time and zone; this computer's if left out.",
    )(command)


@click.group()
def meter() -> None:
    """Make a reference meter in a file, and let it take cards."""


@meter.command()
@click.argument("meter_file", metavar="METER", type=_FILE)
@click.option(
    "--keys",
    "key_file",
    type=_FILE,
    required=True,
    help="The meter's key file: “yika-central stock --factory” writes it.",
)
@click.option(
    "--model",
    metavar="NAME",
    help="Which meter of the catalogue it is (docs/card-format.md lists them); the usual one for "
    "its service if left out.",
)
@click.option("--ceiling", help="The most credit it ever stores, in units; its model's.")
@click.option(
    "--money",
    is_flag=True,
    help="It holds money, and deducts what is used at the price its card brings.",
)
def new(
    meter_file: Path, key_file: Path, model: str | None, ceiling: str | None, *, money: bool
) -> None:
    """Make a meter in the file METER that has taken nothing yet, and show it.

    The file holds the meter's keys: whoever reads it can make the meter's credit.
    """
    with stopping(COMMAND_LINE_WRONG):
        with key_file.open("rb") as file:
            data = file.read(KEY_FILE_SIZE_MAX + 1)
        holds = Holds.MONEY if money else Holds.QUANTITY
        plate, keys = parse_key_file(data, CEILING_MAX, holds)
        plate = fitted(plate, usual_model(plate.service) if model is None else model_of(model))
        if ceiling is not None:
            plate = replace(plate, ceiling=_positive(ceiling))
        made = new_meter_file(meter_file, plate, keys)
        answer(_shown(made.plate, made.state()))


@meter.command("load")
@click.argument("meter_file", metavar="METER", type=_FILE)
@click.argument("card_file", metavar="CARD", type=_FILE)
@click.option(
    "--slot", type=click.IntRange(0, SLOTS_MAX - 1), help="Look at this place on the card only."
)
@_at_clock
def load_card(meter_file: Path, card_file: Path, slot: int | None, clock: str | None) -> None:
    """Put the card in the file CARD to the meter: it takes what the card holds for it.

    The card may be a tool card; the meter then follows its order.

    Prints one JSON object:

    \b
    outcome   "credited", "executed", "nothing_new" or "refused"
    reason    why nothing was credited or executed, a code of docs/card-format.md; else empty
    credited  units the meter just took; below zero if a tool card cleared it
    balance   units it now holds
    count     number of the last purchase it took
    total     units it was ever credited with

    For a meter that holds money, these units are the currency's.

    Exit status: 0 if the card was taken or held nothing new, 1 if it was refused, 2 if a file is
    not what it should be.
    """  # noqa: D301 - click reads the character itself
    with stopping(COMMAND_LINE_WRONG):
        now = _time(clock)
        stored = open_meter_file(meter_file)
        card = in_a_reader(open_any_card_file(card_file, system_random))
    with stopping(FAILED):
        try:
            with CardHold(card_file):
                report = load(card, system_random, stored, now, slot=slot)
        except (CardError, MeterNotOnCard) as error:
            answer(_loaded(Outcome.REFUSED, error.code, Quantity(0), stored.state()))
            raise
        answer(_loaded(report.outcome, report.reason, report.credited, stored.state()))
    if not report.written_back:
        complain(WriteBackLost())
    sys.exit(FAILED if report.outcome is Outcome.REFUSED else 0)


@meter.command()
@click.argument("meter_file", metavar="METER", type=_FILE)
@click.argument("quantity")
@_at_clock
def use(meter_file: Path, quantity: str, clock: str | None) -> None:
    """Draw QUANTITY units through the meter, as far as its credit goes.

    A meter behind transformers is told what its element measures.

    Prints what was drawn (used) and what is left (balance). A meter that holds money also prints
    what that cost (deducted), at the price that its clock says is in force (price).
    """
    with stopping(COMMAND_LINE_WRONG):
        now = _time(clock)
        stored = open_meter_file(meter_file)
        before = stored.state()
        register = stored.plate.register
        state, delivered = consumed(before, _positive(quantity), now, register)
        stored.commit(state)
        drawn = {"used": quantity_to_text(delivered), "balance": quantity_to_text(state.balance)}
        if stored.plate.holds is Holds.MONEY:
            drawn["deducted"] = quantity_to_text(Quantity(before.balance - state.balance))
            drawn["price"] = price_to_text(state.price)
        answer(drawn)


@meter.command()
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False))
@click.option("--port", default=0, help="Where the page appears; the system chooses if left out.")
def wall(folder: Path, port: int) -> None:
    """Show the meters in FOLDER on a page, for a person with a card in the hand.

    FOLDER has the folders cards and meters, as the demonstration's has, or the files themselves.
    On the page a card is put into its meters; water, gas, heat and electricity are used; covers
    are opened; and what the meters then say is seen. Ends with Ctrl-C.
    """
    with stopping(COMMAND_LINE_WRONG):
        if not folder.is_dir():
            raise NoSuchFolder(path=str(folder))
        # The page needs the web; no other command of this tool does.
        from yika_common.infra.serving import serve  # noqa: PLC0415
        from yika_common.tools.wall.bench import Bench  # noqa: PLC0415
        from yika_common.tools.wall.pages import make_wall_app  # noqa: PLC0415

        bench = Bench(folder, clock=system_clock, random=system_random)
        app = make_wall_app(bench, random=system_random, instance=str(port))
        serve(app, port=port, ready=lambda at: answer({"url": f"http://127.0.0.1:{at}/"}))


@meter.command()
@click.argument("meter_file", metavar="METER", type=_FILE)
@click.argument("event", type=click.Choice([event.value for event in Event]))
def disturb(meter_file: Path, event: str) -> None:
    """Do something to the meter: open its cover, hold a magnet to it, let its battery run low.

    Prints the meter as it then is.
    """
    with stopping(COMMAND_LINE_WRONG):
        stored = open_meter_file(meter_file)
        state = happened(stored.plate, stored.state(), Event(event))
        stored.commit(state)
        answer(_shown(stored.plate, state))


@meter.command()
@click.argument("meter_file", metavar="METER", type=_FILE)
def show(meter_file: Path) -> None:
    """Print what the meter is and holds, as one JSON object.

    Quantities are in the meter's unit. The status adds up 1 for closed, 2 for low, 4 for
    transferred, 8 for cleared, 16 for closed at the second alarm level, 32 for a low battery, 64
    for an opened cover and 128 for a magnet; the months begin with the current month's use. A
    meter that holds money shows ceiling, levels, total and balance in the currency's unit, and its
    prices as it last kept them.
    """
    with stopping(COMMAND_LINE_WRONG):
        stored = open_meter_file(meter_file)
        answer(_shown(stored.plate, stored.state()))


def _time(text: str | None) -> datetime:
    if text is None:
        return system_clock()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as cause:
        raise MeterClockWrong(text=text) from cause
    if moment.tzinfo is None or not 0 <= (seconds := moment.timestamp()) <= _CLOCK_MAX:
        raise MeterClockWrong(text=text)
    return from_timestamp(int(seconds))


def _positive(text: str) -> Quantity:
    quantity = quantity_from_text(text)
    if not 0 < quantity <= CEILING_MAX:
        raise QuantityOutOfRange(text=text, most=quantity_to_text(CEILING_MAX))
    return quantity


def _loaded(
    outcome: Outcome, reason: str, credited: Quantity, state: MeterState
) -> dict[str, object]:
    return {
        "outcome": outcome.value,
        "reason": str(reason),
        "credited": quantity_to_text(credited),
        "balance": quantity_to_text(state.balance),
        "count": state.count,
        "total": quantity_to_text(state.total),
    }


def _shown(plate: MeterPlate, state: MeterState) -> dict[str, object]:
    return {
        "meter": plate.meter_id,
        "service": plate.service.value,
        "unit": plate.service.unit,
        "holds": plate.holds.value,
        "model": plate.model,
        "key_version": plate.key_version,
        "ceiling": quantity_to_text(plate.ceiling),
        "generation": state.generation,
        "count": state.count,
        "total": quantity_to_text(state.total),
        "balance": quantity_to_text(state.balance),
        "lifetime_use": quantity_to_text(state.lifetime_use),
        "status": state.status_by(plate.register).value,
        "sequence": state.sequence,
        "epoch": state.epoch,
        "parameter_version": state.parameter_version,
        **{
            name: quantity_to_text(getattr(state, name))
            for name in ("alarm_level", "second_level", "max_stored", "overdraft")
        },
        "refusals": state.refusals,
        "repairs": state.repairs,
        "order": state.order,
        "months": [quantity_to_text(use) for use in state.months],
        **(_prices(state) if plate.holds is Holds.MONEY else {}),
    }


def _prices(state: MeterState) -> dict[str, object]:
    next_from = from_timestamp(state.next_from).isoformat() if state.next_from else ""
    return {
        "price": price_to_text(state.price),
        "next_price": price_to_text(state.next_price) if state.next_price else "",
        "next_from": next_from,
    }
