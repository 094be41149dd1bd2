"""What every benchmark shares: one result, one line, and the limit measured beside the value.

A limit is what the same work costs at least, measured in the same run: whatever else the machine
does then slows both.  Value and limit therefore alternate, and medians are compared.
"""

import json
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

BENCH = Path(__file__).parent
ROOT = BENCH.parents[1]


@dataclass(frozen=True, slots=True)
class Result:
    """One figure, its limit, and the most that their ratio may be (None: nothing is promised).

    ``limit`` is in the same unit as ``value``; less is better in all of them.
    """

    bench: str
    value: float
    unit: str
    limit: float
    note: str
    bound: float | None = None

    @property
    def ratio(self) -> float:
        """How many times the limit the value is."""
        return self.value / self.limit

    @property
    def holds(self) -> bool:
        """Whether the ratio keeps to its bound."""
        return self.bound is None or self.ratio <= self.bound

    def line(self) -> str:
        """The result as one line of JSON."""
        return json.dumps(
            {
                "bench": self.bench,
                "value": _short(self.value),
                "unit": self.unit,
                "limit": _short(self.limit),
                "ratio": round(self.ratio, 3),
                "note": f"{self._verdict()}{self.note}",
            },
            ensure_ascii=False,
        )

    def _verdict(self) -> str:
        if self.bound is None:
            return ""
        return f"bound {self.bound:g}: {'holds' if self.holds else 'FAILS'}; "


def _short(value: float) -> float:
    return round(value, 1 if abs(value) >= 10 else 3)


def interleaved(
    value: Callable[[], float], limit: Callable[[], float], rounds: int
) -> tuple[list[float], list[float]]:
    """Both measured ``rounds`` times in turns; which goes first changes every round."""
    values: list[float] = []
    limits: list[float] = []
    for turn in range(rounds):
        if turn % 2:
            limits.append(limit())
            values.append(value())
        else:
            values.append(value())
            limits.append(limit())
    return values, limits


def spread(figures: list[float]) -> str:
    """The tenth and the ninetieth percentile, for a note."""
    tenths = statistics.quantiles(figures, n=10)
    return f"{_short(tenths[0])}..{_short(tenths[-1])}"


def progress(text: str) -> None:
    """Tell whoever waits; standard output holds the results alone."""
    print(text, file=sys.stderr, flush=True)


Bench = Callable[[Path], Iterator[Result]]
"""A benchmark: given a folder that is removed afterwards, it yields its results."""
