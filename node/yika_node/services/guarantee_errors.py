"""What can go wrong with guarantees."""

from yika_common.errors import N_, YikaError


class GuaranteeKindUnknown(YikaError):
    """The list has no such kind."""

    code = "guarantee_kind_unknown"
    sentence = N_(
        "The list of guarantees has no “%(code_)s”. Nothing was taken. Choose one of the list."
    )


class GuaranteeShort(YikaError):
    """More is asked for than is held."""

    code = "guarantee_short"
    sentence = N_(
        "This vending point holds %(held)s as the account's guarantee, and %(asked)s is asked "
        "for. Nothing was handed out. Type no more than is held."
    )


class GuaranteeElsewhere(YikaError):
    """Another vending point holds a guarantee of the account."""

    code = "guarantee_elsewhere"
    sentence = N_(
        "Vending point %(node)s holds %(held)s as a guarantee of this account. Nothing was "
        "changed. It is handed back there first."
    )


class GuaranteeHeld(YikaError):
    """The account is to end, and nobody said what becomes of its guarantee."""

    code = "guarantee_held"
    sentence = N_(
        "%(held)s is held as the account's guarantee. Nothing was changed. It is settled on the "
        "page that closes the account."
    )
