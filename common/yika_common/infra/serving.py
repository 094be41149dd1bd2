"""The web server of a program: waitress, on this machine only unless somebody says otherwise.

A page that travels over plain HTTP can be read and changed on its way, so an address other than
the machine's own needs a word: behind it stands a proxy that speaks HTTPS.  waitress speaks no TLS
itself; :mod:`yika_common.infra.tls_door` puts it before the same server.
"""

import signal
import socket
from collections.abc import Callable
from ipaddress import ip_address
from types import FrameType
from typing import Final, NoReturn

from flask import Flask
from waitress.server import BaseWSGIServer, create_server

from yika_common.errors import N_, YikaError
from yika_common.infra.system_errors import why_refused

THREADS: Final = 4
HEADER_MAX: Final = 16 << 10
CHANNEL_TIMEOUT_S: Final = 30
BODY_MAX: Final = 1 << 20


class NotThisMachine(YikaError):
    """The address would let other machines in over plain HTTP."""

    code = "not_this_machine"
    sentence = N_(
        "The address %(host)s would let other machines in without encryption. Nothing was "
        "started. Use 127.0.0.1. Other machines are let in over HTTPS: to a vending point by the "
        "table [lan] of node.toml, to headquarters by a proxy, which is to be allowed expressly."
    )


class PortTaken(YikaError):
    """The port cannot be listened on."""

    code = "port_taken"
    sentence = N_(
        "Port %(port)s at %(host)s cannot be used (%(why)s). Nothing was started. End the program "
        "that uses it or choose another port."
    )


def serve(
    app: Flask,
    *,
    host: str = "127.0.0.1",
    port: int,
    allow_remote: bool = False,
    threads: int = THREADS,
    ready: Callable[[int], None] | None = None,
) -> None:
    """Answer requests until SIGTERM or SIGINT; then finish those under way and return.

    ``ready`` is told the port once connections are taken (port 0 lets the system choose).  Call it
    from the main thread; the earlier signal handlers are put back.  ``host`` is an IP address.

    Raises:
        NotThisMachine, PortTaken: nothing was started.
    """
    if not allow_remote and not _is_loopback(host):
        raise NotThisMachine(host=host)
    listener = listener_at(host, port)
    server = server_of(app, listener, threads)
    before = {number: signal.signal(number, _leave) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        if ready is not None:
            ready(listener.getsockname()[1])
        server.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        server.close()


def server_of(
    app: Flask, listener: socket.socket, threads: int = THREADS, *, scheme: str = "http"
) -> BaseWSGIServer:
    """The server of an app, bounded in all that a stranger can make it hold; not yet running.

    It does not say what it is (no ``Server``), lets a request's head be no larger than
    :data:`HEADER_MAX` and hangs up on whoever sends nothing for :data:`CHANNEL_TIMEOUT_S`.
    ``scheme`` is how the pages are reached from outside.
    """
    server: BaseWSGIServer = create_server(
        app,
        sockets=[listener],
        threads=threads,
        ident="",
        url_scheme=scheme,
        max_request_header_size=HEADER_MAX,
        max_request_body_size=app.config["MAX_CONTENT_LENGTH"] or BODY_MAX,
        channel_timeout=CHANNEL_TIMEOUT_S,
    )
    return server


def listener_at(host: str, port: int) -> socket.socket:
    """A socket that takes connections at the IP address.

    Raises:
        PortTaken: it cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as failure:
        raise PortTaken(host=host, port=port, why=why_refused(failure)) from failure


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def in_address(host: str) -> str:
    """A host as it stands in an address of the web."""
    return f"[{host}]" if ":" in host else host


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    """Waitress takes this as the order to finish what is under way and return."""
    raise SystemExit
