"""What is settled of headquarters' adjustment and of debts, and what is still owed.

Headquarters publishes one cumulative adjustment J per account.  Every slot's record says what was
settled through that slot; it moves with the slot's own (generation, count) alone, so the sum over
the slots is what was settled of J wherever the card has been.  A node applies the difference, in
the same record as a sale.  Money that a customer leaves with the utility (*kept*) counts the other
way round: the sum falls, and the next node gives it back.

A slot's state is what the card shows, or what our own journal wrote there last if that is newer.
It is *unknown* where anything says that more was sold than this state knows of: the card was
replaced, its slot can't be read, or a sale to it is still open somewhere.  While one slot of the
account is unknown nothing is applied and no debt is collected: perhaps it was done already.

A bare card has no room for what was settled.  Our own journal knows it if every sale to the meter
is ours, and headquarters' sheet if it tells of the very sale that the card shows; of a quantity
the sheet does not say what was applied of it, so that it waits.

A card that replaces another carries what its maker knew to be settled.  Nothing is applied on it
before the account's own vending point, or headquarters, has confirmed that; where headquarters
tells of the very record that the card shows, its sums count, because they are of all journals.

A meter's quantity is adjusted in the same way, by a cumulative figure of its own: it is credited
with the next sale beside what was bought, or withheld of that.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from yika_common.cards.parameters import Levels
from yika_common.cards.record import AppliedAdjustments
from yika_common.numbers import Money, Quantity
from yika_common.sync.customers import AccountSheet, SlotSheet
from yika_common.sync.settings import Settings
from yika_common.tariffs.dues import Debt, DebtBase, Dues, Policy, Residual
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.parts import Name, Rounding
from yika_common.values import dataclass
from yika_node.db.account_standing import OwedRow
from yika_node.services.payments import SlotQuote
from yika_node.services.premises import Premises
from yika_node.services.views import SlotView

_NOTHING = AppliedAdjustments()
_NEVER = (0, 0)


@dataclass(frozen=True, slots=True)
class Settled:
    """What was settled through each slot; ``complete``: nothing else can have been.

    ``told``: the slots of which headquarters alone knows it, and of a quantity nobody.
    """

    through: Mapping[int, AppliedAdjustments]
    complete: bool
    told: frozenset[int] = frozenset()

    @classmethod
    def of(cls, premises: Premises) -> "Settled":
        """As the card and our journal say, held against what else is known of the account."""
        states = {slot.slot: _state(premises, slot) for slot in premises.slots}
        return cls(
            through={slot: state for slot, (state, _, _) in states.items()},
            complete=premises.confirmed and all(known for _, known, _ in states.values()),
            told=frozenset(slot for slot, (_, _, told) in states.items() if told),
        )


class Order(NamedTuple):
    """What is ordered of a quantity and not done; ``number`` 0: headquarters never ordered any.

    ``done`` was credited before.
    """

    number: int = 0
    quantity: Quantity = Quantity(0)
    done: Quantity = Quantity(0)

    def within(self, bought: Quantity, room: Quantity | None = None) -> Quantity:
        """What of it goes with a sale of so much: no more is withheld than is bought.

        Nor is more credited than the meter has ``room`` for beside it; None: nobody knows.
        """
        if room is None or self.quantity <= 0:
            return Quantity(max(self.quantity, -bought))
        return Quantity(max(0, min(self.quantity, room - bought)))


_NO_ORDER = Order()


@dataclass(frozen=True, slots=True)
class Owed:
    """What is owed beside the basket.

    ``number`` is that of the adjustment which ``dues`` settle; 0 where nothing is settled of any.
    ``orders`` are of the slots' meters; ``plates`` say the most that some meters hold.
    """

    dues: Dues
    number: int
    orders: Mapping[int, Order]
    plates: Mapping[str, Quantity]

    def order(self, slot: int) -> Order:
        """What is ordered of the slot's meter."""
        return self.orders.get(slot, _NO_ORDER)

    @classmethod
    def of(
        cls, told: AccountSheet | None, settled: Settled, swapped: Sequence[OwedRow] = ()
    ) -> "Owed":
        """What the sheet says is owed, less what was settled through any slot.

        With what meters ``swapped`` here had no room for, as far as the sheet does not say it yet.
        """
        if not settled.complete:
            return cls(Dues(), 0, {}, {})
        states = settled.through.values()
        number, total = (0, 0) if told is None else (told.adjustment_number, told.adjustment)
        credit = total - sum(state.money_total for state in states)
        if number < max((state.money_number for state in states), default=0):
            # A later adjustment than the one known here was applied elsewhere.
            number, credit = 0, 0
        dues = Dues(credit=Money(credit), debts=_debts_left(told, settled))
        plates = {row.meter: Quantity(row.holds) for row in swapped}
        if told is not None:
            plates |= {row.meter: Quantity(row.holds) for row in told.made_up}
        return cls(dues, number, dict(_orders(told, settled, swapped)), plates)


