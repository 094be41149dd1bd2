import pytest
from hypothesis import given
from hypothesis import strategies as st

from node_pages import account_fields
from yika_common.infra.web.faults import NotUnderstood
from yika_common.numbers import Money, NotANumber, Quantity, money_to_text, quantity_to_text
from yika_node.services.errors import AccountFormIncomplete
from yika_node.services.payments import Agreed
from yika_node.services.views import By, Level, SaleEntry
from yika_node.web.forms import (
    account_of,
    agreed_of,
    agreement,
    entries_of,
    level_of,
    profile_of,
    token_of,
)

entries = st.lists(
    st.builds(SaleEntry, st.integers(0, 7), st.sampled_from(By), st.integers(0, 10**9)),
    unique_by=lambda entry: entry.slot,
).map(lambda found: tuple(sorted(found, key=lambda entry: entry.slot)))


def as_typed(entry: SaleEntry) -> dict[str, str]:
    if entry.by is By.MONEY:
        text = money_to_text(Money(entry.value))
    else:
        text = quantity_to_text(Quantity(entry.value))
    return {f"amount-{entry.slot}": text, f"by-{entry.slot}": entry.by.value}


@given(entries)
def test_what_is_typed_is_what_is_asked_for(wanted: tuple[SaleEntry, ...]) -> None:
    form = {name: text for entry in wanted for name, text in as_typed(entry).items()}
    assert entries_of(form) == wanted


@given(
    entries,
    entries,
    st.integers(0, 10**12),
    st.lists(st.integers(0, 10**12), min_size=1, max_size=8),
)
def test_an_agreement_holds_for_its_own_entries_only(
    shown: tuple[SaleEntry, ...], sold: tuple[SaleEntry, ...], paid: int, bought: list[int]
) -> None:
    agreed = Agreed(Money(paid), tuple(map(Quantity, bought)))
    form = {"agreed": agreement(shown, agreed)}
    assert agreed_of(form, sold) == (agreed if sold == shown else None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "=",
        "0m100=",
        "0m100=5",
        "0m100=5:",
        "0m100=5:1,",
        "0m100=-5:1",
        "0m100=1e3:1",
        "0m100=٣:1",
        "x=7:1",
        "0m100=" + "9" * 5000 + ":1",
        "0m100=5" + ":1" + ",1" * 8,
    ],
)
def test_what_is_no_agreement_agrees_to_nothing(text: str) -> None:
    assert agreed_of({"agreed": text}, (SaleEntry(0, By.MONEY, 100),)) is None


def test_fields_left_empty_are_left_out() -> None:
    form = {"amount-0": "", "amount-1": "  ", "amount-4": "12.5", "by-4": "q", "by-0": "m"}
    assert entries_of(form) == (SaleEntry(4, By.QUANTITY, 12_500),)


def test_full_width_digits_are_digits() -> None:
    assert entries_of({"amount-2": "１２．５"}) == (SaleEntry(2, By.MONEY, 1250),)


@pytest.mark.parametrize("text", ["12a", "1,000", "1e3", "--1", "0x10", "12.345", "½", "٣"])
def test_letters_in_a_number_are_refused(text: str) -> None:
    with pytest.raises(NotANumber):
        entries_of({"amount-0": text, "by-0": "m"})


def test_a_line_is_sold_by_money_or_by_quantity_and_nothing_else() -> None:
    with pytest.raises(NotUnderstood):
        entries_of({"amount-0": "5", "by-0": "z"})


@pytest.mark.parametrize(
    "token", ["", "a b", "<x>", "f" * 65], ids=["none", "blank", "tag", "long"]
)
def test_a_token_is_a_short_word(token: str) -> None:
    with pytest.raises(NotUnderstood):
        token_of({"form_token": token})


def test_an_account_is_read_as_it_was_filled_in() -> None:
    form = account_of(account_fields(4) | {"meter-0": " 1000000000a0 ", "meter-3": ""})
    assert (form.profile, form.persons, form.area_m2) == (4, 3, Quantity(96_400))
    assert [slot for slot, _ in form.meters] == [0, 1, 2]
    assert form.meters[0] == (0, "1000000000A0")
    assert form.person.address == "东河路 7 号"


def test_no_heated_area_is_no_number_and_nobody_need_count_the_persons() -> None:
    form = account_of(account_fields() | {"area_m2": "", "persons": ""})
    assert (form.area_m2, form.persons) == (None, 0)


@pytest.mark.parametrize("field", ["persons", "profile", "area_m2"])
def test_numbers_of_an_account_are_numbers(field: str) -> None:
    with pytest.raises(NotANumber):
        account_of(account_fields() | {field: "three"})


def test_an_account_without_a_holder_is_refused_by_its_field() -> None:
    with pytest.raises(AccountFormIncomplete) as refusal:
        account_of(account_fields() | {"name": " "})
    assert refusal.value.facts == {"field": "name"}


def test_an_unfinished_form_has_a_size_of_card() -> None:
    assert [profile_of({"profile": text}) for text in ("6", "", "7", "8x")] == [6, 4, 4, 4]


def test_a_level_is_one_of_three() -> None:
    assert level_of({"level": "AUDITOR"}) is Level.AUDITOR
    with pytest.raises(NotUnderstood):
        level_of({"level": "KING"})
