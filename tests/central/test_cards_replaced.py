"""What headquarters makes of a card in another's place: nothing is bought, or counted twice."""

import pytest

from central_builders import HandClock, Pen
from journals import an_intent
from settlement_builders import (
    ACCOUNT,
    CARD,
    METER,
    a_town,
    bring_up_to_date,
    deliver,
    read_back,
    replace_card,
    rows,
    sell,
)
from settlement_builders import (
    NEW_CARD as NEW,
)
from yika_central.bootstrap import Headquarters
from yika_central.db.sheet_sources import sources_of
from yika_central.db.tables import IssuedCard, Posting, Sale, Suspense
from yika_central.domain.detection import Kind
from yika_common.journal.bodies import CardIssued, Reading
from yika_common.journal.bodies import Sale as Written
from yika_common.sync.customers import LostSale


def outcomes(hq: Headquarters) -> dict[tuple[str, int, int], tuple[str, int]]:
    """(node, generation, count) to outcome and whether a later card carries it."""
    return {
        (row["node"], row["generation"], row["count"]): (row["outcome"], row["carried"])
        for row in rows(hq, Sale)
    }


def test_a_replacement_is_nobodys_doubt_and_costs_nothing(
    headquarters: Headquarters, clock: HandClock
) -> None:
    first, _ = a_town(headquarters, clock)
    sell(first, 20_000, count=1)
    clock.pass_by(minutes=5)
    replace_card(first, count=1, total=20_000)
    sell(first, 10_000, count=2, total=30_000, generation=2, card=NEW, used_before=20_000)
    deliver(first)
    bring_up_to_date(headquarters)
    assert rows(headquarters, Suspense) == []
    assert rows(headquarters, Posting) == []
    assert [row["fee"] for row in rows(headquarters, IssuedCard)] == [0, 2_000]


def test_an_open_sale_that_the_new_card_carries_is_on_the_card(
    headquarters: Headquarters, clock: HandClock
) -> None:
    """Another point's: it can't know, and is told."""
    first, second = a_town(headquarters, clock)
    sell(first, 20_000, count=1)
    waiting = sell(second, 10_000, count=2, total=30_000, settle=False)
    clock.pass_by(minutes=5)
    replace_card(first, count=2, total=30_000)
    deliver(first, second)
    bring_up_to_date(headquarters)
    assert outcomes(headquarters)["N0002", 1, 2] == ("WRITTEN", 1)
    assert headquarters.adjustments.account(ACCOUNT).total == 0
    assert told(headquarters)[1] == [LostSale("N0002", 1, waiting)]
    second.write(Written(intent=waiting, carried=NEW))
    deliver(second)
    bring_up_to_date(headquarters)
    assert outcomes(headquarters)["N0002", 1, 2] == ("WRITTEN", 1)
    assert told(headquarters)[1] == []
    assert "resolved_twice" not in {row["reason"] for row in rows(headquarters, Suspense)}


def told(hq: Headquarters) -> tuple[list[LostSale], list[LostSale]]:
    """The sheet's lost and carried intents."""
    with hq.database.reading() as session:
        source = sources_of(session.connection(), [ACCOUNT])[ACCOUNT]
    lost, carried = (
        [LostSale(row["node"], row["epoch"], row["seq"]) for row in found]
        for found in (source.lost, source.carried)
    )
    return lost, carried


@pytest.fixture
def unknowing(headquarters: Headquarters, clock: HandClock) -> tuple[Pen, Pen]:
    """A new card is sold to whose maker did not know of the second point's sale."""
    first, second = a_town(headquarters, clock)
    sell(first, 20_000, count=1)
    sell(second, 10_000, count=2, total=30_000)
    clock.pass_by(minutes=5)
    replace_card(first, count=1, total=20_000)
    clock.pass_by(minutes=5)
    sell(first, 5_000, count=2, total=25_000, generation=2, card=NEW, used_before=20_000)
    deliver(first, second)
    bring_up_to_date(headquarters)
    # Nothing is proven yet: perhaps the meter took it from the old card.
    assert outcomes(headquarters)["N0002", 1, 2] == ("WRITTEN", 0)
    assert headquarters.adjustments.account(ACCOUNT).total == 0
    clock.pass_by(minutes=5)
    return first, second


