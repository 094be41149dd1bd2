"""How a town that is attacked begins: headquarters, two points, a household per type of card."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from sqlalchemy import select, update

from attack_books import (
    CEILING,
    GAS,
    HOME,
    HOUSEHOLDS,
    POINTS,
    SLOTS,
    UNIT,
    WATER,
    Books,
    Household,
)
from attack_cards import KINDS, AnyHand, Pocket, number_of
from card_builders import repeatable_random
from central_builders import LI, WANG, HandClock, new_headquarters
from node_world import CHEAP, OPERATOR, PASSWORD, for_quantity, without_shifts
from points_of_headquarters import AREA, URL
from tariff_builders import a_document, as_bytes
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Card, Meter, table_of
from yika_central.services.staff import Credential, StaffRole
from yika_common.cards.contact import open_session
from yika_common.cards.keys import MeterKeys
from yika_common.meters.state import MeterPlate
from yika_common.services import PROFILES, Service
from yika_common.simulated.meter_file import new_meter_pages
from yika_common.sync.personal_data import Person
from yika_node.bootstrap import Node, build
from yika_node.db.journal import Entry
from yika_node.services.views import AccountForm
from yika_node.uplink import LinkDown

ZHAO = Credential("zhao", "the accountant's password")
"""Who seconds the orders to meters."""

ELSEWHERE = "A02"
"""An area whose keys the town's points do not hold."""

RAISED = 3
"""The household whose gas meter got keys of the next version after credit was sold for it."""

SPARES = 4
"""New meters of each service for which nobody has an account yet."""


@dataclass
class Wire:
    """A point's wire to headquarters; it may lose the next answer."""

    hq: Headquarters
    clock: Callable[[], datetime]
    lose_answer: bool = False

    def post(self, path: str, body: bytes) -> bytes:
        if path.endswith("/enrol"):
            return self.hq.enrolment.answer(body)
        answer = self.hq.reconciliation.receive(body, self.clock())
        if self.lose_answer:
            self.lose_answer = False
            raise LinkDown
        return answer

    def get(self, path: str) -> bytes:
        return self.hq.registry.item(bytes.fromhex(path.rpartition("/")[2]))

    def hang_up(self) -> None:
        pass


@dataclass
class Beginning:
    """What a town begins with: folders, households and new meters; made once.

    ``spares``: by slot, meters that may take another one's place.  ``strangers``: households of
    another area, of which the town's points hold no key.  ``books``: what was sold by then.
    """

    folder: Path
    households: tuple[Household, ...]
    strangers: tuple[Household, ...]
    meters: dict[str, bytes]
    spares: dict[int, tuple[str, ...]]
    books: Books
    now: datetime


def a_beginning(folder: Path) -> Beginning:
    """Make the town: headquarters, two points, a household for each type of card."""
    with _Makers(folder) as makers:
        hq = makers.hq
        for service in ("gas", "cold_water"):
            document = a_document(id=f"TEST-{service.upper()}".replace("_", "-"), service=service)
            hq.tariff_office.publish(as_bytes(document), [LI, WANG])
        hq.staff.enter(ZHAO, frozenset({StaffRole.ACCOUNTANT}))
        stock = hq.stock.take_in_new(AREA, PROFILES[4] * (len(HOUSEHOLDS) + 1 + SPARES), 80)
        hq.stock.take_in_new(ELSEWHERE, PROFILES[4] * len(KINDS), 2 * len(KINDS))
        spares = {
            slot: tuple(held.meter for held in stock.meters[slot :: len(PROFILES[4])][-SPARES:])
            for slot in SLOTS
        }
        _raise(hq, "card", [card for card in stock.cards if int(card) % 2])
        _raise(hq, "meter", [number for numbers in spares.values() for number in numbers[::2]])
        for name in POINTS:
            makers.enrol(name, AREA)
            hq.tool_desk.let_issue(name)
        households = [makers.settle_in(index, kind) for index, kind in enumerate(HOUSEHOLDS)]
        makers.raise_keys(households[RAISED])
        makers.enrol("N0003", ELSEWHERE)
        strangers = [makers.settle_in(20 + index, kind) for index, kind in enumerate(KINDS)]
        for who in strangers:
            makers.sell(who, {GAS: 5, WATER: 5})
        makers.talk()
        meters = {
            number: new_meter(hq, slot, number)
            for who in (*households, *strangers)
            for slot, number in who.meters.items()
        }
        later = makers.clock() + timedelta(hours=1)
        books = makers.books
    return Beginning(folder, tuple(households), tuple(strangers), meters, spares, books, later)


