"""System and managing cards: ordered here, written by a node that has the right to issue.

A *managing card* has a named holder, the vending points at which it is good, and a time.  Its keys
are derived and never stored; its PIN is the holder's, set when the card is written.

A *system card* registers one installation and decides what it may sell.  It carries the secret of
an invitation (:mod:`yika_central.services.enrolment`), sealed under a PIN that is shown once, to
whoever orders the card, and told to the installer another way.

Every card is on one list from its order to its end, with the tool cards
(:mod:`yika_central.services.tool_desk`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, update

from yika_central.db.database import Database, add, hold_office
from yika_central.db.tables import (
    EnrolmentRefusal,
    Node,
    SpecialCard,
    SpecialCardNode,
    table_of,
)
from yika_central.errors import UnknownNode
from yika_central.services.enrolment import Enrolment, Invitation
from yika_central.services.key_room import KeyRoom
from yika_central.services.special_lists import (
    GOOD,
    MANAGING,
    ORDERED,
    REVOKED,
    SYSTEM,
    hidden,
    nodes_of_card,
    note_due,
)
from yika_central.services.stock import CARD_DIGITS, KEY_VERSION
from yika_common.cards.special.face import HOLDER_SIZE, SALT_SIZE, holder_bytes
from yika_common.cards.special.keys import pin_keys
from yika_common.clock import Clock, to_timestamp
from yika_common.errors import N_, Phrase, YikaError
from yika_common.infra.entropy import RandomSource
from yika_common.infra.pins import new_system_pin, stretched
from yika_common.sync.voucher import ADDRESS_MAX, Voucher, seal_voucher

PREFIXES = {MANAGING: "87", SYSTEM: "89"}
"""How the numbers of special cards begin; a customer's begins with 86, a tool card's with 88."""


class SpecialRefused(YikaError):
    """A special card whose terms make no sense."""

    code = "special_refused"
    sentence = N_(
        "No card was ordered: “%(field)s” has no value that makes sense here. Correct it."
    )


class NodeNotIssuing(YikaError):
    """The vending point has no right to write special cards."""

    code = "special_node_not_issuing"
    sentence = N_(
        "Vending point %(node)s does not write special cards. No card was ordered. Choose one "
        "that does, or give it the right first."
    )


class NoSuchSpecial(YikaError):
    """There is no such card."""

    code = "no_such_special"
    sentence = N_("There is no special card %(card)s. Nothing was changed. Look at the list.")


class SpecialOver(YikaError):
    """The card's life on the list is over."""

    code = "special_over"
    sentence = N_("Card %(card)s is good for nothing already. Nothing was changed.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewManaging:
    """A managing card to be ordered; times in seconds since 1970, ``until`` 0: no end."""

    holder: str
    node: str
    """The vending point that writes it."""
    nodes: tuple[str, ...]
    """Where it is good."""
    since: int = 0
    until: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSystem:
    """A system card to be ordered: whom it registers, who writes it, until when it is good."""

    invitation: Invitation
    node: str
    until: int


@dataclass(frozen=True, slots=True)
class OrderedSystem:
    """A system card that was ordered, and the PIN that nobody will see again."""

    number: str
    pin: str


@dataclass(frozen=True, slots=True)
class SpecialView:
    """A special card as the list shows it."""

    number: str
    kind: str
    holder: str
    node: str
    nodes: tuple[str, ...]
    state: str
    purpose: str
    valid_until: int
    ordered_by: str
    ordered_at: int
    issued_at: int | None
    ended_at: int | None
    reason: str
    refusals: int

    @property
    def open(self) -> bool:
        """It is ordered, or out."""
        return self.state in GOOD


class SpecialOffice:
    """Orders system and managing cards, revokes them, and shows every special card."""

    def __init__(
        self,
        database: Database,
        keys: KeyRoom,
        enrolment: Enrolment,
        clock: Clock,
        random: RandomSource,
    ) -> None:
        self._database = database
        self._keys = keys
        self._enrolment = enrolment
        self._clock = clock
        self._random = random

    def order_managing(self, new: NewManaging, *, by: str) -> str:
        """Order a managing card; its number.  The nodes hear of it at their next contact.

        Raises:
            SpecialRefused, NodeNotIssuing, UnknownNode: nothing was ordered.
        """
        holder = new.holder.strip()
        _demand(Phrase("Holder"), _is_holder(holder))
        _demand(Phrase("Vending points"), bool(new.nodes))
        now = to_timestamp(self._clock())
        _demand(Phrase("Good until"), not new.until or new.until > max(now, new.since))
        with self._database.writing() as connection:
            hold_office(connection)
            _check_issuing(connection, new.node)
            for node in new.nodes:
                _check_known(connection, node)
            number = _next_number(connection, MANAGING)
            row = SpecialCard(
                number=number,
                kind=MANAGING,
                holder=holder,
                node=new.node,
                state=ORDERED,
                key_version=KEY_VERSION,
                valid_from=new.since,
                valid_until=new.until,
                ordered_by=by,
                ordered_at=now,
            )
            add(connection, SpecialCard, [row.model_dump()])
            places = [{"number": number, "node": node} for node in dict.fromkeys(new.nodes)]
            add(connection, SpecialCardNode, places)
            self._tell(connection, number)
        return number

    def order_system(self, new: NewSystem, *, by: str) -> OrderedSystem:
        """Order the card that registers a new installation; any earlier token of it is void.

        Raises:
            SpecialRefused, NodeNotIssuing, UnknownNode, BadName, NoAreas: nothing was ordered.
        """
        now = to_timestamp(self._clock())
        url = new.invitation.url
        _demand(Phrase("Good until"), new.until > now)
        _demand(Phrase("Address"), url.isascii() and len(url) <= ADDRESS_MAX)
        _demand(Phrase("Services"), bool(new.invitation.services))
        pin, salt = new_system_pin(self._random), self._random(SALT_SIZE)
        keys = pin_keys(pin, salt, stretched)
        with self._database.writing() as connection:
            hold_office(connection)
            _check_issuing(connection, new.node)
            number = _next_number(connection, SYSTEM)
            token = self._enrolment.invited(
                connection, new.invitation, card=number, until=new.until
            )
            sealed = seal_voucher(
                Voucher(token, new.invitation.services),
                number,
                new.until,
                self._keys.signer("enrol"),
                keys.box,
            )
            secret = {"host": keys.host.hex(), "content": sealed.hex()}
            detail = {
                "for": new.invitation.node,
                "services": [str(service) for service in new.invitation.services],
                "salt": salt.hex(),
                "hidden": hidden(self._keys, number, secret, self._random),
            }
            row = SpecialCard(
                number=number,
                kind=SYSTEM,
                node=new.node,
                state=ORDERED,
                key_version=KEY_VERSION,
                detail=json.dumps(detail),
                valid_until=new.until,
                ordered_by=by,
                ordered_at=now,
            )
            add(connection, SpecialCard, [row.model_dump()])
            self._tell(connection, number)
        return OrderedSystem(number, pin)

    def revoke(self, number: str, *, by: str, reason: str) -> None:
        """Let a card be good for nothing; every vending point hears of it at its next contact.

        Raises:
            NoSuchSpecial, SpecialOver, SpecialRefused: nothing was changed.
        """
        reason = reason.strip()
        _demand(Phrase("Reason"), bool(reason) and reason.isprintable())
        table = table_of(SpecialCard)
        with self._database.writing() as connection:
            hold_office(connection)
            row = connection.execute(select(table).where(table.c.number == number)).first()
            if row is None or row.kind not in PREFIXES:
                raise NoSuchSpecial(card=number[:CARD_DIGITS])
            if row.state not in GOOD:
                raise SpecialOver(card=number)
            connection.execute(
                update(table)
                .where(table.c.number == number)
                .values(
                    state=REVOKED,
                    ended_at=to_timestamp(self._clock()),
                    reason=f"{reason} ({by})",
                )
            )
            if row.kind == SYSTEM:
                self._enrolment.withdraw(connection, number)
            self._tell(connection, number)

    def listed(self, *, everything: bool = False) -> tuple[SpecialView, ...]:
        """Every special card, tool cards among them, the newest first."""
        with self._database.reading() as session:
            views = _views(session.connection())
        return tuple(view for view in views if everything or view.open)

    def _tell(self, connection: Connection, number: str) -> None:
        """Those that hear of a card find it at their next contact."""
        note_due(connection, nodes_of_card(connection, number))


def _demand(field: Phrase, holds: bool) -> None:  # noqa: FBT001 - it is what is demanded
    if not holds:
        raise SpecialRefused(field=field)


def _is_holder(holder: str) -> bool:
    try:
        return bool(holder) and len(holder_bytes(holder)) == HOLDER_SIZE
    except ValueError:
        return False


def _check_known(connection: Connection, node: str) -> int:
    table = table_of(Node)
    row = connection.execute(select(table.c.issuing).where(table.c.node == node)).first()
    if row is None:
        raise UnknownNode(node=node[:40])
    return int(row.issuing)


def _check_issuing(connection: Connection, node: str) -> None:
    if not _check_known(connection, node):
        raise NodeNotIssuing(node=node)


def _next_number(connection: Connection, kind: str) -> str:
    column, prefix = table_of(SpecialCard).c.number, PREFIXES[kind]
    newest = connection.execute(select(func.max(column)).where(column.like(f"{prefix}%"))).scalar()
    number = int(newest) + 1 if newest else int(prefix.ljust(CARD_DIGITS, "0")) + 1
    return f"{number:0{CARD_DIGITS}}"


def _views(connection: Connection) -> list[SpecialView]:
    card, at, refusal = (
        table_of(SpecialCard),
        table_of(SpecialCardNode),
        table_of(EnrolmentRefusal),
    )
    places: dict[str, list[str]] = {}
    for number, node in connection.execute(select(at.c.number, at.c.node).order_by(at.c.node)):
        places.setdefault(number, []).append(node)
    counted = connection.execute(
        select(refusal.c.card, func.sum(refusal.c.times)).group_by(refusal.c.card)
    )
    refused = {number: int(times) for number, times in counted}
    rows: Sequence[SpecialCard] = connection.execute(
        select(card).order_by(card.c.ordered_at.desc(), card.c.number.desc())
    ).all()  # type: ignore[assignment]
    return [
        SpecialView(
            number=row.number,
            kind=row.kind,
            holder=row.holder,
            node=row.node,
            nodes=tuple(places.get(row.number, ())),
            state=row.state,
            purpose=json.loads(row.detail).get("for", ""),
            valid_until=row.valid_until,
            ordered_by=row.ordered_by,
            ordered_at=row.ordered_at,
            issued_at=row.issued_at,
            ended_at=row.ended_at,
            reason=row.reason,
            refusals=refused.get(row.number, 0),
        )
        for row in rows
    ]
