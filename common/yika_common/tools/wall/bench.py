"""The meters on the wall and the card in the hand: what a person does to them, and what is seen.

The folder is the demonstration's: cards in ``cards``, meters in ``meters``; or both in the folder
itself.  A card in the hand is in no reader at the same time
(:mod:`yika_common.simulated.card_hold`).
"""

import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from yika_common.cards.application import CardIdentity
from yika_common.cards.errors import CardError
from yika_common.cards.memory.peek import meters_on
from yika_common.cards.special import contact as special
from yika_common.cards.user_card import recognise
from yika_common.clock import Clock
from yika_common.errors import N_, YikaError
from yika_common.infra.entropy import RandomSource
from yika_common.meters.catalogue import MODELS, Model, usual_model
from yika_common.meters.dialogue import LoadReport, load
from yika_common.meters.errors import MeterNotOnCard, MeterStorageLost
from yika_common.meters.events import Event, happened
from yika_common.meters.state import MeterPlate, MeterState, consumed, limit_of
from yika_common.numbers import Quantity
from yika_common.readers.port import MemoryChip
from yika_common.simulated.card_file import CardFileWrong
from yika_common.simulated.card_hold import CardHold, is_elsewhere
from yika_common.simulated.chip_file import in_a_reader, open_any_card_file
from yika_common.simulated.meter_file import MeterFileWrong, StoredMeter, open_meter_file
from yika_common.values import dataclass

SHOWN: Final = 8
USE_MAX: Final = Quantity(1_000_000_000)
_BESIDE = (".secret", ".lock")
_MONTH = timedelta(days=31)
_NAME_SHOWN = 20


class NoSuchOnWall(YikaError):
    """The page names a card, meter or reader that is not there."""

    code = "not_on_the_wall"
    sentence = N_("There is no %(name)s here. Nothing was done. Look at the page again.")


class UseUnusable(YikaError):
    """What is to be drawn is no quantity."""

    code = "use_unusable"
    sentence = N_(
        "“%(text)s” is not a quantity above 0 that a meter can deliver. Nothing was drawn. Type a "
        "number."
    )


class CardSlot(Protocol):
    """A reader on the table, into which the card can be put."""

    @property
    def card(self) -> Path | None:
        """The card that is in."""
        ...

    def insert(self, card: Path) -> None:
        """Put a card in."""
        ...

    def remove(self) -> None:
        """Take the card out."""
        ...


@dataclass(frozen=True, slots=True)
class CardSeen:
    """A card on the table.

    Attributes:
        name: of its file.
        number: of the card; empty while it is blank.
        reader: in which it lies; empty: in none of these.
        elsewhere: somebody else has it.
    """

    name: str
    number: str
    reader: str
    elsewhere: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of putting the card into a meter; ``problem``: why the meter didn't look at it."""

    card: str
    at: datetime
    report: LoadReport | None
    problem: YikaError | None = None


@dataclass(frozen=True, slots=True)
class MeterSeen:
    """A meter on the wall: its plate, its model, how it stands, and the last visit of a card."""

    plate: MeterPlate
    model: Model
    state: MeterState
    visit: Visit | None
    drawn: Quantity | None

    @property
    def most(self) -> Quantity:
        """The most credit that it stores."""
        return limit_of(self.plate, self.state.max_stored)


