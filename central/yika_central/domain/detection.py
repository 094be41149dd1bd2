"""What meters say of themselves against what the journals say was sold: a pure function.

Each write-back with genuine evidence is the meter's own word.  It is compared with the records
that the journals report for the meter, each of which states a lifetime total at a (generation,
count).  What a meter was given *by* a position is the fold of the records up to it, in their
order: the highest total, except where a refund sets it.

==============  ==  ======================================================================
kind            R   what was found; the amount, in 1/1000 of what the meter counts
==============  ==  ======================================================================
unreported      1   the meter took a position that no journal has reported (yet); by how
                    much its total is above what was given
ghost           1   it took more than it was given by that position; the excess
lost            1   it took less, of a meter that was replaced with what moved on from it; what
                    is missing
unbalanced      1   used + balance moved away from what was taken; above zero: credit that
                    nobody sold, below: credit that went away
regressed       2   position, total or use falls as the number of the write-back rises: the
                    meter was set back (unless a refund lowers it to what it was given)
old_image       2   a card shows an older write-back than the same vending point had read
                    from it: its content was restored
contradicted    3   two write-backs of one number differ: two meters hold its keys
count_shared    4   two vending points read back records of one (generation, count): the card
                    was copied or restored between them; the lesser growth
overtaken       4   a sale is open and its count was used by another one on a memory card:
                    a copy may have brought the meter either; the credit of the open one
two_places      5   one card was in two vending points sooner than anybody can travel
==============  ==  ======================================================================

R6, a card's witness against the journal it names, is not about a meter and stands in
:mod:`yika_central.db.case_store`.  A superseded intent never reached a card and gives nothing.  A
pending one may have: it counts for *ghost* and *unreported* and not for *lost*.

A purchase that was given back because a later one does not include it may all the same have been
in the meter, which then credited that much less of the later one.  So an earlier word may say its
total; the newest word has to do without.

Conservation is all of it together: used + balance = taken, and given = taken + what is still on
the card.  A meter that holds money uses units and is not balanced here.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from yika_common.cards.write_back import MeterStatus

Place = tuple[str, int, int, int]
"""Node, epoch, branch and seq of a record."""

Position = tuple[int, int]
"""Generation and count."""


class Kind(StrEnum):
    """What was found."""

    UNREPORTED = "unreported"
    GHOST = "ghost"
    LOST = "lost"
    UNBALANCED = "unbalanced"
    REGRESSED = "regressed"
    OLD_IMAGE = "old_image"
    CONTRADICTED = "contradicted"
    COUNT_SHARED = "count_shared"
    OVERTAKEN = "overtaken"
    TWO_PLACES = "two_places"
    WITNESS_CONTRADICTED = "witness_contradicted"
    WITNESS_AHEAD = "witness_ahead"


@dataclass(frozen=True, slots=True)
class Given:
    """One intent for the meter; ``growth`` is the credit it adds, ``lower`` that it may fall.

    ``copyable``: its card is a memory card.
    """

    place: Place
    at: int
    card: str
    position: Position
    total: int
    growth: int
    lower: bool
    outcome: str
    copyable: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """One genuine write-back of the meter, as a node read it."""

    place: Place
    at: int
    card: str
    position: Position
    total: int
    balance: int
    used: int
    status: int
    number: int
    meter_time: int

    @property
    def content(self) -> tuple[Position, int, int, int, int, int]:
        """What two write-backs of one number must agree on."""
        return self.position, self.total, self.balance, self.used, self.status, self.meter_time


@dataclass(frozen=True, slots=True)
class Left:
    """What moved on from a meter that was replaced, by its word of that ``number``.

    ``position`` is its newest purchase that was known there, ``unloaded`` what it had not taken.
    """

    number: int
    position: Position
    unloaded: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: ``mark`` tells it from others of its kind and meter, for good."""

    kind: Kind
    mark: str
    amount: int
    places: tuple[Place, ...]


