"""Wrong passwords against the clock: only time that really passes opens a door."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node_world import OPERATOR, PASSWORD, World
from yika_common.infra.sessions import TooManyAttempts, WrongPassword
from yika_node.services.lockout import CLOSED_AT, LONG_S, NameClosed, wait_after

TABLE = {1: 0, 2: 0, 3: 1, 4: 2, 5: LONG_S, 6: 8, 7: 16, 8: 32, 9: 60, 10: LONG_S, 11: 60, 19: 60}
DAY = 86_400


@pytest.mark.parametrize(("failures", "seconds"), TABLE.items())
def test_the_waits_are_those_of_the_table(failures: int, seconds: int) -> None:
    assert wait_after(failures) == seconds


jumps = st.one_of(
    st.tuples(st.just("wait"), st.integers(0, 2 * LONG_S)),
    st.tuples(st.just("clock"), st.integers(-400 * DAY, 400 * DAY)),
    st.tuples(st.just("restart"), st.just(0)),
    st.tuples(st.just("wrong"), st.just(0)),
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(st.lists(jumps, max_size=40))
def test_an_attempt_is_looked_at_when_its_wait_has_run_in_this_process_and_never_before(
    steps: list[tuple[str, int]],
) -> None:
    """A model that knows no clock: the failures, and the seconds run since the last."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "node")
        node = world.enrolled()
        failures, ran = 0, 0
        for what, how_much in steps:
            if what == "wait":
                world.pass_time(seconds=how_much)
                ran += how_much
            elif what == "clock":
                world.set_clock(seconds=how_much)
            elif what == "restart":
                node.close()
                node, ran = world.build(), 0
            else:
                expected = (
                    NameClosed
                    if failures >= CLOSED_AT
                    else WrongPassword
                    if ran >= wait_after(failures)
                    else TooManyAttempts
                )
                with pytest.raises(expected):
                    node.staff.sign_in(OPERATOR, "not the password")
                if expected is WrongPassword:
                    failures, ran = failures + 1, 0
        if failures < CLOSED_AT:
            world.set_clock(days=1)
            world.pass_time(seconds=max(wait_after(failures) - ran, 0))
            assert node.staff.sign_in(OPERATOR, PASSWORD).name == OPERATOR
        node.close()


def test_a_lock_that_went_by_the_clock_would_fail_the_same_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path / "node")
    node = world.enrolled()
    monkeypatch.setattr(node.lockout, "_elapsed", lambda: int(world.now.timestamp()))
    for number in range(5):
        world.pass_time(seconds=wait_after(number))
        with pytest.raises(WrongPassword):
            node.staff.sign_in(OPERATOR, "not the password")
    world.set_clock(days=1)
    assert node.staff.sign_in(OPERATOR, PASSWORD).name == OPERATOR
    node.close()
