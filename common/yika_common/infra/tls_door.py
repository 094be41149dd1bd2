"""The door for other machines: TLS on an address of the local network, before the same server.

What comes in is decrypted by Python's own TLS and handed, byte by byte and unread, to a waitress
server on a Unix socket that only this user reaches.  So HTTP is read in one way whichever way it
came, under the same bounds, and whoever speaks anything but TLS is not answered.  The key exchange
waits for nobody: a connection that is slow about it holds up no other one.

Every connection counts from the moment it is taken: beyond :data:`LINES_MAX` the next one waits,
beyond :data:`LINES_OF_ONE` of one address it is closed.
"""

import asyncio
import contextlib
import socket
import tempfile
import threading
from collections import Counter
from pathlib import Path
from ssl import SSLContext
from typing import Any, Final

from flask import Flask

from yika_common.infra.serving import listener_at, server_of

LINES_MAX: Final = 64
LINES_OF_ONE: Final = 24
HANDSHAKE_S: Final = 10
CLOSING_S: Final = 5
REST_S: Final = 1
"""After the machine refused a connection, for want of memory or files."""
_PIECE: Final = 64 << 10
_ENDED_BY_IT: Final = (OSError, EOFError, asyncio.TimeoutError)


class TlsDoor:
    """One app behind one address; :meth:`open` it once, and :meth:`close` it."""

    def __init__(self, app: Flask, context: SSLContext, host: str, port: int) -> None:
        self._app, self._context = app, context
        self._address = (host, port)
        self._room = tempfile.TemporaryDirectory(prefix="yika-")
        self._inside = str(Path(self._room.name) / "pages")
        self._lines: Counter[str] = Counter()
        self._threads: list[threading.Thread] = []
        self._opened = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._taking: asyncio.Task[None] | None = None
        self._server: Any = None

    def open(self) -> int:
        """Take connections from now on; the port.

        Raises:
            PortTaken: nothing was started.
        """
        try:
            outside = listener_at(*self._address)
        except BaseException:
            self._room.cleanup()
            raise
        outside.setblocking(False)  # noqa: FBT003 - the socket's own signature
        inside = socket.socket(socket.AF_UNIX)
        inside.bind(self._inside)
        inside.listen(LINES_MAX)
        self._server = server_of(self._app, inside, scheme="https")
        tasks = (self._server.run, lambda: asyncio.run(self._take(outside)))
        names = ("lan-pages", "lan-door")
        for task, name in zip(tasks, names, strict=True):
            thread = threading.Thread(target=task, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()
        self._opened.wait()
        return int(outside.getsockname()[1])

    def close(self) -> None:
        """Take no more connections, finish what is under way, and end."""
        if self._loop is not None and self._taking is not None:
            self._loop.call_soon_threadsafe(self._taking.cancel)
        server = self._server
        if server is not None:
            server.task_dispatcher.shutdown()
            # The loop ends by itself when its map is empty.
            server.trigger.pull_trigger(lambda: server.asyncore.close_all(server._map))
        for thread in self._threads:
            thread.join(CLOSING_S + 1)
        self._room.cleanup()

    async def _take(self, outside: socket.socket) -> None:
        self._loop, self._taking = asyncio.get_running_loop(), asyncio.current_task()
        self._opened.set()
        free, under_way = asyncio.Semaphore(LINES_MAX), set[asyncio.Task[None]]()
        with outside, contextlib.suppress(asyncio.CancelledError):
            while True:
                await free.acquire()
                try:
                    line, address = await self._loop.sock_accept(outside)
                except OSError:
                    free.release()
                    await asyncio.sleep(REST_S)
                    continue
                task = self._loop.create_task(self._answer(line, str(address[0])))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
                task.add_done_callback(lambda _task: free.release())
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def _answer(self, line: socket.socket, who: str) -> None:
        if self._lines[who] >= LINES_OF_ONE:
            line.close()
            return
        self._lines[who] += 1
        try:
            with contextlib.suppress(*_ENDED_BY_IT):
                await self._join(line)
        finally:
            line.close()
            self._lines[who] -= 1
            if not self._lines[who]:
                del self._lines[who]

    async def _join(self, line: socket.socket) -> None:
        """Exchange keys, then carry what either side says until one of them ends it."""
        loop = asyncio.get_running_loop()
        heard = asyncio.StreamReader(_PIECE)
        protocol = asyncio.StreamReaderProtocol(heard)
        transport, _ = await loop.connect_accepted_socket(
            lambda: protocol,
            line,
            ssl=self._context,
            ssl_handshake_timeout=HANDSHAKE_S,
            ssl_shutdown_timeout=CLOSING_S,
        )
        told = asyncio.StreamWriter(transport, protocol, heard, loop)
        try:
            answered, asked = await asyncio.open_unix_connection(self._inside)
            try:
                ways = {
                    loop.create_task(_carry(heard, asked)),
                    loop.create_task(_carry(answered, told)),
                }
                await _first_end(ways)
            finally:
                asked.close()
        finally:
            told.close()
            with contextlib.suppress(*_ENDED_BY_IT):
                await told.wait_closed()


async def _carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while piece := await source.read(_PIECE):
        target.write(piece)
        await target.drain()


async def _first_end(ways: set[asyncio.Task[None]]) -> None:
    """Wait until one way has ended; the other one then ends too."""
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        ended = await asyncio.gather(*ways, return_exceptions=True)
    for failure in ended:
        if isinstance(failure, BaseException) and not isinstance(
            failure, (*_ENDED_BY_IT, asyncio.CancelledError)
        ):
            raise failure
