"""``yika``: the tools that need neither a node nor headquarters."""

import click

from yika_common.tools.card import card
from yika_common.tools.demo.command import demo
from yika_common.tools.meter import meter
from yika_common.tools.price import price
from yika_common.tools.printer import printer
from yika_common.tools.reader import reader
from yika_common.tools.verify import verify


@click.group()
def main() -> None:
    """Tools for auditors, installers and meter makers."""


main.add_command(card)
main.add_command(demo)
main.add_command(meter)
main.add_command(price)
main.add_command(verify)
main.add_command(reader)
main.add_command(printer)
