"""What a drawer's desk refuses; see :mod:`yika_node.services.shift_guard` for what it guards."""

from yika_common.errors import N_, YikaError


class ShiftAlreadyOpen(YikaError):
    """The operator has a shift."""

    code = "shift_already_open"
    sentence = N_(
        "You have had an open shift since %(day)s. Nothing was recorded. Count and close it "
        "before you open another."
    )


class ShiftGone(YikaError):
    """The shift of the form is closed, or there is none."""

    code = "shift_gone"
    sentence = N_(
        "This shift is not open any more. Nothing was recorded. Its Z report is in the list of "
        "shifts."
    )


class ShiftOfAnother(YikaError):
    """A drawer is its operator's, or a supervisor's to count."""

    code = "shift_of_another"
    sentence = N_(
        "This is the drawer of %(operator)s. Nothing was recorded. Its operator counts it, or a "
        "supervisor does."
    )


class CountMissing(YikaError):
    """Neither a sum nor any pieces."""

    code = "count_missing"
    sentence = N_(
        "What is in the drawer was not typed. Nothing was recorded. Count it: an empty drawer "
        "is 0."
    )


class CountDisagrees(YikaError):
    """The pieces come to another sum than the one typed."""

    code = "count_disagrees"
    sentence = N_(
        "The notes and coins come to %(pieces)s, and the sum typed is %(total)s. Nothing was "
        "recorded. Count again, or leave one of the two empty."
    )


class DifferenceUnanswered(YikaError):
    """What was over or short at the operator's last close has no reason, or no signature."""

    code = "difference_unanswered"
    sentence = N_(
        "Z report %(number)s has a difference that nobody has answered for. No shift was opened. "
        "Open the report, say why, and let a second person sign where it is asked for."
    )


class SalesNotOnCards(YikaError):
    """A shift is closed with sales that are not on their cards, and nobody said so."""

    code = "sales_not_on_cards"
    sentence = N_(
        "Sales of this shift that are not on their cards yet: %(number)s. Nothing was closed. "
        "Bring them to their end, or tick that they are carried on, and count again."
    )


class TotalUnknown(YikaError):
    """There is no such total."""

    code = "total_unknown"
    sentence = N_(
        "There is no sales day, month or year %(number)s here. Look for it in the list of totals."
    )


class NothingToTotal(YikaError):
    """No shift of today was closed since the last batch, or one of an earlier day is open."""

    code = "nothing_to_total"
    sentence = N_(
        "No closed shift of today waits for its sales day, or one of an earlier day is still "
        "open. Nothing was recorded. Count and close the drawers first."
    )


class MoveUnusable(YikaError):
    """Cash can't be moved like that."""

    code = "move_unusable"
    sentence = N_(
        "A movement of cash needs a sum above 0 and a reason of at most %(most)s characters. "
        "Nothing was recorded. Correct it."
    )


class ReasonUnusable(YikaError):
    """There is none, or it can't be printed."""

    code = "reason_unusable"
    sentence = N_(
        "The reason is missing, or longer than %(most)s characters. Nothing was recorded. Say in "
        "a few words what happened."
    )


class BooksDisagree(YikaError):
    """The table of movements and the journal's lines come to different sums."""

    code = "books_disagree"
    sentence = N_(
        "The movements of this shift come to %(table)s, and the journal says %(journal)s. Nothing "
        "was closed. Sell no more, keep the drawer as it is, and call headquarters."
    )


class ReportUnknown(YikaError):
    """There is no Z report of that number."""

    code = "report_unknown"
    sentence = N_("There is no Z report %(number)s here. Look for it in the list of shifts.")


class NothingToBank(YikaError):
    """None of the shifts named waits to be banked."""

    code = "nothing_to_bank"
    sentence = N_(
        "No shift was chosen whose takings wait to be banked. Nothing was recorded. Choose at "
        "least one."
    )


class BankingUnknown(YikaError):
    """There is no banking of that number."""

    code = "banking_unknown"
    sentence = N_("There is no banking %(number)s here. Look for it in the list of bankings.")