def settled_with(shown: AppliedAdjustments, line: SlotQuote) -> AppliedAdjustments:
    """What is settled through a slot once this line is paid and on the card."""
    bill = line.bill
    return AppliedAdjustments(
        money_number=max(shown.money_number, line.adjusted_number),
        money_total=Money(shown.money_total + bill.adjusted - bill.kept),
        quantity_number=max(shown.quantity_number, line.ordered_number),
        quantity_total=Quantity(shown.quantity_total + line.ordered),
        debts=Money(shown.debts + bill.collected),
    )


def most_held(tariff: Tariff | None, levels: Levels | None, plate: Quantity) -> Quantity | None:
    """The most that a meter may hold: by its tariff, its settings and its plate; None: any."""
    hoard = None if tariff is None else tariff.limits.hoard
    bounds = [
        plate,
        Quantity(0) if levels is None else levels.max_stored,
        Quantity(0) if hoard is None else hoard.quantity,
    ]
    return min((bound for bound in bounds if bound), default=None)


def policy_of(settings: Settings) -> Policy:
    """How the utility divides money at its counters."""
    return Policy(
        debt_base=DebtBase(settings.debt_base),
        least_supply=settings.least_supply,
        debit_share=settings.debit_share,
        residual=Residual(settings.residual),
        cash_unit=Money(settings.cash_unit),
        cash_rounding=Rounding(settings.cash_rounding),
    )


def _state(premises: Premises, slot: SlotView) -> tuple[AppliedAdjustments, bool, bool]:
    """What was settled through the slot, whether that is all, and whether the sheet says it."""
    position, state = _NEVER, _NOTHING
    for row in premises.standing.positions:
        if row.meter == slot.meter:
            position = row.generation, row.count
            state = AppliedAdjustments(
                money_number=row.money_number,
                money_total=Money(row.money_total),
                quantity_number=row.quantity_number,
                quantity_total=Quantity(row.quantity_total),
                debts=Money(row.debts),
            )
    if slot.record is not None and slot.record.position >= position:
        if not slot.bare:
            state = slot.record.adjustments
        position = slot.record.position
    # Of an empty slot our own journal proves that the card is not the one that was sold to.
    shown = _NEVER if slot.record is None else position
    known = slot.problem is None and max(_heard(premises, slot), position) <= shown
    told = None if premises.told is None else premises.told.slot(slot.slot)
    renewed = premises.generation > 1 and not slot.bare
    if renewed and told is not None and (told.generation, told.count) == position:
        state = _as_told(told)
    if not slot.bare or premises.standing.sold.get(slot.meter, 0) == position[1]:
        return state, known, False
    if told is None or (told.generation, told.count) != position:
        return state, False, False
    state = replace(
        state,
        money_number=told.money_number,
        money_total=Money(told.money_total),
        debts=Money(told.debts),
    )
    return state, known, True


def _as_told(told: SlotSheet) -> AppliedAdjustments:
    return AppliedAdjustments(
        money_number=told.money_number,
        money_total=Money(told.money_total),
        quantity_number=told.quantity_applied_number,
        quantity_total=Quantity(told.quantity_applied),
        debts=Money(told.debts),
    )


def _heard(premises: Premises, slot: SlotView) -> tuple[int, int]:
    """The highest (generation, count) that anything says was sold to the slot."""
    heard = [_NEVER]
    if slot.write_back is not None:
        heard.append(slot.write_back.reading.position)
    told = None if premises.told is None else premises.told.slot(slot.slot)
    if told is not None:
        heard.append((told.generation, told.count))
    pending = premises.standing.pending
    heard += ((row.generation, row.count) for row in pending if row.meter == slot.meter)
    return max(heard)


def _orders(
    told: AccountSheet | None, settled: Settled, swapped: Sequence[OwedRow]
) -> Iterator[tuple[int, Order]]:
    heard = set() if told is None else {made_up.meter for made_up in told.made_up}
    own = [row for row in swapped if row.meter not in heard]
    sheets = {} if told is None else {slot.slot: slot for slot in told.slots}
    for place in sorted({*sheets, *(row.slot for row in own)}):
        state = None if place in settled.told else settled.through.get(place)
        slot = sheets.get(place)
        number, total = (0, 0) if slot is None else (slot.quantity_number, slot.quantity_total)
        total += sum(row.owed for row in own if row.slot == place)
        # A later order than the one known here may have been done elsewhere.
        if state is None or number < state.quantity_number or not (number or total):
            continue
        left = Quantity(total - state.quantity_total)
        yield place, Order(number, left, state.quantity_total)


def _debts_left(told: AccountSheet | None, settled: Settled) -> tuple[Debt, ...]:
    """The debts, less what was collected since headquarters counted; by priority, then id."""
    if told is None:
        return ()
    since = max(0, sum(state.debts for state in settled.through.values()) - told.collected)
    left: list[Debt] = []
    for debt in sorted(told.debts, key=lambda debt: (debt.priority, debt.id)):
        paid = min(debt.left, since)
        since -= paid
        if debt.left > paid:
            left.append(
                Debt(
                    id=debt.id,
                    name=Name((("zh", debt.zh), ("en", debt.en))),
                    left=Money(debt.left - paid),
                    share=debt.share,
                    least=Money(debt.least),
                    priority=debt.priority,
                )
            )
    return tuple(left)
