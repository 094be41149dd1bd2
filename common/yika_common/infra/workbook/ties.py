"""The sheet that says whether a workbook may be believed.

Each tie compares a figure that the database added up with a formula over the workbook's own
sheets, and says OK or CHECK by a formula of its own; the last row is OK when all of them are.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.workbook import Workbook

from yika_common.errors import N_
from yika_common.infra.workbook.cells import Cell, Formula, text
from yika_common.infra.workbook.sheet import Sheet, Translate

OK, CHECK = "OK", "CHECK"
MISSING = "MISSING"

_PLACES: Final = {"quantity": 3}
_MONEY_PLACES: Final = 2
_COLOURS: Final = (
    (OK, "085A40", "E3F4EC"),
    (CHECK, "A4262C", "FCEBEB"),
    (MISSING, "8A5300", "FDF1DA"),
)


class TiesSheet(Sheet):
    """Sections of ties; the status of a row stands in column E."""

    def __init__(
        self, book: Workbook, title: str, widths: Sequence[int], translate: Translate
    ) -> None:
        super().__init__(book, title, widths)
        self._translate = translate
        self.freeze("A4")

    def begin(self, subtitle: str) -> None:
        """The sheet's title and what it covers."""
        self.append(Cell(self.title, "title"))
        self.append(Cell(subtitle, "subtitle"))
        self.skip()

    def begin_ties(self, section: str, source: str) -> int:
        """The headings of a section of ties; ``source`` names what the workbook is compared with.

        Returns the row of its first tie.
        """
        self.head(
            section,
            (N_("What"), source, N_("This workbook"), N_("Difference"), N_("Status")),
            numbers=(1, 2, 3),
        )
        return self.rows + 1

    def tie(self, name: str, figure: Cell, formula: str) -> None:
        """One comparison: what the database says, and the formula that must come to the same."""
        row = self.rows + 1
        places = _PLACES.get(figure.look, _MONEY_PLACES)
        self.append(
            text(name),
            figure,
            Cell(Formula(formula), figure.look),
            Cell(Formula(f"=ROUND(C{row}-B{row},{places})"), figure.look),
            Cell(Formula(f'=IF(D{row}=0,"{OK}","{CHECK}")'), "status"),
        )

    def end_ties(self, first: int) -> None:
        """One verdict over the ties from row ``first`` on."""
        last = self.rows
        verdict = f'=IF(COUNTIF(E{first}:E{last},"{OK}")=ROWS(E{first}:E{last}),"{OK}","{CHECK}")'
        self.append(
            Cell(self._translate(N_("All of them")), "total-text"),
            *(Cell(None, "total-text") for _column in range(3)),
            Cell(Formula(verdict), "status"),
        )
        self.skip()

    def head(self, section: str, headings: Iterable[str], numbers: Iterable[int]) -> None:
        """A section's title and headings; ``numbers`` are the places of those above numbers."""
        right = frozenset(numbers)
        self.append(Cell(section, "section"))
        self.append(
            *(
                Cell(
                    self._translate(heading) if heading else heading,
                    "head-number" if place in right else "head",
                )
                for place, heading in enumerate(headings)
            )
        )

    def end(self, last_column: str) -> None:
        """Colour every status, bound what is printed, and protect the sheet against edits."""
        for word, ink, paper in _COLOURS:
            look = DifferentialStyle(
                font=Font(color=ink, bold=True),
                fill=PatternFill("solid", start_color=paper, end_color=paper),
            )
            rule = Rule("cellIs", operator="equal", dxf=look, formula=[f'"{word}"'])
            self.paper.conditional_formatting.add(f"E1:E{self.rows}", rule)
        self.paper.print_area = f"A1:{last_column}{self.rows}"
        self.paper.protection.sheet = True
        self.paper.protection.formatColumns = False
