"""Acts at the same moment: as if one had come after the other, on both databases."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from central_builders import LI, WANG, HandClock, Pen, enrol, publish_water, water_tariff
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import ManifestIssue, Rating, Sale, table_of
from yika_central.services.tariff_rules import TariffNotNewer
from yika_common.errors import YikaError
from yika_common.services import PROFILES

METERS = ["001000000001", "001000000002", "001000000003", "001000000004"]
CARD = "860000000001"


def all_at_once(acts: Sequence[Callable[[], object]]) -> list[YikaError]:
    """Run every act in a thread of its own; the refusals."""
    refusals: list[YikaError] = []

    def run(act: Callable[[], object]) -> None:
        try:
            act()
        except YikaError as refusal:
            refusals.append(refusal)

    with ThreadPoolExecutor(len(acts)) as threads:
        list(threads.map(run, acts))
    return refusals


def a_tariff(name: str, version: int = 1) -> bytes:
    document = json.loads(water_tariff())
    changes = {"id": name, "class": name.lower(), "version": version, "golden": []}
    return json.dumps(document | changes).encode()


def publishing(hq: Headquarters, name: str, *versions: int) -> Callable[[], None]:
    def act() -> None:
        for version in versions:
            hq.tariff_office.publish(a_tariff(name, version), [LI, WANG])

    return act


def selling(pen: Pen, sales: int) -> Callable[[], None]:
    def act() -> None:
        for _ in range(sales):
            first = pen.seq + 1
            pen.sell("SHARED-1", METERS[3], card=CARD)
            pen.sell("SHARED-2", METERS[3], card=CARD)
            pen.send(pen.cut(first))

    return act


def used_before(session: Session, account: str) -> list[int]:
    """What was bought before each of an account's purchases: as rated, else as it says itself."""
    sale, rating = table_of(Sale), table_of(Rating)
    place = ("node", "epoch", "branch", "seq")
    rated = sale.outerjoin(rating, and_(*(sale.c[name] == rating.c[name] for name in place)))
    used = func.coalesce(rating.c.used_before, sale.c.used_before)
    rows = select(used).select_from(rated).where(sale.c.account == account).order_by(used)
    return list(session.execute(rows).scalars())


def test_one_version_is_published_once(headquarters: Headquarters, clock: HandClock) -> None:
    enrol(headquarters, clock)
    refusals = all_at_once([publishing(headquarters, "T-1", 1)] * 4)
    assert [type(refusal) for refusal in refusals] == [TariffNotNewer] * 3


def test_no_number_is_given_twice(headquarters: Headquarters) -> None:
    given: list[str] = []

    def act() -> None:
        delivery = headquarters.stock.take_in_new("A01", PROFILES[4], 3)
        given.extend([*delivery.cards, *(entry.meter for entry in delivery.meters)])

    assert all_at_once([act] * 4) == []
    assert len(set(given)) == len(given) == 4 * 7


def test_offices_and_deliveries_do_not_stop_each_other(
    headquarters: Headquarters, clock: HandClock
) -> None:
    hq = headquarters
    publish_water(hq)
    pens = [enrol(hq, clock, f"N000{seed}", seed=seed) for seed in (1, 2, 3)]
    acts: list[Callable[[], object]] = [selling(pen, 5) for pen in pens]
    acts += [publishing(hq, "T-1", 1, 2), publishing(hq, "T-2", 1, 2)]
    acts += [lambda: hq.stock.take_in_new("A01", PROFILES[4], 2), hq.rerating.drain]
    acts += [lambda: hq.enrolment.invite("N0009", name="new", areas=("A01",), url="http://h")]
    assert all_at_once(acts) == []
    hq.rerating.drain()
    with hq.database.reading() as session:
        assert len(session.execute(select(table_of(Sale))).all()) == 30
        # Each purchase of an account was counted once, whoever delivered when.
        for account in ("SHARED-1", "SHARED-2"):
            assert used_before(session, account) == [n * 10_000 for n in range(15)]
        for pen in pens:
            issue = table_of(ManifestIssue)
            versions = session.execute(
                select(issue.c.version).where(issue.c.node == pen.node).order_by(issue.c.version)
            ).scalars()
            numbers = list(versions)
            assert numbers == list(range(1, len(numbers) + 1))
            newest = hq.registry.newest_manifest(session.connection(), pen.node)
            assert newest is not None
            names = {item.name for item in newest[0].items}
            assert {"tariff/T-1/2", "tariff/T-2/2", f"keys/{pen.node}"} <= names
