"""What a supervisor changes about an account: what sets its prices, and its own limits."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from yika_common.clock import Clock, to_timestamp
from yika_common.journal.bodies import FIGURE_MAX, AccountFacts, LimitsLifted
from yika_node.db.journal import Journal
from yika_node.services.account_acts import Act, check
from yika_node.services.account_desk import AREA_MAX, PERSONS_MAX, AccountDesk
from yika_node.services.amended import FactsForm, LimitsForm
from yika_node.services.errors import AmendmentUnusable
from yika_node.services.views import Account

REASON_MAX: Final = 200
LIMITS_LAST: Final = timedelta(days=366)
"""The longest that an account's own limits hold: whoever needs them longer is asked again."""

_CODE = re.compile(r"[A-Za-z0-9_-]{1,16}", re.ASCII)
_EQUIPMENT_MAX, _YEARS_MAX = 64, 8
_YEARS = range(2000, 2200)


class Amendments:
    """Writes amendments down; each replaces the one before it."""

    def __init__(self, journal: Journal, accounts: AccountDesk, clock: Clock) -> None:
        self._journal = journal
        self._accounts = accounts
        self._clock = clock

    def amend(self, operator: str, number: str, form: FactsForm) -> Account:
        """Let these facts set the account's prices from now on.

        Raises:
            AccountUnknown, AccountClosed, AmendmentUnusable: nothing was changed.
            NoTariffInForce, TariffsClash, CannotBeMixed: two classes cannot share a meter.
            VaultLocked, NodeRestored, DiskFull: nothing was changed.
        """
        body = self.amendment(number, form)
        self._journal.append([body], at=self._clock(), operator=operator)
        return self._accounts.get(number)

    def amendment(self, number: str, form: FactsForm) -> AccountFacts:
        """The record of these facts; nothing is written.  Raises as :meth:`amend`."""
        account = self._accounts.get(number)
        check(account, Act.AMEND)
        self._check_facts(account, form)
        return AccountFacts(
            account=number,
            tariff_class=form.tariff_class,
            persons=form.persons,
            persons_until=to_timestamp(form.persons_until) if form.persons_until else 0,
            inner_area=form.inner_m2 or 0,
            gross_area=form.gross_m2 or 0,
            heat_class=form.heat_class,
            heat_from=to_timestamp(form.heat_from) if form.heat_from else 0,
            suspended=form.suspended,
            equipment=" ".join(form.equipment),
            reason=form.reason,
            quota_from=account.facts.quota_from if account.facts else 0,
            mixed=" ".join(map(str, form.mixed)),
        )

    def lift_limits(self, operator: str, number: str, form: LimitsForm) -> Account:
        """Let these limits hold for the account instead of the tariff's, until their time.

        Raises:
            AccountUnknown, AccountClosed, AmendmentUnusable: nothing was changed.
            VaultLocked, NodeRestored, DiskFull: nothing was changed.
        """
        account = self._accounts.get(number)
        check(account, Act.AMEND)
        now = self._clock()
        if form.service not in {meter.service for meter in account.meters}:
            raise AmendmentUnusable(field="service")
        for name in ("per_sale", "per_day", "per_month", "per_cycle"):
            if not 0 <= getattr(form, name) <= FIGURE_MAX:
                raise AmendmentUnusable(field=name)
        if not now < form.until <= now + LIMITS_LAST:
            raise AmendmentUnusable(field="until")
        _check_reason(form.reason)
        body = LimitsLifted(
            account=number,
            service=form.service,
            per_sale=form.per_sale,
            per_day=form.per_day,
            per_month=form.per_month,
            per_cycle=form.per_cycle,
            until=to_timestamp(form.until),
            reason=form.reason,
        )
        self._journal.append([body], at=now, operator=operator)
        return self._accounts.get(number)

    def _check_facts(self, account: Account, form: FactsForm) -> None:
        known = {*self._accounts.classes(), account.tariff_class}
        good = {
            "tariff_class": form.tariff_class in known,
            "persons": 0 <= form.persons <= PERSONS_MAX,
            "persons_until": form.persons_until is None or form.persons > 0,
            "area_m2": form.inner_m2 is None or 0 < form.inner_m2 <= AREA_MAX,
            "gross_m2": form.gross_m2 is None or 0 < form.gross_m2 <= AREA_MAX,
            "heat_class": not form.heat_class or _CODE.fullmatch(form.heat_class) is not None,
            "suspended": len(form.suspended) <= _YEARS_MAX
            and all(year in _YEARS for year in form.suspended),
            "equipment": all(_CODE.fullmatch(code) for code in form.equipment)
            and len(" ".join(form.equipment)) <= _EQUIPMENT_MAX,
        }
        for field, usable in good.items():
            if not usable:
                raise AmendmentUnusable(field=field)
        _check_reason(form.reason)
        self._check_mixed(account, form)

    def _check_mixed(self, account: Account, form: FactsForm) -> None:
        """Whether each two classes that share a meter have tariffs that can, as of now."""
        measured = {meter.service for meter in account.meters}
        for mixture in form.mixed:
            if mixture.service not in measured or mixture.tariff_class == form.tariff_class:
                raise AmendmentUnusable(field="mixed")
            self._accounts.check_mixture(account, form.tariff_class, mixture)


def taken_over(account: Account, at: datetime, reason: str) -> AccountFacts:
    """The facts of an account whose quotas begin anew at ``at``, for another holder."""
    known = account.facts or AccountFacts(
        account=account.number,
        tariff_class=account.tariff_class,
        persons=account.persons,
        inner_area=account.area_m2 or 0,
    )
    return replace(known, reason=reason.strip(), quota_from=to_timestamp(at))


def _check_reason(reason: str) -> None:
    if not 0 < len(reason) <= REASON_MAX or not reason.isprintable():
        raise AmendmentUnusable(field="reason")
