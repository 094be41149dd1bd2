"""The tool desk: orders to meters, on cards that inspectors and fitters carry there.

Headquarters alone makes an order, because its MAC is under a key that no node holds.  The card is
written by the node that it is ordered for, which has the right to issue; from its order to its
return it is on the list.  What makes credit disappear from a meter, *transfer* and *clear*, is for
one meter at a time and decided by two persons.  Every card runs out within a month.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select, update

from yika_central.db.database import Database, add, hold_office, lock_node
from yika_central.db.meter_standing import newest_version
from yika_central.db.tables import (
    Meter,
    Node,
    NodeArea,
    SpecialCard,
    ToolOrder,
    table_of,
)
from yika_central.errors import UnknownNode
from yika_central.services.key_room import KeyRoom
from yika_central.services.registry import Registry
from yika_central.services.special_lists import note_due
from yika_central.services.staff import Credential
from yika_central.services.stock import CARD_DIGITS, KEY_VERSION
from yika_central.services.tool_lists import ISSUED, ORDERED, TOOL
from yika_central.services.tool_views import ToolView, tool_views
from yika_central.services.two_persons import TwoPersons, check_reason
from yika_common.cards import tool_order
from yika_common.cards.identifiers import TOOL_CARDS
from yika_common.cards.parameters import MeterParameters
from yika_common.cards.tool_order import OrderKind
from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.errors import N_, Phrase, YikaError
from yika_common.services import SLOTS_MAX, Service

DAYS_MAX: Final = 31
"""A tool card is of use for a month at the most."""

HOLDER_MAX: Final = 64

REVOKED, MISSING = "REVOKED", "MISSING"

_KEY_VERSION = 1
"""Of a tool card's own key."""


class ToolRefused(YikaError):
    """A tool card whose terms make no sense."""

    code = "tool_refused"
    sentence = N_(
        "No tool card was ordered: “%(field)s” has no value that makes sense here. Correct it."
    )


class NotIssuing(YikaError):
    """The vending point has no right to write special cards."""

    code = "node_not_issuing"
    sentence = N_(
        "Vending point %(node)s does not write special cards. No tool card was ordered. Choose "
        "one that does, or give it the right first."
    )


class MeterOutOfReach(YikaError):
    """The vending point does not serve the meter's area, or there is no such meter."""

    code = "tool_meter_out_of_reach"
    sentence = N_(
        "Meter %(meter)s is not in stock in an area that vending point %(node)s serves. No tool "
        "card was ordered. Check the number, or choose another vending point."
    )


class NoSuchTool(YikaError):
    """There is no tool card with that number."""

    code = "no_such_tool"
    sentence = N_("There is no tool card %(card)s. Nothing was changed. Look it up in the list.")


