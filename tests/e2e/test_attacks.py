"""Nobody gains and nobody loses, whatever thieves try and whatever goes wrong.

Two vending points, a headquarters that hears of them rarely, four households with cards of every
type, and their meters.  Hypothesis plays clerks, customers, thieves and accidents, forty steps in
each run; after each step no meter has credited, and no household got, more than was paid for; in
the end, when everybody has talked to everybody, each household that deceived nobody has got, or
is owed, what it paid, to the cent.

``YIKA_ATTACK_RUNS`` sets how many runs are tried.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from attack_beginning import a_beginning
from attack_gang import Gang
from attack_street import HAPPENED

RUNS = int(os.environ.get("YIKA_ATTACK_RUNS", "60"))
STEPS = 40


def machine(folder: Path, **changes: Any) -> type[Gang]:
    """The machine with a town of its own to begin with."""
    made = a_beginning(folder / "beginning")
    return type("Played", (Gang,), {"beginning": made, "folder": folder, **changes})


def limits(runs: int) -> settings:
    return settings(
        max_examples=runs,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )


@pytest.mark.timeout(60 + 60 * RUNS)
def test_nobody_gains_and_nobody_loses(tmp_path: Path) -> None:
    """With ``-s`` it says what happened in all the runs, and how often."""
    HAPPENED.clear()
    run_state_machine_as_test(machine(tmp_path), settings=limits(RUNS))
    print("\n".join(f"{count:8} {what}" for what, count in HAPPENED.most_common()))