def findings(
    given: Iterable[Given],
    told: Iterable[Told],
    *,
    holds_money: bool,
    apart_s: int,
    quantum: int = 1,
    to_be_cleared: bool = False,
    left: Left | None = None,
) -> tuple[Finding, ...]:
    """Everything found about one meter, in no particular order.

    Args:
        given: the intents of every journal for it.
        told: its genuine write-backs.
        holds_money: whether the meter counts money.
        apart_s: seconds that a card needs at least from one vending point to another.
        quantum: the least that the meter credits; less than that waits on the card and is not
            lost.
        to_be_cleared: headquarters has ordered to take its balance away, and not heard that it was
            not done.
        left: the meter was replaced; None: it was not, or not on its own word.
    """
    ladder = _Ladder(given)
    by_number: dict[int, list[Told]] = defaultdict(list)
    for one in told:
        by_number[one.number].append(one)
    words = [by_number[number] for number in sorted(by_number)]
    latest = [same[0] for same in words]
    return (
        *_against_ledger(ladder, latest, quantum),
        *_moved_on(ladder, latest, left, quantum),
        *_contradicted(words),
        *_set_back(ladder, latest),
        *(() if holds_money else _unbalanced(latest, to_be_cleared)),
        *_old_images(one for same in words for one in same),
        *_counts_shared(ladder.given),
        *_overtaken(ladder.given),
        *_two_places(ladder.given, [one for same in words for one in same], apart_s),
    )


class _Ladder:
    """What the meter was given by each position."""

    def __init__(self, given: Iterable[Given]) -> None:
        every = sorted(given, key=lambda one: (one.position, one.place))
        self.given = [one for one in every if one.outcome != "SUPERSEDED"]
        self.ended = [one for one in every if one.outcome == "SUPERSEDED" and not one.lower]
        self.positions = {one.position for one in self.given}
        self.last = max(self.positions, default=(0, 0))

    def most(self, position: Position) -> int:
        """The highest total that the meter can have taken by that position."""
        return self._fold(position, self.given)

    def ever(self, position: Position) -> int:
        """The same, with what was given back since.

        A refund on a card that never came back to the meter is given back by a later record.
        """
        sold = (*self.ended, *(one for one in self.given if not one.lower))
        return max(self.most(position), self._fold(position, sold))

    def least(self, position: Position) -> int:
        """What was certainly paid for by then: pending records may not have reached a card.

        Summed up, because a record whose maker did not know of an earlier one says too low a
        total.  Of several records of one count only one can be taken.
        """
        certain = [one for one in self.given if one.outcome == "WRITTEN"]
        growth: dict[Position, int] = {}
        for one in certain:
            if one.position <= position:
                growth[one.position] = max(one.growth, growth.get(one.position, one.growth))
        return max(self._fold(position, certain), sum(growth.values()))

    def falls_between(self, before: Position, after: Position) -> bool:
        """Whether a refund lies after the one position and at most at the other."""
        return any(one.lower and before < one.position <= after for one in self.given)

    @staticmethod
    def _fold(position: Position, given: Iterable[Given]) -> int:
        total = 0
        for one in given:
            if one.position > position:
                continue
            total = one.total if one.lower else max(total, one.total)
        return total


def _against_ledger(ladder: _Ladder, told: Sequence[Told], quantum: int) -> Iterator[Finding]:
    """The newest word of the meter at each position it took."""
    newest = {one.position: one for one in told}
    last = max(newest, default=(0, 0))
    named = 0
    for position in sorted(newest):
        one = newest[position]
        most = ladder.most(position) if position == last else ladder.ever(position)
        mark, excess = f"{position[0]}/{position[1]}", one.total - most
        missing = _missing(ladder, one)
        if excess > 0:
            known = position in ladder.positions
            kind = Kind.GHOST if known else Kind.UNREPORTED
            yield Finding(kind, mark, excess, (one.place,))
        elif missing - named >= quantum:
            # What was lost before is named at its own place.
            yield Finding(Kind.LOST, mark, missing - named, (one.place,))
            named = missing


def _missing(ladder: _Ladder, word: Told) -> int:
    """What the meter should have taken by its word's position, and had not."""
    known = word.position in ladder.positions
    return max(0, ladder.least(word.position) - word.total) if known else 0