class Bench:
    """The wall, the table and the hand; one act at a time."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        random: RandomSource,
        readers: Mapping[str, CardSlot] | None = None,
    ) -> None:
        self._cards, self._meters = _folders(folder)
        self._clock = clock
        self._random = random
        self.readers = dict(readers or {})
        self._ahead = timedelta(0)
        self._visits: dict[str, Visit] = {}
        self._drawn: dict[str, Quantity] = {}
        self._opened: dict[str, StoredMeter] = {}
        self._lock = threading.Lock()

    @property
    def now(self) -> datetime:
        """What the meters' clocks show."""
        return self._clock() + self._ahead

    def cards(self) -> tuple[CardSeen, ...]:
        """Every card on the table."""
        lying = {slot.card: name for name, slot in self.readers.items() if slot.card}
        found = (path for path in sorted(self._cards.iterdir()) if path.is_file())
        seen = (self._seen(path, lying) for path in found if not _beside(path))
        return tuple(card for card in seen if card is not None)

    def meters(self, card: str) -> tuple[MeterSeen, ...]:
        """The meters that the card names, by slot; without one the first on the wall.

        An SLE4442 has no room to name its meters.
        """
        known = self._known()
        names = self._named_by(card, known) if card else []
        return tuple(self._shown(name, known[name]) for name in names or sorted(known)[:SHOWN])

    def put_in(self, card: str, meter: str) -> Visit:
        """Put the card into a meter and take it out again.

        Raises:
            CardElsewhere: the card is in a reader; neither was touched.
            NoSuchOnWall: there is no such card or meter.
        """
        with self._lock, CardHold(self._card(card)):
            return self._visit(card, meter)

    def put_in_all(self, card: str) -> tuple[Visit, ...]:
        """Put the card into each of its meters, one after the other; raises as :meth:`put_in`."""
        names = [seen.plate.meter_id for seen in self.meters(card)]
        with self._lock, CardHold(self._card(card)):
            return tuple(self._visit(card, name) for name in names)

    def use(self, meter: str, wanted: Quantity) -> Quantity:
        """Draw through a meter; what passed.

        Raises:
            UseUnusable: nothing was drawn.
            NoSuchOnWall: there is no such meter.
        """
        if not 0 < wanted <= USE_MAX:
            raise UseUnusable(text=str(wanted))
        with self._lock:
            stored = self._meter(meter)
            register = stored.plate.register
            state, passed = consumed(stored.state(), wanted, self.now, register)
            stored.commit(state)
            self._drawn[meter] = passed
        return passed

    def disturb(self, meter: str, event: Event) -> None:
        """Do something to a meter; raises NoSuchOnWall."""
        with self._lock:
            stored = self._meter(meter)
            stored.commit(happened(stored.plate, stored.state(), event))

    def pass_month(self) -> None:
        """Let the meters' clocks go a month ahead."""
        with self._lock:
            self._ahead += _MONTH

    def to_reader(self, card: str, reader: str) -> None:
        """Put the card into a reader; one that is in is taken out.

        Raises:
            CardElsewhere: it is in another one.
            NoSuchOnWall: there is no such card or reader.
        """
        with self._lock:
            path, slot = self._card(card), self._slot(reader)
            if slot.card == path:
                return
            CardHold(path).release()
            if slot.card is not None:
                slot.remove()
            slot.insert(path)

    def from_reader(self, reader: str) -> None:
        """Take the card out of a reader; raises NoSuchOnWall."""
        with self._lock:
            slot = self._slot(reader)
            if slot.card is not None:
                slot.remove()

    def _visit(self, card: str, meter: str) -> Visit:
        stored = self._meter(meter)
        held = in_a_reader(open_any_card_file(self._card(card), self._random))
        try:
            report = load(held, self._random, stored, self.now)
            visit = Visit(card, self.now, report)
        except (CardError, MeterNotOnCard) as problem:
            visit = Visit(card, self.now, None, problem)
        self._visits[meter] = visit
        return visit

    def _shown(self, name: str, stored: StoredMeter) -> MeterSeen:
        plate = stored.plate
        named = (model for model in MODELS if model.name == plate.model)
        return MeterSeen(
            plate=plate,
            model=next(named, usual_model(plate.service)),
            state=stored.state(),
            visit=self._visits.get(name),
            drawn=self._drawn.get(name),
        )

    def _known(self) -> dict[str, StoredMeter]:
        """Every meter in the folder; a file is opened once, its state is read each time."""
        for path in self._meters.iterdir():
            if path.name not in self._opened and path.is_file() and not _beside(path):
                with suppress(MeterFileWrong, MeterStorageLost):
                    self._opened[path.name] = open_meter_file(path)
        return self._opened

    def _named_by(self, card: str, known: Mapping[str, StoredMeter]) -> list[str]:
        """The meters that have a slot on the card, in the order of the slots."""
        identity = self._identity(self._card(card))
        if identity is None:
            return []
        found = [
            (slot, name)
            for name, meter in known.items()
            for slot in identity.slots_of(meter.keys.auth)
        ]
        return [name for _, name in sorted(found)]

    def _seen(self, path: Path, lying: Mapping[Path, str]) -> CardSeen | None:
        number = self._number(path)
        if number is None:
            return None
        reader = lying.get(path, "")
        return CardSeen(path.name, number, reader, not reader and is_elsewhere(path))

    def _number(self, path: Path) -> str | None:
        """A card's number, special cards included; None if the file holds none of ours."""
        identity = self._identity(path)
        if identity is not None:
            return identity.number
        try:
            return special.recognise(in_a_reader(open_any_card_file(path, self._random))).number
        except (CardFileWrong, CardError):
            return None

    def _identity(self, path: Path) -> CardIdentity | None:
        """What a card that has to do with meters tells anybody; None if the file holds none."""
        try:
            contact = in_a_reader(open_any_card_file(path, self._random))
            if isinstance(contact, MemoryChip):
                return meters_on(contact)[0]
            return recognise(contact)
        except (CardFileWrong, CardError):
            return None

    def _card(self, name: str) -> Path:
        path = self._cards / name
        if Path(name).name != name or _beside(path) or not path.is_file():
            raise NoSuchOnWall(name=name[:_NAME_SHOWN])
        return path

    def _meter(self, name: str) -> StoredMeter:
        known = self._known()
        if name not in known:
            raise NoSuchOnWall(name=name[:_NAME_SHOWN])
        return known[name]

    def _slot(self, name: str) -> CardSlot:
        if name not in self.readers:
            raise NoSuchOnWall(name=name[:_NAME_SHOWN])
        return self.readers[name]


def _folders(folder: Path) -> tuple[Path, Path]:
    """Where the cards are, and where the meters."""
    cards, meters = folder / "cards", folder / "meters"
    return (cards, meters) if cards.is_dir() and meters.is_dir() else (folder, folder)


def _beside(path: Path) -> bool:
    """Whether the file only belongs to another: a card's keys, a card's lock."""
    return path.suffix in _BESIDE