def sell_on(pen: Pen) -> None:
    """The next sale, which headquarters hears of."""
    sell(pen, 1_000, count=3, total=26_000, generation=2, card=NEW, used_before=25_000)
    deliver(pen)
    bring_up_to_date(pen.hq)


def test_a_sale_the_new_card_did_not_know_is_paid_back_once_its_meter_shows_it_too_late(
    headquarters: Headquarters, unknowing: tuple[Pen, Pen]
) -> None:
    read_back(unknowing[0], generation=2, count=2, total=25_000, card=NEW)
    sell_on(unknowing[0])
    assert outcomes(headquarters)["N0002", 1, 2] == ("SUPERSEDED", 0)
    assert headquarters.adjustments.account(ACCOUNT).total == 5_000
    assert headquarters.rerating.drain().changed == 0


def test_what_the_meter_took_from_the_old_card_is_not_paid_back(
    headquarters: Headquarters, unknowing: tuple[Pen, Pen]
) -> None:
    """The next sales are: the meter holds that credit already."""
    read_back(unknowing[0], generation=2, count=2, total=30_000, card=NEW)
    sell_on(unknowing[0])
    assert outcomes(headquarters)["N0002", 1, 2] == ("WRITTEN", 0)
    assert headquarters.adjustments.account(ACCOUNT).total == 0
    headquarters.detection.run()
    found = {(case.kind, case.amount) for case in headquarters.detection.cases()}
    assert (Kind.LOST, 5_000) in found


def test_what_is_on_the_new_card_is_not_paid_back_for_another_accounts_larger_total(
    headquarters: Headquarters, clock: HandClock
) -> None:
    first, second = a_town(headquarters, clock)
    sell(first, 20_000, count=1)
    replace_card(first, count=1, total=20_000)
    sell(second, 5_000, count=2, total=25_000)
    sell(first, 5_000, count=2, total=30_000, generation=2, card=NEW, used_before=20_000)
    other = an_intent(account="N0001-000099", meter="000000000003", total=900_000)
    first.write(Written(intent=first.write(other)))
    read_back(first, generation=2, count=2, total=30_000, card=NEW)
    deliver(first, second)
    bring_up_to_date(headquarters)
    assert outcomes(headquarters)["N0002", 1, 2] == ("WRITTEN", 0)


def test_a_write_back_that_the_meter_did_not_make_proves_nothing(
    headquarters: Headquarters, unknowing: tuple[Pen, Pen]
) -> None:
    first = unknowing[0]
    first.write(
        Reading(
            card=NEW,
            meter=METER,
            slot=3,
            generation=2,
            count=2,
            total=25_000,
            balance=25_000,
            used=0,
            status=0,
            sequence=1,
            meter_time=first.clock.seconds,
            evidence="00" * 8,
        )
    )
    sell_on(first)
    assert outcomes(headquarters)["N0002", 1, 2] == ("WRITTEN", 0)


def test_an_open_sale_that_another_was_built_on_is_on_the_card(
    headquarters: Headquarters, clock: HandClock
) -> None:
    """Its own point can't tell from the card, and is told; the card is sold to there again."""
    first, second = a_town(headquarters, clock)
    waiting = sell(first, 20_000, count=1, settle=False)
    clock.pass_by(minutes=5)
    sell(second, 10_000, count=2, total=30_000)
    deliver(second, first)
    bring_up_to_date(headquarters)
    assert outcomes(headquarters)["N0001", 1, 1] == ("WRITTEN", 1)
    assert told(headquarters)[1] == [LostSale("N0001", 1, waiting)]
    assert headquarters.adjustments.account(ACCOUNT).total == 0


def test_an_open_sale_is_not_on_a_new_card_that_was_sold_its_count_itself(
    headquarters: Headquarters, clock: HandClock
) -> None:
    """The new card's maker knew of nothing; the first sale onto it happens to be as large."""
    first, second = a_town(headquarters, clock)
    sell(second, 20_000, count=1, settle=False)
    clock.pass_by(minutes=5)
    first.write(
        CardIssued(
            account=ACCOUNT, card=NEW, generation=2, key_version=1, serial="aa", replaces=CARD
        )
    )
    sell(first, 20_000, count=1, generation=2, card=NEW)
    sell(first, 5_000, count=2, total=25_000, generation=2, card=NEW, used_before=20_000)
    deliver(first, second)
    bring_up_to_date(headquarters)
    assert outcomes(headquarters)["N0002", 1, 1] == ("PENDING", 0)
    # Until the meter says that it took neither it nor anything like it.
    read_back(first, generation=2, count=2, total=25_000, card=NEW)
    sell(first, 5_000, count=3, total=30_000, generation=2, card=NEW, used_before=25_000)
    deliver(first)
    bring_up_to_date(headquarters)
    assert outcomes(headquarters)["N0002", 1, 1] == ("SUPERSEDED", 0)
    assert headquarters.adjustments.account(ACCOUNT).total == 10_000


