"""The nodes' door: what programs ask headquarters over HTTP.

Every message carries its own proof (signatures, a one-time token), so no cookie is read and no
session is kept.  Refusals are JSON; what is taken is answered with signed files.
"""

from flask import Blueprint, Response, jsonify, request
from sqlalchemy import func, select

from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Node, Quarantine, Record, Segment, Suspense, table_of
from yika_central.errors import UnknownItem
from yika_central.services.approval_office import AskerUnknown, TooManyAsked
from yika_central.services.reconciliation import BODY_MAX, ParkingFull, UnknownSigner
from yika_central.web.openapi import OPENAPI
from yika_common.errors import YikaError
from yika_common.infra.web.guard import machine
from yika_common.journal import errors as journal_errors
from yika_common.signing import errors as signing_errors
from yika_common.sync.errors import EnrolmentRefused, MessageForAnother

SIGNED_FILES = "application/vnd.yika.signed-files"
DIGEST_HEX = 64

STATUSES: dict[type[YikaError], int] = {
    UnknownItem: 404,
    EnrolmentRefused: 403,
    UnknownSigner: 403,
    ParkingFull: 429,
    AskerUnknown: 403,
    TooManyAsked: 429,
    MessageForAnother: 403,
    signing_errors.FileMalformed: 400,
    signing_errors.FileTooLarge: 413,
    signing_errors.SignatureInvalid: 403,
    signing_errors.TooFewSignatures: 403,
    signing_errors.WrongKind: 400,
    signing_errors.KeyUnusable: 400,
    journal_errors.SegmentMalformed: 400,
    journal_errors.SegmentForAnother: 403,
    journal_errors.ChainBroken: 400,
    journal_errors.TransportMalformed: 400,
    journal_errors.TransportTooLarge: 413,
}
"""The HTTP status of each refusal; the node does the same on all: keep, and try again later."""

BODY_LIMIT = BODY_MAX
"""Bytes a request may have; the app refuses longer ones before anything reads them."""


def api_blueprint(hq: Headquarters) -> Blueprint:
    """The addresses under ``/api/v1``, and ``/metrics``."""
    api = Blueprint("api", __name__)

    @api.post("/api/v1/sync")
    @machine
    def sync() -> Response:
        return _files(hq.reconciliation.receive(request.get_data(cache=False), hq.clock()))

    @api.post("/api/v1/enrol")
    @machine
    def enrol() -> Response:
        return _files(hq.enrolment.answer(request.get_data(cache=False)))

    @api.post("/api/v1/approvals")
    @machine
    def approvals() -> Response:
        return _files(hq.approval_office.receive(request.get_data(cache=False)))

    @api.get("/api/v1/items/<sha256>")
    @machine
    def item(sha256: str) -> Response:
        return _files(hq.registry.item(_digest(sha256)))

    @api.get("/api/v1/openapi.json")
    @machine
    def openapi() -> Response:
        return jsonify(OPENAPI)

    @api.get("/metrics")
    @machine
    def metrics() -> Response:
        return Response(_metrics(hq), mimetype="text/plain; version=0.0.4")

    return api


def _files(content: bytes) -> Response:
    return Response(content, mimetype=SIGNED_FILES)


def _digest(text: str) -> bytes:
    """The digest in an address; what is none names nothing."""
    if len(text) != DIGEST_HEX or any(letter not in "0123456789abcdef" for letter in text):
        raise UnknownItem
    return bytes.fromhex(text)


def _metrics(hq: Headquarters) -> str:
    counted = (
        ("yika_nodes", "Vending points known", Node),
        ("yika_segments", "Segments taken in", Segment),
        ("yika_records", "Journal records held", Record),
        ("yika_suspense", "Records waiting for a person", Suspense),
        ("yika_quarantine", "Deliveries refused and kept", Quarantine),
    )
    lines = []
    with hq.database.reading() as session:
        for name, meaning, row in counted:
            count = session.execute(select(func.count()).select_from(table_of(row))).scalar_one()
            lines += [f"# HELP {name} {meaning}", f"# TYPE {name} gauge", f"{name} {count}"]
    return "\n".join(lines) + "\n"
