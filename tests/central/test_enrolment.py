"""A node gets in with a one-time token, once, and with its own keys only."""

import pytest
from sqlalchemy import select

from central_builders import URL, HandClock, answer_invitation, enrol
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import EnrolmentToken, table_of
from yika_central.errors import BadName
from yika_central.services.enrolment import NoAreas
from yika_common.services import PROFILES
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.enrolment import EnrolmentToken as TokenText
from yika_common.sync.errors import EnrolmentRefused
from yika_common.sync.key_bundle import open_bundle


def test_a_node_gets_a_certificate_a_manifest_and_the_root_its_token_names(
    headquarters: Headquarters, clock: HandClock
) -> None:
    text = headquarters.enrolment.invite("N0001", name="东河", areas=("A01", "A02"), url=URL)
    pen = answer_invitation(headquarters, clock, text)
    assert (pen.certificate.node, pen.certificate.epoch) == ("N0001", 1)
    assert pen.certificate.areas == ("A01", "A02")
    assert [item.name for item in pen.manifest.items] == ["keys/N0001"]
    assert TokenText.from_text(text).root == headquarters.keys.root.digest


def test_the_same_request_again_gets_the_same_answer(
    headquarters: Headquarters, clock: HandClock
) -> None:
    text = headquarters.enrolment.invite("N0001", name="", areas=("A01",), url=URL)
    first = answer_invitation(headquarters, clock, text)
    clock.pass_by(minutes=10)
    assert answer_invitation(headquarters, clock, text).enrolment == first.enrolment
    assert headquarters.registry.nodes()[0].epoch == 1


def test_other_keys_under_a_used_token_are_refused_and_counted(
    headquarters: Headquarters, clock: HandClock
) -> None:
    text = headquarters.enrolment.invite("N0001", name="", areas=("A01",), url=URL)
    answer_invitation(headquarters, clock, text, seed=1)
    with pytest.raises(EnrolmentRefused):
        answer_invitation(headquarters, clock, text, seed=2)
    with headquarters.database.reading() as session:
        refusals = session.execute(select(table_of(EnrolmentToken).c.refusals)).scalar_one()
    assert refusals == 1


def test_a_token_ends_after_72_hours(headquarters: Headquarters, clock: HandClock) -> None:
    text = headquarters.enrolment.invite("N0001", name="", areas=("A01",), url=URL)
    clock.pass_by(hours=72)
    with pytest.raises(EnrolmentRefused):
        answer_invitation(headquarters, clock, text)


def test_a_new_token_voids_the_one_before_it(headquarters: Headquarters, clock: HandClock) -> None:
    old = headquarters.enrolment.invite("N0001", name="", areas=("A01",), url=URL)
    new = headquarters.enrolment.invite("N0001", name="", areas=("A01",), url=URL)
    with pytest.raises(EnrolmentRefused):
        answer_invitation(headquarters, clock, old)
    assert answer_invitation(headquarters, clock, new).certificate.epoch == 1


def test_enrolling_again_begins_the_next_epoch(
    headquarters: Headquarters, clock: HandClock
) -> None:
    enrol(headquarters, clock, seed=1)
    assert enrol(headquarters, clock, seed=2).certificate.epoch == 2


def test_a_secret_in_the_database_is_not_the_secret_of_the_token(
    headquarters: Headquarters,
) -> None:
    text = headquarters.enrolment.invite("N0001", name="", areas=("A01",), url=URL)
    with headquarters.database.reading() as session:
        stored = session.execute(select(table_of(EnrolmentToken).c.secret)).scalar_one()
    assert bytes.fromhex(TokenText.from_text(text).secret) not in bytes(stored)


def test_a_key_bundle_holds_the_keys_of_the_nodes_areas_only(
    headquarters: Headquarters, clock: HandClock
) -> None:
    mine = headquarters.stock.take_in_new("A01", PROFILES[4], 2)
    headquarters.stock.take_in_new("A02", PROFILES[4], 2)
    pen = enrol(headquarters, clock)
    (item,) = (item for item in pen.manifest.items if item.name == "keys/N0001")
    file = read_signed_file(headquarters.registry.item(bytes.fromhex(item.sha256)))
    bundle = open_bundle(file, headquarters.keys.root, pen.kem, node="N0001", epoch=1)
    assert tuple(entry.meter for entry in bundle.meters) == tuple(m.meter for m in mine.meters)
    assert tuple(entry.card for entry in bundle.cards) == mine.cards
    keys = headquarters.keys.meter_keys(mine.meters[0].meter, 1, "A01")
    assert bundle.meters[0].credit == keys.credit.hex()
    assert keys.wbq is not None
    assert keys.wbq.hex().encode() not in bundle.to_bytes()


@pytest.mark.parametrize("node", ["", "N 1", "n0001", "N00000001", "../N1"])
def test_a_node_has_a_plain_code(headquarters: Headquarters, node: str) -> None:
    with pytest.raises(BadName):
        headquarters.enrolment.invite(node, name="", areas=("A01",), url=URL)


def test_a_node_sells_for_at_least_one_area(headquarters: Headquarters) -> None:
    with pytest.raises(NoAreas):
        headquarters.enrolment.invite("N0001", name="", areas=(), url=URL)
