"""A relative pays in at one vending point; the next purchase at another credits it, once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deposit_town import PAID_IN, Town
from node_world import OPERATOR
from refund_builders import TOKEN
from yika_node.services.charge_errors import DepositCredited
from yika_node.uplink import LinkDown

WHY = "paid in for the wrong account"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = Town(tmp_path)
    yield town
    town.close()


def test_the_next_purchase_credits_a_deposit_and_the_one_after_does_not(town: Town) -> None:
    town.pay_in(town.second)
    assert town.buy(town.first).adjusted == 0
    town.exchange()
    credited = town.buy(town.first)
    assert (credited.adjusted, credited.paid) == (PAID_IN, 5_000 - PAID_IN)
    assert town.buy(town.second).adjusted == 0
    town.exchange()
    assert [town.buy(point).adjusted for point in (town.first, town.second)] == [0, 0]


def test_what_was_given_back_in_time_is_never_credited(town: Town) -> None:
    epoch, seq = town.pay_in(town.second)
    assert town.desk(town.second).give_back(OPERATOR, epoch, seq, WHY, TOKEN).back
    town.exchange()
    assert [town.buy(point).adjusted for point in (town.first, town.second)] == [0, 0]


def test_what_was_credited_before_the_answer_arrived_is_owed_again(town: Town) -> None:
    epoch, seq = town.pay_in(town.second)
    # Headquarters hears of it, and its answer is lost on the way.
    line = town.second.line
    post = line.post

    def lost(path: str, body: bytes) -> bytes:
        post(path, body)
        line.cut = True
        return post(path, body)

    vars(line)["post"] = lost
    with pytest.raises(LinkDown):
        town.second.sync()
    del vars(line)["post"]
    town.exchange()
    assert town.buy(town.first).adjusted == PAID_IN
    assert town.desk(town.second).give_back(OPERATOR, epoch, seq, WHY, TOKEN).back
    line.cut = False
    town.exchange()
    owed = 0
    for _ in range(3):
        owed += town.buy(town.first).adjusted
    assert owed == -PAID_IN


def test_once_acknowledged_it_is_not_given_back_at_the_counter(town: Town) -> None:
    epoch, seq = town.pay_in(town.second)
    town.exchange()
    with pytest.raises(DepositCredited):
        town.desk(town.second).give_back(OPERATOR, epoch, seq, WHY, TOKEN)
