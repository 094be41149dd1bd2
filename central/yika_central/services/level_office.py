"""The level office: at which credit meters warn, close, refuse and lend; and which have it so.

Levels are set for a service and class, for a whole service, or for one meter; the narrower comes
first.  Each change is a numbered version.  A vending point puts the levels into the next record
that it writes for a meter, whatever the act; the meter's next write-back names the version in
force, and with that the levels are known to hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, func, select

from yika_central.db import meter_standing as standings
from yika_central.db import notice_store as store
from yika_central.db.database import Database, add, hold_office
from yika_central.db.tables import LevelChange, table_of
from yika_central.services.two_persons import check_reason
from yika_common.cards.parameters import Levels
from yika_common.cards.write_back import MeterStatus
from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.errors import N_, Phrase, YikaError
from yika_common.numbers import Quantity
from yika_common.services import Service

SHOWN: Final = 500
HISTORY_SHOWN: Final = 100
_LEVEL_MAX = (1 << 32) - 1
_CLASS_MAX = 32


class LevelsRefused(YikaError):
    """Levels that no meter can have, or that are for no meter."""

    code = "levels_refused"
    sentence = N_(
        "The levels were not changed: “%(field)s” has no value that makes sense here. Those in "
        "force stay in force. Correct it."
    )


class LevelsUnchanged(YikaError):
    """The levels that were asked for hold already."""

    code = "levels_unchanged"
    sentence = N_(
        "These levels are set already. Nothing was changed, and nothing is sent. Change one of "
        "them."
    )


class MeterNotInStock(YikaError):
    """Levels for a meter that headquarters does not know."""

    code = "levels_meter_unknown"
    sentence = N_("Meter %(meter)s is not in stock. No levels were changed. Check its number.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which meters levels are for: one meter, or a service's, of one class or of all (empty).

    ``money``: those that hold money, and not those that hold a quantity.
    """

    service: str = ""
    tariff_class: str = ""
    meter: str = ""
    money: bool = False


@dataclass(frozen=True, slots=True)
class LevelVersion:
    """A change of levels: who, when and why; ``levels`` None: none are set there any more."""

    number: int
    scope: Scope
    levels: Levels | None
    changed_by: str
    reason: str
    changed_at: datetime


class State(StrEnum):
    """How far a meter's levels are."""

    NONE = "none"
    """None are set for it."""
    WAITING = "waiting"
    """No card brings them yet."""
    ON_CARD = "on_card"
    """A card does, and the meter has not confirmed them."""
    PARTLY = "partly"
    """The meter confirmed those for which its card has room."""
    IN_FORCE = "in_force"
    """The meter confirmed them."""


@dataclass(frozen=True, slots=True)
class MeterView:
    """A meter: what it is to have, how far that is, and how it stands.

    ``money``: it was told to count money; its balance is then in 1/1000 of the currency's unit.
    """

    meter: str
    service: str
    account: str
    area: str
    wanted: LevelVersion | None
    state: State
    told: int
    in_force: int
    balance: int
    status: MeterStatus
    read_at: datetime | None
    node: str
    money: bool


