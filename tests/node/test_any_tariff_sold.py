"""Any tariff, sold at two points in turn: journal, card, engine and receipt say the same.

Each example publishes a random tariff, mostly with a later version that begins soon, opens an
account, tells both points what sets its prices and what is owed, and sells by money and by
quantity while time passes and meters are read.  After every sale

* the receipt's code, priced once more by the tariff, asks the very lines of the journal;
* the receipt retraces the bill and the explanation that were quoted;
* one point that saw everything in that order would have counted and charged the same.

In the end the journals' meaning is the same when it is read anew, and what was owed was settled at
most once.
"""

import tempfile
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from counters import CLASS, GAS, HEAT, OTHER_POWER, POWER, WATER, Counters
from node_world import contents, for_money, for_quantity
from sale_checker import Settled, WatchedChip, check_dues
from tariff_builders import EQUIPMENT, HEAT_CLASSES, random_documents
from yika_common.clock import from_timestamp
from yika_common.errors import YikaError
from yika_common.journal.bodies import Intent
from yika_common.journal.excerpt import read_code
from yika_common.numbers import Money, Quantity
from yika_common.signing.signed_file import read_signed_file
from yika_common.simulated.icc import blank_memory
from yika_common.sync.customers import DebtSheet
from yika_common.sync.messages import TARIFF_ITEM
from yika_common.sync.receipts import Evidence, claim_of
from yika_common.tariffs.charges import Charges
from yika_common.tariffs.facts import Tally
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.quota import consumption_claimed
from yika_common.tariffs.quote import Quote
from yika_common.tariffs.situation import tally_after, usage_at
from yika_node.services.premises import Premises, quantum_of
from yika_node.services.views import SaleEntry

SLOTS = {
    "heat": (HEAT,),
    "gas": (GAS,),
    "cold_water": (WATER,),
    "electricity_single": (POWER, OTHER_POWER),
}
DEBTS = (
    DebtSheet("D-1", "旧欠", "Old bill", 20_000, 300_000, 0, 1),
    DebtSheet("D-2", "滞纳金", "Late fee", 500, 100_000, 50, 0),
)


