"""Stock: the meters and user cards that exist, by area, before anybody owns them.

Putting something into stock derives nothing and stores no key; it only lets the keys be derived.
The meter maker gets one key file per meter; the nodes of the area get the keys in their bundle.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Column, Connection, func, select

from yika_central.db.database import Database, add, add_new, hold_office
from yika_central.db.number_store import add_numbers
from yika_central.db.suspense import settle
from yika_central.db.tables import Area, Card, Meter, table_of
from yika_central.errors import BadName
from yika_central.services.key_room import KeyRoom
from yika_central.services.registry import Registry, nodes_of_area
from yika_common.cards.ciphers import Suite, first_version
from yika_common.cards.identifiers import AREA_SIZE
from yika_common.clock import Clock, to_timestamp
from yika_common.errors import N_, Phrase, YikaError
from yika_common.infra.files import PRIVATE, replace_file
from yika_common.services import Service

METER_DIGITS = 12
CARD_DIGITS = 12
KEY_VERSION = first_version(Suite.AES)
"""Of special cards and tool cards, which no customer holds."""

_METER = re.compile(r"[0-9]{12}")
_CODE = re.compile(r"[0-9A-Z-]+")
_OUR_METERS = "00"
_OUR_CARDS = "86"
"""How numbers of our own begin, so that nobody takes a meter's for a card's."""

_COUNT_MAX = 100_000


class StockListMalformed(YikaError):
    """A line of a list of meters cannot be used."""

    code = "stock_list_malformed"
    sentence = N_(
        "Line %(line)s of the list of meters is wrong: %(why)s. Nothing was put into stock. Give "
        "“meter,service” on each line: 12 digits and one of the nine services."
    )


class AlreadyInStock(YikaError):
    """A meter of the list is in stock already."""

    code = "already_in_stock"
    sentence = N_(
        "Meter %(meter)s is in stock already. Nothing was put into stock. Take it off the list."
    )


class TooMany(YikaError):
    """More pieces at once than anybody delivers."""

    code = "stock_too_many"
    sentence = N_(
        "At most %(most)s meters and cards are put into stock at once. Nothing was put into "
        "stock. Split the delivery."
    )


@dataclass(frozen=True, slots=True)
class NewMeter:
    """A meter as its maker names it."""

    meter: str
    service: Service


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was put into stock."""

    area: str
    meters: tuple[NewMeter, ...]
    cards: tuple[str, ...]


