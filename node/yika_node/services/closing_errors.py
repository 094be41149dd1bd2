"""What can go wrong as an account is closed with its money."""

from yika_common.errors import N_, YikaError
from yika_node.services.errors import AccountUnknown


class ClosingChanged(YikaError):
    """What closing comes to is not what was shown."""

    code = "closing_changed"
    sentence = N_(
        "Closing the account now comes to %(total)s: something was paid or told meanwhile. "
        "Nothing was changed. Look at the page again."
    )


class ClosingUnknown(AccountUnknown):
    """The account did not end here."""

    code = "closing_unknown"
    sentence = N_(
        "Account %(account)s was not closed at this vending point. There is no receipt of it here."
    )
