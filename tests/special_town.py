"""A headquarters and vending points with the desks of special cards and any chip in the reader."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from card_builders import repeatable_random
from central_builders import HandClock
from node_world import CHEAP, OPERATOR, PASSWORD, without_shifts
from points_of_headquarters import AREA, URL, Line
from special_builders import AnyChip
from yika_central.bootstrap import Headquarters
from yika_central.services.enrolment import Invitation
from yika_central.services.special_office import NewManaging, NewSystem, OrderedSystem
from yika_common.cards.channel import CardChannel
from yika_common.cards.errors import CardAbsent
from yika_common.readers.iso7816 import USER_CARD_ATR
from yika_common.readers.port import Contact, MemoryChip, ReaderDescription
from yika_common.services import Service
from yika_common.sync.errors import EnrolmentRefused
from yika_node.bootstrap import Node, build
from yika_node.db.special_queries import SpecialQueries
from yika_node.services.managing_desk import ManagingDesk
from yika_node.services.special_desk import SpecialDesk
from yika_node.services.special_shelf import SpecialShelf
from yika_node.services.system_start import SystemStart
from yika_node.uplink import HeadquartersRefused

DAY = 86_400
HOLDER = "陈伟"


@dataclass
class AnyHand:
    """The reader, and the hand that puts any chip in; power fails at a step of the next visit."""

    chip: AnyChip | None = None
    cut: int | None = None

    def describe(self) -> ReaderDescription:
        return ReaderDescription("hand", "simulated", 0, "")

    def card_present(self) -> bool:
        return self.chip is not None

    def connect(self) -> Contact:
        if self.chip is None:
            raise CardAbsent
        cut, self.cut = self.cut, None
        contact = self.chip.contact(cut)
        return contact if isinstance(contact, MemoryChip) else _Powered(contact)  # type: ignore[return-value]

    def close(self) -> None:
        pass


class _Powered:
    """A CPU card in a reader."""

    atr = USER_CARD_ATR

    def __init__(self, channel: CardChannel) -> None:
        self._channel = channel

    def transmit(self, apdu: bytes) -> bytes:
        return self._channel.transmit(apdu)

    def disconnect(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass


class HonestLine(Line):
    """As the wire answers: a refusal of headquarters is a status."""

    def post(self, path: str, body: bytes) -> bytes:
        try:
            return super().post(path, body)
        except EnrolmentRefused as refused:
            raise HeadquartersRefused(status=403) from refused


@dataclass
class SpecialPoint:
    """A vending point, its hand and its wire."""

    folder: Path
    clock: HandClock
    line: HonestLine
    seed: int
    hand: AnyHand = field(default_factory=AnyHand)

    def __post_init__(self) -> None:
        self.node = self.started()

    def started(self) -> Node:
        def now() -> datetime:
            return self.clock()

        self.seed += 1000
        without_shifts(self.folder)
        return build(
            self.folder,
            clock=now,
            random=repeatable_random(self.seed),
            reader=self.hand,
            uplinks=lambda _url: self.line,
            cost=CHEAP,
        )

    def restart(self, *, signed_in: bool = True) -> None:
        self.node.close()
        self.node = self.started()
        if signed_in:
            self.node.staff.sign_in(OPERATOR, PASSWORD)

    @property
    def shelf(self) -> SpecialShelf:
        return SpecialShelf(self.node.queries, self.node.standing, self.node.vault)

    @property
    def queries(self) -> SpecialQueries:
        return SpecialQueries(self.node.store)

    @property
    def managing(self) -> ManagingDesk:
        node = self.node
        return ManagingDesk(
            node.cards.counter, node.journal, self.queries, self.shelf, node.approvals, node.clock
        )

    @property
    def desk(self) -> SpecialDesk:
        node = self.node
        return SpecialDesk(
            node.cards.counter, node.journal, self.queries, self.shelf, node.cards.clock
        )

    @property
    def start(self) -> SystemStart:
        node = self.node
        return SystemStart(
            self.folder,
            node.cards.counter,
            node.journal,
            self.queries,
            node.enrolment,
            node.cards.clock,
        )

    def sync(self) -> None:
        self.node.courier.sync()


@dataclass
class SpecialTown:
    """Headquarters and its vending points; the first one writes special cards."""

    folder: Path
    hq: Headquarters
    clock: HandClock
    points: list[SpecialPoint] = field(default_factory=list)

    def point(self, name: str, *, token: bool = True) -> SpecialPoint:
        """Another vending point, registered with a token, or not yet."""
        number = len(self.points) + 1
        line = HonestLine(self.hq, self.clock)
        made = SpecialPoint(self.folder / name, self.clock, line, number * 100_000)
        self.points.append(made)
        if token:
            text = self.hq.enrolment.invite(name, name=name, areas=(AREA,), url=URL)
            made.node.enrolment.enrol(text, OPERATOR, PASSWORD)
        return made

    def issuing_point(self, name: str = "N0001") -> SpecialPoint:
        made = self.point(name)
        self.hq.tool_desk.let_issue(name)
        made.sync()
        return made

    def managing_card(
        self, writer: SpecialPoint, kind: str, pin: str, **changes: object
    ) -> AnyChip:
        """A managing card, ordered and written."""
        name = writer.node.standing.membership.node
        held: dict[str, object] = {"holder": HOLDER, "node": name, "nodes": (name,)}
        number = self.hq.special_office.order_managing(
            NewManaging(**{**held, **changes}),  # type: ignore[arg-type]
            by="admin",
        )
        self.clock.pass_by(minutes=1)
        for point in self.points:
            point.sync()
        chip = AnyChip(kind)
        writer.hand.chip = chip
        writer.desk.write(OPERATOR, number, pin, pin)
        return chip

    def system_card(
        self, writer: SpecialPoint, kind: str, node: str, services: tuple[Service, ...]
    ) -> tuple[AnyChip, OrderedSystem]:
        """A system card, ordered and written."""
        new = NewSystem(
            invitation=Invitation(node=node, name=node, areas=(AREA,), url=URL, services=services),
            node=writer.node.standing.membership.node,
            until=self.clock.seconds + 30 * DAY,
        )
        ordered = self.hq.special_office.order_system(new, by="admin")
        self.clock.pass_by(minutes=1)
        writer.sync()
        chip = AnyChip(kind)
        writer.hand.chip = chip
        writer.desk.write(OPERATOR, ordered.number, "", "")
        return chip, ordered

    def close(self) -> None:
        for point in self.points:
            point.node.close()
        self.hq.close()