@st.composite
def tariffs(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A tariff in force for long, and mostly a later version of it that begins soon."""
    first = draw(random_documents())
    consumed = first["quota_basis"] == "consumed"
    anchors = ["01-01", "04-01"] if consumed else ["01-01", "04-01", "account", "03-28", "04-10"]
    service = "heat" if first["heat_basic_fee"] else draw(st.sampled_from(sorted(SLOTS)))
    cycle = first["cycle"] | {"anchor": draw(st.sampled_from(anchors))}
    first |= {"class": CLASS, "version": 1, "service": service, "cycle": cycle}
    if cycle["anchor"] == "account":
        first.pop("part_period", None)
    begins = draw(st.none() | st.dates(date(2026, 3, 20), date(2026, 6, 20)))
    if begins is None:
        return [first]
    hour = "00:00:00" if consumed else draw(st.sampled_from(["00:00:00", "23:30:00"]))
    begins = begins.replace(day=1) if consumed else begins
    second = first | {
        "version": 2,
        "effective_from": f"{begins}T{hour}",
        "on_version_change": draw(st.sampled_from(["carry", "reset", "prorata"])),
        "rebates": [one for one in first["rebates"] if one["until"] > f"{begins}"],
    }
    return [first, second]


sheets = st.fixed_dictionaries(
    {
        "persons": st.integers(0, 9),
        "persons_until": st.sampled_from([0, 1_776_000_000, 1_900_000_000]),
        "inner_area": st.integers(1, 300_000),
        "gross_area": st.integers(1, 300_000),
        "heat_class": st.sampled_from(["", *HEAT_CLASSES]),
        "heat_from": st.sampled_from([0, 1_763_500_000, 1_765_000_000, 1_776_000_000]),
        "suspended": st.sampled_from([(), (2025,), (2026,)]),
        "equipment": st.sampled_from(["", *EQUIPMENT, " ".join(EQUIPMENT)]),
        "quota_from": st.sampled_from([0, 0, 1_767_300_000, 1_773_000_000, 1_776_000_000]),
        "adjustment": st.integers(-20_000, 20_000),
        "debts": st.sampled_from([(), DEBTS]),
    }
)
policies = st.fixed_dictionaries(
    {
        "debt_base": st.sampled_from(["tender", "after_fixed"]),
        "residual": st.sampled_from(["change", "balance"]),
        "cash_unit": st.sampled_from([1, 1, 10, 100]),
        "cash_rounding": st.sampled_from(["half_up", "down", "up"]),
    }
)


@dataclass
class Town:
    """Two points and an account, and what one point alone would have counted."""

    counters: Counters
    slots: tuple[int, ...]
    loads: bool
    tally: Tally = Tally()  # noqa: RUF009 - a frozen value
    tariffs: dict[str, Tariff] = field(default_factory=dict)
    evidence: list[Evidence] = field(default_factory=list)

    def __post_init__(self) -> None:
        for world, node in zip(self.counters.worlds, self.counters.nodes, strict=True):
            held = node.tariffs.tariffs()
            self.tariffs |= {tariff.digest[:8].hex(): tariff for tariff in held}
            evidence = Evidence(node.standing.membership.root)
            evidence.take(read_signed_file(world.headquarters.certificate_file))
            for row in node.queries.items_held(TARIFF_ITEM):
                evidence.take(read_signed_file(row.file))
            self.evidence.append(evidence)

    def visit(self, data: st.DataObject) -> None:
        """Time passes, the customer buys, and perhaps lets the meters take it and uses some."""
        counters = self.counters
        counters.pass_time(
            days=data.draw(st.sampled_from([0, 0, 1, 13, 31, 70, 200]), label="days"),
            hours=data.draw(st.sampled_from([0, 9, 16]), label="hours"),
        )
        slots = st.lists(st.sampled_from(self.slots), min_size=1, unique=True)
        entries = [self._entry(data, slot) for slot in data.draw(slots, label="slots")]
        event(self.sell(data.draw(st.integers(0, 1), label="point"), entries))
        if self.loads and data.draw(st.booleans(), label="loads"):
            for slot in self.slots:
                counters.load(slot)
                meter = counters.worlds[0].use_meter(counters.account.meters[slot].meter)
                most = max(0, meter.state().balance) // 100
                counters.load(slot, use=100 * data.draw(st.integers(0, most), label="use"))

    def _entry(self, data: st.DataObject, slot: int) -> SaleEntry:
        if data.draw(st.booleans(), label="by money"):
            return for_money(slot, data.draw(st.integers(0, 500_000), label="minor units"))
        quanta = data.draw(st.integers(1, 5_000), label="quanta")
        return for_quantity(slot, quanta * (1_000 if slot == HEAT else 100))

    def sell(self, point: int, entries: list[SaleEntry]) -> str:
        """Sell, if it has a price, and hold everything that says what was sold side by side."""
        node = self.counters.nodes[point]
        try:
            quoted = node.sales.quote(self.counters.read(point), entries)
        except YikaError as refusal:
            return refusal.code
        receipt = self.counters.sell(*entries, at=point)
        assert receipt.complete, receipt.problem
        for line, sold in zip(quoted.lines, receipt.lines, strict=True):
            # What of a sum was credit, and stays owed, the receipt has no need to say.
            assert replace(sold.quote, residual=line.quote.residual) == line.quote
            assert replace(sold.bill, quote=line.quote) == line.bill
            assert sold.explanation == replace(line.explanation, next_version=None)
        verdict = self.evidence[point].judge(read_code(node.receipt_codes.code(receipt)))
        assert verdict.problems == ()
        assert all(line.checked for line in verdict.lines)
        assert sum(line.intent.paid for line in verdict.lines) == receipt.paid
        for paid in verdict.lines:
            self.count(paid.intent, from_timestamp(paid.record.ts))
        return "sold"

    def count(self, intent: Intent, at: datetime) -> None:
        """Price the sale as one point alone would, and compare the journal and the card."""
        tariff = self.tariffs[intent.tariff_digest]
        facts = self.counters.nodes[0].accounts.get(intent.account).pricing_facts(tariff.zone)
        known = consumption_claimed(tariff, facts, claim_of(intent))
        quantum = quantum_of(tariff)
        usage = usage_at(tariff, facts, self.tally, quantum=quantum, at=at, consumption=known)
        charges = Charges(tariff, usage)
        lines = charges.lines(intent.quantity)
        asked = [(part.code, part.step, part.quantity, part.price, part.amount) for part in lines]
        assert asked == [tuple(line) for line in intent.lines]
        quote = Quote(
            quantity=Quantity(intent.quantity),
            amount=charges.amount(intent.quantity),
            residual=Money(0),
            lines=lines,
            free=charges.free(intent.quantity),
            settled=charges.settled(intent.quantity),
        )
        self.tally = tally_after(tariff, facts, self.tally, usage, quote, at)
        card = self.counters.record(intent.slot).quota
        assert self.tally == Tally(
            card.period, card.bought, card.heating_year, card.charged_through, card.free_day
        )

    def check(self, sheet: dict[str, Any]) -> None:
        """The journals read anew mean the same, and nothing owed was settled twice."""
        databases = [world.folder / "node.db" for world in self.counters.worlds]
        for database, node in zip(databases, self.counters.nodes, strict=True):
            before = contents(database)
            node.journal.rebuild()
            assert contents(database) == before
        owed = Settled(max(0, sheet["adjustment"]), sum(debt.left for debt in sheet["debts"]))
        assert isinstance(self.counters.chip, WatchedChip)
        assert check_dues(databases, self.counters.chip, owed) == []


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_tariff_sold_at_two_points_is_retraced_by_receipt_card_and_a_point_alone(
    data: st.DataObject,
) -> None:
    documents = data.draw(tariffs(), label="tariffs")
    sheet = data.draw(sheets, label="sheet")
    with tempfile.TemporaryDirectory() as folder:
        counters = _counters(Path(folder))
        try:
            for document in documents:
                counters.publish(**document)
            counters.open()
            counters.settle_by(**data.draw(policies, label="policy"))
            counters.tell(facts_at=1, adjustment_number=1, **sheet)
            loads = documents[0]["meter_holds"] == "quantity"
            town = Town(counters, SLOTS[documents[0]["service"]], loads)
            for _ in range(data.draw(st.integers(2, 6), label="visits")):
                town.visit(data)
            town.check(sheet)
        finally:
            counters.close()


def test_points_that_do_not_look_at_the_card_are_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The property above would fail."""
    counters = _counters(tmp_path)
    counters.publish_and_open()
    counters.tell()
    town = Town(counters, (WATER,), loads=True)
    town.sell(0, [for_quantity(WATER, 10_000)])
    tallies = Premises.tallies
    monkeypatch.setattr(
        Premises,
        "tallies",
        lambda premises, service: tallies(Premises((), premises.standing, None), service),
    )
    with pytest.raises(AssertionError):
        town.sell(1, [for_quantity(WATER, 10_000)])
    counters.close()


def _counters(folder: Path) -> Counters:
    return Counters(folder, 2, WatchedChip(blank_memory(b"CHIP0000")), tariff_class=CLASS)
