"""``yika demo``: plays the story, leaves the pages up, ends with Ctrl-C."""

import json
import shutil
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

import click

from yika_common.infra.entropy import system_random
from yika_common.infra.wall_clock import system_clock
from yika_common.simulated.card_file import new_card_file
from yika_common.tools.demo.office import ACCOUNTANT, ADMIN, OFFICERS
from yika_common.tools.demo.point import OPERATOR
from yika_common.tools.demo.processes import StepFailed
from yika_common.tools.demo.story import WRITER, Story

FOLDER = Path("demo-data")
BLANK_CARDS = ("blank-1", "blank-2", "blank-3")
"""What lies beside the households' cards: whatever a visitor makes of it."""


@click.command(short_help="Perform the main job end to end.")
@click.option("--once", is_flag=True, help="Stop everything after the last step.")
@click.option("--keep", is_flag=True, help="Keep the state of earlier runs beside the new one.")
def demo(once: bool, keep: bool) -> None:  # noqa: FBT001 - click hands flags over by name
    """Perform the main job end to end, on published prices, with simulated hardware."""
    folder = _fresh_folder(keep=keep)
    started = system_clock()
    with ExitStack() as running:
        _end_on_sigterm()
        try:
            story = Story(folder.resolve(), _Teller(), system_clock, running)
            summary = story.play()
        except StepFailed as failure:
            click.echo(f"The demonstration stopped: {failure}", err=True)
            click.echo(f"Its state and its logs are in {folder}.", err=True)
            sys.exit(1)
        except KeyboardInterrupt:
            sys.exit(1)
        took = system_clock() - started
        click.echo(f"All steps held, in {int(took.total_seconds())} seconds.")
        if not once:
            _stay(story)
    click.echo(json.dumps(summary, ensure_ascii=False))
    sys.exit(0 if summary["verified"] else 1)


def _fresh_folder(*, keep: bool) -> Path:
    if not keep:
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir()
        return FOLDER
    number = 1
    while (folder := FOLDER / f"run-{number}").exists():
        number += 1
    folder.mkdir(parents=True)
    return folder


class _Teller:
    """Prints each step in a numbered sentence."""

    def __init__(self) -> None:
        self._step = 0

    def __call__(self, sentence: str) -> None:
        self._step += 1
        click.echo(f"{self._step:2}. {sentence}")


def _stay(story: Story) -> None:
    """Leave the pages up until Ctrl-C, with a wall of meters beside them."""
    # What the demonstration needs until here needs no web of its own.
    from yika_common.infra.serving import serve  # noqa: PLC0415
    from yika_common.tools.wall.bench import Bench  # noqa: PLC0415
    from yika_common.tools.wall.pages import make_wall_app  # noqa: PLC0415

    story.leave_spares()
    for name in BLANK_CARDS:
        new_card_file(story.folder / "cards" / name, system_random)
    readers = {name: point.reader for name, point in story.points.items()}
    bench = Bench(story.folder, clock=system_clock, random=system_random, readers=readers)
    app = make_wall_app(bench, random=system_random, instance="demo")
    serve(app, port=0, ready=lambda port: _tell(story, port))


def _tell(story: Story, wall: int) -> None:
    """Where everything is, and what lies where."""
    click.echo("\nThe pages stay up. Ctrl-C ends all.\n")
    rows = [("headquarters", story.office.url, name) for name in (ADMIN, *OFFICERS, ACCOUNTANT)]
    rows += [(name, point.url, OPERATOR) for name, point in story.points.items()]
    for place, url, person in rows:
        click.echo(f"  {place:13} {url}/   {person} / {story.passwords[person]}")
    click.echo(f"  {'meter wall':13} http://127.0.0.1:{wall}/   open to whoever sits here")
    card = story.customers[0].card
    story.points["N0001"].reader.insert(card)
    click.echo(f"\nA card of eight meters lies in the reader of N0001 ({card}).")
    click.echo("On the meter wall it is taken out of there, and put into its meters.")
    click.echo("Blank cards are there too, and whatever a visitor makes of them:")
    click.echo("an account's card, a lost card's successor, a managing card, a tool card.")
    click.echo(f"{WRITER} writes the last two, which headquarters orders. Transfer and clear take")
    click.echo(f"credit away: order them as {ADMIN}, with {ACCOUNTANT} as the second person.")
    click.echo("Area A01 has a spare meter of each kind to replace one with.")


def _end_on_sigterm() -> None:
    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
