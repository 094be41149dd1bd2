"""How a town that is attacked begins: headquarters, two points, a household per type of card."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from attack_books import CEILING, HOME, HOUSEHOLDS, POINTS, SLOTS, Household
from attack_cards import AnyHand, Pocket
from card_builders import repeatable_random
from central_builders import LI, WANG, HandClock, new_headquarters
from node_world import CHEAP, OPERATOR, PASSWORD
from points_of_headquarters import AREA, URL
from tariff_builders import a_document, as_bytes
from yika_central.bootstrap import Headquarters
from yika_central.services.staff import Credential, StaffRole
from yika_common.cards.keys import MeterKeys
from yika_common.meters.state import MeterPlate
from yika_common.services import PROFILES, Service
from yika_common.simulated.meter_file import new_meter_pages
from yika_common.sync.personal_data import Person
from yika_node.bootstrap import Node, build
from yika_node.services.views import AccountForm
from yika_node.uplink import LinkDown

ZHAO = Credential("zhao", "the accountant's password")
"""Who seconds the orders to meters."""

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


@dataclass
class Beginning:
    """What a town begins with: folders, households and new meters; made once.

    ``spares``: by slot, meters that may take another one's place.
    """

    folder: Path
    households: tuple[Household, ...]
    meters: dict[str, bytes]
    spares: dict[int, tuple[str, ...]]
    now: datetime


def a_beginning(folder: Path) -> Beginning:
    """Make the town: headquarters, two points, a household for each type of card."""
    clock = HandClock()
    hq = new_headquarters(folder / "central", clock)
    for service in ("gas", "cold_water"):
        document = a_document(id=f"TEST-{service.upper()}".replace("_", "-"), service=service)
        hq.tariff_office.publish(as_bytes(document), [LI, WANG])
    hq.staff.enter(ZHAO, frozenset({StaffRole.ACCOUNTANT}))
    stock = hq.stock.take_in_new(AREA, PROFILES[4] * (len(HOUSEHOLDS) + 1 + SPARES), 60)
    spares = {
        slot: tuple(held.meter for held in stock.meters[slot :: len(PROFILES[4])][-SPARES:])
        for slot in SLOTS
    }
    hands = [AnyHand() for _ in POINTS]
    nodes = []

    def now() -> datetime:
        return clock()

    for at, name in enumerate(POINTS):
        node = build(
            folder / name,
            clock=now,
            random=repeatable_random(77_000_000 * (at + 1)),
            reader=hands[at],
            uplinks=lambda _url: Wire(hq, clock),
            cost=CHEAP,
        )
        token = hq.enrolment.invite(name, name=name, areas=(AREA,), url=URL)
        node.enrolment.enrol(token, OPERATOR, PASSWORD)
        hq.tool_desk.let_issue(name)
        nodes.append(node)
    households = []
    meters: dict[str, bytes] = {}
    for index, kind in enumerate(HOUSEHOLDS):
        who = Household(index, kind, HOME[index])
        open_account(who, nodes[who.home])
        _issue(who, nodes[who.home], hands[who.home])
        meters |= {number: new_meter(hq, slot, number) for slot, number in who.meters.items()}
        households.append(who)
        for _ in range(2):
            for node in nodes:
                node.courier.sync()
            hq.rerating.drain()
            hq.settling.run()
    for node in nodes:
        node.close()
    hq.close()
    return Beginning(folder, tuple(households), meters, spares, clock() + timedelta(hours=1))


def open_account(who: Household, node: Node) -> None:
    """Open the household's account, with meters that are free."""
    chosen = tuple(
        (slot, node.accounts.free_meters(service)[0]) for slot, service in enumerate(PROFILES[4])
    )
    form = AccountForm(Person(name="王小明"), AREA, "residential", 4, 3, None, chosen)
    account = node.accounts.open(OPERATOR, form)
    who.account = account.number
    who.meters = {slot: meter for slot, meter in chosen if slot in SLOTS}


def _issue(who: Household, node: Node, hand: AnyHand) -> None:
    """Make the household's first card."""
    who.pockets.append(Pocket(who.kind, who.index))
    hand.pocket = who.pocket
    node.cards.initialise(OPERATOR, who.account)
    hand.pocket = None


def new_meter(hq: Headquarters, slot: int, number: str) -> bytes:
    """A meter as its maker delivers it."""
    services: dict[int, Service] = dict(enumerate(PROFILES[4]))
    return new_meter_pages(MeterPlate(number, services[slot], 1, CEILING), keys_of(hq, number))


def keys_of(hq: Headquarters, meter: str) -> MeterKeys:
    return hq.keys.meter_keys(meter, 1, AREA)
