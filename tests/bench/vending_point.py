"""A vending point ready to sell: enrolled, with an operator, an account and its card.

Headquarters is a small one in this process, reached over real HTTP, so that the node's own
exchange with headquarters runs, and weighs, as it does at work.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest.mock import patch

import little_headquarters
from bench.processes import BIN
from node_world import OPERATOR, PASSWORD, World, open_with_card, without_shifts
from yika_common.infra.wall_clock import system_clock
from yika_common.simulated.card_file import FileCardStore
from yika_common.simulated.icc import blank_memory
from yika_node.bootstrap import build

METERS = 8
_COUNTER = Path(__file__).with_name("counter_process.py")


@dataclass(frozen=True, slots=True)
class VendingPoint:
    """A node's data folder and the card of its one account; who may sign in."""

    folder: Path
    card: Path
    operator: str = OPERATOR
    password: str = PASSWORD

    @property
    def command(self) -> list[str]:
        """The production program."""
        return [str(BIN / "yika-node"), "--data", str(self.folder), "serve", "--port", "0"]

    @property
    def command_with_card(self) -> list[str]:
        """The same with the card in a reader inside the process."""
        return [sys.executable, str(_COUNTER), str(self.folder), str(self.card)]


@contextmanager
def vending_point(room: Path) -> Iterator[VendingPoint]:
    """Make one in the folder ``room``; headquarters answers until the context ends."""
    world = World(room / "node")
    world.now = system_clock()
    world.pass_time(seconds=0)
    with _answering(world) as url, patch.object(little_headquarters, "URL", url):
        card = room / "card.json"
        chip = FileCardStore(card)
        chip.commit(blank_memory(b"BENCH001"))
        without_shifts(world.folder)
        node = build(
            world.folder,
            clock=world.clock,
            random=world.random,
            reader=world.hand,
            uplinks=world.headquarters.uplink,
        )
        try:
            node.enrolment.enrol(world.headquarters.token, OPERATOR, PASSWORD)
            open_with_card(world, node, chip, METERS)
        finally:
            node.close()
        yield VendingPoint(world.folder, card)


@contextmanager
def _answering(world: World) -> Iterator[str]:
    """Serve the world's headquarters; gives its address."""
    one_at_a_time = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            with one_at_a_time:
                self._answer(world.headquarters.post(self.path, body))

        def do_GET(self) -> None:
            with one_at_a_time:
                self._answer(world.headquarters.get(self.path))

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
