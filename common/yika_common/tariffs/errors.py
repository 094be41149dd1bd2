"""What can go wrong with a tariff file, and with asking a tariff for a price."""

from yika_common.errors import N_, Phrase, YikaError


class Unsound(ValueError):
    """A value breaks a rule of its format; ``key`` is its path, ``why`` the rule.

    Internal to this package: whoever reads a whole document turns it into the error that names
    the document.
    """

    def __init__(self, key: str, why: Phrase) -> None:
        self.key = key
        self.why = why
        super().__init__(f"{key}: {why}")


class TariffMalformed(YikaError):
    """A tariff file does not follow the format, or contradicts itself."""

    code = "tariff_malformed"
    sentence = N_(
        "The tariff file is refused because of “%(key)s”: %(why)s. "
        "No price was changed. Correct the file and hand it in again."
    )


class QueryMalformed(YikaError):
    """A price query is not one."""

    code = "malformed_query"
    sentence = N_(
        "The query is refused because of “%(key)s”: %(why)s. "
        "Nothing was priced. Correct the query and ask again."
    )


class GoldenCaseDiffers(YikaError):
    """A tariff's own example comes out differently here: not the program its author had."""

    code = "golden_case_differs"
    sentence = N_(
        "Tariff %(tariff)s version %(version)s is not taken into use: its example %(case)s should "
        "give %(expected)s and gives %(computed)s. The prices in force stay in force. "
        "Report this to headquarters."
    )


class NoTariffInForce(YikaError):
    """Nothing says what this service costs at that moment."""

    code = "no_tariff_in_force"
    sentence = N_(
        "No tariff is in force for %(service)s, class %(tariff_class)s, area %(area)s. "
        "Nothing was sold. Fetch the tariffs from headquarters."
    )


class TariffsClash(YikaError):
    """Two tariffs claim the same customers at the same moment, or one version has two texts."""

    code = "tariffs_clash"
    sentence = N_(
        "The tariffs %(first)s and %(second)s both claim to be in force here. "
        "Nothing was sold. Headquarters must withdraw one of them."
    )


class CannotBeMixed(YikaError):
    """Two classes are to share a meter, and what their tariffs say cannot be divided."""

    code = "cannot_be_mixed"
    sentence = N_(
        "Two classes cannot share this meter because of “%(key)s” in tariff %(tariff)s: %(why)s. "
        "Nothing was sold, and nothing was changed. Choose another class, or end the mixed use."
    )


class UsageImpossible(YikaError):
    """What the caller knows of the customer cannot be so."""

    code = "usage_impossible"
    sentence = N_(
        "The price cannot be computed: “%(key)s” is %(value)s. "
        "Nothing was charged. Correct the entry and try again."
    )


class NothingToSell(YikaError):
    """The sum or the quantity asked for is zero or less."""

    code = "nothing_to_sell"
    sentence = N_(
        "The sum or quantity must be above zero. Nothing was charged. Type how much to sell."
    )


class NotAMultiple(YikaError):
    """The meter cannot count the quantity asked for."""

    code = "not_a_multiple"
    sentence = N_(
        "The meter counts in steps of %(quantum)s %(unit)s, and %(quantity)s %(unit)s is not a "
        "whole number of them. Nothing was charged. Type a quantity that is."
    )


class BelowMinimum(YikaError):
    """The sale would be smaller than the least the meter or the tariff allows."""

    code = "below_minimum"
    sentence = N_(
        "The least that can be sold at once is %(minimum)s %(unit)s, and this would be "
        "%(quantity)s %(unit)s. Nothing was charged. Ask for more."
    )


class LimitExceeded(YikaError):
    """The sale is more than some bound lets through; less of it may pass."""


class AboveMaximum(LimitExceeded):
    """The sale would be larger than the tariff allows at once."""

    code = "above_maximum"
    sentence = N_(
        "The most that can be sold at once is %(maximum)s %(unit)s, and this would be "
        "%(quantity)s %(unit)s. Nothing was charged. Ask for less."
    )


class AboveCycleMaximum(LimitExceeded):
    """The sale would exceed what the tariff allows in one quota period."""

    code = "above_cycle_maximum"
    sentence = N_(
        "In this period %(left)s %(unit)s can still be sold, and this would be "
        "%(quantity)s %(unit)s. Nothing was charged. Ask for less."
    )


