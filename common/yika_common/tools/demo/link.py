"""A network cable that can be pulled: a local port that forwards to headquarters, or does not."""

import contextlib
import socket
import threading
from types import TracebackType

_CHUNK = 65536


class Link:
    """Forwards every connection made to :attr:`port` to the target, while the cable is in.

    Pulling the cable closes what is open and refuses what comes, exactly what a node with the
    network out would meet.
    """

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._cut = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name="link", daemon=True).start()

    def pull(self) -> None:
        """Pull the cable: what is under way ends, what comes is refused."""
        self._cut.set()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def plug(self) -> None:
        """Put the cable back."""
        self._cut.clear()

    def close(self) -> None:
        """End the forwarding for good."""
        self.pull()
        self._listener.close()

    def __enter__(self) -> "Link":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                inside, _ = self._listener.accept()
            except OSError:
                return
            if self._cut.is_set():
                inside.close()
                continue
            try:
                outside = socket.create_connection(("127.0.0.1", self._target_port))
            except OSError:
                inside.close()
                continue
            with self._lock:
                self._open |= {inside, outside}
            for source, sink in ((inside, outside), (outside, inside)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(_CHUNK):
                sink.sendall(chunk)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with self._lock:
            first_to_end = source in self._open
            self._open -= {source, sink}
        if not first_to_end:
            source.close()
            sink.close()
