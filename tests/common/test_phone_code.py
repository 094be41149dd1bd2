"""Short codes by telephone: bound to what is asked, and no slip of the tongue is taken for one."""

import hashlib
import hmac
import json
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from yika_common.journal.phone_bodies import PhoneCode
from yika_common.signing.phone_code import (
    APPROVE,
    CHALLENGE_SIZE,
    CODE_SIZE,
    PURPOSES,
    DigitsMistyped,
    Question,
    challenge_of,
    code_of,
    damm,
    in_groups,
    is_code,
    phone_key,
    read_digits,
)

KEY = phone_key(bytes(32))
QUESTION = Question(node="N0001", epoch=1, purpose="release", subject="mei")
REFUND = Question(
    node="N0001", epoch=2, purpose=APPROVE, subject="mei", act="refund", amount=5_000
)
CHALLENGE = challenge_of(REFUND, bytes(16), b"\x01" * 32)

digits = st.text("0123456789", min_size=1, max_size=20)


def test_the_check_digit_is_damms() -> None:
    # The example of Damm's thesis.
    assert damm("572") == 4
    assert damm("5724") == 0


@given(digits, st.data())
def test_a_wrong_digit_and_two_exchanged_are_always_seen(said: str, data: st.DataObject) -> None:
    whole = f"{said}{damm(said)}"
    place = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != whole[place]]))
    assert damm(whole[:place] + other + whole[place + 1 :]) != 0
    swapped = whole[: max(place - 1, 0)] + whole[max(place - 1, 0) : place + 1][::-1]
    swapped += whole[place + 1 :]
    assume(swapped != whole)
    assert damm(swapped) != 0


def test_a_code_is_made_again_by_other_means() -> None:
    """HKDF and HMAC by hand, as RFC 5869 and RFC 2104 tell."""
    extracted = hmac.new(bytes(32), bytes(32), hashlib.sha256).digest()
    key = hmac.new(extracted, b"yika/phone-code/1\x01", hashlib.sha256).digest()
    told = {
        "act": "phone code",
        "amount": 5_000,
        "challenge": CHALLENGE,
        "epoch": 2,
        "node": "N0001",
        "of": "refund",
        "purpose": "approve",
        "subject": "mei",
    }
    text = json.dumps(told, separators=(",", ":")).encode()
    mac = hmac.new(key, hashlib.sha256(b"yika/act/1\0" + text).digest(), hashlib.sha256).digest()
    number = f"{int.from_bytes(mac, 'big') % 10**8:08}"
    assert code_of(KEY, REFUND, CHALLENGE) == f"{number}{damm(number)}"


@pytest.mark.parametrize(
    "other",
    [
        replace(REFUND, node="N0002"),
        replace(REFUND, epoch=3),
        replace(REFUND, subject="lin"),
        replace(REFUND, act="cash"),
        replace(REFUND, amount=50_000),
        Question(node="N0001", epoch=2, purpose="release", subject="mei"),
    ],
)
def test_whoever_tells_headquarters_something_else_gets_a_code_that_does_not_fit(
    other: Question,
) -> None:
    assert not is_code(KEY, REFUND, CHALLENGE, code_of(KEY, other, CHALLENGE))
    assert is_code(KEY, REFUND, CHALLENGE, code_of(KEY, REFUND, CHALLENGE))


def test_another_question_act_or_moment_has_other_digits() -> None:
    nonces = [bytes([n]) * 16 for n in range(50)]
    shown = {challenge_of(REFUND, nonce, b"\x01" * 32) for nonce in nonces}
    shown |= {challenge_of(REFUND, nonce, b"\x02" * 32) for nonce in nonces}
    shown |= {challenge_of(QUESTION, nonce) for nonce in nonces}
    assert len(shown) == 150
    assert {len(one) for one in shown} == {CHALLENGE_SIZE}


def test_another_points_key_makes_another_code() -> None:
    assert not is_code(KEY, REFUND, CHALLENGE, code_of(phone_key(b"\x01" * 32), REFUND, CHALLENGE))


def test_digits_are_read_with_what_stands_between_them() -> None:
    code = code_of(KEY, REFUND, CHALLENGE)
    assert read_digits(f" {in_groups(code)} ", CODE_SIZE) == code
    assert read_digits("-".join(code), CODE_SIZE) == code


@pytest.mark.parametrize(
    "typed", ["", "1", "abcdefghi", "１２３４５６７８９", "5" * 200, "12345678"]
)
def test_what_is_no_code_is_said_to_be_none(typed: str) -> None:
    with pytest.raises(DigitsMistyped):
        read_digits(typed, CODE_SIZE)


def test_an_act_is_named_where_one_is_approved_and_only_there() -> None:
    for purpose in PURPOSES:
        with pytest.raises(ValueError, match="act"):
            Question(node="N", epoch=1, purpose=purpose, act="" if purpose == APPROVE else "cash")
    with pytest.raises(ValueError, match="purposes"):
        Question(node="N", epoch=1, purpose="everything")
    with pytest.raises(ValueError, match="approved"):
        PhoneCode(purpose="release", subject="mei", digest="00" * 32, nonce="00" * 16)


def test_no_record_says_a_sum_without_an_act_for_nobody_could_ask_that() -> None:
    """A journal's words are taken from a vending point that may lie: each has a question."""
    for purpose in PURPOSES:
        if purpose != APPROVE:
            with pytest.raises(ValueError, match="approved"):
                PhoneCode(purpose=purpose, subject="mei", amount=1, nonce="00" * 16)


def test_the_record_tells_which_digits_were_read_out() -> None:
    body = PhoneCode(
        purpose=APPROVE,
        subject="mei",
        act="refund",
        amount=5_000,
        digest="01" * 32,
        nonce="00" * 16,
    )
    assert body.challenge("N0001", 2) == CHALLENGE
    assert body.question("N0001", 2) == REFUND
    assert PhoneCode.from_members(body.members()) == body
