"""What can keep a meter from being replaced, one class per thing that happens."""

from yika_common.errors import N_, YikaError


class SwapFormIncomplete(YikaError):
    """A field of the form can't be used."""

    code = "swap_form_incomplete"
    sentence = N_(
        "The field “%(field)s” is empty or not usable. No meter was replaced. Correct it."
    )


class TransferMissing(YikaError):
    """Credit may be left in the old meter, and nothing says how much."""

    code = "swap_transfer_missing"
    sentence = N_(
        "Up to %(most)s may be left in meter %(meter)s, and it has not written that it was "
        "transferred. No meter was replaced. Bring the transfer card or the customer's card from "
        "the meter first; if the meter is dead, enter what is to move and have it approved."
    )


class FigureTooHigh(YikaError):
    """More is to move than can be left in the old meter."""

    code = "swap_figure_too_high"
    sentence = N_(
        "By its last write-back and the purchases since, at most %(most)s can be left in meter "
        "%(meter)s. No meter was replaced. Enter no more than that."
    )


class MeterTransferred(YikaError):
    """The meter takes no credit any more."""

    code = "meter_transferred"
    sentence = N_(
        "Meter %(meter)s was transferred and takes no credit any more. Nothing was sold. Replace "
        "the meter first; what is left in it moves to the new one."
    )
