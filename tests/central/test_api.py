"""The nodes' door: what it takes, what it refuses, and what it says of itself."""

import json
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from central_builders import URL, HandClock, answer_invitation, enrol
from yika_central.bootstrap import Headquarters
from yika_central.web.api import BODY_LIMIT
from yika_central.web.app import make_central_app
from yika_common.journal.coding import encode_transport
from yika_common.signing.keys import SigningKey
from yika_common.signing.sealing import SealKey
from yika_common.signing.signed_file import read_many
from yika_common.sync.enrolment import EnrolmentToken, make_request
from yika_common.sync.messages import Status, open_ack


@pytest.fixture
def client(headquarters: Headquarters) -> Iterator[FlaskClient]:
    """A program that talks to headquarters."""
    with make_central_app(headquarters).test_client() as client:
        yield client


def test_a_node_enrols_and_synchronises(
    headquarters: Headquarters, clock: HandClock, client: FlaskClient
) -> None:
    text = headquarters.enrolment.invite("N0001", name="", areas=("A01",), url=URL)
    key, kem = SigningKey.from_seed(b"\1" * 32), SealKey.from_private(b"\1" * 32)
    request = make_request(EnrolmentToken.from_text(text), key, kem.public, clock.seconds)
    enrolled = client.post("/api/v1/enrol", data=request.to_bytes())
    assert enrolled.status_code == 200
    pen = answer_invitation(headquarters, clock, text)
    assert pen.enrolment == enrolled.data
    body = encode_transport(pen.sign_of_life().to_bytes())
    answer = client.post("/api/v1/sync", data=body)
    ack, manifest = read_many(answer.data)
    assert open_ack(ack, headquarters.keys.root).status == Status.OK
    assert manifest.to_bytes() in pen.enrolment
    (item,) = pen.manifest.items
    assert len(client.get(f"/api/v1/items/{item.sha256}").data) == item.length


def test_a_refusal_is_a_sentence_and_its_code(client: FlaskClient) -> None:
    answer = client.post("/api/v1/sync", data=b"\xffnoise")
    assert answer.status_code == 400
    assert answer.get_json()["error"] == "transport_malformed"


def test_a_body_longer_than_any_segment_is_not_read(client: FlaskClient) -> None:
    assert client.post("/api/v1/sync", data=b"\0" * (BODY_LIMIT + 1)).status_code == 413


@pytest.mark.parametrize("digest", ["00" * 32, "zz" * 32, "00", "AA" * 32])
def test_an_unknown_digest_is_not_found(client: FlaskClient, digest: str) -> None:
    assert client.get(f"/api/v1/items/{digest}").status_code == 404


def test_a_request_without_a_token_is_refused(
    headquarters: Headquarters, clock: HandClock, client: FlaskClient
) -> None:
    token = EnrolmentToken(url=URL, node="N0009", secret="00" * 16, root="00" * 32)
    key, kem = SigningKey.from_seed(b"\1" * 32), SealKey.from_private(b"\1" * 32)
    request = make_request(token, key, kem.public, clock.seconds)
    answer = client.post("/api/v1/enrol", data=request.to_bytes())
    assert (answer.status_code, answer.get_json()["error"]) == (403, "enrolment_refused")
    assert headquarters.registry.nodes() == ()


def test_the_description_names_every_address_for_programs(
    headquarters: Headquarters, client: FlaskClient
) -> None:
    described = set(json.loads(client.get("/api/v1/openapi.json").data)["paths"])
    app = make_central_app(headquarters)
    served = {
        rule.rule.replace("<", "{").replace(">", "}")
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") or rule.rule == "/healthz"
    }
    assert described == served


def test_liveness_and_figures_are_served(
    headquarters: Headquarters, clock: HandClock, client: FlaskClient
) -> None:
    pen = enrol(headquarters, clock)
    pen.sell("N0001-000017", "000000000004", card="860000000001")
    pen.send(pen.cut())
    assert client.get("/healthz").get_json()["status"] == "ok"
    lines = client.get("/metrics").get_data(as_text=True).splitlines()
    assert {"yika_nodes 1", "yika_records 2", "yika_suspense 4"} <= set(lines)
