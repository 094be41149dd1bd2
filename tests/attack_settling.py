"""How a town comes to rest, and what must then be true to the cent.

Cards are finished, read everywhere and loaded; points and headquarters tell each other all they
know; what may be handed out is handed out.  Then, for every household that deceived nobody and
of which no record was lost with a database::

    what it paid = what its meters credited
                 + what headquarters owes it (adjustments, and losses that a case names)
                 + what was bought and waits at a point, in its journal
                 + what was given back and may not be handed out yet
"""

from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import select

from attack_beginning import ZHAO
from attack_books import POINTS, UNIT, UNIT_PRICE, Household
from attack_cards import number_of
from attack_tools import order, swap, transfer
from attack_town import Town
from central_builders import ADMIN
from node_world import OPERATOR
from yika_central.db.settlement_store import SUPERSEDED
from yika_central.db.tables import Sale, table_of
from yika_central.domain.detection import Kind
from yika_common.cards.tool_order import OrderKind
from yika_common.errors import YikaError
from yika_common.journal.bodies import REFUND, Intent
from yika_common.readers.port import MemoryKind
from yika_node.db.refund_queries import RefundQueries
from yika_node.services.refund_views import RefundState

LOSSES = (Kind.LOST, Kind.OVERTAKEN)
"""Cases that accuse nobody."""

TURNS = 3
"""More than anything needs: what headquarters decides is told, obeyed, and told again."""


def come_to_rest(town: Town) -> None:
    """Let everybody come again until nothing moves any more."""
    for who in town.households:
        _finish(town, who)
    for who in town.households:
        _come_again(town, who)
        _replace_meters(town, who)
    _tell(town)
    for who in town.households:
        _buy_once_more(town, who)
    _settle(town)
    if _give_back(town):
        _tell(town)
        _settle(town)


def _settle(town: Town) -> None:
    for _ in range(TURNS):
        unsettled = [who for who in town.households if _is_unsettled(town, who)]
        if not unsettled:
            break
        for who in unsettled:
            _come_again(town, who)
        _tell(town)


def _give_back(town: Town) -> bool:
    """Two persons declare void what was overtaken and no word settles; whether anything."""
    found = False
    for who in town.households:
        for case in town.cases(who):
            if case.kind is Kind.OVERTAKEN and not (who.crooked or who.torn_apart):
                node, epoch, seq = case.places[0].split("-")
                place = (node, int(epoch[1:]), 0, int(seq[1:]))
                if not town.hq.rulings.is_void(place):
                    town.hq.rulings.void(place, by=ADMIN.name, reason="asked", second=ZHAO)
                    found = True
    return found


def _finish(town: Town, who: Household) -> None:
    """Finish a card that was begun; a chip torn in its code is set aside for another."""
    if who.replacing is None:
        return
    point = who.replacing[0]
    town.clock.pass_by(minutes=5)
    town.replace(who, point, look=False)
    if who.replacing is not None:
        who.replacing = None
        town.replace(who, point, look=False)


def _replace_meters(town: Town, who: Household) -> None:
    """A household is not left with a meter that delivers nothing.

    The tool card is shown once more, or another one where its point is out of service.
    """
    for slot, meter in tuple(who.meters.items()):
        for point in _alive(town):
            if meter != who.meters[slot] or not town.meter(meter).state().transferred:
                break
            wanted = (meter, point, OrderKind.TRANSFER)
            tools = [tool for tool in town.tools if (tool.meter, tool.point, tool.kind) == wanted]
            tool = tools[-1] if tools else order(town, point, meter, OrderKind.TRANSFER)
            town.clock.pass_by(minutes=5)
            transfer(town, tool)
            town.clock.pass_by(minutes=5)
            swap(town, who, point, slot)
            _finish(town, who)
            _come_again(town, who)


