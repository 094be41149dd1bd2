"""Commands of the tariff office: draft, replay, approve, publish."""

import sys
from pathlib import Path

import click

from yika_central.cli.kit import EXISTING_FILE, Place, command, language, password, say
from yika_central.domain.tariff_comparison import Change, compare
from yika_central.domain.tariff_replay import Findings, Mover
from yika_central.services.staff import Credential
from yika_central.services.tariff_office import TariffOffice
from yika_central.services.tariff_replays import MONTHS, MONTHS_MAX
from yika_common.infra.language import said
from yika_common.numbers import Money, money_to_text
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.model import Tariff

_MONTHS = click.IntRange(1, MONTHS_MAX)


@command
@click.argument("file", type=EXISTING_FILE)
@click.option("--officer", required=True, help="Its author, a tariff officer.")
@click.option("--replaces", type=int, help="The draft whose place it takes.")
def draft(place: Place, file: Path, officer: str, replaces: int | None) -> None:
    """Keep a tariff file as a draft and say what it changes."""
    hq = place.open()
    document = file.read_bytes()
    tariff = parse_tariff(document)
    hq.staff.officers_key(_credential(officer))
    number = hq.tariff_office.drafts.keep(document, officer, replaces=replaces)
    say(
        draft=number,
        tariff=tariff.id,
        version=tariff.version,
        changes=[_change(change) for change in _changes(hq.tariff_office, tariff, document)],
    )


@command
@click.argument("draft", type=int)
@click.option("--months", default=MONTHS, show_default=True, type=_MONTHS, help="How far back.")
@click.option("--officer", required=True, help="Who asks for it.")
def replay(place: Place, draft: int, months: int, officer: str) -> None:
    """Price past sales by a draft, and say who would have paid more or less."""
    hq = place.open()
    hq.staff.officers_key(_credential(officer))
    hq.tariff_office.drafts.one(draft)
    replays = hq.tariff_office.replays
    run = replays.ask(draft, months, officer)
    with click.progressbar(length=1, file=sys.stderr, show_pos=True) as bar:

        def told(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        found = replays.run(draft, run, told)
    say(draft=draft, months=months, **_findings(found))


@command
@click.argument("draft", type=int)
@click.option("--officer", required=True, help="Another tariff officer than its author.")
def approve(place: Place, draft: int, officer: str) -> None:
    """Sign a draft as the second person."""
    hq = place.open()
    hq.tariff_office.drafts.approve(draft, _credential(officer))
    say(draft=draft, approved_by=officer)


@command
@click.argument("files", nargs=-1, type=EXISTING_FILE)
@click.option("--draft", "number", type=int, help="An approved draft instead of files.")
@click.option("--officer", "officers", multiple=True, required=True, help="Signs.")
@click.option("--months", default=MONTHS, show_default=True, type=_MONTHS, help="Of the replay.")
def publish(
    place: Place,
    files: tuple[Path, ...],
    number: int | None,
    officers: tuple[str, ...],
    months: int,
) -> None:
    """Publish an approved draft, or files: drafted, replayed and signed by two at once."""
    if bool(files) == (number is not None):
        raise click.UsageError("Name tariff files, or one draft.")
    hq = place.open()
    if number is not None:
        _published(hq.tariff_office.drafts.publish(number, _credential(officers[0])))
        return
    documents = [path.read_bytes() for path in files]
    for document in documents:
        parse_tariff(document)
    signers = [_credential(name) for name in officers]
    for document in documents:
        _published(hq.tariff_office.publish(document, signers, months=months))


def _credential(name: str) -> Credential:
    return Credential(name, password(name))


def _published(tariff: Tariff) -> None:
    say(
        tariff=tariff.id,
        version=tariff.version,
        sha256=tariff.digest.hex(),
        effective_from=tariff.effective_from.isoformat(),
    )


def _changes(office: TariffOffice, tariff: Tariff, document: bytes) -> tuple[Change, ...]:
    against = office.shelf.baseline(tariff.id, tariff.version)
    before = None if against is None else office.document(tariff.id, against.version)
    return () if before is None else compare(before, document, language())


def _change(change: Change) -> dict[str, str]:
    words = {"what": change.what, "before": change.before, "after": change.after}
    shown = {key: said(text, language()) for key, text in words.items()}
    return {"key": change.path, **shown, "percent": change.percent}


def _findings(found: Findings) -> dict[str, object]:
    counts = {
        name: found.total(name) for name in ("accounts", "sales", "dearer", "cheaper", "same")
    }
    sums = {name: _money(found.total(name)) for name in ("before", "after", "change")}
    return {
        **counts,
        **sums,
        "changes_nothing": found.changes_nothing,
        "untouched_sales": sum(group.sales for group in found.of("untouched")),
        "switching": [f"{g.tariff_class}/{g.area}" for g in found.of("priced") if g.switches],
        "clashing": [f"{g.tariff_class}/{g.area}" for g in found.of("clash")],
        "unpriced": dict(found.unpriced),
        "rises": [_mover(mover) for mover in found.up],
        "falls": [_mover(mover) for mover in found.down],
    }


def _mover(mover: Mover) -> dict[str, object]:
    return {"account": mover.account, "before": _money(mover.before), "after": _money(mover.after)}


def _money(value: int) -> str:
    return money_to_text(Money(value))
