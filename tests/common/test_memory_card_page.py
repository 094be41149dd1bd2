"""docs/card-format.md says of memory cards what the code does."""

import re
from pathlib import Path

import pytest

from yika_common.cards import cut as cuts
from yika_common.cards.cut import Cut
from yika_common.cards.memory import layout, packing
from yika_common.cards.memory.layout import ChipLayout
from yika_common.cards.memory.packing import PACKINGS
from yika_common.readers.port import MemoryKind
from yika_common.services import PROFILES

PAGE = (Path(__file__).parents[2] / "docs" / "card-format.md").read_text()
BODY, WRITE_BACK_BODY = 122, 84


def table(name: str) -> list[list[str]]:
    """The rows of a published table, without its head."""
    text = PAGE.split(f"<!-- memory: {name} -->\n")[1].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.split("\n")[2:]]


def widths(module_table: str) -> list[list[int]]:
    """The numbers of each row of a table in the module's docstring."""
    text = (packing.__doc__ or "").split(module_table)[1].split("\n====")[1]
    rows = [re.split(r"  +", line) for line in text.split("\n")[1:]]
    return [[int(cell.split(",")[0]) for cell in row[1:]] for row in rows if row[0] != "sum"]


def test_the_fit_is_what_the_page_says() -> None:
    rows = table("fit")
    assert len(rows) == len(MemoryKind) * len(PROFILES)
    for chip, profile, records, write_backs, ends, left in rows:
        placed = ChipLayout(MemoryKind[chip], int(profile))
        size = placed.record_cells[1] - placed.record_cells[0]
        written = placed.write_back_cell(1) - placed.write_back_cell(0)
        assert records == f"{len(placed.record_cells)} × {size}"
        assert write_backs == f"{profile} × {written}"
        assert ends == f"{placed.records_at}, {placed.end - 1}"
        assert int(left) == placed.kind.facts.size - placed.end
        assert re.search(
            rf"{chip} +{profile} .* {placed.records_at} to {placed.end - 1} ", layout.__doc__ or ""
        )


@pytest.mark.parametrize("cut", list(Cut))
def test_the_widths_of_a_record_add_up_to_its_packing(cut: Cut) -> None:
    column = [int(row[1 + cut]) for row in table("record")]
    assert sum(column) == PACKINGS[cut].record_size
    assert column[-1] == PACKINGS[cut].mac_size
    assert PACKINGS[cut].count == slice(sum(column[:2]), sum(column[:3]))


@pytest.mark.parametrize("cut", [Cut.WHOLE, Cut.CLOSE, Cut.NARROW])
def test_the_widths_of_a_write_back_add_up_to_its_packing(cut: Cut) -> None:
    assert sum(int(row[1 + cut]) for row in table("write-back")) == PACKINGS[cut].write_back_size


@pytest.mark.parametrize("name", ["record", "write-back"])
def test_page_and_module_have_the_same_widths(name: str) -> None:
    published = [[int(cell) for cell in row[1:]] for row in table(name)]
    assert published == widths(f"field of the {name}")


@pytest.mark.parametrize("cut", list(Cut))
def test_the_page_names_the_bytes_that_a_cut_leaves_out(cut: Cut) -> None:
    row = table("cut")[cut]
    assert row[0] == str(int(cut))
    said = [tuple(map(int, pair)) for pair in re.findall(r"(\d+) to (\d+)", row[2])]
    left = cut.record(b"\xff" * BODY)
    for at in range(BODY):
        assert (left[at] == 0) == any(first <= at <= last for first, last in said)
    told = [tuple(map(int, pair)) for pair in re.findall(r"(\d+) to (\d+)", row[3])]
    left = cut.write_back(b"\xff" * WRITE_BACK_BODY)
    for at in range(WRITE_BACK_BODY):
        assert (left[at] == 0) == any(first <= at <= last for first, last in told)
    assert all(f"{first} to {last}" in (cuts.__doc__ or "") for first, last in said + told)