def _buy_once_more(town: Town, who: Household) -> None:
    """What headquarters has told of a new card's empty slot goes onto it with the next sale."""
    if who.forgotten and not who.crooked and not who.torn_apart:
        for point in _alive(town)[:1]:
            for slot, meter in who.meters.items():
                town.clock.pass_by(minutes=5)
                town.sell(who, point, {slot: 1})
                town.load(who.pocket, meter)
            town.clock.pass_by(minutes=5)
            town.read(point, who.pocket)
        _tell(town)


def _tell(town: Town) -> None:
    """Points and headquarters tell each other all they know."""
    for point in _alive(town):
        town.sync(point)
    town.settle()
    for point in _alive(town):
        town.sync(point)


def _alive(town: Town) -> list[int]:
    return [point for point in range(len(POINTS)) if point not in town.dead]


def _is_unsettled(town: Town, who: Household) -> bool:
    """Whether a sale or a refund waits, or was decided at headquarters only."""
    if who.crooked or who.torn_apart:
        return False
    open_ = any(town.nodes[point].queries.pending(account=who.account) for point in _alive(town))
    return open_ or any(town.refunds(point).waiting(who.account) for point in _alive(town))


def _come_again(town: Town, who: Household) -> None:
    """The card is read wherever anybody sells, and shown to its meters in between."""
    for point in _alive(town):
        town.clock.pass_by(minutes=5)
        if town.nodes[point].cards.standings.refusal(number_of(who.pocket)) is not None:
            with suppress(YikaError):
                town.nodes[point].life.reports.find(OPERATOR, who.account, "found")
        town.read(point, who.pocket)
        for meter in who.meters.values():
            town.load(who.pocket, meter)
    if not _alive(town):
        # What was sold before both points went is on the card all the same.
        for meter in who.meters.values():
            town.load(who.pocket, meter)
    for point in _alive(town)[:1]:
        town.clock.pass_by(minutes=5)
        town.read(point, who.pocket)
    for point in _alive(town):
        if town.refunds(point).waiting(who.account):
            town.clock.pass_by(minutes=5)
            town.pay_out(who, point)


@dataclass(frozen=True)
class Balance:
    """A household's account with the town at rest, in money."""

    paid: int
    granted: int
    adjusted: int
    lost: int
    waits: int
    handed_out_later: int

    @property
    def missing(self) -> int:
        """What it has paid and neither got nor is owed; below zero: what it got for nothing."""
        owed = self.adjusted + self.lost + self.waits + self.handed_out_later
        return self.paid - self.granted - owed


def balance_of(town: Town, who: Household) -> Balance:
    """What the household paid, got, and is owed."""
    waits, later = 0, 0
    for point in range(len(POINTS)):
        with suppress(YikaError):
            rows = town.nodes[point].queries.pending(account=who.account)
            waits += sum(_waiting(town, point, row.epoch, row.seq) for row in rows)
        for view in town.refunds(point).waiting(who.account):
            if view.state is not RefundState.PAID:
                intent = town.books.intent(point, view.sale.epoch, view.sale.seq)
                later += 0 if _moved_on(town, who, intent) else view.money
                later -= _used_of(town, who, intent.meter)
    lost = sum(case.amount for case in town.cases(who) if case.kind is Kind.LOST)
    return Balance(
        paid=town.books.cash(who.account),
        granted=town.granted(who),
        adjusted=town.hq.adjustments.account(who.account).outstanding,
        lost=lost * UNIT_PRICE // UNIT,
        waits=waits,
        handed_out_later=later,
    )


def _waiting(town: Town, point: int, epoch: int, seq: int) -> int:
    """The money of an open intent: what was paid, or what a replaced meter's credit had cost.

    A point that is out of service does not hear what headquarters gave back of it, nor from the
    card that the meter has taken it.
    """
    intent = town.books.intent(point, epoch, seq)
    sale = table_of(Sale)
    here = (sale.c.node == POINTS[point], sale.c.epoch == epoch, sale.c.seq == seq)
    with town.hq.database.reading() as session:
        ended = session.execute(select(sale.c.outcome).where(*here)).scalar() == SUPERSEDED
    ended |= town.hq.rulings.is_void((POINTS[point], epoch, 0, seq))
    if intent.act == REFUND or (point in town.dead and (ended or _was_taken(town, intent))):
        return 0
    return intent.paid + intent.moved * UNIT_PRICE // UNIT


