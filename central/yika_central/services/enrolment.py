"""Enrolment: a one-time token goes out, a node comes in with keys of its own and gets its epoch.

A token is good for 72 hours and for one pair of keys.  The same request again, because its answer
was lost, is answered with the same bytes; other keys under a used token are refused and counted,
for then somebody has seen the token.  Each enrolment of a node begins a new epoch of its journal.

A token on a system card is good until the card's own last moment.  Other keys under it mean that
there are two cards: whichever came first, its node is stopped until a person has looked.

What a node may sell is named with its invitation, stands in its certificate and holds until
another invitation names something else.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, select, update

from yika_central.db.database import (
    Database,
    add,
    add_new,
    hold_office,
    insert_or,
    lock_node,
    put,
)
from yika_central.db.tables import (
    Branch,
    EnrolmentRefusal,
    EnrolmentToken,
    Node,
    NodeArea,
    NodeCertificate,
    table_of,
)
from yika_central.errors import BadName
from yika_central.services.key_room import KeyRoom
from yika_central.services.registry import ACTIVE, COPIED_CARD, STOPPED, WAITING, Registry
from yika_central.services.stock import check_area
from yika_common.cards.identifiers import NODE_ID_SIZE, name_to_bytes
from yika_common.clock import Clock, to_timestamp
from yika_common.errors import N_, YikaError
from yika_common.infra.entropy import RandomSource
from yika_common.journal.record import genesis
from yika_common.services import Service
from yika_common.signing import aead
from yika_common.signing.signed_file import read_signed_file, sign
from yika_common.signing.trust import ROOT_TYPE
from yika_common.sync.enrolment import (
    SECRET_SIZE,
    EnrolmentRequest,
    open_request,
)
from yika_common.sync.enrolment import EnrolmentToken as TokenText
from yika_common.sync.errors import EnrolmentRefused
from yika_common.sync.messages import Certificate, bytes_of, sign_certificate

REQUEST_MAX = 16 << 10
TOKEN_LIFE = timedelta(hours=72)


class NoAreas(YikaError):
    """A node must belong somewhere."""

    code = "enrolment_no_areas"
    sentence = N_(
        "A vending point sells for at least one area and none was named. Nothing was changed. "
        "Name its areas."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Who is to come: ``services`` is what it may sell; none: what it might before, else all."""

    node: str
    name: str
    areas: tuple[str, ...]
    url: str
    services: tuple[Service, ...] = ()


@dataclass(frozen=True, slots=True)
class _Enrolled:
    """What a request led to: the answer, or the refusal that is raised once it is on record."""

    answer: bytes
    refused: bool = False


