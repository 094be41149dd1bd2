"""The words of the first hour: each step's name, and how it is done."""

from typing import Final

from flask_babel import lazy_gettext as _

from yika_common.infra.web.site import Text

STEPS: Final[dict[str, Text]] = {
    "sign_in": _("Sign in"),
    "open_shift": _("Open your shift"),
    "sell": _("Sell to a customer"),
    "load": _("Load the meter, and see what it says"),
    "several": _("Sell for several meters at once"),
    "pull": _("Pull the card out too early, and write again"),
    "open_account": _("Open an account"),
    "issue": _("Give it its card"),
    "refund": _("Give a purchase back"),
    "lost": _("Note a card as lost"),
    "replace": _("Replace it"),
    "close_shift": _("Close your shift"),
}
HOW: Final[dict[str, Text]] = {
    "sign_in": _("Esc leads to the counter; type the name and the password above."),
    "open_shift": _("F9: count what lies in the drawer to begin with, type it, Enter."),
    "sell": _(
        "F12, press 1: the first household's card is in the reader. F2 opens its sale; type an "
        "amount beside a meter, Enter, and once more Enter."
    ),
    "load": _(
        "F12, press 0 to take the card out. On “Meters” take the card into the hand, put it into "
        "its meter, then into the reader again, and press F4: the meter's balance is on the card."
    ),
    "several": _("With the card in the reader, type amounts beside two meters in one sale."),
    "pull": _(
        "F12, then P: the card will be pulled out while it is written. Sell. The money is kept "
        "and nothing is lost: put the card in again and read it (F4), and the purchase is written."
    ),
    "open_account": _(
        "F6: name, address, and meters that nobody has, such as those ending in 07."
    ),
    "issue": _(
        "F12: put a blank card into the reader; then press the button for its card on the "
        "account's page."
    ),
    "refund": _(
        "Sell once more, do not load it, and give it back from its receipt. A second person "
        "approves it: put the managing card into the reader (F12), go back, and type its PIN."
    ),
    "lost": _("On an account's page, note its card as lost. Nothing is sold to it from then on."),
    "replace": _(
        "Put a blank card into the reader (F12) and replace the lost card on the account's page."
    ),
    "close_shift": _("F9: count the drawer without looking at what should be in it, and close."),
}
