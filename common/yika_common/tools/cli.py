"""``yika``: the tools that need neither a node nor headquarters."""

import click

from yika_common.tools.price import price
from yika_common.tools.verify import verify
from yika_common.tools.reader import reader


@click.group()
def main() -> None:
    """Tools for auditors, installers and meter makers."""


main.add_command(price)
main.add_command(verify)
main.add_command(reader)
