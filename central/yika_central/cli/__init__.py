"""``yika-central``: headquarters on the command line.

Exit status: 0 done, 1 what was asked for failed or does not hold, 2 the command line or a file it
names is wrong.  Results are JSON lines on standard output, errors one sentence on standard error.
Passwords come from ``YIKA_PASSWORD_NAME`` (the person's name in capitals), else ``YIKA_PASSWORD``,
else they are asked for.
"""

from pathlib import Path

import click

from yika_central.cli import (
    cards,
    ledger,
    money,
    network,
    office,
    running,
    special,
    tariffs,
    tools,
)
from yika_central.cli import settings as office_settings
from yika_central.cli.kit import FOLDER, Place


@click.group()
@click.option(
    "--data",
    default="central-data",
    envvar="YIKA_CENTRAL_DATA",
    type=FOLDER,
    show_default=True,
    help="The data folder.",
)
@click.option("--database-url", help="PostgreSQL instead of what the configuration says.")
@click.pass_context
def main(context: click.Context, data: Path, database_url: str | None) -> None:
    """Headquarters: takes in the vending points' journals, prices them again, reports."""
    context.obj = Place(data, database_url)


for _command in (
    office.init,
    running.serve,
    office.stock,
    office.enrol,
    office.certify,
    tariffs.draft,
    tariffs.replay,
    tariffs.approve,
    tariffs.publish,
    office_settings.settings,
    ledger.import_,
    ledger.rerate,
    money.adjust,
    money.debt,
    cards.notice,
    cards.levels,
    cards.register,
    network.network,
    tools.tool,
    special.special,
    money.close_month,
    ledger.report,
    ledger.check,
    running.backup,
    running.restore,
):
    main.add_command(_command)