class ToolNotOpen(YikaError):
    """The card's life on the list is over, or not where the act needs it."""

    code = "tool_not_open"
    sentence = N_("Tool card %(card)s is %(state)s. Nothing was changed. Look it up in the list.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTool:
    """A tool card to be ordered.

    Attributes:
        node: the vending point that writes it and takes it back.
        holder: who carries it.
        until: the last day on which it is of use.
        parameters: what a ``PARAMETERS`` order brings, and no other; with version 0 each meter's
            gets the one after all that are known of it.
    """

    node: str
    holder: str
    kind: OrderKind
    meters: tuple[str, ...]
    until: date
    parameters: MeterParameters = MeterParameters()  # noqa: RUF009 - it is frozen


class ToolDesk:
    """Orders tool cards and shows them."""

    def __init__(
        self,
        database: Database,
        keys: KeyRoom,
        registry: Registry,
        persons: TwoPersons,
        clock: Clock,
        zone: ZoneInfo,
    ) -> None:
        self._database = database
        self._keys = keys
        self._registry = registry
        self._persons = persons
        self._clock = clock
        self._zone = zone

    @property
    def today(self) -> date:
        """The utility's day."""
        return self._clock().astimezone(self._zone).date()

    def order(
        self, new: NewTool, *, by: str, reason: str, second: Credential | None = None
    ) -> str:
        """Order a tool card; its number.  The node finds it in its next manifest.

        Raises:
            ToolRefused, NotIssuing, UnknownNode, MeterOutOfReach, ReasonMissing: nothing was
                ordered.
            SecondPersonMissing, SecondPersonWrong, SamePersonTwice, NotABookkeeper: likewise.
        """
        reason = check_reason(reason)
        self._check(new)
        other = self._persons.second(by, second, always=new.kind.moves_money)
        at, until = self._clock(), self._end_of(new.until)
        with self._database.writing() as connection:
            hold_office(connection)
            _check_node(connection, new.node)
            meters = _meters(connection, new)
            card = _next_card(connection)
            row = SpecialCard(
                number=card,
                kind=TOOL,
                holder=new.holder.strip(),
                node=new.node,
                state=ORDERED,
                key_version=KEY_VERSION,
                valid_from=to_timestamp(at),
                valid_until=to_timestamp(until),
                ordered_by=f"{by}, {other}" if other else by,
                ordered_at=to_timestamp(at),
                reason=reason,
            )
            add(connection, SpecialCard, [row.model_dump()])
            orders = [
                self._order(connection, new, card, slot, held, until)
                for slot, held in enumerate(meters)
            ]
            add(connection, ToolOrder, orders)
            self._registry.issue(connection, new.node, new_tools=True)
        return card

    def revoke(self, card: str, *, by: str, reason: str) -> None:
        """Take back an order whose card was not written yet.

        A card that the node writes before it hears of this still runs out by itself.

        Raises:
            NoSuchTool, ToolNotOpen, ReasonMissing: nothing was changed.
        """
        self._end(card, REVOKED, (ORDERED,), by, check_reason(reason))

    def give_up(self, card: str, *, by: str, reason: str) -> None:
        """A card that is out will not come back; its orders run out by themselves.

        Raises:
            NoSuchTool, ToolNotOpen, ReasonMissing: nothing was changed.
        """
        self._end(card, MISSING, (ISSUED,), by, check_reason(reason))

    def listed(self, *, everything: bool = False) -> tuple[ToolView, ...]:
        """Tool cards, newest first; unless ``everything``, those that are ordered or out."""
        with self._database.reading() as session:
            views = tool_views(session.connection(), to_timestamp(self._clock()))
        return tuple(view for view in views if everything or view.open)

    def statement(self, card: str) -> ToolView:
        """One tool card with its orders.

        Raises:
            NoSuchTool: there is none.
        """
        with self._database.reading() as session:
            views = tool_views(session.connection(), to_timestamp(self._clock()), card)
        if not views:
            raise NoSuchTool(card=card[:CARD_DIGITS])
        return views[0]

    def let_issue(self, node: str, *, allowed: bool = True) -> None:
        """Give a vending point the right to write special cards, or take it away.

        Raises:
            UnknownNode: nothing was changed.
        """
        table = table_of(Node)
        with self._database.writing() as connection:
            lock_node(connection, node)
            connection.execute(
                update(table).where(table.c.node == node).values(issuing=int(allowed))
            )
            note_due(connection, {node})

    def issuing_nodes(self) -> tuple[str, ...]:
        """The vending points that write special cards."""
        table = table_of(Node)
        with self._database.reading() as session:
            query = select(table.c.node).where(table.c.issuing == 1).order_by(table.c.node)
            return tuple(session.execute(query).scalars())

    def _check(self, new: NewTool) -> None:
        days = (new.until - self.today).days
        most = 1 if new.kind.moves_money else SLOTS_MAX
        brings = new.parameters != MeterParameters()
        rules: tuple[tuple[Phrase, bool], ...] = (
            (Phrase("Holder"), _is_text(new.holder)),
            (Phrase("Good until"), 0 <= days <= DAYS_MAX),
            (Phrase("Meters"), 0 < len(new.meters) <= most),
            (Phrase("Meters"), len(set(new.meters)) == len(new.meters)),
            (Phrase("Parameters"), brings == (new.kind is OrderKind.PARAMETERS)),
        )
        for field, holds in rules:
            if not holds:
                raise ToolRefused(field=field)

    def _end_of(self, day: date) -> datetime:
        """The last second of a day of the utility's."""
        following = datetime.combine(day + timedelta(days=1), datetime.min.time(), self._zone)
        return from_timestamp(to_timestamp(following) - 1)

    def _order(
        self,
        connection: Connection,
        new: NewTool,
        card: str,
        slot: int,
        held: Meter,
        until: datetime,
    ) -> dict[str, object]:
        keys = self._keys.meter_keys(held.meter, held.key_version, held.area)
        assert keys.wbq is not None, "headquarters derives all four keys"
        order = tool_order.ToolOrder(
            meter_id=held.meter,
            slot=slot,
            service=Service(held.service),
            key_version=held.key_version,
            kind=new.kind,
            number=_next_order(connection, held.meter),
            card=card,
            not_after=until,
            parameters=_numbered(connection, held.meter, new.parameters),
        )
        return ToolOrder(
            card=card,
            slot=slot,
            meter=held.meter,
            service=held.service,
            kind=int(new.kind),
            number=order.number,
            not_after=to_timestamp(until),
            content=order.encode(keys.wbq),
        ).model_dump()

    def _end(self, card: str, state: str, before: Sequence[str], by: str, reason: str) -> None:
        table = table_of(SpecialCard)
        here = (table.c.number == card, table.c.kind == TOOL)
        with self._database.writing() as connection:
            hold_office(connection)
            row = connection.execute(select(table.c.state, table.c.node).where(*here)).first()
            if row is None:
                raise NoSuchTool(card=card[:CARD_DIGITS])
            if row.state not in before:
                raise ToolNotOpen(card=card, state=row.state.lower())
            connection.execute(
                update(table)
                .where(*here)
                .values(
                    state=state,
                    ended_at=to_timestamp(self._clock()),
                    reason=f"{reason} ({by})",
                )
            )
            self._registry.issue(connection, row.node, new_tools=True)


def _is_text(text: str) -> bool:
    return 0 < len(text.strip()) <= HOLDER_MAX and text.isprintable()


def _check_node(connection: Connection, node: str) -> None:
    table = table_of(Node)
    row = connection.execute(select(table.c.issuing).where(table.c.node == node)).first()
    if row is None:
        raise UnknownNode(node=node)
    if not row.issuing:
        raise NotIssuing(node=node)


def _meters(connection: Connection, new: NewTool) -> list[Meter]:
    """The meters, in the order they were named, each in an area that the node serves."""
    meter, area = table_of(Meter), table_of(NodeArea)
    served = select(area.c.area).where(area.c.node == new.node)
    rows = connection.execute(
        select(meter).where(meter.c.meter.in_(new.meters), meter.c.area.in_(served))
    ).mappings()
    found = {row["meter"]: Meter(**row) for row in rows}
    for number in new.meters:
        if number not in found:
            raise MeterOutOfReach(meter=number, node=new.node)
    return [found[number] for number in new.meters]


def _next_card(connection: Connection) -> str:
    column = table_of(SpecialCard).c.number
    newest = connection.execute(
        select(func.max(column)).where(column.like(f"{TOOL_CARDS}%"))
    ).scalar()
    number = int(newest) + 1 if newest else int(TOOL_CARDS.ljust(CARD_DIGITS, "0")) + 1
    return f"{number:0{CARD_DIGITS}}"


def _numbered(connection: Connection, meter: str, parameters: MeterParameters) -> MeterParameters:
    """The parameters under a version that the meter takes."""
    if parameters.version or parameters == MeterParameters():
        return parameters
    return replace(parameters, version=newest_version(connection, meter) + 1)


def _next_order(connection: Connection, meter: str) -> int:
    table = table_of(ToolOrder)
    newest = connection.execute(
        select(func.max(table.c.number)).where(table.c.meter == meter)
    ).scalar()
    return int(newest or 0) + 1
