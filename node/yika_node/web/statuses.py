"""Which HTTP status each of the node's failures has; whatever is not named is a conflict (409)."""

from typing import Final

from yika_common.errors import YikaError
from yika_common.infra.passwords import PasswordTooLong, PasswordTooShort
from yika_common.tariffs.errors import (
    AboveCycleMaximum,
    AboveDayAmount,
    AboveDayMaximum,
    AboveMaximum,
    AboveMaximumAmount,
    AboveMonthAmount,
    AboveMonthMaximum,
    AreaUnknown,
    BelowMinimum,
    BelowMinimumAmount,
    CannotBeMixed,
    CostsNothing,
    FeeNotCovered,
    FreeUnitsFirst,
    HeatClassUnknown,
    HoardLimit,
    NotAMultiple,
    NothingToSell,
    OpeningUnknown,
)
from yika_node.errors import CounterOnly
from yika_node.hardware.errors import ReaderBusy, ReaderSought
from yika_node.services import errors, shift_errors
from yika_node.uplink import AnswerTooLarge, HeadquartersRefused, LinkDown

_FORBIDDEN = 403
_NOT_FOUND, _NOT_USABLE, _BAD_GATEWAY, _UNAVAILABLE = 404, 422, 502, 503

STATUSES: Final[dict[type[YikaError], int]] = {
    **dict.fromkeys(
        (
            errors.AccountUnknown,
            errors.SaleUnknown,
            errors.ComplaintUnknown,
            shift_errors.ReportUnknown,
            shift_errors.BankingUnknown,
            shift_errors.TotalUnknown,
        ),
        _NOT_FOUND,
    ),
    **dict.fromkeys(
        (
            errors.AccountFormIncomplete,
            errors.AmendmentUnusable,
            errors.MeterUnknown,
            errors.MeterOfAnotherService,
            errors.NothingEntered,
            errors.OperatorNameUnusable,
            errors.SaleTooLarge,
            errors.SlotEmpty,
            shift_errors.CountDisagrees,
            shift_errors.CountMissing,
            shift_errors.MoveUnusable,
            shift_errors.NothingToBank,
            shift_errors.ReasonUnusable,
            PasswordTooLong,
            PasswordTooShort,
            AboveCycleMaximum,
            AboveDayAmount,
            AboveDayMaximum,
            AboveMaximum,
            AboveMaximumAmount,
            AboveMonthAmount,
            AboveMonthMaximum,
            AreaUnknown,
            BelowMinimum,
            BelowMinimumAmount,
            CannotBeMixed,
            CostsNothing,
            FeeNotCovered,
            FreeUnitsFirst,
            HeatClassUnknown,
            HoardLimit,
            NotAMultiple,
            NothingToSell,
            OpeningUnknown,
        ),
        _NOT_USABLE,
    ),
    CounterOnly: _FORBIDDEN,
    **dict.fromkeys((AnswerTooLarge, HeadquartersRefused), _BAD_GATEWAY),
    **dict.fromkeys((LinkDown, ReaderBusy, ReaderSought), _UNAVAILABLE),
}
