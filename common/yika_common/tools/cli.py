"""``yika``: the tools that need neither a node nor headquarters."""

import click

from yika_common.tools.price import price


@click.group()
def main() -> None:
    """Tools for auditors, installers and meter makers."""


main.add_command(price)
