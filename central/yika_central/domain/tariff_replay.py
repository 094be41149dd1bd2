"""What-if: the past sales of a customer, priced by two tariffs side by side.

Both tariffs price the same quantities in the same order, each with a quota of its own that counts
from the sales before the first one that is compared; so a sale that only a step makes dearer is
found.  A tariff that is to come is priced as if it had been in force since the first of these
sales, and so is the one it is compared with: no difference comes from a version beginning.

Source: published validations of tariff proposals ("winners and losers by class, the largest
changes, and no change where none is meant"), made after charges that hit tens of thousands of
homes had been found only on their bills.
"""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from yika_central.domain.purchases import Purchase, in_order
from yika_central.domain.tariff_fold import Fold
from yika_common.errors import YikaError
from yika_common.numbers import Money
from yika_common.tariffs.facts import Facts
from yika_common.tariffs.model import Tariff

TOP = 50
"""How many of the largest rises, and of the largest falls, are named."""


@dataclass(frozen=True, slots=True)
class Priced:
    """What one customer would have paid in the time compared.

    ``before`` is by the present tariff, or what was charged where there is none; ``unpriced``
    counts sales that one of the tariffs has no price for, by the code of the error: they are in
    neither sum.
    """

    account: str
    sales: int
    before: Money
    after: Money
    unpriced: tuple[tuple[str, int], ...] = ()

    @property
    def change(self) -> Money:
        """Above zero the customer would have paid more."""
        return Money(self.after - self.before)


def price_customer(
    account: str,
    purchases: Iterable[Purchase],
    *,
    facts: Facts,
    present: Tariff | None,
    draft: Tariff,
    first: datetime,
    since: datetime,
) -> Priced:
    """Price the purchases of one account and service.

    Those between ``first`` and ``since`` only count.  Purchases that are void or superseded are
    left out.
    """
    now = None if present is None else Fold(replace(present, effective_from=first), facts)
    then = Fold(replace(draft, effective_from=first), facts)
    sales, before, after = 0, 0, 0
    unpriced: dict[str, int] = {}
    for timed in in_order(purchase for purchase in purchases if purchase.counts):
        compared = timed.at >= since
        try:
            prices = (
                timed.purchase.charged if now is None else now.price(timed.purchase, timed.at),
                then.price(timed.purchase, timed.at),
            )
        except YikaError as error:
            if compared:
                unpriced[error.code] = unpriced.get(error.code, 0) + 1
            continue
        if compared:
            sales, before, after = sales + 1, before + prices[0], after + prices[1]
    return Priced(account, sales, Money(before), Money(after), tuple(sorted(unpriced.items())))


@dataclass(slots=True)
class Group:
    """The customers of one class and area.

    ``verdict`` is ``priced`` (the draft would hold), ``untouched`` (it would not: nothing
    changes), or ``clash`` (it and another tariff would fit equally well, and nothing could be
    sold).  ``present`` and ``next`` name the versions that hold now, and that would.
    """

    tariff_class: str
    area: str
    verdict: str
    present: str
    next: str
    accounts: int = 0
    sales: int = 0
    before: int = 0
    after: int = 0
    dearer: int = 0
    cheaper: int = 0
    same: int = 0

    @property
    def change(self) -> int:
        """Above zero these customers would have paid more."""
        return self.after - self.before

    @property
    def switches(self) -> bool:
        """Whether customers of another tariff would come under the draft."""
        return self.verdict == "priced" and self.present.split(" ")[0] != self.next.split(" ")[0]

    def add(self, priced: Priced) -> None:
        """Count a customer who bought something."""
        self.accounts += 1
        self.sales += priced.sales
        self.before += priced.before
        self.after += priced.after
        self.dearer += priced.change > 0
        self.cheaper += priced.change < 0
        self.same += priced.change == 0


@dataclass(frozen=True, slots=True)
class Mover:
    """A customer among those with the largest changes."""

    account: str
    area: str
    sales: int
    before: int
    after: int

    @property
    def change(self) -> int:
        """Above zero he would have paid more."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Findings:
    """What a replay found; ``since`` and ``until`` are seconds since 1970 (UTC).

    ``unpriced`` counts sales that have no price by the draft or by the present tariff, by the code
    of the error; ``strangers`` sales on accounts that nobody opened here.
    """

    since: int
    until: int
    groups: tuple[Group, ...] = ()
    up: tuple[Mover, ...] = ()
    down: tuple[Mover, ...] = ()
    unpriced: tuple[tuple[str, int], ...] = ()
    strangers: int = 0

    def of(self, verdict: str) -> tuple[Group, ...]:
        """The groups of a verdict."""
        return tuple(group for group in self.groups if group.verdict == verdict)

    def total(self, figure: str) -> int:
        """The sum of a figure over the customers whom the draft would hold for."""
        return sum(int(getattr(group, figure)) for group in self.of("priced"))

    @property
    def changes_nothing(self) -> bool:
        """Whether sales were priced and every customer would have paid the same."""
        return (
            self.total("sales") > 0
            and not self.unpriced
            and not self.of("clash")
            and self.total("dearer") == self.total("cheaper") == 0
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values, for keeping and for programs."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Findings":
        """What :meth:`to_json` gave."""
        return cls(
            since=kept["since"],
            until=kept["until"],
            groups=tuple(Group(**group) for group in kept["groups"]),
            up=tuple(Mover(**mover) for mover in kept["up"]),
            down=tuple(Mover(**mover) for mover in kept["down"]),
            unpriced=tuple((code, count) for code, count in kept["unpriced"]),
            strangers=kept["strangers"],
        )


@dataclass(slots=True)
class Tally:
    """Collects customers one by one and keeps no more than it will name."""

    groups: Sequence[Group]
    unpriced: dict[str, int] = field(default_factory=dict)
    _up: list[tuple[int, str, Mover]] = field(default_factory=list)
    _down: list[tuple[int, str, Mover]] = field(default_factory=list)

    def add(self, group: Group, priced: Priced) -> None:
        """Count a customer of the group; one who bought nothing in the time is passed over."""
        for code, count in priced.unpriced:
            self.unpriced[code] = self.unpriced.get(code, 0) + count
        if not priced.sales:
            return
        group.add(priced)
        mover = Mover(priced.account, group.area, priced.sales, priced.before, priced.after)
        heap = self._up if mover.change > 0 else self._down
        if mover.change:
            entry = (abs(mover.change), mover.account, mover)
            (heapq.heappush if len(heap) < TOP else heapq.heappushpop)(heap, entry)

    def findings(self, since: int, until: int, strangers: int) -> Findings:
        """What was found, the largest changes first."""
        up, down = (
            tuple(mover for *_, mover in sorted(heap, key=lambda entry: (-entry[0], entry[1])))
            for heap in (self._up, self._down)
        )
        unpriced = tuple(sorted(self.unpriced.items()))
        return Findings(since, until, tuple(self.groups), up, down, unpriced, strangers)
