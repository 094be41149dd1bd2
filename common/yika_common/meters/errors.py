"""What can keep a meter from its card or its memory."""

from yika_common.errors import N_, YikaError


class MeterNotOnCard(YikaError):
    """No slot of the card belongs to this meter."""

    code = "meter_not_on_card"
    sentence = N_(
        "Card %(number)s has no slot for meter %(meter)s. Neither was changed. Put in the card "
        "of this meter's customer."
    )


class MeterStorageLost(YikaError):
    """Both copies of a meter's state are damaged."""

    code = "meter_storage_lost"
    sentence = N_(
        "Both copies of the meter's memory are damaged. The meter takes no card. "
        "Replace the meter."
    )
