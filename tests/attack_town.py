"""A town to be attacked: two vending points of one headquarters, households, cards and meters.

Everything is the product but the reader, clocks, randomness and wires.  The town's own books
(:class:`Books`) see every record at the moment it is committed: they remember what a restored
database has forgotten, and what a customer paid is what they say.

All credit costs 5.00 a unit and is sold in whole units, so that money and quantity say the same,
to the cent.
"""

import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from attack_beginning import Beginning, Wire, new_meter, open_account
from attack_books import (
    CEILING,
    POINTS,
    UNIT,
    UNIT_PRICE,
    Household,
    Tool,
)
from attack_cards import CPU, AnyHand, Pocket, number_of
from card_builders import repeatable_random
from central_builders import CountedRandom, HandClock
from meter_builders import PageMemory
from node_world import (
    CHEAP,
    OPERATOR,
    PASSWORD,
    Fate,
    PowerCut,
    abandon,
    for_quantity,
    without_shifts,
)
from refund_builders import TOKEN, SecondPerson, refund_desk
from yika_central.bootstrap import build as build_headquarters
from yika_central.services.detection import Case
from yika_common.cards.parameters import Levels
from yika_common.errors import YikaError
from yika_common.meters.dialogue import LoadReport, load
from yika_common.meters.state import consumed
from yika_common.numbers import Quantity
from yika_common.simulated.meter_file import StoredMeter
from yika_node.bootstrap import Node, build
from yika_node.db.journal import Entry
from yika_node.services.payments import Receipt
from yika_node.services.recovery import verdict
from yika_node.services.refund_rules import payable
from yika_node.services.refunds import RefundDesk, Rule
from yika_node.services.settlement import Judge
from yika_node.services.supplements import Supplements


