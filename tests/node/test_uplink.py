"""The wire: what is no answer is an error with a name, whatever stands at the other end."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from yika_node.uplink import AnswerTooLarge, HeadquartersRefused, HttpUplink, LinkDown, hanging_up


class Handler(BaseHTTPRequestHandler):
    """Answers by path."""

    protocol_version = "HTTP/1.1"
    connections: ClassVar[set[tuple[str, int]]] = set()

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body: bytes) -> None:
        self.connections.add(self.client_address)
        self.close_connection = self.path == "/cut"
        status = {"/moved": 302, "/broken": 500}.get(self.path, 200)
        answer = b"x" * 5000 if self.path == "/long" else body
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer) + (self.path == "/cut")))
        self.send_header("Location", "/long")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running() as url:
        yield url


def test_bytes_go_out_and_come_back(url: str) -> None:
    with hanging_up(HttpUplink(url)) as uplink:
        assert uplink.post("/api/v1/sync", b"\x00\xff") == b"\x00\xff"
        assert uplink.get("/api/v1/items/00") == b""


def test_one_connection_serves_until_somebody_hangs_up(url: str) -> None:
    Handler.connections.clear()
    with hanging_up(HttpUplink(url)) as uplink:
        for _ in range(3):
            uplink.post("/api/v1/sync", b"more")
        uplink.get("/api/v1/items/00")
        assert len(Handler.connections) == 1
        uplink.hang_up()
        assert uplink.get("/api/v1/items/00") == b""
    assert len(Handler.connections) == 2


@pytest.mark.parametrize(("path", "status"), [("/moved", 302), ("/broken", 500)])
def test_another_status_is_a_refusal_and_nothing_is_followed(
    url: str, path: str, status: int
) -> None:
    with pytest.raises(HeadquartersRefused) as refused, hanging_up(HttpUplink(url)) as uplink:
        uplink.get(path)
    assert refused.value.facts == {"status": status}


def test_an_answer_is_read_no_further_than_its_limit(url: str) -> None:
    with hanging_up(HttpUplink(url, answer_max=5000)) as uplink:
        assert len(uplink.get("/long")) == 5000
    with pytest.raises(AnswerTooLarge), hanging_up(HttpUplink(url, answer_max=4999)) as uplink:
        uplink.get("/long")


def test_an_answer_cut_off_is_no_answer(url: str) -> None:
    with pytest.raises(LinkDown), hanging_up(HttpUplink(url)) as uplink:
        uplink.post("/cut", b"half")


def test_nobody_at_the_other_end_is_a_line_that_is_down() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with (
        pytest.raises(LinkDown),
        hanging_up(HttpUplink(f"http://127.0.0.1:{port}")) as uplink,
    ):
        uplink.get("/")
