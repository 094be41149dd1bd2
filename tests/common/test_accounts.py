"""Account numbers: the check digits of ISO 7064 MOD 97-10 find every common slip."""

from hypothesis import given
from hypothesis import strategies as st

from account_numbers import checks
from yika_common.accounts import account_number

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
nodes = st.text(ALPHABET, min_size=1, max_size=8)
numbers = st.builds(account_number, nodes, st.integers(1, 99), st.integers(1, 99_999))


def test_a_published_number_checks() -> None:
    """The example of ISO 13616, country and check digits moved to the end as the rule says."""
    assert checks("WEST12345698765432GB82")
    assert not checks("WEST12345698765432GB28")


def test_a_number_says_where_and_when_it_was_made() -> None:
    assert account_number("N0042", 1, 17) == "N0042010001741"


@given(numbers, st.data())
def test_one_wrong_character_is_noticed(number: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(number) - 1))
    other = data.draw(st.sampled_from(ALPHABET.replace(number[place], "")))
    mistyped = number[:place] + other + number[place + 1 :]
    assert checks(number)
    # Letters count as two digits: 0 and 97 apart are the only pair that could be mistaken.
    if (int(number[place], 36) - int(other, 36)) % 97 and number[place].isdigit() == (
        other.isdigit()
    ):
        assert not checks(mistyped)


@given(numbers, st.data())
def test_two_neighbouring_digits_swapped_are_noticed(number: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(number) - 2))
    pair = number[place : place + 2]
    if pair.isdigit() and pair[0] != pair[1]:
        assert not checks(number[:place] + pair[::-1] + number[place + 2 :])
