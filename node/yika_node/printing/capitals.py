"""Sums of money in Chinese capitals, which nobody alters with a pen: ``壹仟肆佰零玖元伍角整``.

Source: 支付结算办法 (People's Bank of China, 银发〔1997〕393号), annex 1: zeros between digits are
said once, zeros at the end of a group not at all; a sum without fen ends in 整.
"""

from typing import Final

from yika_common.numbers import Money

_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_PLACES: Final = ("", "拾", "佰", "仟")
_GROUPS: Final = ("", "万", "亿", "兆")
_GROUP: Final = 10_000
_MINOR: Final = 100
_TENTH: Final = 10


def capitals(amount: Money) -> str:
    """The sum in capitals, with 人民币 before it; below zero with 负."""
    yuan, minor = divmod(abs(amount), _MINOR)
    tenths, hundredths = divmod(minor, _TENTH)
    said = f"{_whole(yuan)}元" if yuan else ""
    if tenths:
        said += f"{_DIGITS[tenths]}角"
    elif said and hundredths:
        said += _DIGITS[0]
    said += f"{_DIGITS[hundredths]}分" if hundredths else "整"
    if not amount:
        said = "零元整"
    return f"人民币{'负' if amount < 0 else ''}{said}"


def _whole(number: int) -> str:
    """A number above 0, in groups of four digits."""
    said, gap = "", False
    for group in range(len(_GROUPS) - 1, -1, -1):
        digits = number // _GROUP**group % _GROUP
        if not digits:
            gap = gap or bool(said)
            continue
        if said and (gap or digits < _GROUP // _TENTH):
            said += _DIGITS[0]
        said += _four(digits) + _GROUPS[group]
        gap = not digits % _TENTH
    return said


def _four(number: int) -> str:
    """Four digits, not all of them 0; zeros before the first are not said."""
    said, gap = "", False
    for place in range(len(_PLACES) - 1, -1, -1):
        digit = number // _TENTH**place % _TENTH
        if digit:
            said += (_DIGITS[0] if gap else "") + _DIGITS[digit] + _PLACES[place]
        gap = bool(said) and not digit
    return said
