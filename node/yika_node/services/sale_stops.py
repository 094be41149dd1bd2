"""Everything that can stop a sale, in the order in which it is looked at, and who may override it.

Four stages.  The card and its account: the checks of :mod:`yika_node.services.sale_checks`, after
what reading the card says.  Each meter and its price: :meth:`Pricing.price`, line by line.  The
money: the rules that the journal obeys, within the transaction that takes it.  Quote and commit go
through the first three by the same code; a test compares this list with what that code can raise.

Source: S13 of the catalogue of functions.  Loaded when somebody looks at it.
"""

from typing import Final, NamedTuple

from yika_common.cards.errors import ContentUnknown, RecordForged
from yika_common.errors import N_, YikaError
from yika_common.tariffs import errors as tariffs
from yika_node.services import card_errors, errors, life_errors, swap_errors
from yika_node.services.allowed import ServiceNotAllowed
from yika_node.services.day_limits import DayAmountReached, DayTimesReached
from yika_node.services.offline_allowance import AllowanceOver, AllowanceUsed
from yika_node.services.shift_guard import NoShift, ShiftOfYesterday
from yika_node.services.tariff_age import TariffExpired

CARD, METER, PRICE, MONEY = (
    N_("The card and its account"),
    N_("Each meter"),
    N_("What is typed, and its price"),
    N_("The money"),
)

NOBODY: Final = ""
CLERK: Final = N_("whoever sells")
FOUND: Final = N_("whoever notes that the card was found again")
LIFTS: Final = N_("whoever may lift the hold")
LEADS: Final = N_("a supervisor, who sells or lifts the hold")
RESUMES: Final = N_("a supervisor, who resumes the account")
RAISES: Final = N_("a supervisor, who sets the account limits of its own")
SECOND: Final = N_("a second person, for this one sale")
HEADQUARTERS: Final = N_("headquarters")


class Stop(NamedTuple):
    """One thing that is looked at: its stage, what it says, and who may let the sale go on.

    ``override`` is empty where nobody may: what is wrong has to be mended first.
    """

    stage: str
    error: type[YikaError]
    override: str


def _each(stage: str, override: str, *found: type[YikaError]) -> tuple[Stop, ...]:
    return tuple(Stop(stage, error, override) for error in found)


STOPS: Final[tuple[Stop, ...]] = (
    *_each(CARD, NOBODY, errors.AccountUnknown, life_errors.AccountClosed),
    Stop(CARD, life_errors.AccountRests, RESUMES),
    Stop(CARD, life_errors.AccountOnHold, LIFTS),
    Stop(CARD, life_errors.SupervisorSells, LEADS),
    Stop(CARD, card_errors.CardOutOfUse, NOBODY),
    Stop(CARD, card_errors.CardLost, FOUND),
    Stop(CARD, card_errors.CardRefusedByList, HEADQUARTERS),
    *_each(CARD, NOBODY, errors.CardReplaced, errors.SaleStillOpen),
    Stop(CARD, ServiceNotAllowed, HEADQUARTERS),
    *_each(METER, NOBODY, errors.NothingEntered, errors.SlotEmpty, RecordForged, ContentUnknown),
    *_each(METER, NOBODY, errors.MeterUnknown, swap_errors.MeterTransferred),
    *_each(METER, HEADQUARTERS, tariffs.NoTariffInForce, tariffs.TariffsClash, TariffExpired),
    *_each(METER, NOBODY, errors.RefundAwaitsMeter, errors.MeterCountsOtherwise),
    *_each(PRICE, NOBODY, tariffs.OpeningUnknown, tariffs.AreaUnknown, tariffs.HeatClassUnknown),
    *_each(PRICE, NOBODY, errors.SaleTooLarge, tariffs.NotAMultiple, tariffs.NothingToSell),
    *_each(PRICE, NOBODY, tariffs.BelowMinimum, tariffs.FreeUnitsFirst),
    *_each(PRICE, RAISES, tariffs.AboveMaximum, tariffs.AboveDayMaximum),
    *_each(PRICE, RAISES, tariffs.AboveMonthMaximum, tariffs.AboveCycleMaximum),
    *_each(PRICE, NOBODY, tariffs.HoardLimit, tariffs.BelowMinimumAmount),
    *_each(PRICE, NOBODY, tariffs.AboveMaximumAmount, tariffs.AboveDayAmount),
    *_each(PRICE, NOBODY, tariffs.AboveMonthAmount, tariffs.CostsNothing, tariffs.FeeNotCovered),
    Stop(PRICE, tariffs.SupplyShareTooSmall, NOBODY),
    Stop(PRICE, errors.PriceChanged, CLERK),
    *_each(MONEY, HEADQUARTERS, AllowanceOver, AllowanceUsed),
    *_each(MONEY, CLERK, NoShift, ShiftOfYesterday),
    *_each(MONEY, SECOND, DayTimesReached, DayAmountReached),
)
"""In the order in which they are looked at."""
