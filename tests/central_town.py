"""A headquarters with a little of everything on it, for the tests that look at its pages."""

import json
from datetime import timedelta
from pathlib import Path

from central_builders import LI, WANG, HandClock, Pen, enrol, new_headquarters, publish_water
from yika_central.bootstrap import Headquarters
from yika_common.journal.bodies import AppliedItem, BundleApplied, Superseded
from yika_common.services import PROFILES
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.shipped import shipped

ACCOUNT = "N0001-000017"
STRANGER = "N0009-000099"
METER = "000000000004"
CARD = "860000000001"


def a_town(folder: Path, clock: HandClock, *, database_url: str | None = None) -> Headquarters:
    """Three vending points: one up to date, one offline on a stale tariff, one never started.

    There are sales of every outcome, differences of several causes, a record in suspense, and a
    segment that waits for an earlier one.
    """
    hq = new_headquarters(folder, clock, database_url=database_url)
    publish_water(hq)
    for name in ("cn-bj-elec-res.json", "cn-bj-gas-res.json"):
        if name in shipped():
            hq.tariff_office.publish(shipped()[name], [LI, WANG])
    hq.stock.take_in_new("A01", PROFILES[4], 2)
    first, second = enrol(hq, clock), enrol(hq, clock, "N0002", seed=2)
    hq.enrolment.invite("N0003", name="Harbour", areas=("A01",), url="http://127.0.0.1:8600")
    first.open_account(ACCOUNT, [f"{number:012}" for number in range(1, 5)], card=CARD)
    _hold(hq, first)
    _sell(first, second, clock)
    first.send(first.cut())
    second.send(second.cut(1, 12))
    second.send(second.cut(15))
    hq.tariff_office.publish(dearer_water(), [LI, WANG])
    hq.rerating.drain()
    hq.settling.run()
    clock.pass_by(minutes=12)
    first.send(first.sign_of_life())
    clock.pass_by(minutes=3)
    return hq


def dearer_water() -> bytes:
    """The next version of the shipped water tariff, dearer since 1 May 2026."""
    document = json.loads(shipped()["cn-bj-water-res.json"])
    document |= {"version": document["version"] + 1, "effective_from": "2026-05-01T00:00:00"}
    document["golden"] = []
    for step, price in zip(
        document["components"][0]["steps"], ("2.57", "4.57", "6.57"), strict=True
    ):
        step["price"] = price
    return json.dumps(document, ensure_ascii=False).encode()


def _hold(hq: Headquarters, pen: Pen) -> None:
    """Let the node say that it took every tariff into use."""
    items = []
    for entry in hq.tariff_office.published():
        document = hq.tariff_office.document(entry.tariff_id, entry.version)
        assert document is not None, "it is published"
        digest = parse_tariff(document).digest[:8].hex()
        name = f"tariff/{entry.tariff_id}/{entry.version}"
        items.append(AppliedItem(name, entry.version, digest))
    pen.held = pen.manifest.version
    pen.write(BundleApplied(version=pen.held, digest="22" * 8, items=tuple(items)))


def _sell(first: Pen, second: Pen, clock: HandClock) -> None:
    for count in range(1, 33):
        pen = (first, second)[count % 2]
        sold = pen.sell(
            ACCOUNT,
            METER,
            card=CARD,
            quantity=12_000 + 500 * count,
            count=count,
            settle=count not in (8, 30),
        )
        if count == 8:
            pen.write(Superseded(intent=sold, generation_seen=1, count_seen=count))
        clock.now += timedelta(minutes=11)
    first.sell(STRANGER, "000000000099", card="860000000099", quantity=5_000)