class Stock:
    """Takes meters and cards into stock and exports meters' key files."""

    def __init__(
        self, database: Database, keys: KeyRoom, registry: Registry, clock: Clock
    ) -> None:
        self._database = database
        self._keys = keys
        self._registry = registry
        self._clock = clock

    def name_area(self, area: str, name: str) -> None:
        """Enter an area, if it is new.

        Raises:
            BadName: nothing was entered.
        """
        check_area(area)
        with self._database.writing() as connection:
            add_new(connection, Area, [{"area": area, "name": name or area}])

    def take_in(
        self,
        area: str,
        meters: Sequence[NewMeter],
        cards: int,
        suite: Suite = Suite.AES,
    ) -> Delivery:
        """Put meters of the area and so many new card numbers into stock, with keys of a suite.

        The nodes of the area find the keys in their next manifest.

        Raises:
            BadName, AlreadyInStock, TooMany: nothing was put into stock.
        """
        with self._database.writing() as connection:
            hold_office(connection)
            return self._take_in(connection, area, meters, cards, suite)

    def take_in_new(
        self,
        area: str,
        services: Iterable[Service],
        cards: int,
        suite: Suite = Suite.AES,
    ) -> Delivery:
        """Put meters with numbers of our own into stock, one per service named; and cards.

        Raises:
            BadName, TooMany: nothing was put into stock.
        """
        wanted = tuple(services)
        with self._database.writing() as connection:
            hold_office(connection)
            first = _next_number(connection, table_of(Meter).c.meter, _OUR_METERS)
            meters = [
                NewMeter(f"{first + offset:0{METER_DIGITS}}", service)
                for offset, service in enumerate(wanted)
            ]
            return self._take_in(connection, area, meters, cards, suite)

    def export_keys(self, meters: Iterable[str], folder: Path) -> int:
        """Write the key file of each meter, ``METER.json``, for its maker; returns how many.

        The files hold every key of a meter: they go to the maker alone, and are then destroyed.

        Raises:
            OSError: the folder cannot be written; files written so far are whole.
        """
        folder.mkdir(parents=True, exist_ok=True)
        wanted = set(meters)
        table = table_of(Meter)
        with self._database.reading() as session:
            rows = session.execute(select(table).order_by(table.c.meter)).mappings().all()
        chosen = [row for row in rows if row["meter"] in wanted]
        for row in chosen:
            keys = self._keys.meter_keys(row["meter"], row["key_version"], row["area"])
            assert keys.wbq is not None, "headquarters derives all four keys"
            document = {
                "meter": row["meter"],
                "service": row["service"],
                "key_version": row["key_version"],
                "credit": keys.credit.hex(),
                "wbn": keys.wbn.hex(),
                "wbq": keys.wbq.hex(),
                "auth": keys.auth.hex(),
            }
            data = json.dumps(document, indent=1).encode() + b"\n"
            replace_file(folder / f"{row['meter']}.json", data, mode=PRIVATE)
        return len(chosen)

    def _take_in(
        self,
        connection: Connection,
        area: str,
        meters: Sequence[NewMeter],
        cards: int,
        suite: Suite,
    ) -> Delivery:
        check_area(area)
        if cards < 0 or len(meters) + cards > _COUNT_MAX:
            raise TooMany(most=_COUNT_MAX)
        self._refuse_known(connection, [entry.meter for entry in meters])
        first = _next_number(connection, table_of(Card).c.number, _OUR_CARDS)
        numbers = tuple(f"{first + offset:0{CARD_DIGITS}}" for offset in range(cards))
        common = {
            "area": area,
            "key_version": first_version(suite),
            "added_at": to_timestamp(self._clock()),
        }
        add_new(connection, Area, [{"area": area, "name": area}])
        add(
            connection,
            Meter,
            [{"meter": entry.meter, "service": str(entry.service), **common} for entry in meters],
        )
        add(connection, Card, [{"number": number, **common} for number in numbers])
        add_numbers(connection, area, numbers)
        settle(connection, "unknown_meter", [entry.meter for entry in meters])
        settle(connection, "unknown_card", numbers)
        for node in nodes_of_area(connection, area):
            self._registry.issue(connection, node, new_keys=True)
        return Delivery(area, tuple(meters), numbers)

    def _refuse_known(self, connection: Connection, meters: Sequence[str]) -> None:
        table = table_of(Meter)
        seen: set[str] = set()
        for meter in meters:
            if meter in seen:
                raise AlreadyInStock(meter=meter)
            seen.add(meter)
        for start in range(0, len(meters), 1000):
            found = connection.execute(
                select(table.c.meter).where(table.c.meter.in_(meters[start : start + 1000]))
            ).scalar()
            if found is not None:
                raise AlreadyInStock(meter=found)


def check_area(area: str) -> None:
    """Refuse a code that cannot be part of a key's derivation.

    Raises:
        BadName: not 1 to 8 capitals, digits and hyphens.
    """
    if not _CODE.fullmatch(area) or len(area) > AREA_SIZE:
        raise BadName(name=area[:40], most=AREA_SIZE)


def read_meter_list(text: str) -> tuple[NewMeter, ...]:
    """The meters of a CSV list: ``meter,service`` on each line, that heading allowed.

    Raises:
        StockListMalformed: names the first line that is wrong.
    """
    meters = []
    for line, row in enumerate(csv.reader(io.StringIO(text)), start=1):
        if not row or (line == 1 and row[0] == "meter"):
            continue
        if len(row) != 2 or not _METER.fullmatch(row[0]):  # noqa: PLR2004 - the two columns
            raise StockListMalformed(line=line, why=Phrase("it is not “meter,service”"))
        if row[1] not in tuple(Service):
            raise StockListMalformed(
                line=line, why=Phrase("“%(text)s” is no service", text=row[1][:40])
            )
        meters.append(NewMeter(row[0], Service(row[1])))
    return tuple(meters)


def _next_number(connection: Connection, column: Column[str], prefix: str) -> int:
    """The first number not yet given among those that begin so."""
    first = f"{prefix}{1:0{METER_DIGITS - len(prefix)}}"
    highest = connection.execute(
        select(func.max(column)).where(column >= first, column.like(f"{prefix}%"))
    ).scalar()
    return int(highest) + 1 if highest else int(first)
