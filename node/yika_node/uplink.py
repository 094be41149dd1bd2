"""The wire to headquarters: bytes out, bytes back, bounded in time and size.

What travels is signed, so the wire needs no trust: a wrong answer is found out by whoever reads
it.  Nothing is followed, cached or taken from the environment.

The library is loaded with the first exchange: the pages need not wait for it at the start.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from yika_common.errors import N_, YikaError

if TYPE_CHECKING:
    import requests

CONNECT_TIMEOUT_S: Final = 5
READ_TIMEOUT_S: Final = 30
ANSWER_MAX: Final = 32 << 20
_CHUNK: Final = 64 << 10
_SEGMENT_TYPE: Final = "application/vnd.yika.segment"
_BINARY_TYPE: Final = "application/octet-stream"


class LinkDown(YikaError):
    """Headquarters could not be reached, or the line broke; it may have heard us."""

    code = "link_down"
    sentence = N_(
        "Headquarters cannot be reached. Selling goes on; everything waits safely here and is "
        "sent by itself later. Check the line if this lasts."
    )


class HeadquartersRefused(YikaError):
    """Headquarters answered, and not with what was asked for."""

    code = "headquarters_refused"
    sentence = N_(
        "Headquarters refused the exchange (status %(status)s). Nothing was lost; it will be "
        "tried again. Call headquarters if this lasts."
    )


class AnswerTooLarge(YikaError):
    """An answer longer than any honest one."""

    code = "answer_too_large"
    sentence = N_(
        "The answer of headquarters was longer than %(limit)s bytes and was dropped. Nothing was "
        "changed. Check the address of headquarters."
    )


class Uplink(Protocol):
    """One headquarters; ``path`` begins with a slash."""

    def post(self, path: str, body: bytes) -> bytes:
        """Send bytes and return the answer's.

        Raises:
            LinkDown: no answer; the bytes may have arrived.
            HeadquartersRefused: an answer that is none.
            AnswerTooLarge: the answer was dropped.
        """
        ...

    def get(self, path: str) -> bytes:
        """Fetch bytes; raises as :meth:`post`."""
        ...

    def hang_up(self) -> None:
        """Give back what was kept open for the next question; may be asked again afterwards."""
        ...


@contextmanager
def hanging_up(uplink: Uplink) -> Iterator[Uplink]:
    """The wire, for as long as it is needed."""
    try:
        yield uplink
    finally:
        uplink.hang_up()


class HttpUplink:
    """Headquarters over HTTP; one thread's, which hangs up in the end.

    The connection is kept from one question to the next: on a slow line each new one costs a turn
    there and back, and with TLS more.
    """

    def __init__(self, url: str, *, answer_max: int = ANSWER_MAX) -> None:
        self._url = url.rstrip("/")
        self._answer_max = answer_max
        self._session: requests.Session | None = None

    def post(self, path: str, body: bytes) -> bytes:
        """See :class:`Uplink`."""
        kind = _SEGMENT_TYPE if path.endswith("/sync") else _BINARY_TYPE
        return self._exchange("POST", path, body, {"Content-Type": kind})

    def get(self, path: str) -> bytes:
        """See :class:`Uplink`."""
        return self._exchange("GET", path, None, {})

    def hang_up(self) -> None:
        """See :class:`Uplink`."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _exchange(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> bytes:
        import requests  # noqa: PLC0415 - see above

        try:
            if self._session is None:
                self._session = requests.Session()
                self._session.trust_env = False
            with self._session.request(
                method,
                self._url + path,
                data=body,
                headers=headers,
                timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
                allow_redirects=False,
                stream=True,
            ) as answer:
                if answer.status_code != requests.codes.ok:
                    raise HeadquartersRefused(status=answer.status_code)
                return self._bounded(answer)
        except requests.RequestException as failure:
            raise LinkDown from failure

    def _bounded(self, answer: "requests.Response") -> bytes:
        found = bytearray()
        for chunk in answer.iter_content(_CHUNK):
            found += chunk
            if len(found) > self._answer_max:
                raise AnswerTooLarge(limit=self._answer_max)
        return bytes(found)