class FeeNotCovered(YikaError):
    """The sum does not even pay the fees that come before the first unit."""

    code = "fee_not_covered"
    sentence = N_(
        "Fees of %(fees)s are due first, and %(tendered)s does not cover them. "
        "Nothing was charged. Ask for a larger sum."
    )


class SupplyShareTooSmall(YikaError):
    """What goes before supply would leave less of the sum than the utility lets it."""

    code = "supply_share_too_small"
    sentence = N_(
        "Of %(tendered)s, fees and debts leave %(supply)s for supply, and at least %(least)s is "
        "required. Nothing was charged. Ask for a larger sum, or let headquarters defer a debt."
    )


class AreaUnknown(YikaError):
    """The heat basic fee is due and nobody told the heated area."""

    code = "area_unknown"
    sentence = N_(
        "The basic fee of this heating year is due, and the heated area is not recorded. "
        "Nothing was charged. Record the area of the account first."
    )


class CostsNothing(YikaError):
    """A priced quantity so small that its price rounds to zero."""

    code = "costs_nothing"
    sentence = N_(
        "%(quantity)s %(unit)s is so little that its price rounds to nothing. "
        "Nothing was charged. Ask for more."
    )


class OpeningUnknown(YikaError):
    """Quota periods begin on the account's opening day, and nobody told it."""

    code = "opening_unknown"
    sentence = N_(
        "The price cannot be computed: quota periods begin with the account, and the day on which "
        "it was opened is not known. Nothing was charged. Record that day first."
    )


class HeatClassUnknown(YikaError):
    """The account's class of heating is none that the tariff has a coefficient for."""

    code = "heat_class_unknown"
    sentence = N_(
        "The basic fee of this heating year is due, and the tariff has no coefficient for the "
        "heat class “%(heat_class)s”. Nothing was charged. Correct the class of the account first."
    )


class FreeUnitsFirst(YikaError):
    """The sale is smaller than the free units that are due, and the rest of them would be lost."""

    code = "free_units_first"
    sentence = N_(
        "%(free)s %(unit)s are due free of charge and are given in one piece, and this would be "
        "%(quantity)s %(unit)s. Nothing was charged. Ask for %(free)s %(unit)s or more."
    )


class AboveDayMaximum(LimitExceeded):
    """The sale would exceed what may be sold on one day."""

    code = "above_day_maximum"
    sentence = N_(
        "Today %(left)s %(unit)s can still be sold, and this would be %(quantity)s %(unit)s. "
        "Nothing was charged. Ask for less, or come back tomorrow."
    )


class AboveMonthMaximum(LimitExceeded):
    """The sale would exceed what may be sold in one month."""

    code = "above_month_maximum"
    sentence = N_(
        "This month %(left)s %(unit)s can still be sold, and this would be %(quantity)s %(unit)s. "
        "Nothing was charged. Ask for less, or come back next month."
    )


class BelowMinimumAmount(YikaError):
    """The sale would be for less money than the tariff allows."""

    code = "below_minimum_amount"
    sentence = N_(
        "The least sum of one sale is %(minimum)s, and this would be %(amount)s. "
        "Nothing was charged. Ask for more."
    )


class AboveMaximumAmount(LimitExceeded):
    """The sale would be for more money than the tariff allows at once."""

    code = "above_maximum_amount"
    sentence = N_(
        "The highest sum of one sale is %(maximum)s, and this would be %(amount)s. "
        "Nothing was charged. Ask for less."
    )


class AboveDayAmount(LimitExceeded):
    """The sale would bring the day's sum above what the tariff allows."""

    code = "above_day_amount"
    sentence = N_(
        "Today sales for %(left)s are still allowed, and this would be %(amount)s. "
        "Nothing was charged. Ask for less, or come back tomorrow."
    )


class AboveMonthAmount(LimitExceeded):
    """The sale would bring the month's sum above what the tariff allows."""

    code = "above_month_amount"
    sentence = N_(
        "This month sales for %(left)s are still allowed, and this would be %(amount)s. "
        "Nothing was charged. Ask for less, or come back next month."
    )


class HoardLimit(LimitExceeded):
    """The customer holds, or would hold, more unused credit than the tariff allows."""

    code = "hoard_limit"
    sentence = N_(
        "At most %(maximum)s %(unit)s may be held unused, and it would be %(held)s %(unit)s. "
        "Nothing was charged. Ask for less, or come back when more is used up."
    )
