"""Answers to reset: published ones, ours, and damaged ones."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yika_common.readers.iso7816 import (
    USER_CARD_ATR,
    AtrRefused,
    parse_atr,
    pps_answer,
    pps_request,
    t1_parameters,
)

JCOP = bytes.fromhex("3BF81300008131FE454A434F5076323431B7")
OPENPGP = bytes.fromhex("3BDA18FF81B1FE751F030031C573C001400090000C")


def test_the_user_card_says_t1_fast_and_yika() -> None:
    atr = parse_atr(USER_CARD_ATR)
    assert (atr.protocols, atr.speed, atr.specific, atr.ifsc, atr.crc) == (
        (1,),
        0x96,
        False,
        254,
        False,
    )
    assert atr.historical == b"\x80\x55YIKA\x01"
    assert atr.answer_ms == 1429


def test_published_answers_are_taken_apart() -> None:
    jcop = parse_atr(JCOP)
    assert (jcop.protocols, jcop.speed, jcop.ifsc, jcop.historical) == (
        (1,),
        0x13,
        254,
        b"JCOPv241",
    )
    openpgp = parse_atr(OPENPGP)
    assert (openpgp.protocols, openpgp.speed, openpgp.extra_guard) == ((1,), 0x18, 0xFF)
    assert (openpgp.ifsc, openpgp.waiting) == (254, 0x75)


@pytest.mark.parametrize(
    ("data", "protocols", "historical"),
    [
        pytest.param("3B00", (0,), b"", id="nothing but the two first bytes"),
        pytest.param("3B0241 42", (0,), b"AB", id="T=0 has no check byte"),
        pytest.param("3F80800101", (0, 1), b"", id="inverse convention, T=0 and T=1"),
    ],
)
def test_short_answers_are_complete(
    data: str, protocols: tuple[int, ...], historical: bytes
) -> None:
    atr = parse_atr(bytes.fromhex(data))
    assert (atr.protocols, atr.historical) == (protocols, historical)


@pytest.mark.parametrize("length", range(len(USER_CARD_ATR)))
def test_an_answer_cut_short_is_refused(length: int) -> None:
    with pytest.raises(AtrRefused):
        parse_atr(USER_CARD_ATR[:length])


@given(st.integers(8, len(USER_CARD_ATR) * 8 - 1))
def test_a_flipped_bit_is_refused(bit: int) -> None:
    data = bytearray(USER_CARD_ATR)
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises(AtrRefused):
        parse_atr(bytes(data))


@given(st.binary(max_size=40))
def test_any_bytes_are_refused_or_taken_whole(data: bytes) -> None:
    with contextlib.suppress(AtrRefused):
        assert parse_atr(data).raw == data


@pytest.mark.parametrize("size", ["00", "FF"])
def test_a_card_without_a_sensible_block_size_is_refused(size: str) -> None:
    body = bytes.fromhex(f"8081 11 {size}")
    check = 0
    for byte in body:
        check ^= byte
    with pytest.raises(AtrRefused, match="block size"):
        parse_atr(b"\x3b" + body + bytes([check]))


def test_the_speed_is_asked_for_as_the_standard_says() -> None:
    assert pps_request(1, 0x96).hex() == "ff119678"
    assert pps_answer(bytes.fromhex("ff119678")).hex() == "ff119678"
    assert pps_answer(bytes.fromhex("ff119679")) == b""


def test_the_reader_is_told_what_it_must_know_of_the_card() -> None:
    assert t1_parameters(parse_atr(USER_CARD_ATR), 0x96).hex() == "9610004500fe00"
