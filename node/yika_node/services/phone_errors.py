"""What can go wrong with headquarters' answers by telephone, and with whom its list lets in."""

from yika_common.errors import N_, YikaError
from yika_common.infra.sessions import EntryRefused


class PhoneUnusable(YikaError):
    """The vending point has no key that headquarters could answer under, or nothing to ask."""

    code = "phone_unusable"
    sentence = N_(
        "Headquarters can't answer this by telephone: this vending point has no keys from it yet, "
        "or practises. Nothing was done. Exchange with headquarters first."
    )


class QuestionOver(YikaError):
    """Nothing waits for that code any more."""

    code = "question_over"
    sentence = N_(
        "These digits are out of date: a quarter of an hour has passed, too many codes were "
        "wrong, or the program was started anew. Nothing was done. Read the new digits to "
        "headquarters."
    )


class PhoneCodeWrong(YikaError):
    """The code is not the answer to this question; it was counted."""

    code = "phone_code_wrong"
    sentence = N_(
        "This is not headquarters' answer to these digits: another name, act or sum was told, or "
        "it was meant for another vending point. Nothing was done, and the try was counted. Read "
        "everything out once more."
    )


class PhoneClosed(YikaError):
    """Too many wrong codes in a row; ``seconds`` is the wait that is left."""

    code = "phone_closed"
    sentence = N_(
        "Too many wrong codes. None is looked at for %(seconds)s seconds. Nothing was done. Wait, "
        "then have the code read out once more."
    )


class PhoneEntryRefused(EntryRefused):
    """Name, password and code do not belong together; which of them is wrong is not said."""

    code = "phone_entry_refused"
    sentence = N_(
        "This name, this password and this code do not belong together. You are not signed in, "
        "and the try was counted. Type all three again."
    )


class NotListed(EntryRefused):
    """Headquarters' list of persons does not name the operator for this vending point."""

    code = "operator_not_listed"
    sentence = N_(
        "Headquarters' list of persons does not have %(name)s for this vending point. You are not "
        "signed in. Ask headquarters to put you on it, or for a code by telephone."
    )


class ListingEnded(EntryRefused):
    """The person on headquarters' list was revoked, or his time is over."""

    code = "operator_listing_ended"
    sentence = N_(
        "Headquarters' list of persons lets %(name)s work here no longer. You are not signed in. "
        "Ask headquarters, which can also give a code by telephone."
    )


class ListTooOld(EntryRefused):
    """Headquarters' list is too old to let in those whose own time it does not tell."""

    code = "person_list_too_old"
    sentence = N_(
        "Headquarters' list of persons is out of date, and only who has a date of his own on it "
        "may work. You are not signed in. Exchange with headquarters, over the line or with a "
        "stick, or ask it for a code by telephone."
    )


class PersonUnknown(YikaError):
    """No person of that staff number may begin here."""

    code = "person_unknown"
    sentence = N_(
        "Headquarters' list for this vending point has nobody with staff number %(number)s who "
        "may work now. Nothing was changed. Look at the number, or ask headquarters."
    )


class PersonTaken(YikaError):
    """Another operator here is that person already."""

    code = "person_taken"
    sentence = N_(
        "Staff number %(number)s is that of operator %(name)s here. Nothing was changed. Let "
        "%(name)s sign in, or have a supervisor give a new password."
    )