class Town:
    """One run."""

    def __init__(self, beginning: Beginning, folder: Path, judge: Judge = verdict) -> None:
        shutil.copytree(beginning.folder, folder)
        self.folder, self.judge = folder, judge
        self.clock = HandClock(beginning.now)
        self.hq = build_headquarters(
            folder / "central", clock=self.clock, random=CountedRandom("a run")
        )
        self.households = tuple(who.copied() for who in beginning.households)
        self.meters = {number: PageMemory(pages) for number, pages in beginning.meters.items()}
        self.spares = {slot: list(numbers) for slot, numbers in beginning.spares.items()}
        self.books = beginning.books.copied()
        self.tools: list[Tool] = []
        self.cleared: Counter[str] = Counter()
        self.levels: defaultdict[str, list[Levels]] = defaultdict(list)
        self.strangers = tuple(who.copied() for who in beginning.strangers)
        self.untouched = [who.pocket.image for who in self.strangers]
        self.hands = [AnyHand() for _ in POINTS]
        self.wires = [Wire(self.hq, self.clock) for _ in POINTS]
        self.skew = [0 for _ in POINTS]
        self.skewed = False
        self.started = 0
        self.forms = 0
        self.serial = 100
        self.happened: Counter[str] = Counter()
        self.kept: list[Path | None] = [None for _ in POINTS]
        self.extracted: set[str] = set()
        self.dead: set[int] = set()
        self.nodes: list[Node] = [self._start(point) for point in range(len(POINTS))]

    def close(self) -> None:
        for node in self.nodes:
            node.close()
        self.hq.close()
        shutil.rmtree(self.folder)

    # Vending points

    def _start(self, point: int) -> Node:
        self.started += 1

        def now() -> datetime:
            return self.clock() + timedelta(seconds=self.skew[point])

        without_shifts(self.folder / POINTS[point])
        node = build(
            self.folder / POINTS[point],
            clock=now,
            random=repeatable_random(1_000_000 * self.started + 10_000 * point),
            reader=self.hands[point],
            uplinks=lambda _url: self.wires[point],
            cost=CHEAP,
            judge=self.judge,
        )
        node.staff.sign_in(OPERATOR, PASSWORD)
        append: Callable[..., Sequence[Entry]] = node.journal.append

        def watched(*args: object, **options: object) -> Sequence[Entry]:
            fate = self.hands[point].fate
            fate.step("before commit")
            entries = append(*args, **options)
            self.books.saw(point, entries)
            fate.step("after commit")
            return entries

        setattr(node.journal, "append", watched)  # noqa: B010 - a method is replaced on purpose
        return node

    @contextmanager
    def at(self, point: int, pocket: Pocket | None, fate: Fate | None = None) -> Iterator[Node]:
        """The point with that card in its reader; what it refuses is counted, power may fail."""
        hand = self.hands[point]
        hand.pocket = pocket
        hand.fate = fate or Fate()
        try:
            yield self.nodes[point]
        except PowerCut:
            self.happened["power cut"] += 1
            abandon(self.nodes[point])
            hand.fate = Fate()
            self.nodes[point] = self._start(point)
        except YikaError as refused:
            self.happened[refused.code] += 1
            if refused.code in ("node_restored", "stopped_by_headquarters"):
                self.dead.add(point)
        finally:
            hand.fate = Fate()
            hand.pocket = None

    def keep(self, point: int) -> None:
        """Keep a copy of the point's data folder as it is now."""
        self.nodes[point].close()
        self.kept[point] = kept = self.folder / f"kept {self.started}"
        shutil.copytree(self.folder / POINTS[point], kept)
        self.nodes[point] = self._start(point)

    def put_back(self, point: int, *, whole: bool) -> None:
        """Put the kept database in the place of the newer one; ``whole``: the whole folder."""
        kept = self.kept[point]
        if kept is None:
            return
        self.nodes[point].close()
        folder = self.folder / POINTS[point]
        if whole:
            shutil.rmtree(folder)
            shutil.copytree(kept, folder)
        else:
            for file in folder.glob("node.db*"):
                file.unlink()
            shutil.copy(kept / "node.db", folder / "node.db")
        self.nodes[point] = self._start(point)
        self.happened["folder put back" if whole else "database put back"] += 1
        self._forget(point)

    def _forget(self, point: int) -> None:
        """Mark what the point has forgotten, and whom it concerns."""
        queries = self.nodes[point].queries
        for one in self.books.bought:
            if one.point != point or not one.known:
                continue
            row = queries.record(one.epoch, one.seq)
            if row is None or row.head != one.head:
                one.known = False
                for who in self.households:
                    who.torn_apart |= who.account == one.body.account

    def token(self) -> str:
        self.forms += 1
        return f"form {self.forms}"

    def move_in(self, kind: str, point: int) -> Household:
        """A household more, with a blank card of its own."""
        who = Household(len(self.households), kind, point)
        open_account(who, self.nodes[point])
        self.serial += 1
        who.pockets.append(Pocket(kind, self.serial))
        for slot, number in who.meters.items():
            self.deliver(slot, number)
        self.households = (*self.households, who)
        return who

    def issue(self, who: Household, fate: Fate | None = None) -> None:
        """Make the household's first card, or finish it."""
        with self.at(who.home, who.pocket, fate) as node:
            node.cards.initialise(OPERATOR, who.account)
            self.happened["issued"] += 1

    def sell(
        self,
        who: Household,
        point: int,
        units: dict[int, int],
        fate: Fate | None = None,
        pocket: Pocket | None = None,
    ) -> Receipt | None:
        """Sell whole units for some of the slots."""
        entries = [for_quantity(slot, count * UNIT) for slot, count in units.items()]
        pocket = pocket or who.pocket
        receipt = None
        with self.at(point, pocket, fate) as node:
            number = number_of(pocket)
            receipt = node.sales.sell(OPERATOR, number, entries, self.token())
            self.happened["sold" if receipt.complete else "sold, pending"] += 1
        return receipt

    def read(self, point: int, pocket: Pocket, fate: Fate | None = None) -> None:
        with self.at(point, pocket, fate) as node:
            view = node.cards.read(OPERATOR)
            for resolution in view.resolved:
                self.happened[f"resolved: {resolution.state.value}"] += 1

    def replace(self, who: Household, point: int, *, look: bool, fate: Fate | None = None) -> None:
        """Replace the household's card by a blank one; one that was begun is finished."""
        if who.replacing is None:
            if look:
                with self.at(point, who.pocket) as node:
                    node.life.reissue.look(OPERATOR)
            self.serial += 1
            blank, form = Pocket(who.kind, self.serial), self.token()
        else:
            blank, (point, form) = who.pockets.pop(), who.replacing
        cards = self.card_of(who, point)
        with self.at(point, blank, fate) as node:
            made = node.life.reissue.replace(OPERATOR, who.account, "lost", form)
            if made.problem is not None:
                raise made.problem
            self.happened["replaced"] += 1
        if number_of(blank) and number_of(blank) == self.card_of(who, point):
            who.pockets.append(blank)
            who.replacing = None
        elif self.card_of(who, point) != cards or who.replacing is not None:
            who.pockets.append(blank)
            who.replacing = (point, form)

    def card_of(self, who: Household, point: int) -> str:
        """The account's card, as the point knows it."""
        return self.nodes[point].accounts.get(who.account).card or ""

    def supplement(self, who: Household, point: int, slot: int, fate: Fate | None = None) -> None:
        """Write the newest purchase of a slot onto the card once more."""
        with self.at(point, who.pocket, fate) as node:
            cards = node.cards
            desk = Supplements(
                cards,
                cards.journal,
                cards.queries,
                cards.standings.book,
                cards.keyring,
                SecondPerson(),
                cards.clock,
            )
            desk.write(OPERATOR, number_of(who.pocket), slot, "damaged", TOKEN)
            self.happened["written again"] += 1

    def end(self, point: int, pocket: Pocket, how: str, fate: Fate | None = None) -> None:
        """Take a card out of use."""
        with self.at(point, pocket, fate) as node:
            node.life.ends.end(OPERATOR, how, "handed in")
            self.happened[how] += 1

    def refunds(self, point: int, rule: Rule = payable) -> RefundDesk:
        return refund_desk(self.nodes[point], rule, SecondPerson())

    def refund(
        self,
        who: Household,
        point: int,
        slot: int,
        fate: Fate | None = None,
        rule: Rule = payable,
    ) -> None:
        """Give back the newest purchase of a slot, as that point knows it."""
        with self.at(point, who.pocket, fate) as node:
            number = number_of(who.pocket)
            rows = [row for row in node.enquiries.sales().rows if row.card == number]
            newest = next((row for row in rows if row.slot == slot), None)
            if newest is not None:
                desk = self.refunds(point, rule)
                done = desk.give_back(OPERATOR, newest.epoch, newest.seq, "typed twice", TOKEN)
                self.happened["given back" if done.complete else "given back, pending"] += 1

    def pay_out(self, who: Household, point: int) -> None:
        """Hand out what may be handed out."""
        desk = self.refunds(point)
        with self.at(point, who.pocket):
            for view in desk.waiting(who.account):
                desk.pay_out(OPERATOR, view.sale.epoch, view.sale.seq)
                self.happened["paid out later"] += 1

    # Meters

    def deliver(self, slot: int, number: str) -> None:
        """A new meter, from its maker."""
        self.meters[number] = PageMemory(new_meter(self.hq, slot, number))

    def meter(self, number: str) -> StoredMeter:
        return StoredMeter(self.meters[number])

    def load(self, pocket: Pocket, meter: str, fate: Fate | None = None) -> LoadReport | None:
        """Show a card to a meter."""
        try:
            report = load(
                pocket.contact(fate), repeatable_random(22), self.meter(meter), self.clock()
            )
        except YikaError as refused:
            self.happened[f"meter: {refused.code}"] += 1
        except PowerCut:
            self.happened["meter: power cut"] += 1
        else:
            self.happened[f"meter: {report.outcome.value} {report.reason.value}".strip()] += 1
            return report
        return None

    def use(self, meter: str, quantity: int) -> None:
        stored = self.meter(meter)
        stored.commit(consumed(stored.state(), Quantity(quantity), self.clock())[0])

    # Headquarters

    def sync(self, point: int, *, lose_answer: bool = False) -> None:
        self.wires[point].lose_answer = lose_answer
        with self.at(point, None) as node:
            node.courier.sync()
        self.wires[point].lose_answer = False

    def settle(self) -> None:
        """What headquarters' jobs do."""
        self.hq.rerating.drain()
        self.hq.settling.run()
        self.hq.detection.run()

    def cases(self, who: Household) -> list[Case]:
        return [case for case in self.hq.detection.cases() if case.account == who.account]

    # What is true

    def granted(self, who: Household) -> int:
        """What the household's meters have ever credited, in money.

        What is left in a meter that was transferred is not delivered there any more.
        """
        states = (self.meter(meter).state() for meter in who.every_meter)
        had = (state.total - state.balance * state.transferred for state in states)
        return sum(had) * UNIT_PRICE // UNIT

    def allowance(self, who: Household) -> int:
        """The most that whoever copies a memory card gets before its meter's word is heard.

        Where a sale was cut off, headquarters gives its money back as soon as another record has
        its count, which proves something on a card that can't be copied; and each point that has
        not heard of the other applies what headquarters owes.
        """
        if not who.crooked or (who.kind == CPU and not who.opened):
            return 0
        adjusted = int(self.hq.adjustments.account(who.account).total)
        return max(0, adjusted) * len(POINTS) + self.at_once(who.account, who)

    def at_once(self, name: str, who: Household) -> int:
        """What was handed out to a household, or for a meter, that makes its own cards.

        Such a card says that no meter claimed a purchase, and is believed.
        """
        return self.books.paid_out[name] if who.opened else 0

    def gains(self) -> list[str]:
        """What anybody has got without paying, but for meters whose keys were extracted."""
        found = []
        for who in self.households:
            if self.extracted & set(who.every_meter):
                continue
            granted, cash = self.granted(who), self.books.cash(who.account)
            if granted > cash + self.allowance(who):
                found.append(f"{who.kind} {who.account} got {granted} for {cash}")
        owners = {meter: who for who in self.households for meter in who.every_meter}
        for number in self.meters:
            state, owner = self.meter(number).state(), owners.get(number)
            if state.balance > CEILING:
                found.append(f"{number} stores {state.balance}")
            sold = self.books.sold(number)
            sold += 0 if owner is None else self.at_once(number, owner)
            if number not in self.extracted and state.total > sold:
                found.append(f"{number} took {state.total} of {sold} that were paid for")
        return found
