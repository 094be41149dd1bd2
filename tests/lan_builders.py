"""A vending point on a local network: an address of this machine that no other one reaches."""

import http.client
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from card_builders import repeatable_random
from little_headquarters import LittleHeadquarters
from node_pages import Pages
from yika_central.domain.lan_authority import (
    SECRET_SIZE,
    SERIAL_SIZE,
    authority_certificate,
    authority_key,
    server_certificate,
)
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.lan import LanGrant, read_lan_request, sign_lan_grant
from yika_common.sync.messages import bytes_of, text_of
from yika_node.bootstrap import Node
from yika_node.services.lan_certificate import LanKeeper

ADDRESS = "127.0.0.2"
NAME = "counter.internal"
_random = repeatable_random(8100)
AUTHORITY_KEY = authority_key(bytes(range(SECRET_SIZE)))


def authority_at(at: datetime) -> x509.Certificate:
    return authority_certificate(AUTHORITY_KEY, "Yika headquarters t", at, _random(SERIAL_SIZE))


def granted(headquarters: LittleHeadquarters, request: bytes, at: datetime) -> bytes:
    """What headquarters answers to a request."""
    asked = read_lan_request(read_signed_file(request))
    authority = authority_at(at)
    issued = server_certificate(
        AUTHORITY_KEY,
        authority,
        bytes_of(asked.spki),
        asked.node,
        asked.names,
        at,
        _random(SERIAL_SIZE),
    )
    grant = LanGrant(
        node=asked.node,
        epoch=asked.epoch,
        certificate=text_of(issued.public_bytes(Encoding.DER)),
        authority=text_of(authority.public_bytes(Encoding.DER)),
    )
    return sign_lan_grant(grant, headquarters.keys["enrol"]).to_bytes()


def asked_for(node: Node, *names: str) -> bytes:
    """The node's request; somebody is signed in."""
    member, key = node.standing.membership, node.vault.signing_key()
    return LanKeeper(node.folder).request(member, key, names, node.clock())


def certify(
    node: Node,
    headquarters: LittleHeadquarters,
    at: datetime,
    names: tuple[str, ...] = (ADDRESS, NAME),
) -> LanKeeper:
    """Give the node a certificate of that day; somebody is signed in."""
    keeper = LanKeeper(node.folder)
    keeper.take(node.standing.membership, granted(headquarters, asked_for(node, *names), at))
    return keeper


def settings_with_lan(folder: Path, host: str = ADDRESS, port: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = f'[cash]\nshifts = false\n[lan]\nhost = "{host}"\nport = {port}\n'
    (folder / "node.toml").write_text(text, encoding="utf-8")


class Heard(NamedTuple):
    status: int
    headers: dict[str, str]
    cookies: list[str]
    text: str


def asked(url: str, path: str, authority: Path, method: str = "GET", **more: str) -> Heard:
    """What a client that trusts the authority, and nobody else, gets."""
    place = urlsplit(url)
    assert place.hostname is not None
    trusting = ssl.create_default_context(cafile=str(authority))
    line = http.client.HTTPSConnection(place.hostname, place.port, timeout=10, context=trusting)
    with closing(line):
        line.request(method, path, headers={name.replace("_", "-"): v for name, v in more.items()})
        answer = line.getresponse()
        headers, cookies = dict(answer.headers), answer.headers.get_all("Set-Cookie") or []
        return Heard(answer.status, headers, cookies, answer.read().decode())


@contextmanager
def shown_afar(pages: Pages) -> Iterator[str]:
    """The address of the node's pages for other machines; the node has its certificate."""
    from yika_node.web.network import served_to_others

    told: list[str] = []
    with served_to_others(
        pages.node,
        pages.sessions,
        lambda: None,
        ready=lambda url: told.append(url.rstrip("/")),
        late=lambda problem: told.append(problem.code),
        clock=pages.world.clock,
        random=repeatable_random(9100),
    ):
        yield told[0]
