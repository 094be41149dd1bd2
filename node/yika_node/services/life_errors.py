"""What can go wrong in the life of an account, one class per thing that happens."""

from yika_common.errors import N_, YikaError


class AccountClosed(YikaError):
    """Nothing is done any more with a closed account."""

    code = "account_closed"
    sentence = N_(
        "Account %(account)s is closed. Nothing was done. A closed account is not opened again; "
        "open another one."
    )


class UsedSince(YikaError):
    """An account is taken back only while nothing was done with it."""

    code = "account_used_since"
    sentence = N_(
        "Something has been done with account %(account)s since it was opened, or it was opened "
        "elsewhere. It stays as it is. Close it on its own page, if it is to end."
    )


class AccountRests(YikaError):
    """The act is forbidden while the account is suspended."""

    code = "account_suspended"
    sentence = N_(
        "Account %(account)s is suspended. Nothing was done. Resume it first, on its own page."
    )


class AccountNotResting(YikaError):
    """Nothing can be resumed."""

    code = "account_not_suspended"
    sentence = N_("Account %(account)s is not suspended. Nothing was changed.")


class AccountOnHold(YikaError):
    """A hold stops the sale."""

    code = "account_on_hold"
    sentence = N_(
        "A hold on account %(account)s stops sales: “%(words)s”. Nothing was sold. Whoever may "
        "lift it does so on the account's page."
    )


class SupervisorSells(YikaError):
    """A hold lets only a supervisor sell."""

    code = "supervisor_sells"
    sentence = N_(
        "A hold on account %(account)s lets only a supervisor sell: “%(words)s”. Nothing was "
        "sold. Call a supervisor, who signs in and sells, or lifts the hold."
    )


class HoldUnusable(YikaError):
    """A field of the hold's form can't be used."""

    code = "hold_unusable"
    sentence = N_("The field “%(field)s” is empty or not usable. Nothing was changed. Correct it.")


class HoldGone(YikaError):
    """The hold does not hold any more."""

    code = "hold_gone"
    sentence = N_(
        "This hold was lifted before, or its time is over. Nothing was changed. Look at the "
        "account again."
    )


class HoldNotYours(YikaError):
    """Only a supervisor lifts this one."""

    code = "hold_not_yours"
    sentence = N_("Only a supervisor may lift this hold. Nothing was changed. Call a supervisor.")


class NothingChanged(YikaError):
    """The form says what is known."""

    code = "nothing_changed"
    sentence = N_("Nothing in the form differs from what is known. Nothing was recorded.")


class AddressTaken(YikaError):
    """Another account lives there."""

    code = "address_taken"
    sentence = N_(
        "Account %(account)s is registered at this very address: two accounts would have two "
        "quotas. Nothing was recorded. Use that account, or say why there is a second one."
    )


class ArrearsFirst(YikaError):
    """Debts are paid before the account goes to somebody else, or ends."""

    code = "arrears_first"
    sentence = N_(
        "Account %(account)s still owes %(owed)s. Nothing was changed. The debts are collected "
        "with a purchase, or headquarters settles them; then do this again."
    )


class StillOpen(YikaError):
    """A sale or a refund of the account has not come to its end."""

    code = "account_still_open"
    sentence = N_(
        "A sale or a refund of account %(account)s is not settled yet. Nothing was changed. Put "
        "its card in, let it be settled, and do this again."
    )


class CreditLeft(YikaError):
    """The card holds credit that no meter has taken."""

    code = "credit_left"
    sentence = N_(
        "The card of account %(account)s holds credit that its meter has not taken. Nothing was "
        "changed. Give it back first, or have a second person approve the closing without."
    )


class CardStillUsed(YikaError):
    """The account's card is in use."""

    code = "card_still_used"
    sentence = N_(
        "Card %(card)s of account %(account)s is still in use. Nothing was changed. Take the card "
        "out of use first; if it is lost, note it as lost."
    )


class NotConfirmedYet(YikaError):
    """Headquarters has not heard of the account."""

    code = "account_not_confirmed"
    sentence = N_(
        "Headquarters has not confirmed account %(account)s yet. Nothing was changed. Exchange "
        "data with headquarters first."
    )
