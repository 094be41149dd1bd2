"""What half the world chooses is no password, however long it is; four words are one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yika_common.infra.weak_passwords import (
    LEFT_MIN,
    PasswordTooCommon,
    check_uncommon,
    left_of,
)


@pytest.mark.parametrize(
    "password",
    [
        "123456789012345",
        "passwordpassword",
        "Password-1234567",
        "P A S S W O R D 2 0 2 6 password",
        "qwertyuiopasdfgh",
        "iloveyou12345678",
        "woaini1314520000",
        "1qaz2wsx3edc4rfv",
        "aaaaaaaaaaaaaaaaaaaa",
        "hunter2hunter2hunter2",
        "abcabcabcabcabcabc",
        "\uff50assword\uff50assword",
        "",
    ],
)
def test_what_everybody_tries_is_refused(password: str) -> None:
    with pytest.raises(PasswordTooCommon):
        check_uncommon(password)


@pytest.mark.parametrize(
    "password",
    [
        "four short words",
        "correct horse battery staple",
        "839201748392016",
        "a7Kq92mXvb41LtZe",
        "东河路电力公司的口令是什么呢",
    ],
)
def test_what_is_hard_to_guess_is_taken(password: str) -> None:
    check_uncommon(password)


def test_words_of_the_person_and_the_place_do_not_count() -> None:
    assert left_of("wangxiaoming wangxiaoming2") >= LEFT_MIN
    with pytest.raises(PasswordTooCommon):
        check_uncommon("wangxiaoming wangxiaoming2", ("Wang Xiaoming",))


@given(st.text(max_size=128))
def test_more_than_everything_is_never_left(password: str) -> None:
    assert 0 <= left_of(password) <= len(password.casefold()) * 4


@given(st.text("abcdefghij", min_size=1, max_size=7), st.integers(2, 16))
def test_repeating_makes_nothing_stronger(part: str, times: int) -> None:
    assert left_of(part * times) == left_of(part) < LEFT_MIN
