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
            owed[intent["m"]] += intent["qty"] + intent.get("jq", 0)
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


@dataclass(frozen=True)
class Settled:
    """What was applied of the adjustment, and collected from debts."""

    applied: int = 0
    collected: int = 0


_APPLIED = slice(54, 60)
_COLLECTED = slice(68, 74)
"""Of a credit record: the published layout."""


def settled_on(records: Iterable[bytes]) -> Settled:
    """What the slots of a card say together."""
    rows = list(records)
    return Settled(
        applied=sum(int.from_bytes(row[_APPLIED], "big", signed=True) for row in rows),
        collected=sum(int.from_bytes(row[_COLLECTED], "big") for row in rows),
    )


def check_dues(
    databases: Iterable[Path],
    chip: WatchedChip,
    owed: Settled,
    elsewhere: Settled = Settled(),
) -> list[str]:
    """Compare what the nodes' journals settled with what the card says and with what was owed.

    Args:
        databases: of all nodes that sold to the card.
        chip: the card as it is now.
        owed: headquarters' adjustment, above zero, and all debts.
        elsewhere: settled by others.

    Returns:
        What is wrong, in sentences.
    """
    problems = []
    applied, collected = elsewhere.applied, elsewhere.collected
    for line in (line for database in databases for line in journal_lines(database)):
        if line["t"] != "intent":
            continue
        problems += _unbalanced(line)
        if line["mac"] in chip.macs:
            applied += line.get("ja", 0) - line.get("kp", 0)
            collected += _collected(line)
    shown = settled_on(chip.memory.records[File.CREDIT])
    if shown != Settled(applied, collected):
        problems.append(f"the card says {shown}, the sales on it {applied} and {collected}")
    if applied > owed.applied:
        problems.append(f"{applied} was applied of {owed.applied}: twice")
    if collected > owed.collected:
        problems.append(f"{collected} was collected of {owed.collected}: twice")
    return problems


def _unbalanced(line: Mapping[str, Any]) -> list[str]:
    """Money in is money out: what was handed over, what it bought, and where the rest went."""
    seq, given = line["q"], line.get("ja", 0)
    paid = line["amt"] - given + _collected(line) + line.get("kp", 0) + line.get("rd", 0)
    problems = []
    if paid < 0:
        problems.append(f"sale {seq} pays {-paid} out")
    if line.get("by", "m") == "m" and line["x"] != paid + line.get("res", 0):
        problems.append(f"sale {seq}: {line['x']} was put down, {paid} paid")
    if line["amt"] != sum(part[4] for part in line["ln"]):
        problems.append(f"sale {seq} is not the sum of its lines")
    return problems


def _collected(line: Mapping[str, Any]) -> int:
    return sum(debt[1] for debt in line.get("db", ()))
