"""What a purchase's card record says of the account: implied by the intent, or in its ``rest``.

The intent implies the quota period, the quantity counted in it (what is settled of the
consumption, or used before plus quantity; in a refund used before alone, because there that is
what counts after it), heating year, charged through and free day; it implies no adjustments and
no parameters.  Where the card says something else, ``rest`` does: one byte that
adds up which parts follow, then those parts as the record lays them out; empty where the intent
implies them all.

===  ========  ======================================
bit  bytes     part
===  ========  ======================================
1    32 to 39  quota period
2    40 to 45  quantity counted in it
4    46 to 51  heating year, charged through, free day
8    52 to 73  adjustments and debts
16   74 to 95  parameters
===  ========  ======================================
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from yika_common.journal.bodies import REFUND, Intent

PARTS: Final = (slice(32, 40), slice(40, 46), slice(46, 52), slice(52, 74), slice(74, 96))

_PERIOD_PART, _COUNTED_PART, _PARAMETERS_PART = 0, 1, 4
_NO_PERIOD = b"\0"


class CardState(NamedTuple):
    """What a credit record says of its account and of what was settled through its slot.

    The fields are those of :class:`yika_common.cards.record.QuotaState` and
    :class:`~yika_common.cards.record.AppliedAdjustments`.
    """

    period: str
    counted: int
    heating_year: int
    charged_through: int
    free_day: int
    money_number: int = 0
    money_total: int = 0
    quantity_number: int = 0
    quantity_total: int = 0
    debts: int = 0


def counted(intent: Intent) -> int:
    """What the intent implies to be counted in its quota period."""
    if intent.act == REFUND:
        return intent.used_before
    return intent.consumed or intent.used_before + intent.quantity


def card_state(intent: Intent) -> CardState:
    """What the intent's card record says; for every intent that made one."""
    state = CardState(
        intent.period,
        counted(intent),
        intent.heating_year,
        intent.charged_through,
        intent.free_day,
    )
    if not intent.rest:
        return state
    for index, part in _said(bytes.fromhex(intent.rest)):
        state = state._replace(**_READERS[index](part))
    return state


def counted_on_card(intent: Intent) -> int:
    """What the card says to be counted in the intent's own quota period, at least.

    For any intent: one whose ``rest`` is not the node's own making just counts something else.
    """
    said = dict(_said(bytes.fromhex(intent.rest)))
    if _PERIOD_PART in said:
        # The card counts in another period by now; what was counted before is certain in this.
        return max(intent.consumed, intent.used_before)
    return _number(said[_COUNTED_PART]) if _COUNTED_PART in said else counted(intent)


def parameters_in(intent: Intent) -> bytes:
    """The 22 bytes of parameters that the intent's record brings; empty if it brings none."""
    return dict(_said(bytes.fromhex(intent.rest))).get(_PARAMETERS_PART, b"")


def rest_of(body: bytes, implied: bytes) -> str:
    """What completes the implied body of a record to the actual one, in hex."""
    said, parts = 0, b""
    for bit, part in enumerate(PARTS):
        if body[part] != implied[part]:
            said |= 1 << bit
            parts += body[part]
    return (bytes((said,)) + parts).hex() if said else ""


def completed(implied: bytes, rest: bytes) -> bytes:
    """The actual body; a ``rest`` that is none gives bytes whose MAC is another."""
    body = bytearray(implied)
    for index, part in _said(rest):
        body[PARTS[index]] = part
    return bytes(body)


def _said(rest: bytes) -> Iterator[tuple[int, bytes]]:
    """The parts that a ``rest`` brings, with their numbers."""
    said, parts = rest[:1], rest[1:]
    for index, part in enumerate(PARTS):
        if said and said[0] >> index & 1:
            size = part.stop - part.start
            yield index, parts[:size]
            parts = parts[size:]


def _number(data: bytes, *, signed: bool = False) -> int:
    return int.from_bytes(data, "big", signed=signed)


def _period(part: bytes) -> dict[str, Any]:
    return {"period": part.rstrip(_NO_PERIOD).decode("ascii")}


def _counted(part: bytes) -> dict[str, Any]:
    return {"counted": _number(part)}


def _charged(part: bytes) -> dict[str, Any]:
    return {
        "heating_year": _number(part[:2]),
        "charged_through": _number(part[2:4]),
        "free_day": _number(part[4:]),
    }


def _settled(part: bytes) -> dict[str, Any]:
    return {
        "money_number": _number(part[:2]),
        "money_total": _number(part[2:8], signed=True),
        "quantity_number": _number(part[8:10]),
        "quantity_total": _number(part[10:16], signed=True),
        "debts": _number(part[16:]),
    }


def _parameters(_part: bytes) -> dict[str, Any]:
    return {}


_READERS = (_period, _counted, _charged, _settled, _parameters)
