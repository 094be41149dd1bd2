"""Through the real ingest: however a journal is cut, doubled and delivered, the money is the same.

And it is what a single node would have asked that had made every sale itself, in that order.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from central_builders import HandClock, Pen, enrol, new_headquarters, publish_water, water_tariff
from temporary_postgresql import Cluster
from yika_central.bootstrap import Headquarters
from yika_central.db.database import add
from yika_central.db.tables import Posting, Rating, Ruling, Sale, table_of
from yika_common.journal.bodies import Superseded
from yika_common.signing.signed_file import SignedFile
from yika_common.tariffs.document import parse_tariff

NAMES = itertools.count(1)
TARIFF = parse_tariff(water_tariff())


@dataclass(frozen=True)
class Bought:
    """One purchase of the script: at which node, how much, and whether it came to nothing."""

    node: int
    quantity: int
    superseded: bool


@dataclass(frozen=True)
class Town:
    """A headquarters and three nodes that examples share; each has accounts of its own."""

    hq: Headquarters
    clock: HandClock
    pens: tuple[Pen, ...]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    url = ""
    if request.param == "postgresql":
        server: Cluster = request.getfixturevalue("cluster")
        url = server.create(template="t1")
    clock = HandClock()
    hq = new_headquarters(tmp_path_factory.mktemp("arrival") / "hq", clock, database_url=url)
    publish_water(hq)
    pens = (enrol(hq, clock, f"N000{number}", seed=number) for number in range(1, 4))
    yield Town(hq, clock, tuple(pens))
    hq.close()


purchases = st.lists(
    st.builds(
        Bought,
        node=st.integers(0, 2),
        quantity=st.integers(1, 900).map(lambda tenths: tenths * 100),
        superseded=st.integers(0, 9).map(lambda luck: luck == 0),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(script=purchases, seed=st.integers(0, 2**32))
def test_any_arrival_ends_in_the_price_of_one_node(
    town: Town, script: list[Bought], seed: int
) -> None:
    draw = Random(seed)  # noqa: S311 - no secret, and the same every time
    right = one_nodes_prices(script)
    assert arrive(town, script, draw, by_hand=False) == right
    assert arrive(town, script, draw, by_hand=True) == right


def test_a_script_in_which_nodes_know_too_little_is_not_right_as_it_was_sold(town: Town) -> None:
    """The control: without re-rating the same deliveries would leave other sums."""
    script = [Bought(0, 170_000, superseded=False), Bought(1, 50_000, superseded=False)]
    charged = [bought.quantity * 500 // 1000 for bought in script]
    assert arrive(town, script, Random(1), by_hand=False) != charged  # noqa: S311 - no secret


def one_nodes_prices(script: Sequence[Bought]) -> list[int]:
    """Worked step by step: what a node that made all these sales would have charged."""
    prices, used = [], 0
    for bought in script:
        if bought.superseded:
            prices.append(0)
            continue
        amount = 0
        for component in TARIFF.components:
            low = 0
            for step in component.steps:
                top = used + bought.quantity
                high = top if step.up_to is None else int(step.up_to)
                part = max(0, min(top, high) - max(used, low))
                amount += (2 * part * step.price + 100_000) // 200_000
                low = high
        prices.append(amount)
        used += bought.quantity
    return prices


def arrive(town: Town, script: Sequence[Bought], draw: Random, *, by_hand: bool) -> list[int]:
    """Sell by the script at nodes of their own, deliver anyhow; what each sale comes to."""
    number = next(NAMES)
    account, meter, card = f"S{number:06}", f"{number:012}", f"8600{number:08}"
    starts = [pen.seq + 1 for pen in town.pens]
    meters = [f"{number:09}{place:03}" for place in range(3)] + [meter]
    town.pens[0].open_account(account, meters, card=card)
    places = []
    for count, bought in enumerate(script, start=1):
        town.clock.pass_by(minutes=draw.randint(1, 30))
        pen = town.pens[bought.node]
        seq = pen.sell(
            account,
            meter,
            card=card,
            quantity=bought.quantity,
            count=count,
            settle=not bought.superseded,
        )
        if bought.superseded:
            pen.write(Superseded(intent=seq, generation_seen=1, count_seen=count))
        places.append((pen.node, seq))
    if by_hand:
        leave_to_python(town.hq, account, places[0])
    for pen, file in deliveries(town.pens, starts, draw):
        pen.send(file)
        if draw.random() < 0.3:
            town.hq.rerating.drain()
    town.hq.rerating.drain()
    return [charged_in_the_end(town.hq, node, seq) for node, seq in places]


def deliveries(
    pens: Sequence[Pen], starts: Sequence[int], draw: Random
) -> list[tuple[Pen, SignedFile]]:
    """The pens' new records in segments that begin and end anywhere, some twice, in any order.

    The last deliveries have all of them: every record has arrived then.
    """
    writing = [(pen, start) for pen, start in zip(pens, starts, strict=True) if pen.seq >= start]
    cut = []
    for pen, start in writing:
        for _ in range(draw.randint(0, 3)):
            first = draw.randint(start, pen.seq)
            cut.append((pen, pen.cut(first, draw.randint(first, pen.seq))))
    cut += draw.sample(cut, len(cut) // 2)
    draw.shuffle(cut)
    whole = [(pen, pen.cut(start)) for pen, start in writing]
    draw.shuffle(whole)
    return cut + whole


def leave_to_python(hq: Headquarters, account: str, sale: tuple[str, int]) -> None:
    """A ruling that holds no more: it changes nothing, and no set-based statement minds it."""
    row = {
        "node": sale[0],
        "epoch": 1,
        "branch": 0,
        "seq": sale[1],
        "kind": "VOID",
        "number": 1,
        "holds": False,
        "at": None,
        "account": account,
        "service": "cold_water",
        "reason": "withdrawn",
        "ruled_by": "li",
        "seconded_by": "",
        "ruled_at": 0,
    }
    with hq.database.writing() as connection:
        add(connection, Ruling, [row])


def charged_in_the_end(hq: Headquarters, node: str, seq: int) -> int:
    """What was charged, with everything posted since; the rating, if there is one, agrees."""
    sale, posting, rating = table_of(Sale), table_of(Posting), table_of(Rating)
    with hq.database.reading() as session:
        charged = session.execute(
            select(sale.c.amount).where(sale.c.node == node, sale.c.seq == seq)
        ).scalar_one()
        posted = session.execute(
            select(posting.c.amount).where(posting.c.node == node, posting.c.seq == seq)
        ).scalars()
        in_the_end: int = charged + sum(posted)
        said = session.execute(
            select(rating.c.amount).where(rating.c.node == node, rating.c.seq == seq)
        ).scalar()
    assert said in (None, in_the_end)
    return in_the_end
