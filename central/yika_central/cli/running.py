"""Commands that run headquarters and keep it safe: serve, back up, restore."""

import sys
from pathlib import Path

import click

from yika_central.cli.kit import (
    EXISTING_FOLDER,
    FOLDER,
    Place,
    command,
    say,
)
from yika_central.config import read_config
from yika_central.jobs import schedule
from yika_central.services.key_room import open_key_room
from yika_central.services.safekeeping import back_up, leap_ahead, put_back
from yika_central.web.app import make_central_app
from yika_common.infra.logs import log_to
from yika_common.infra.serving import serve as serve_app


@command
@click.option("--host", help="IP address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 takes a free one.")
@click.option(
    "--jobs/--no-jobs",
    default=True,
    show_default=True,
    help="Re-rate in this process; exactly one process should.",
)
def serve(place: Place, host: str | None, port: int | None, jobs: bool) -> None:  # noqa: FBT001
    """Serve the nodes and the pages until interrupted."""
    log_to(sys.stderr)
    hq = place.open()
    worker = schedule(hq) if jobs else None
    if worker:
        worker.start()
    try:
        serve_app(
            make_central_app(hq),
            host=host or hq.config.host,
            port=hq.config.port if port is None else port,
            allow_remote=hq.config.behind_proxy,
            ready=lambda number: say(url=f"http://{host or hq.config.host}:{number}"),
        )
    finally:
        if worker:
            worker.stop()
        hq.close()


@command
@click.argument("target", type=FOLDER)
def backup(place: Place, target: Path) -> None:
    """Write database, keys and configuration into a folder."""
    place.open()
    back_up(place.folder, target, database_url=place.url)
    say(backup=str(target))


@command
@click.argument("source", type=EXISTING_FOLDER)
def restore(place: Place, source: Path) -> None:
    """Set up this data folder from a backup."""
    put_back(
        source, place.folder, database_url=place.database_url or read_config(source).database_url
    )
    hq = place.open()
    leap_ahead(hq.database, open_key_room(place.folder))
    say(folder=str(place.folder), nodes=len(hq.registry.nodes()))
