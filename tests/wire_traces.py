"""What went over a reader's line, as text: a run of bytes a line, ``>`` to the reader, ``<`` back.

Bytes that one side sent without the other saying anything are one run, however they arrived.
"""

from itertools import groupby
from pathlib import Path

from yika_common.simulated.reader import Direction

TRACES = Path(__file__).parent / "vectors" / "readers"
Trace = list[tuple[Direction, bytes]]


def joined(trace: Trace) -> Trace:
    """Runs of the same direction as one."""
    groups = groupby(((way, data) for way, data in trace if data), key=lambda run: run[0])
    return [(way, b"".join(data for _, data in runs)) for way, runs in groups]


def trace_text(trace: Trace) -> str:
    """The trace as a file holds it."""
    return "".join(f"{way} {data.hex(' ')}\n" for way, data in joined(trace))


def read_trace(name: str) -> Trace:
    """A recorded trace."""
    lines = (TRACES / name).read_text().splitlines()
    return [(Direction(line[0]), bytes.fromhex(line[1:])) for line in lines if line[:1] != "#"]
