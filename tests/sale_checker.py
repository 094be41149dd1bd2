"""An independent checker of sales: reads the journal's lines, the chip's history and the meters.

It shares no code with the node: plain SQL, plain JSON, and the last 8 bytes of what the chip ever
held.  A sale is *delivered* once its very record was on the chip: meters and other nodes build on
the card's total from then on.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from card_builders import ChipMemory
from yika_common.cards.application import File
from yika_common.simulated.icc import CardMemory


class WatchedChip(ChipMemory):
    """A chip that remembers the MAC of every credit record it ever held."""

    def __init__(self, memory: CardMemory | None = None) -> None:
        super().__init__(memory)
        self.macs = {record[-8:].hex() for record in self.memory.records[File.CREDIT]}

    def commit(self, memory: CardMemory) -> None:
        super().commit(memory)
        self.macs |= {record[-8:].hex() for record in memory.records[File.CREDIT]}

    def copied(self) -> "WatchedChip":
        other = WatchedChip(self.memory)
        other.macs = set(self.macs)
        return other


@dataclass
class Findings:
    """What is wrong, in sentences, and which intents are still open."""

    problems: list[str]
    open: list[int]


def journal_lines(database: Path) -> list[dict[str, Any]]:
    connection = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
    try:
        rows = connection.execute("SELECT line FROM record ORDER BY epoch, seq").fetchall()
    finally:
        connection.close()
    return [json.loads(line) for (line,) in rows]


def check_sales(
    database: Path,
    macs_on_chip: Iterable[str],
    credited: Mapping[str, int],
    sold_elsewhere: Iterable[tuple[str, int]],
) -> Findings:
    """Compare what was paid with what the meters took.

    Args:
        database: the node's.
        macs_on_chip: every MAC the chip ever held.
        credited: meter to the total it has taken, after it saw the card last.
        sold_elsewhere: meter and quantity of what other nodes wrote on the card.
    """
    on_chip = set(macs_on_chip)
    lines = journal_lines(database)
    intents = {line["q"]: line for line in lines if line["t"] == "intent"}
    ends: dict[int, list[str]] = {seq: [] for seq in intents}
    for line in lines:
        if line["t"] in ("sale", "superseded"):
            ends[line["iq"]].append(line["t"])
    problems = []
    owed = dict.fromkeys(credited, 0)
    for seq, intent in intents.items():
        delivered = intent["mac"] in on_chip
        if delivered:
            owed[intent["m"]] += intent["qty"]
        if len(ends[seq]) > 1:
            problems.append(f"sale {seq} ended {len(ends[seq])} times")
        if "sale" in ends[seq] and not delivered:
            problems.append(f"sale {seq} is said to be on the card and never was: lost")
        if "superseded" in ends[seq] and delivered:
            problems.append(f"sale {seq} was delivered and is paid back, too: doubled")
    for meter, quantity in sold_elsewhere:
        owed[meter] += quantity
    for meter, quantity in credited.items():
        if quantity != owed[meter]:
            problems.append(f"meter {meter} took {quantity} of {owed[meter]} delivered")
    return Findings(problems, [seq for seq, how in ends.items() if not how])
