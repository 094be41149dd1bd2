"""What can be wrong with a tool card at the counter, one class per thing that happens."""

from yika_common.errors import N_, YikaError


class ToolCardShown(YikaError):
    """A tool card lies where a customer's is asked for."""

    code = "tool_card_shown"
    sentence = N_(
        "This is tool card %(card)s: it carries orders to meters. It was left untouched. Put in "
        "the customer's card, or take the tool card back on its own page."
    )


class ToolCardUnknown(YikaError):
    """No tool card of that number is on this vending point's list."""

    code = "tool_card_unknown"
    sentence = N_(
        "Card %(card)s is no tool card of this vending point's. It was left untouched. Ask "
        "headquarters where it was ordered."
    )


class ToolCardOver(YikaError):
    """The tool card came back, was reported missing, or was taken off the list."""

    code = "tool_card_over"
    sentence = N_(
        "Tool card %(card)s is not to be written any more. Nothing was written. Ask headquarters "
        "for another one."
    )


class ToolCardExpired(YikaError):
    """No meter would follow the card's orders any more."""

    code = "tool_card_expired"
    sentence = N_(
        "Tool card %(card)s has run out. Nothing was written. Ask headquarters for another one."
    )


class ToolCardBegun(YikaError):
    """The tool card was begun on another chip."""

    code = "tool_card_begun"
    sentence = N_(
        "Tool card %(card)s was begun on another chip. Nothing was written. Put that one in, or "
        "report the card as missing and ask headquarters for another one."
    )


class ToolCardNotOut(YikaError):
    """The tool card was not issued here."""

    code = "tool_card_not_out"
    sentence = N_(
        "Tool card %(card)s was not issued here. Nothing was recorded. Look it up in the list."
    )


class ToolNeedsCpuCard(YikaError):
    """A memory card was put in where a tool card is to be written."""

    code = "tool_needs_cpu_card"
    sentence = N_("Orders need a CPU card. Nothing was written. Put a blank CPU card in.")
