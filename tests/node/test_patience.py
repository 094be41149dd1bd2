"""After a line failed the background waits longer each time, and nobody else does."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from node_world import World
from yika_common.errors import YikaError
from yika_common.infra.entropy import system_random
from yika_node.jobs import Jobs
from yika_node.services.patience import LEAST_S, MOST_S, Patience
from yika_node.uplink import HeadquartersRefused, LinkDown


def waits(random: bytes, failures: int) -> Iterator[int]:
    """How long each of these failures in a row makes it wait."""
    patience, now = Patience(lambda _size: random), 1_000
    for _ in range(failures):
        assert patience.over(now)
        patience.failed(now)
        before = now
        while not patience.over(now):
            now += 1
        yield now - before


@pytest.mark.parametrize("random", [b"\0", b"\x80", b"\xff"])
def test_each_failure_doubles_the_wait_up_to_a_limit(random: bytes) -> None:
    found = list(waits(random, 12))
    assert LEAST_S / 2 <= found[0] <= LEAST_S
    assert all(one <= other for one, other in pairwise(found))
    assert found[-1] == found[-2] <= MOST_S


def test_two_points_do_not_wait_alike() -> None:
    ends = set()
    for _ in range(50):
        patience = Patience(system_random)
        for _ in range(9):
            patience.failed(0)
        ends.add(next(second for second in range(MOST_S + 1) if patience.over(second)))
    assert len(ends) > 20
    assert min(ends) >= MOST_S // 2


@pytest.mark.parametrize("lost", [HeadquartersRefused(status=503), LinkDown()])
def test_sales_do_not_call_a_line_that_is_down_and_the_button_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: YikaError
) -> None:
    world, seconds = World(tmp_path), [0]
    node = world.enrolled()
    jobs = Jobs(node, sweep=lambda: None, seconds=lambda: seconds[0])
    posts = world.headquarters.posts

    def broken(_path: str, _body: bytes) -> bytes:
        world.headquarters.posts += 1
        raise lost

    with monkeypatch.context() as patch:
        patch.setattr(world.headquarters, "post", broken)
        for _ in range(20):
            jobs._sync()
        assert world.headquarters.posts == posts + 1
        with pytest.raises(type(lost)):
            node.courier.sync()
        assert world.headquarters.posts == posts + 2
        seconds[0] += LEAST_S
        jobs._sync()
        assert world.headquarters.posts == posts + 3
    seconds[0] += 2 * LEAST_S
    jobs._sync()
    assert node.courier.state().waiting == 0
    before = world.headquarters.posts
    jobs._sync()
    assert world.headquarters.posts > before, "it is not waited for after an answer"
    node.close()


def test_an_answer_ends_the_waiting() -> None:
    patience = Patience(lambda _size: b"\0")
    for _ in range(5):
        patience.failed(100)
    assert not patience.over(101)
    patience.reached()
    assert patience.over(101)
    patience.failed(101)
    assert patience.over(101 + LEAST_S), "it begins anew"
