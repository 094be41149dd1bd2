"""A tariff is published by two persons, once, and every node is told."""

import json

import pytest
from sqlalchemy import select

from central_builders import ADMIN, LI, WANG, HandClock, enrol, publish_water, water_tariff
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import RerateQueue, table_of
from yika_central.services.staff import Credential, NotAnOfficer
from yika_central.services.tariff_rules import (
    TariffChangesScope,
    TariffNotNewer,
    TariffTimeWrong,
    TariffWouldClash,
    TwoPersonsNeeded,
)
from yika_common.infra.sessions import TooManyAttempts, WrongPassword
from yika_common.journal.bodies import AppliedItem, BundleApplied
from yika_common.services import PROFILES
from yika_common.signing.errors import TooFewSignatures
from yika_common.signing.signed_file import read_signed_file, sign
from yika_common.sync.messages import TARIFF_TYPE, open_tariff
from yika_common.tariffs.errors import GoldenCaseDiffers, TariffMalformed


def changed(**keys: object) -> bytes:
    """The shipped water tariff with other values, without its golden cases."""
    document = json.loads(water_tariff()) | {"golden": []} | keys
    return json.dumps(document, ensure_ascii=False).encode()


def test_the_exact_bytes_carry_both_signatures(
    headquarters: Headquarters, clock: HandClock
) -> None:
    publish_water(headquarters)
    pen = enrol(headquarters, clock)
    (item,) = (item for item in pen.manifest.items if item.name.startswith("tariff/"))
    file = read_signed_file(headquarters.registry.item(bytes.fromhex(item.sha256)))
    assert open_tariff(file, headquarters.keys.root) == water_tariff()
    assert len(file.signatures) == 2


def test_every_node_in_scope_gets_a_new_manifest(
    headquarters: Headquarters, clock: HandClock
) -> None:
    enrol(headquarters, clock)
    publish_water(headquarters)
    (view,) = headquarters.registry.nodes()
    assert view.manifest == 2


def test_a_tariff_for_another_area_changes_no_manifest(
    headquarters: Headquarters, clock: HandClock
) -> None:
    enrol(headquarters, clock)
    headquarters.tariff_office.publish(changed(area="A09"), [LI, WANG])
    assert headquarters.registry.nodes()[0].manifest == 1


def test_one_person_alone_cannot_publish(headquarters: Headquarters) -> None:
    for signers in ([LI], [LI, LI], []):
        with pytest.raises(TwoPersonsNeeded):
            headquarters.tariff_office.publish(water_tariff(), signers)
    assert headquarters.tariff_office.published() == ()


def test_without_the_second_key_the_signatures_do_not_suffice(headquarters: Headquarters) -> None:
    key = headquarters.staff.officers_key(LI)
    file = sign(TARIFF_TYPE, water_tariff(), [key, key])
    with pytest.raises(TooFewSignatures):
        open_tariff(file, headquarters.keys.root)


def test_a_wrong_password_publishes_nothing(headquarters: Headquarters) -> None:
    with pytest.raises(WrongPassword):
        headquarters.tariff_office.publish(water_tariff(), [LI, Credential("wang", "a guess")])
    assert headquarters.tariff_office.published() == ()


def test_five_wrong_passwords_close_a_name_for_a_quarter_of_an_hour(
    headquarters: Headquarters, clock: HandClock
) -> None:
    for _ in range(5):
        with pytest.raises(WrongPassword):
            headquarters.staff.sign_in(Credential("li", "a guess"))
    with pytest.raises(TooManyAttempts):
        headquarters.staff.sign_in(LI)
    clock.pass_by(minutes=15)
    assert headquarters.staff.sign_in(LI).name == "li"


def test_an_administrator_signs_no_tariff(headquarters: Headquarters) -> None:
    with pytest.raises(NotAnOfficer):
        headquarters.tariff_office.publish(water_tariff(), [LI, ADMIN])


def test_a_version_is_published_once(headquarters: Headquarters) -> None:
    publish_water(headquarters)
    with pytest.raises(TariffNotNewer):
        publish_water(headquarters)
    with pytest.raises(TariffNotNewer):
        headquarters.tariff_office.publish(changed(version=2), [LI, WANG])


def test_a_later_version_keeps_its_scope(headquarters: Headquarters) -> None:
    publish_water(headquarters)
    with pytest.raises(TariffChangesScope):
        headquarters.tariff_office.publish(changed(version=9, area="A01"), [LI, WANG])


def test_a_later_version_does_not_come_into_force_earlier(headquarters: Headquarters) -> None:
    publish_water(headquarters)
    document = changed(version=9, effective_from="2001-01-01T00:00:00")
    with pytest.raises(TariffTimeWrong):
        headquarters.tariff_office.publish(document, [LI, WANG])


def test_a_slip_in_the_year_is_refused(headquarters: Headquarters) -> None:
    document = changed(effective_from="2206-01-01T00:00:00")
    with pytest.raises(TariffTimeWrong):
        headquarters.tariff_office.publish(document, [LI, WANG])


def test_a_malformed_tariff_is_refused(headquarters: Headquarters) -> None:
    with pytest.raises(TariffMalformed):
        headquarters.tariff_office.publish(b"{}", [LI, WANG])


def test_a_tariff_that_fails_its_own_golden_case_is_refused(headquarters: Headquarters) -> None:
    document = json.loads(water_tariff())
    document["golden"][0]["charged"] = "0.01"
    with pytest.raises(GoldenCaseDiffers):
        headquarters.tariff_office.publish(json.dumps(document).encode(), [LI, WANG])


def test_which_nodes_hold_a_version_is_read_from_their_journals(
    headquarters: Headquarters, clock: HandClock
) -> None:
    publish_water(headquarters)
    (tariff,) = headquarters.tariff_office.published()
    pen = enrol(headquarters, clock)
    enrol(headquarters, clock, "N0002", seed=2)
    name = f"tariff/{tariff.tariff_id}/{tariff.version}"
    item = AppliedItem(name, tariff.version, "00" * 8)
    pen.write(BundleApplied(version=1, digest="00" * 8, items=(item,)))
    pen.send(pen.cut())
    holdings = headquarters.tariff_office.held_by(tariff.tariff_id, tariff.version)
    assert [(entry.node, entry.since) for entry in holdings] == [
        ("N0001", clock.now),
        ("N0002", None),
    ]


def test_sales_that_a_new_tariff_may_concern_are_rated_again(
    headquarters: Headquarters, clock: HandClock
) -> None:
    publish_water(headquarters)
    headquarters.stock.take_in_new("A01", PROFILES[4], 1)
    pen = enrol(headquarters, clock)
    pen.sell("N0001-000017", "000000000004", card="860000000001")
    pen.send(pen.cut())
    queue = table_of(RerateQueue)
    with headquarters.database.writing() as connection:
        connection.execute(queue.delete())
    headquarters.tariff_office.publish(changed(version=9), [LI, WANG])
    with headquarters.database.reading() as session:
        queued = session.execute(select(queue.c.account, queue.c.service)).all()
    assert [tuple(row) for row in queued] == [("N0001-000017", "cold_water")]


def test_a_tariff_that_would_leave_customers_with_two_is_refused(
    headquarters: Headquarters,
) -> None:
    publish_water(headquarters)
    with pytest.raises(TariffWouldClash):
        headquarters.tariff_office.publish(changed(id="WATER-TOO"), [LI, WANG])
    headquarters.tariff_office.publish(changed(id="WATER-TOO", area="A01"), [LI, WANG])
