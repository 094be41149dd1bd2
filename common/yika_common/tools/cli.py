"""``yika``: the tools that need neither a node nor headquarters."""

import click


@click.group()
def main() -> None:
    """Tools for auditors, installers and meter makers."""
