"""Every report there is, in the order in which they are offered."""

from typing import Final

from yika_node.services.reports import arrears, audit, cash, customers, outlet, oversight, sales
from yika_node.services.reports.model import Report

REPORTS: Final[dict[str, Report]] = {
    report.name: report
    for report in (
        sales.SALES,
        sales.BY_SERVICE,
        sales.BY_DAY,
        sales.BY_AREA,
        sales.BY_COMMUNITY,
        sales.BY_CLASS,
        sales.BY_STEP,
        cash.SETTLEMENT,
        outlet.SUMMARY,
        outlet.FINANCE,
        cash.MONEY,
        cash.RESOURCES,
        cash.OVER_SHORT,
        cash.REFUNDS,
        customers.NON_BUYERS,
        customers.NEVER,
        customers.BALANCES,
        arrears.ARREARS,
        customers.USED,
        customers.HEAT,
        oversight.LIMITS,
        oversight.STOCK,
        oversight.ALARMS,
        oversight.UNBALANCED,
        audit.CONDUCT,
        audit.INCIDENTS,
        audit.LOG,
        audit.GAPS,
    )
}
