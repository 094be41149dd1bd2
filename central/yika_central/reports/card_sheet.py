"""A workbook's list of the cards that were made, and what was taken for them."""

from openpyxl.workbook import Workbook

from yika_central.reports.rows import CardRow, Scope
from yika_common.errors import N_
from yika_common.infra.workbook.cells import count, ident, money, text, time
from yika_common.infra.workbook.sheet import Column, ListSheet, Translate

_CARDS = (
    Column("time", N_("Made at"), 20, "time"),
    Column("node", N_("Vending point"), 12, "ident"),
    Column("operator", N_("Operator"), 14),
    Column("account", N_("Account"), 16, "ident"),
    Column("card", N_("Card"), 15, "ident"),
    Column("turn", N_("Turn"), 7, "count"),
    Column("replaces", N_("In the place of"), 15, "ident"),
    Column("reason", N_("Reason"), 36),
    Column("fee", N_("Fee"), 12, "money", total=True),
)


class CardsSheet(ListSheet):
    """One row for each card: the first of an account, and those in another's place."""

    def __init__(self, book: Workbook, scope: Scope, subtitle: str, _: Translate) -> None:
        super().__init__(
            book,
            title=_("Cards"),
            table="CardsTable",
            subtitle=subtitle,
            columns=_CARDS,
            frozen=2,
            _=_,
        )
        self._zone = scope.zone

    def add(self, row: CardRow) -> None:
        """Write one card."""
        self.append(
            time(row.at, self._zone),
            ident(row.node),
            text(row.operator),
            ident(row.account),
            ident(row.card),
            count(row.turn),
            ident(row.replaces),
            text(row.reason),
            money(row.fee),
        )
