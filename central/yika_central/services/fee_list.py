"""Lists of the settings as a person types them: fees, kinds of guarantee, what to do at meters.

One a line, its parts between semicolons.

::

    SEAL; 表封; Meter seal; 20.00; 0.13; 6051; fixed
    VISIT; 上门服务; Visit; 50; 0.06; 6052; open
    SUPPLY; 供用合同; Supply contract
    W20; cold_water; 31; 插卡至“剩余”出现再拔出; Take the card out once “LEFT” is shown

Code, name in Chinese and in English, price with tax, the tax as a share of the price without it,
the bookkeeping account (may be empty), and whether the clerk types another sum than the price.  A
guarantee has code and names alone: its sum is what the contract says.  What to do at a meter has
the model's name, its service as tariffs call it, what the numbers of such meters begin with (or
nothing: all of the service), and the words in Chinese and in English; only these last may hold a
semicolon.
"""

from typing import Final

from yika_common.errors import Phrase
from yika_common.numbers import (
    Money,
    NotANumber,
    money_from_text,
    money_to_text,
    scaled_from_text,
    scaled_to_text,
)
from yika_common.services import Service
from yika_common.sync.settings import FeeItem, GuaranteeKind, Instruction

FIXED: Final = "fixed"
OPEN: Final = "open"
_PARTS: Final = len(FeeItem._fields)
_SHARE_DIGITS: Final = 6


def fees_of(typed: str) -> tuple[FeeItem, ...]:
    """The fees of such a text.

    Raises:
        ValueError: a line is no fee, or two have one code; with a phrase.
    """
    lines = [line for line in typed.splitlines() if line.strip()]
    fees = tuple(_fee(number, line) for number, line in enumerate(lines, start=1))
    if len({fee.code for fee in fees}) < len(fees):
        raise ValueError(Phrase("has two fees with one code"))
    return fees


def fees_text(fees: tuple[FeeItem, ...]) -> str:
    """The text that :func:`fees_of` reads as these fees."""
    return "\n".join(
        "; ".join(
            (
                fee.code,
                fee.zh,
                fee.en,
                money_to_text(Money(fee.price)),
                scaled_to_text(fee.tax, _SHARE_DIGITS, least=0),
                fee.booked_as,
                OPEN if fee.open else FIXED,
            )
        )
        for fee in fees
    )


def kinds_of(typed: str) -> tuple[GuaranteeKind, ...]:
    """The kinds of guarantee of such a text.

    Raises:
        ValueError: a line is none, or two have one code; with a phrase.
    """
    lines = [line for line in typed.splitlines() if line.strip()]
    kinds = []
    for number, line in enumerate(lines, start=1):
        parts = [part.strip() for part in line.split(";")]
        if len(parts) != len(GuaranteeKind._fields):
            raise ValueError(
                Phrase(
                    "is wrong in line %(line)s: it needs code; Chinese name; English name",
                    line=number,
                )
            )
        kinds.append(GuaranteeKind(*parts))
    if len({kind.code for kind in kinds}) < len(kinds):
        raise ValueError(Phrase("has two kinds with one code"))
    return tuple(kinds)


def kinds_text(kinds: tuple[GuaranteeKind, ...]) -> str:
    """The text that :func:`kinds_of` reads as these kinds."""
    return "\n".join("; ".join(kind) for kind in kinds)


def instructions_of(typed: str) -> tuple[Instruction, ...]:
    """What to do at meters, of such a text.

    Raises:
        ValueError: a line is none, or two are for the same meters; with a phrase.
    """
    lines = [line for line in typed.splitlines() if line.strip()]
    told = tuple(_instruction(number, line) for number, line in enumerate(lines, start=1))
    if len({(one.service, one.numbers) for one in told}) < len(told):
        raise ValueError(Phrase("has two texts for the same meters"))
    return told


def instructions_text(told: tuple[Instruction, ...]) -> str:
    """The text that :func:`instructions_of` reads as these."""
    return "\n".join("; ".join(one) for one in told)


def _instruction(number: int, line: str) -> Instruction:
    parts = [part.strip() for part in line.split(";", len(Instruction._fields) - 1)]
    if len(parts) != len(Instruction._fields) or parts[1] not in list(Service):
        raise ValueError(
            Phrase(
                "is wrong in line %(line)s: it needs model; service; first characters of the "
                "meters' numbers; Chinese text; English text",
                line=number,
            )
        )
    model, service, numbers, zh, en = parts
    return Instruction(model, Service(service), numbers, zh, en)


def _fee(number: int, line: str) -> FeeItem:
    parts = [part.strip() for part in line.split(";")]
    wrong = ValueError(
        Phrase(
            "is wrong in line %(line)s: it needs code; Chinese name; English name; price; tax; "
            "account; fixed or open",
            line=number,
        )
    )
    if len(parts) != _PARTS or parts[-1] not in (FIXED, OPEN):
        raise wrong
    code, zh, en, price, tax, booked_as, kind = parts
    try:
        return FeeItem(
            code,
            zh,
            en,
            money_from_text(price),
            scaled_from_text(tax, _SHARE_DIGITS),
            booked_as,
            int(kind == OPEN),
        )
    except NotANumber as cause:
        raise wrong from cause