def test_an_open_sale_is_on_a_new_card_whose_first_sale_was_built_on_it(
    headquarters: Headquarters, clock: HandClock
) -> None:
    """The slot was empty, and the sheet told of the sale."""
    first, second = a_town(headquarters, clock)
    sell(second, 20_000, count=1, settle=False)
    clock.pass_by(minutes=5)
    first.write(
        CardIssued(
            account=ACCOUNT, card=NEW, generation=2, key_version=1, serial="aa", replaces=CARD
        )
    )
    sell(first, 5_000, count=2, total=25_000, generation=2, card=NEW, used_before=20_000)
    deliver(first, second)
    bring_up_to_date(headquarters)
    assert outcomes(headquarters)["N0002", 1, 1] == ("WRITTEN", 1)


def test_an_open_sale_below_another_total_is_not_taken_to_be_on_the_card(
    headquarters: Headquarters, clock: HandClock
) -> None:
    first, second = a_town(headquarters, clock)
    sell(first, 20_000, count=1, settle=False)
    clock.pass_by(minutes=5)
    sell(second, 10_000, count=2, total=25_000)
    deliver(first, second)
    bring_up_to_date(headquarters)
    assert outcomes(headquarters)["N0001", 1, 1] == ("PENDING", 0)


def test_an_open_sale_gives_way_to_the_one_that_has_its_count_when_that_arrives(
    headquarters: Headquarters, clock: HandClock
) -> None:
    """A third sold as much with that count, and the second built on that."""
    first, second = a_town(headquarters, clock)
    sell(first, 20_000, count=1, settle=False)
    clock.pass_by(minutes=5)
    sell(second, 10_000, count=2, total=30_000)
    deliver(first, second)
    bring_up_to_date(headquarters)
    sell(second, 20_000, count=1)
    deliver(second)
    bring_up_to_date(headquarters)
    assert outcomes(headquarters)["N0001", 1, 1][0] == "SUPERSEDED"
    assert headquarters.adjustments.account(ACCOUNT).total == 10_000


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_sales_of_one_count_the_one_that_was_read_back_counts(
    headquarters: Headquarters, clock: HandClock, order: tuple[int, ...]
) -> None:
    """The first point took its own for carried; the second had read its own back."""
    pens = a_town(headquarters, clock)
    sell(pens[0], 20_000, count=1)
    waiting = sell(pens[0], 10_000, count=2, total=30_000, settle=False)
    sell(pens[1], 10_000, count=2, total=30_000)
    clock.pass_by(minutes=5)
    intent = replace_card(pens[0], count=2, total=30_000)
    pens[0].write(Written(intent=waiting, through=intent))
    for which in order:
        deliver(pens[which])
        bring_up_to_date(headquarters)
    found = outcomes(headquarters)
    assert found["N0001", 1, 2][0] == "SUPERSEDED"
    assert found["N0002", 1, 2] == ("WRITTEN", 0)
    assert headquarters.adjustments.account(ACCOUNT).total == 5_000


def test_a_sale_that_the_new_card_includes_is_never_paid_back(
    headquarters: Headquarters, clock: HandClock
) -> None:
    """The control."""
    first, second = a_town(headquarters, clock)
    sell(first, 20_000, count=1)
    sell(second, 10_000, count=2, total=30_000)
    replace_card(first, count=2, total=30_000)
    sell(first, 5_000, count=3, total=35_000, generation=2, card=NEW, used_before=30_000)
    deliver(first, second)
    bring_up_to_date(headquarters)
    assert {outcome for outcome, _ in outcomes(headquarters).values()} == {"WRITTEN"}
    assert headquarters.adjustments.account(ACCOUNT).total == 0