class LevelOffice:
    """Sets levels, shows which meters confirmed them, and which meters have an alarm."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def current(self) -> tuple[LevelVersion, ...]:
        """The levels that are set now."""
        with self._database.reading() as session:
            return tuple(map(_version, store.newest_levels(session.connection())))

    def history(self) -> tuple[LevelVersion, ...]:
        """The newest changes, newest first."""
        table = table_of(LevelChange)
        with self._database.reading() as session:
            rows = session.execute(
                select(table).order_by(table.c.number.desc()).limit(HISTORY_SHOWN)
            ).mappings()
            return tuple(map(_version, rows))

    def change(self, scope: Scope, levels: Levels | None, *, by: str, reason: str) -> LevelVersion:
        """Set the levels of these meters, or set none any more (None: they stay as they are).

        Raises:
            LevelsRefused, LevelsUnchanged, MeterNotInStock, ReasonMissing: nothing was changed.
        """
        reason = check_reason(reason)
        _check(scope, levels)
        with self._database.writing() as connection:
            hold_office(connection)
            if scope.meter and standings.area_of_meter(connection, scope.meter) is None:
                raise MeterNotInStock(meter=scope.meter[:12])
            held = {
                version.scope: version.levels
                for version in map(_version, store.newest_levels(connection))
            }
            if held.get(scope) == levels:
                raise LevelsUnchanged
            row = _row(connection, scope, levels) | {
                "reason": reason,
                "changed_by": by,
                "changed_at": to_timestamp(self._clock()),
            }
            add(connection, LevelChange, [row])
        return _version(row)

    def meters(self, *, service: str = "", after: str = "") -> tuple[MeterView, ...]:
        """Meters of accounts, by number, and how far their levels are."""
        with self._database.reading() as session:
            connection = session.connection()
            rows = standings.with_levels(connection, service=service, limit=SHOWN, after=after)
            return self._views(connection, rows)

    def alarms(self, bits: MeterStatus = standings.ALARMS) -> tuple[MeterView, ...]:
        """Meters whose newest write-back says one of these things."""
        with self._database.reading() as session:
            connection = session.connection()
            return self._views(connection, standings.alarms(connection, bits, SHOWN))

    def _views(self, connection: Connection, rows: Sequence[RowMapping]) -> tuple[MeterView, ...]:
        versions = map(_version, store.newest_levels(connection))
        held = {version.scope: version for version in versions}
        amended = standings.classes(connection, (row["account"] for row in rows if row["account"]))
        return tuple(_view(row, held, amended) for row in rows)


def wanted_for(
    held: Mapping[Scope, LevelVersion], meter: str, service: str, tariff_class: str, *, money: bool
) -> LevelVersion | None:
    """The levels that are set for a meter: its own, its class's, its service's."""
    scopes = (
        Scope(meter=meter, money=money),
        Scope(service=service, tariff_class=tariff_class, money=money),
        Scope(service=service, money=money),
    )
    return next((held[scope] for scope in scopes if scope in held), None)


def _view(
    row: RowMapping, held: Mapping[Scope, LevelVersion], amended: Mapping[str, str]
) -> MeterView:
    service = row["measures"] or row["service"] or ""
    tariff_class = amended.get(row["account"] or "", row["tariff_class"] or "")
    meter = row["number_of_meter"] or row["meter"]
    wanted = wanted_for(held, meter, service, tariff_class, money=bool(row["money"]))
    return MeterView(
        meter=meter,
        service=service,
        account=row["account"] or "",
        area=row["area"] or "",
        wanted=wanted,
        state=_state(wanted, row),
        told=row["told"] or 0,
        in_force=row["in_force"] or 0,
        balance=row["balance"] or 0,
        status=MeterStatus(row["status"] or 0),
        read_at=from_timestamp(row["read_at"]) if row["read_at"] else None,
        node=row["node"] or "",
        money=bool(row["money"]),
    )


def _state(wanted: LevelVersion | None, row: RowMapping) -> State:
    if wanted is None or wanted.levels is None:
        return State.NONE
    told = Levels(*(Quantity(row[name] or 0) for name in Levels._fields))
    if not row["told"] or told not in (wanted.levels, wanted.levels.beside_a_price()):
        return State.WAITING
    if row["in_force"] != row["told"]:
        return State.ON_CARD
    return State.IN_FORCE if told == wanted.levels else State.PARTLY


def _check(scope: Scope, levels: Levels | None) -> None:
    of_service = scope.service in list(Service) and not scope.meter
    rules = [
        (Phrase("Meters"), of_service or (bool(scope.meter) and not scope.service)),
        (Phrase("Tariff class"), len(scope.tariff_class) <= _CLASS_MAX),
        (Phrase("Tariff class"), not (scope.meter and scope.tariff_class)),
    ]
    if levels is not None:
        beside_a_price = levels.second_level or levels.overdraft
        rules += [
            (Phrase("Level"), all(0 <= level <= _LEVEL_MAX for level in levels)),
            (Phrase("Second alarm level"), levels.second_level <= levels.alarm_level),
            (
                Phrase("Most stored"),
                not levels.max_stored or levels.max_stored > levels.alarm_level,
            ),
            (Phrase("Second alarm level"), not (scope.money and beside_a_price)),
        ]
    for field, holds in rules:
        if not holds:
            raise LevelsRefused(field=field)


def _row(connection: Connection, scope: Scope, levels: Levels | None) -> dict[str, Any]:
    newest = connection.execute(select(func.max(table_of(LevelChange).c.number))).scalar()
    return {
        "number": int(newest or 0) + 1,
        "service": scope.service,
        "tariff_class": scope.tariff_class,
        "meter": scope.meter,
        "money": int(scope.money),
        **(levels or Levels())._asdict(),
        "removed": int(levels is None),
    }


def _version(row: RowMapping | Mapping[str, Any]) -> LevelVersion:
    return LevelVersion(
        number=row["number"],
        scope=Scope(
            service=row["service"],
            tariff_class=row["tariff_class"],
            meter=row["meter"],
            money=bool(row["money"]),
        ),
        levels=None if row["removed"] else Levels(*(row[name] for name in Levels._fields)),
        changed_by=row["changed_by"],
        reason=row["reason"],
        changed_at=from_timestamp(row["changed_at"]),
    )