def _moved_on(
    ladder: _Ladder, told: Sequence[Told], left: Left | None, quantum: int
) -> Iterator[Finding]:
    """What it had taken and what moved on, against what it was given by then."""
    word = next((one for one in told if left is not None and one.number == left.number), None)
    # Of what it had taken itself it is asked above.
    if left is None or word is None or word.position >= left.position:
        return
    missing = ladder.least(left.position) - word.total - left.unloaded - _missing(ladder, word)
    if left.position in ladder.positions and missing >= quantum:
        mark = f"{left.position[0]}/{left.position[1]}"
        yield Finding(Kind.LOST, mark, missing, (word.place,))


def _contradicted(words: Iterable[Sequence[Told]]) -> Iterator[Finding]:
    for same in words:
        first = same[0]
        other = next((one for one in same if one.content != first.content), None)
        if other is not None:
            amount = abs(other.total - first.total)
            places = (first.place, other.place)
            yield Finding(Kind.CONTRADICTED, str(first.number), amount, places)


def _set_back(ladder: _Ladder, told: Sequence[Told]) -> Iterator[Finding]:
    for before, after in pairwise(told):
        fell = before.total - after.total
        refunded = ladder.falls_between(before.position, after.position)
        # A later record may set down what the refund's own, on a lost card, could not.
        above = before.total > ladder.most(before.position)
        refunded |= above and after.total == ladder.most(after.position)
        if (
            after.position < before.position
            or after.used < before.used
            or (fell > 0 and not refunded)
        ):
            places = (before.place, after.place)
            yield Finding(Kind.REGRESSED, str(after.number), max(fell, 0), places)


def _unbalanced(told: Sequence[Told], to_be_cleared: bool) -> Iterator[Finding]:  # noqa: FBT001
    gone = 0
    for one in told:
        now = one.total - one.used - one.balance
        # A clear card takes the balance away; the meter says so until the next credit.
        cleared = to_be_cleared or one.status & MeterStatus.CLEARED
        if now != gone and not (now > gone and cleared):
            yield Finding(Kind.UNBALANCED, str(one.number), gone - now, (one.place,))
        gone = now


def _old_images(told: Iterable[Told]) -> Iterator[Finding]:
    newest: dict[tuple[str, str, int, int], Told] = {}
    for one in sorted(told, key=lambda one: one.place):
        reader = (one.card, *one.place[:3])
        before = newest.get(reader)
        if before is not None and one.number < before.number:
            mark = f"{one.card}/{one.number}/{before.number}"
            yield Finding(Kind.OLD_IMAGE, mark, 0, (before.place, one.place))
        else:
            newest[reader] = one


def _counts_shared(given: Iterable[Given]) -> Iterator[Finding]:
    written: dict[Position, list[Given]] = defaultdict(list)
    for one in given:
        if one.outcome == "WRITTEN":
            written[one.position].append(one)
    for (generation, count), sharing in written.items():
        if len(sharing) > 1:
            amount = min(one.growth for one in sharing)
            places = tuple(one.place for one in sharing)
            yield Finding(Kind.COUNT_SHARED, f"{generation}/{count}", amount, places)


def _overtaken(given: Sequence[Given]) -> Iterator[Finding]:
    """Until the meter's word settles it, which an SLE4442 never brings."""
    written = {one.position: one for one in given if one.outcome == "WRITTEN"}
    for one in given:
        other = written.get(one.position)
        if one.outcome == "PENDING" and one.copyable and other is not None:
            mark = "/".join(map(str, (*one.position, *one.place)))
            yield Finding(Kind.OVERTAKEN, mark, one.growth, (one.place, other.place))


def _two_places(given: Iterable[Given], told: Iterable[Told], apart_s: int) -> Iterator[Finding]:
    seen = [(one.card, one.at, one.place) for one in given]
    seen += ((one.card, one.at, one.place) for one in told)
    for (card, earlier, here), (other, later, there) in pairwise(sorted(seen)):
        if card == other and here[0] != there[0] and later - earlier < apart_s:
            yield Finding(Kind.TWO_PLACES, f"{card}/{later}", 0, (here, there))
