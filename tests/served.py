"""An app served to a browser, and taken down without waiting for connections to go idle."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask

from yika_common.infra.serving import server_of


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address of the app, without a slash at the end."""
    listening: Any = server_of(app, socket.create_server(("127.0.0.1", 0)))
    thread = threading.Thread(target=listening.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.effective_port}"
    finally:
        listening.task_dispatcher.shutdown()
        # The loop ends by itself when its map is empty: the server's own, not the global one.
        listening.trigger.pull_trigger(lambda: listening.asyncore.close_all(listening._map))
        thread.join(10)
