"""Commands on the ledger: take in, price again, report, check."""

import sys
from datetime import datetime
from pathlib import Path

import click

from yika_central.cli.kit import (
    EXISTING_FOLDER,
    FAILED,
    Place,
    command,
    say,
)
from yika_central.cli.kit import language as language_here
from yika_common.infra.language import filled, sentence, translate
from yika_common.numbers import Money, money_to_text

_DAY = click.DateTime(["%Y-%m-%d"])


@command
@click.argument("folder", type=EXISTING_FOLDER)
def import_(place: Place, folder: Path) -> None:
    """Take the journals on a stick in and leave the answers there."""
    hq = place.open()
    refused = False
    for entry in hq.stick.exchange(folder, hq.clock()):
        if entry.ack is not None:
            say(file=entry.file, node=entry.ack.node, status=entry.ack.status, upto=entry.ack.upto)
        if entry.refusal is not None:
            refused = True
            click.echo(f"{entry.file}: {sentence(entry.refusal, language_here())}", err=True)
    if refused:
        sys.exit(FAILED)


@command
@click.option(
    "--all", "everything", is_flag=True, help="Look at every sale, not only at new ones."
)
def rerate(place: Place, everything: bool) -> None:  # noqa: FBT001
    """Price again what has arrived, post and settle what changed, and look for cases."""
    hq = place.open()
    waiting = hq.rerating.queue_everything() if everything else hq.rerating.waiting()
    with click.progressbar(length=waiting, file=sys.stderr, show_pos=True) as bar:
        done = hq.rerating.drain(bar.update)
    settled = hq.settling.run()
    cases = hq.detection.run()
    say(
        pairs=done.pairs,
        changed=done.changed,
        posted=money_to_text(done.posted),
        absorbed=money_to_text(settled.absorbed),
        adjusted=money_to_text(settled.adjusted),
        cases=cases,
    )


@command
@click.option("--from", "first", required=True, type=_DAY, help="First day, YYYY-MM-DD.")
@click.option("--to", "last", required=True, type=_DAY, help="Last day, YYYY-MM-DD.")
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--node", default="", help="Only this vending point.")
@click.option("--area", default="", help="Only this area.")
@click.option("--language", type=click.Choice(["en", "zh"]), help="Of headings and names.")
@click.option("--by", default="", help="Who made it, as the control sheet says.")
def report(
    place: Place,
    first: datetime,
    last: datetime,
    output: Path,
    node: str,
    area: str,
    language: str | None,
    by: str,
) -> None:
    """Write the consolidated workbook of a period."""
    hq = place.open()
    scope = hq.report_office.scope(first.date(), last.date(), node=node, area=area)
    spoken = language or language_here()
    made = hq.report_office.write(
        output, scope, made_by=by or "yika-central", translate=lambda text: translate(text, spoken)
    )
    say(
        workbook=str(output),
        sales=made.sales,
        amount=money_to_text(Money(made.amount)),
        rerated=made.rerated,
        difference=money_to_text(Money(made.difference)),
        rows_sha256=made.rows_hash,
    )


@command
def check(place: Place) -> None:
    """Look at everything: database, journals hash by hash, nodes, what waits for a person."""
    holds = True
    hq = place.open()
    for finding in (*hq.inspection.findings(), hq.accounting.finding()):
        holds = holds and finding.holds
        text = filled(finding.sentence, finding.facts, language_here())
        click.echo(f"{'OK ' if finding.holds else 'BAD'} {text}")
    if not holds:
        sys.exit(FAILED)