class Enrolment:
    """Hands out tokens and answers the nodes that come with them."""

    def __init__(
        self,
        database: Database,
        keys: KeyRoom,
        registry: Registry,
        clock: Clock,
        random: RandomSource,
    ) -> None:
        self._database = database
        self._keys = keys
        self._registry = registry
        self._clock = clock
        self._random = random

    def invite(
        self,
        node: str,
        *,
        name: str,
        areas: tuple[str, ...],
        url: str,
        services: tuple[Service, ...] = (),
    ) -> str:
        """The text of a new token for the node; any earlier token of it is void.

        Raises:
            BadName: the node's or an area's code cannot be used; nothing was changed.
            NoAreas: nothing was changed.
            ValueError: the address is no address.
        """
        invitation = Invitation(node=node, name=name, areas=areas, url=url, services=services)
        with self._database.writing() as connection:
            hold_office(connection)
            return self.invited(connection, invitation).to_text()

    def invited(
        self,
        connection: Connection,
        invitation: Invitation,
        *,
        card: str = "",
        until: int | None = None,
    ) -> TokenText:
        """The token of an invitation, within a transaction that holds the office.

        Args:
            connection: the transaction.
            invitation: who is to come.
            card: the system card that will carry the token.
            until: when it runs out, in seconds since 1970; None: after 72 hours.

        Raises:
            BadName, NoAreas, ValueError: see :meth:`invite`.
        """
        node = invitation.node
        _check_node(node)
        if not invitation.areas:
            raise NoAreas
        for area in invitation.areas:
            check_area(area)
        secret = self._random(SECRET_SIZE)
        text = TokenText(
            url=invitation.url, node=node, secret=secret.hex(), root=self._keys.root.digest
        )
        at = self._clock()
        token = EnrolmentToken(
            node=node,
            secret=aead.encrypt(self._keys.token_key, secret, node.encode(), self._random),
            created_at=to_timestamp(at),
            expires_at=to_timestamp(at + TOKEN_LIFE) if until is None else until,
            card=card,
        ).model_dump()
        row = Node(
            node=node, name=invitation.name, state=WAITING, created_at=to_timestamp(at)
        ).model_dump()
        put(connection, Node, [row], ["name"])
        lock_node(connection, node)
        if invitation.services:
            table = table_of(Node)
            connection.execute(
                update(table)
                .where(table.c.node == node)
                .values(services=" ".join(str(service) for service in invitation.services))
            )
        areas = [{"node": node, "area": area} for area in invitation.areas]
        add_new(connection, NodeArea, areas)
        put(connection, EnrolmentToken, [token], [key for key in token if key != "node"])
        self._registry.issue(connection, node, new_keys=True)
        return text

    def withdraw(self, connection: Connection, card: str) -> None:
        """Let the token on a system card register nobody any more."""
        table = table_of(EnrolmentToken)
        connection.execute(update(table).where(table.c.card == card).values(expires_at=0))

    def answer(self, body: bytes) -> bytes:
        """Root document, certificate and manifest for the node that sent this request.

        Raises:
            EnrolmentRefused: no open token fits; nothing was enrolled, the attempt is counted.
            FileMalformed, FileTooLarge, SignatureInvalid and the like: it is no request.
        """
        file = read_signed_file(body, limit=REQUEST_MAX)
        with self._database.writing() as connection:
            hold_office(connection)
            request = open_request(file, lambda node: self._secret(connection, node))
            lock_node(connection, request.node)
            outcome = self._enrol(connection, request)
        if outcome.refused:
            raise EnrolmentRefused(node=request.node)
        return outcome.answer

    def _secret(self, connection: Connection, node: str) -> str | None:
        table = table_of(EnrolmentToken)
        row = connection.execute(
            select(table.c.secret, table.c.expires_at).where(table.c.node == node)
        ).first()
        if row is None or row.expires_at <= to_timestamp(self._clock()):
            return None
        return aead.decrypt(self._keys.token_key, row.secret, node.encode()).hex()

    def _enrol(self, connection: Connection, request: EnrolmentRequest) -> _Enrolled:
        table = table_of(EnrolmentToken)
        token = connection.execute(select(table).where(table.c.node == request.node)).one()
        digest = hashlib.sha256(f"{request.spki}\0{request.kem}".encode()).digest()
        this = update(table).where(table.c.node == request.node)
        if token.keys_digest and token.keys_digest != digest:
            connection.execute(this.values(refusals=table.c.refusals + 1))
            self._note_refusal(connection, request.node, digest, token.card)
            return _Enrolled(b"", refused=True)
        if token.keys_digest:
            return _Enrolled(token.answer)
        certificate = self._certify(connection, request)
        self._registry.issue(connection, request.node, new_keys=True)
        manifest = self._registry.newest_manifest(connection, request.node)
        assert manifest is not None, "a certified node has just been issued one"
        root = sign(ROOT_TYPE, self._keys.root.payload, [self._keys.signer("root")])
        answer = root.to_bytes() + certificate + manifest[1]
        used = to_timestamp(self._clock())
        connection.execute(this.values(keys_digest=digest, answer=answer, used_at=used))
        return _Enrolled(answer)

    def _note_refusal(self, connection: Connection, node: str, digest: bytes, card: str) -> None:
        """Write down that other keys came; where they came with a card, both are frozen."""
        at = to_timestamp(self._clock())
        row = EnrolmentRefusal(node=node, keys=digest.hex(), card=card, first_at=at, last_at=at)
        table = table_of(EnrolmentRefusal)
        connection.execute(
            insert_or(connection, EnrolmentRefusal).on_conflict_do_update(
                index_elements=["node", "keys"], set_={"times": table.c.times + 1, "last_at": at}
            ),
            [row.model_dump()],
        )
        if card:
            nodes = table_of(Node)
            connection.execute(
                update(nodes).where(nodes.c.node == node).values(state=STOPPED, reason=COPIED_CARD)
            )

    def _certify(self, connection: Connection, request: EnrolmentRequest) -> bytes:
        """Begin the node's next epoch under the request's keys; the certificate's file."""
        node, area = table_of(Node), table_of(NodeArea)
        at = to_timestamp(self._clock())
        row = connection.execute(select(node).where(node.c.node == request.node)).one()
        areas = connection.execute(
            select(area.c.area).where(area.c.node == request.node).order_by(area.c.area)
        ).scalars()
        certificate = Certificate(
            node=request.node,
            epoch=row.epoch + 1,
            name=row.name,
            alg=request.alg,
            spki=request.spki,
            kem=request.kem,
            areas=tuple(areas),
            services=services_of(row.services),
            issued=at,
        )
        file = sign_certificate(certificate, [self._keys.signer("enrol")])
        issued = NodeCertificate(
            node=request.node,
            epoch=certificate.epoch,
            keyid=certificate.key.keyid,
            algorithm=request.alg,
            spki=bytes_of(request.spki),
            kem=bytes_of(request.kem),
            payload=file.payload,
            file=file.to_bytes(),
            issued_at=at,
        )
        beginning = Branch(
            node=request.node,
            epoch=certificate.epoch,
            branch=0,
            head=genesis(file.payload),
            floor_at=at,
        )
        add(connection, NodeCertificate, [issued.model_dump()])
        add(connection, Branch, [beginning.model_dump()])
        connection.execute(
            update(node)
            .where(node.c.node == request.node)
            .values(epoch=certificate.epoch, state=ACTIVE, reason="", manifest_held=0)
        )
        return file.to_bytes()


def services_of(text: str) -> tuple[Service, ...]:
    """The services that a node's row names; none named: all there are."""
    return tuple(map(Service, text.split())) or tuple(Service)


def _check_node(node: str) -> None:
    try:
        name_to_bytes(node, NODE_ID_SIZE)
    except ValueError as cause:
        raise BadName(name=node[:40], most=NODE_ID_SIZE) from cause
    if not node:
        raise BadName(name=node, most=NODE_ID_SIZE)