def _was_taken(town: Town, intent: Intent) -> bool:
    """Whether the meter stands at the intent's count or a later one, which nobody else sold."""
    generation, count = town.meter(intent.meter).state().position
    place = (intent.meter, intent.generation, intent.count)
    sold = [
        one.body
        for one in town.books.bought
        if (one.body.meter, one.body.generation, one.body.count) == place
    ]
    return sold == [intent] and generation == intent.generation and count >= intent.count


def _moved_on(town: Town, who: Household, refund: Intent) -> bool:
    """Whether a meter was replaced before it gave the credit back, which then moved on.

    What it had not even taken moves on where nobody knew that it was given back.
    """
    position = town.meter(refund.meter).state().position
    if refund.meter not in who.gone or position >= (refund.generation, refund.count):
        return False
    if position >= (refund.before_generation, refund.before_count):
        return True
    known = [RefundQueries(node.store).moved_on(refund.meter) for node in town.nodes]
    return not any(to is not None and to >= (refund.generation, refund.count) for to in known)


def _used_of(town: Town, who: Household, meter: str) -> int:
    """What a meter that was replaced had delivered of a purchase that is being given back.

    Headquarters settles it by hand: a balance below zero does not move on, unless what was bought
    and not taken makes up for it.
    """
    if meter not in who.gone:
        return 0
    state, bought = town.meter(meter).state(), (one.body for one in town.books.bought)
    newest = max(
        (body for body in bought if body.meter == meter),
        key=lambda body: (body.generation, body.count),
    )
    below = -state.balance - max(0, newest.total - state.total)
    return max(0, below) * UNIT_PRICE // UNIT


def accusations(town: Town, who: Household) -> list[str]:
    """Cases that say somebody cheated; a loss accuses nobody."""
    return [case.kind.value for case in town.cases(who) if case.kind not in LOSSES]


def wrongs(town: Town) -> list[str]:
    """Of the households that deceived nobody: what is missing, and what they are accused of."""
    found = []
    for who in town.households:
        # What an SLE4442's meter writes back proves nothing, so that nothing follows from it.
        unproven = who.forgotten and who.kind == MemoryKind.SLE4442.name
        silent = _stuck(town, who) or _unheard(town, who)
        if who.crooked or who.torn_apart or unproven or silent:
            continue
        balance = balance_of(town, who)
        if balance.missing:
            found.append(f"{who.kind} {who.account}: {balance}")
        accused = set(accusations(town, who)) - excused(town)
        if accused:
            found.append(f"{who.kind} {who.account} is accused of {sorted(accused)}")
    return found


def _stuck(town: Town, who: Household) -> bool:
    """Whether a meter was transferred and no point is in service that could end it."""
    states = (town.meter(meter).state() for meter in who.meters.values())
    return not _alive(town) and any(state.transferred for state in states)


def _unheard(town: Town, who: Household) -> bool:
    """Whether a card was made without a purchase that a point out of service alone knows.

    Its journal still has it; headquarters hears of it when the point is enrolled again.
    """
    if not who.forgotten:
        return False
    sale = table_of(Sale)
    with town.hq.database.reading() as session:
        heard = {
            (node, epoch, seq)
            for node, epoch, seq in session.execute(
                select(sale.c.node, sale.c.epoch, sale.c.seq).where(sale.c.account == who.account)
            )
        }
    return any(
        one.point in town.dead
        and one.body.account == who.account
        and (POINTS[one.point], one.epoch, one.seq) not in heard
        for one in town.books.bought
    )


def excused(town: Town) -> set[str]:
    """What a wrong clock, or a point that was put back and is silent, explains."""
    excuses = {Kind.TWO_PLACES} if town.skewed else set()
    if town.dead:
        excuses |= {Kind.UNREPORTED, Kind.WITNESS_AHEAD, Kind.WITNESS_CONTRADICTED}
    return {kind.value for kind in excuses}
