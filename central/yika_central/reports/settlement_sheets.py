"""Three more lists of a workbook: what became of differences, adjustments of accounts, debts."""

from openpyxl.workbook import Workbook

from yika_central.reports.labels import ADJUSTMENT_KINDS, CAUSES, DEBT_AGES, SERVICES
from yika_central.reports.rows import AdjustmentRow, DebtRow, Scope, SettlementRow
from yika_common.errors import N_
from yika_common.infra.workbook.cells import Cell, count, ident, money, text, time
from yika_common.infra.workbook.sheet import Column, ListSheet, Translate

_SETTLED = (
    Column("time", N_("Sold at"), 20, "time"),
    Column("position", N_("Journal position"), 17, "ident"),
    Column("account", N_("Account"), 16, "ident"),
    Column("service", N_("Service"), 24),
    Column("cause", N_("Cause"), 22),
    Column("policy", N_("Policy no."), 9, "count"),
    Column("posted", N_("Posted"), 13, "money", total=True),
    Column("absorbed", N_("Absorbed"), 13, "money", total=True),
    Column("adjusted", N_("Adjusted"), 13, "money", total=True),
    Column("of-month", N_("Month of the sale"), 11, "ident"),
    Column("month", N_("Booked in"), 11, "ident"),
    Column("settled", N_("Settled at"), 20, "time"),
)

_ADJUSTMENTS = (
    Column("time", N_("Made at"), 20, "time"),
    Column("account", N_("Account"), 16, "ident"),
    Column("number", N_("Number"), 9, "count"),
    Column("kind", N_("What it is"), 22),
    Column("cause", N_("Cause"), 20),
    Column("about", N_("Sale or debt"), 17, "ident"),
    Column("amount", N_("To the customer's favour"), 14, "money", total=True),
    Column("of-month", N_("Month it is about"), 11, "ident"),
    Column("month", N_("Booked in"), 11, "ident"),
    Column("who", N_("Who"), 18),
    Column("reason", N_("Reason"), 40),
)

_DEBTS = (
    Column("debt", N_("Debt"), 11, "ident"),
    Column("account", N_("Account"), 16, "ident"),
    Column("name", N_("What for"), 28),
    Column("registered", N_("Registered at"), 20, "time"),
    Column("due", N_("Due on"), 12, "ident"),
    Column("amount", N_("Registered"), 13, "money", total=True),
    Column("fees", N_("Late fees"), 12, "money", total=True),
    Column("waived", N_("Waived"), 12, "money", total=True),
    Column("collected", N_("Collected"), 13, "money", total=True),
    Column("too-much", N_("Given back"), 12, "money", total=True),
    Column("left", N_("Left"), 13, "money", total=True),
    *(Column(f"age-{n}", age, 13, "money", total=True) for n, age in enumerate(DEBT_AGES)),
)


class SettlementSheet(ListSheet):
    """One row for each posting: absorbed and adjusted, and where it is booked."""

    def __init__(self, book: Workbook, scope: Scope, subtitle: str, _: Translate) -> None:
        super().__init__(
            book,
            title=_("Settlement"),
            table="SettlementTable",
            subtitle=subtitle,
            columns=_SETTLED,
            frozen=2,
            _=_,
        )
        self._translate = _
        self._zone = scope.zone

    def add(self, row: SettlementRow) -> None:
        """Write one posting."""
        _ = self._translate
        self.append(
            time(row.at, self._zone),
            ident(row.position),
            ident(row.account),
            text(_(SERVICES.get(row.service, row.service))),
            text(_(CAUSES.get(row.cause, row.cause))),
            count(row.policy),
            money(row.posted),
            money(row.absorbed),
            money(row.adjusted),
            ident(row.of_month),
            ident(row.month),
            time(row.settled_at, self._zone),
        )


class AdjustmentsSheet(ListSheet):
    """One row for each part of an account's adjustment that was made in the period."""

    def __init__(self, book: Workbook, scope: Scope, subtitle: str, _: Translate) -> None:
        super().__init__(
            book,
            title=_("Adjustments"),
            table="AdjustmentsTable",
            subtitle=subtitle,
            columns=_ADJUSTMENTS,
            frozen=2,
            _=_,
        )
        self._translate = _
        self._zone = scope.zone

    def add(self, row: AdjustmentRow) -> None:
        """Write one part."""
        _ = self._translate
        self.append(
            time(row.made_at, self._zone),
            ident(row.account),
            count(row.number),
            text(_(ADJUSTMENT_KINDS.get(row.kind, row.kind))),
            text(_(CAUSES[row.cause]) if row.cause in CAUSES else row.cause),
            ident(row.about),
            money(row.amount),
            ident(row.of_month),
            ident(row.month),
            text(row.who),
            text(row.reason),
        )


class DebtsSheet(ListSheet):
    """One row for each debt as it stands now, what is left under its age."""

    def __init__(self, book: Workbook, scope: Scope, subtitle: str, _: Translate) -> None:
        super().__init__(
            book,
            title=_("Debts"),
            table="DebtsTable",
            subtitle=subtitle,
            columns=_DEBTS,
            frozen=2,
            _=_,
        )
        self._chinese = _("Debts") != "Debts"
        self._zone = scope.zone

    def add(self, row: DebtRow) -> None:
        """Write one debt."""
        ages: list[Cell] = [
            money(row.left if row.age == age and row.left else None)
            for age in range(len(DEBT_AGES))
        ]
        self.append(
            ident(row.debt),
            ident(row.account),
            text(row.zh if self._chinese else row.en),
            time(row.registered_at, self._zone),
            ident(row.due_on),
            money(row.amount),
            money(row.fees),
            money(row.waived),
            money(row.collected),
            money(row.too_much),
            money(row.left),
            *ages,
        )