class _Makers:
    """Who is at work before the play begins."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock, self.books = folder, HandClock(), Books()
        self.hq = new_headquarters(folder / "central", self.clock)
        self.nodes: list[Node] = []
        self.hands: list[AnyHand] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for node in self.nodes:
            node.close()
        self.hq.close()

    def enrol(self, name: str, area: str) -> None:
        at, hand = len(self.nodes), AnyHand()

        def now() -> datetime:
            return self.clock()

        without_shifts(self.folder / name)
        node = build(
            self.folder / name,
            clock=now,
            random=repeatable_random(77_000_000 * (at + 1)),
            reader=hand,
            uplinks=lambda _url: Wire(self.hq, self.clock),
            cost=CHEAP,
        )
        token = self.hq.enrolment.invite(name, name=name, areas=(area,), url=URL)
        node.enrolment.enrol(token, OPERATOR, PASSWORD)
        append: Callable[..., Sequence[Entry]] = node.journal.append

        def watched(*args: object, **options: object) -> Sequence[Entry]:
            entries = append(*args, **options)
            self.books.saw(at, entries)
            return entries

        setattr(node.journal, "append", watched)  # noqa: B010 - a method is replaced on purpose
        self.nodes.append(node)
        self.hands.append(hand)

    def talk(self) -> None:
        for _ in range(2):
            for node in self.nodes:
                node.courier.sync()
            self.hq.rerating.drain()
            self.hq.settling.run()

    @contextmanager
    def at_home(self, who: Household) -> Iterator[Node]:
        """The household's point, with its newest card in the reader."""
        self.clock.pass_by(minutes=5)
        self.hands[who.home].pocket = who.pocket
        yield self.nodes[who.home]
        self.hands[who.home].pocket = None

    def settle_in(self, index: int, kind: str) -> Household:
        """A household with its account and its first card."""
        elsewhere = index >= len(HOUSEHOLDS)
        who = Household(index, kind, len(POINTS) if elsewhere else HOME[index])
        open_account(who, self.nodes[who.home], ELSEWHERE if elsewhere else AREA)
        who.pockets.append(Pocket(kind, index))
        with self.at_home(who) as node:
            node.cards.initialise(OPERATOR, who.account)
        self.talk()
        return who

    def sell(self, who: Household, units: dict[int, int]) -> None:
        entries = [for_quantity(slot, count * UNIT) for slot, count in units.items()]
        with self.at_home(who) as node:
            card, form = number_of(who.pocket), f"begun {self.clock.seconds}"
            assert node.sales.sell(OPERATOR, card, entries, form).complete

    def raise_keys(self, who: Household) -> None:
        """Credit is sold for a meter whose maker then gives it new keys; so the card is new too.

        The old record is in a thief's hands.
        """
        self.sell(who, {GAS: 3})
        with self.at_home(who) as node:
            key = node.cards.keyring.card(number_of(who.pocket)).node_key
            session = open_session(who.pocket.contact(), repeatable_random(5), key)
            who.old_record = session.read_slot(GAS)
        self.talk()
        _raise(self.hq, "meter", [who.meters[GAS]])
        with self.hq.database.writing() as connection:
            for name in POINTS:
                self.hq.registry.issue(connection, name, new_keys=True)
        self.talk()
        who.pockets.append(Pocket(who.kind, 10 + who.index))
        with self.at_home(who) as node:
            made = node.life.reissue.replace(OPERATOR, who.account, "new keys", "new keys")
            assert made.problem is None
        self.talk()


def _raise(hq: Headquarters, what: str, numbers: Sequence[str]) -> None:
    """These meters, or cards, have keys of the next version from now on."""
    table = table_of(Meter if what == "meter" else Card)
    column = table.c.meter if what == "meter" else table.c.number
    with hq.database.writing() as connection:
        connection.execute(
            update(table).where(column.in_(numbers)).values(key_version=table.c.key_version + 1)
        )


def open_account(who: Household, node: Node, area: str = AREA) -> None:
    """Open the household's account, with meters that are free."""
    chosen = tuple(
        (slot, node.accounts.free_meters(service)[0]) for slot, service in enumerate(PROFILES[4])
    )
    form = AccountForm(Person(name="王小明"), area, "residential", 4, 3, None, chosen)
    account = node.accounts.open(OPERATOR, form)
    who.account = account.number
    who.meters = {slot: meter for slot, meter in chosen if slot in SLOTS}


def new_meter(hq: Headquarters, slot: int, number: str) -> bytes:
    """A meter as its maker delivers it."""
    services: dict[int, Service] = dict(enumerate(PROFILES[4]))
    version, _ = key_place_of(hq, meter=number)
    plate = MeterPlate(number, services[slot], version, CEILING)
    return new_meter_pages(plate, keys_of(hq, number))


def keys_of(hq: Headquarters, meter: str, version: int | None = None) -> MeterKeys:
    """A meter's keys; those of another version are what somebody kept who had them once."""
    newest, area = key_place_of(hq, meter=meter)
    return hq.keys.meter_keys(meter, version or newest, area)


def card_key_of(hq: Headquarters, card: str, version: int | None = None) -> bytes:
    """A card's own key, likewise."""
    newest, area = key_place_of(hq, card=card)
    return hq.keys.card_key(card, version or newest, area)


def key_place_of(hq: Headquarters, *, meter: str = "", card: str = "") -> tuple[int, str]:
    """Key version and area of a meter, or a card."""
    table = table_of(Meter if meter else Card)
    column = table.c.meter if meter else table.c.number
    with hq.database.reading() as session:
        row = session.execute(
            select(table.c.key_version, table.c.area).where(column == (meter or card))
        ).one()
    return row.key_version, row.area
