"""From what was typed to values; nothing is guessed, and nothing is done.

Full-width digits, as Chinese input methods write them, are digits.  Fields that were left empty
are left out; whatever else is not what the field asks for is refused with its text.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from yika_common.infra.web.faults import NotUnderstood
from yika_common.numbers import (
    Money,
    Quantity,
    money_from_text,
    quantity_from_text,
    scaled_from_text,
)
from yika_common.services import PROFILES, SLOTS_MAX
from yika_common.sync.personal_data import NAME_MAX, Person
from yika_node.services.account_desk import person_of_form
from yika_node.services.payments import Agreed
from yika_node.services.views import AccountForm, By, Level, SaleEntry

Form = Mapping[str, str]

TOKEN_MAX: Final = 64
_AGREED: Final = re.compile(r"([0-9]{1,18}):([0-9]{1,18}(?:,[0-9]{1,18}){0,7})", re.ASCII)
_READERS: Final = {By.MONEY: money_from_text, By.QUANTITY: quantity_from_text}


def typed(form: Form, name: str) -> str:
    """The text of a field, in plain characters, without the blanks around it."""
    return unicodedata.normalize("NFKC", form.get(name, "")).strip()


def entries_of(form: Form) -> tuple[SaleEntry, ...]:
    """The filled-in lines of the sale form, in the order of their slots.

    Raises:
        NotANumber: a field holds something else than a number.
        NotUnderstood: a line is sold neither by money nor by quantity.
    """
    found = []
    for slot in range(SLOTS_MAX):
        text = typed(form, f"amount-{slot}")
        if text:
            by = _by(form.get(f"by-{slot}", By.MONEY))
            found.append(SaleEntry(slot, by, _READERS[by](text)))
    return tuple(found)


def agreement(entries: Sequence[SaleEntry], agreed: Agreed) -> str:
    """What the customer saw: these entries, and what they come to, as one hidden field's text."""
    quantities = ",".join(str(quantity) for quantity in agreed.quantities)
    return f"{_text(entries)}={agreed.paid}:{quantities}"


def agreed_of(form: Form, entries: Sequence[SaleEntry]) -> Agreed | None:
    """What the customer saw for exactly these entries, None if it was not shown yet."""
    seen, _, shown = form.get("agreed", "").rpartition("=")
    match = _AGREED.fullmatch(shown)
    if seen != _text(entries) or match is None:
        return None
    return Agreed(Money(int(match[1])), tuple(Quantity(int(each)) for each in match[2].split(",")))


def token_of(form: Form) -> str:
    """The sale form's own token.

    Raises:
        NotUnderstood: it is missing or not one of ours.
    """
    token = form.get("form_token", "")
    if not 0 < len(token) <= TOKEN_MAX or not token.isalnum():
        raise NotUnderstood
    return token


def account_of(form: Form) -> AccountForm:
    """The account as it was filled in; whether it can be opened is the desk's to say.

    Raises:
        AccountFormIncomplete: the holder's name or another text can't be used.
        NotANumber: persons, area or profile is not a number.
    """
    heated, persons = typed(form, "area_m2"), typed(form, "persons")
    meters = ((slot, typed(form, f"meter-{slot}").upper()) for slot in range(SLOTS_MAX))
    return AccountForm(
        person=person_of(form),
        area=typed(form, "area"),
        tariff_class=typed(form, "tariff_class"),
        profile=scaled_from_text(typed(form, "profile"), 0),
        persons=scaled_from_text(persons, 0) if persons else 0,
        area_m2=quantity_from_text(heated) if heated else None,
        meters=tuple((slot, meter) for slot, meter in meters if meter),
        community=typed(form, "community"),
        reason=typed(form, "same_address"),
    )


def person_of(form: Form) -> Person:
    """The holder of an account, as filled in.

    Raises:
        AccountFormIncomplete: the name or another text can't be used.
    """
    return person_of_form(**{name: typed(form, name) for name in PERSON_FIELDS})


def name_of(searched: str) -> str:
    """The holder's name that somebody looked for before opening; empty: no name can be meant."""
    text = searched.strip()
    is_name = len(text) <= NAME_MAX and text.isprintable() and not any(map(str.isdigit, text))
    return text if is_name else ""


def profile_of(form: Form) -> int:
    """The size of card that is chosen in a form that is still being filled in; the least first."""
    chosen = form.get("profile", "")
    return next((size for size in PROFILES if str(size) == chosen), min(PROFILES))


PERSON_FIELDS: Final = (
    *("name", "phone", "address", "building", "unit", "room"),
    *("document", "contract"),
)


def level_of(form: Form) -> Level:
    """The level that was chosen for an operator.

    Raises:
        NotUnderstood: there is no such level.
    """
    try:
        return Level[form.get("level", "")]
    except KeyError as cause:
        raise NotUnderstood from cause


def _by(text: str) -> By:
    try:
        return By(text)
    except ValueError as cause:
        raise NotUnderstood from cause


def _text(entries: Sequence[SaleEntry]) -> str:
    return ",".join(f"{entry.slot}{entry.by}{entry.value}" for entry in entries)