def reasons(hq: Headquarters) -> list[tuple[str, str]]:
    return sorted((row["reason"], row["subject"]) for row in rows(hq, Suspense))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_is_sold_to_an_old_card_later_is_doubted_whichever_arrives_first(
    headquarters: Headquarters, clock: HandClock, order: tuple[int, ...]
) -> None:
    pens = a_town(headquarters, clock)
    deliver(pens[0])
    sell(pens[0], 20_000, count=1)
    sell(pens[1], 1_000, count=2, total=21_000)
    clock.pass_by(minutes=5)
    replace_card(pens[0], count=1, total=20_000)
    clock.pass_by(minutes=5)
    sell(pens[1], 1_000, count=3, total=22_000)
    for which in order:
        deliver(pens[which])
    assert reasons(headquarters) == [("replaced_card", CARD)]


def test_two_cards_of_one_turn_and_two_of_one_number_are_doubted(
    headquarters: Headquarters, clock: HandClock
) -> None:
    first, second = a_town(headquarters, clock)
    sell(first, 20_000, count=1)
    replace_card(first, count=1, total=20_000)
    deliver(first)
    replace_card(second, count=1, total=20_000, card="860000000003")
    deliver(second)
    assert ("card_doubled", "860000000003") in reasons(headquarters)
    second.write(
        CardIssued(account="N0002-000001", card=NEW, generation=1, key_version=1, serial="aa")
    )
    deliver(second)
    assert ("card_doubled", NEW) in reasons(headquarters)


def test_credit_that_nobody_sold_is_doubted_until_its_sale_arrives(
    headquarters: Headquarters, clock: HandClock
) -> None:
    first, second = a_town(headquarters, clock)
    sell(first, 20_000, count=1)
    sell(second, 10_000, count=2, total=30_000)
    replace_card(first, count=2, total=30_000)
    deliver(first)
    unfounded = ("carried_unfounded", f"{METER}/2/30000")
    assert unfounded in reasons(headquarters)
    deliver(second)
    assert unfounded not in reasons(headquarters)
    replace_card(first, count=2, total=90_000, generation=3, card="860000000003")
    deliver(first)
    assert ("carried_unfounded", f"{METER}/2/90000") in reasons(headquarters)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_sales_of_one_count_the_one_whose_total_is_carried_counts(
    headquarters: Headquarters, clock: HandClock, order: tuple[int, ...]
) -> None:
    """The second point had read its own back; the old card is gone, and the totals differ."""
    pens = a_town(headquarters, clock)
    sell(pens[0], 20_000, count=1)
    waiting = sell(pens[0], 10_000, count=2, total=30_000, settle=False)
    sell(pens[1], 4_000, count=2, total=24_000)
    clock.pass_by(minutes=5)
    intent = replace_card(pens[0], count=2, total=30_000)
    pens[0].write(Written(intent=waiting, through=intent))
    sell(pens[0], 5_000, count=3, total=35_000, generation=2, card=NEW, used_before=30_000)
    for which in order:
        deliver(pens[which])
        bring_up_to_date(headquarters)
    assert outcomes(headquarters)["N0001", 1, 2] == ("WRITTEN", 1)
    assert outcomes(headquarters)["N0002", 1, 2] == ("SUPERSEDED", 0)
    assert headquarters.adjustments.account(ACCOUNT).total == 2_000


def test_what_was_taken_for_overtaken_is_on_the_new_card_that_says_its_count_and_total(
    headquarters: Headquarters, clock: HandClock
) -> None:
    first, second = a_town(headquarters, clock)
    sell(first, 20_000, count=1)
    sell(second, 10_000, count=2, total=30_000, settle=False)
    sell(first, 4_000, count=2, total=24_000)
    deliver(first, second)
    bring_up_to_date(headquarters)
    assert outcomes(headquarters)["N0002", 1, 2] == ("SUPERSEDED", 0)
    clock.pass_by(minutes=5)
    replace_card(first, count=2, total=30_000)
    deliver(first)
    bring_up_to_date(headquarters)
    assert outcomes(headquarters)["N0002", 1, 2] == ("WRITTEN", 1)
    # The new card's total has no room for what the first had read back: its money goes back.
    assert outcomes(headquarters)["N0001", 1, 2] == ("SUPERSEDED", 0)
    assert headquarters.adjustments.account(ACCOUNT).total == 2_000
