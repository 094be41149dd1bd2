"""The order on a tool card: what headquarters tells one meter, under a key that no node holds.

A tool card is a user card whose slots hold orders where others hold credit records.  Both are of
one size and begin alike, and the first byte tells them apart.  A meter takes an order once: its
number must be above the last that the meter took, its clock not past *not after*, and the card the
one that the order names.

======  ====  =====================================================================
offset  size  field (big-endian; quantities in 1/1000 unit)
======  ====  =====================================================================
0       1     format, 2
1       1     suite, by the key version: 1 AES-128, 2 SM4; CMAC cut to its first 8 bytes
2       1     key version of the meter's key
3       1     slot on the card, 0 to 7
4       1     service number, 1 to 9
5       1     kind: 1 inspection, 2 parameters, 3 transfer, 4 clear
6       12    meter id, padded name
18      4     order number: grows with every order to this meter, from 1
22      12    number of the tool card, padded name
34      4     not after, on the meter's clock, seconds since 1970 UTC
38      36    zeros
74      2     parameter version; 0: the order brings no parameters
76      4     alarm level, quantity
80      4     maximum stored credit, quantity; 0: the meter's own
84      4     price, 1/10000 currency per unit; 0: the meter does not count money
88      4     with a price the next price, 0: none; without one the second alarm level, 0: none
92      4     with a price the time from which the next one holds, 0: none; without one the most
              that the meter lends below zero, 0: nothing
96      26    zeros
122     8     MAC: AES-CMAC under K_wbq over bytes 0 to 121, first 8 bytes
======  ====  =====================================================================

Bytes 0 to 4, 6 to 17 and 74 to 95 stand where they stand in a credit record.  The key is the one
of the evidence, which headquarters and the meter alone hold: a node carries orders and can make
none.
"""

from dataclasses import field
from datetime import datetime
from enum import IntEnum
from typing import Any

from yika_common.cards.ciphers import MAC_SIZE, mac8, same, suite_of_version
from yika_common.cards.errors import ContentUnknown, OrderForged
from yika_common.cards.identifiers import CARD_NUMBER_SIZE, METER_ID_SIZE
from yika_common.cards.layout import Field, Kind, Layout
from yika_common.cards.parameters import PARAMETERS, MeterParameters, read_parameters
from yika_common.cards.record import RECORD_SIZE
from yika_common.errors import Phrase
from yika_common.services import SLOTS_MAX, Service
from yika_common.values import dataclass

FORMAT = 2

_HEAD = Layout(
    Field("key_version", 1),
    Field("slot", 1),
    Field("service", 1, Kind.SERVICE),
    Field("kind", 1),
    Field("meter_id", METER_ID_SIZE, Kind.NAME),
    Field("number", 4),
    Field("card", CARD_NUMBER_SIZE, Kind.NAME),
    Field("not_after", 4, Kind.TIME),
)
_PREFIX_SIZE = 2
_GAP = bytes(36)
_REST = bytes(26)
_NONE = MeterParameters()
_PARAMETERS_AT = _PREFIX_SIZE + _HEAD.size + len(_GAP)
_REST_AT = _PARAMETERS_AT + PARAMETERS.size
_BODY_SIZE = _REST_AT + len(_REST)
ORDER_SIZE = RECORD_SIZE
assert (_PARAMETERS_AT, _BODY_SIZE + MAC_SIZE) == (74, ORDER_SIZE), "the table above says so"


class OrderKind(IntEnum):
    """What a meter is told to do."""

    INSPECTION = 1
    """Write back, and change nothing."""
    PARAMETERS = 2
    """Take parameters."""
    TRANSFER = 3
    """Deliver nothing any more; the balance stays in the register, to be moved elsewhere."""
    CLEAR = 4
    """Forget the credit."""

    @property
    def moves_money(self) -> bool:
        """Whether the order makes credit disappear from where it is: two persons decide it."""
        return self in {OrderKind.TRANSFER, OrderKind.CLEAR}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolOrder:
    """One order to one meter; every value fits its field.

    Attributes:
        card: the tool card that may bring it.
        number: above that of every earlier order to the meter.
        not_after: the last second at which the meter takes it, by its own clock.
        parameters: what a ``PARAMETERS`` order brings, and no other.
    """

    meter_id: str
    slot: int
    service: Service
    key_version: int
    kind: OrderKind
    number: int
    card: str
    not_after: datetime
    parameters: MeterParameters = _NONE
    _body: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 0 <= self.slot < SLOTS_MAX:
            raise ValueError(f"slot {self.slot} is not 0 to {SLOTS_MAX - 1}")
        if not self.meter_id or not self.card or not self.number:
            raise ValueError("an order has a meter, a card and a number above 0")
        if (self.kind is OrderKind.PARAMETERS) != (self.parameters != _NONE):
            raise ValueError("parameters: an order to take some brings them, and no other does")
        if self.parameters != _NONE and not self.parameters.version:
            raise ValueError("parameters: their version is above 0")
        prefix = bytes((FORMAT, suite_of_version(self.key_version)))
        body = prefix + _HEAD.pack(self) + _GAP + self.parameters.data + _REST
        object.__setattr__(self, "_body", body)

    def body(self) -> bytes:
        """The 122 bytes that the MAC covers."""
        return self._body

    def encode(self, wbq_key: bytes) -> bytes:
        """The :data:`ORDER_SIZE` bytes for the card, under the meter's 16-byte K_wbq."""
        return self._body + mac8(wbq_key, self._body)


def is_order(data: bytes) -> bool:
    """Whether the bytes of a slot say of themselves that they are an order."""
    return data[:1] == bytes((FORMAT,))


def open_order(data: bytes, wbq_key: bytes) -> ToolOrder:
    """The order in these bytes, if the meter's K_wbq made them.

    Raises:
        OrderForged: another length or a wrong MAC.
        ContentUnknown: the MAC is right and the format is not one this program knows.
    """
    body, mac = data[:_BODY_SIZE], data[_BODY_SIZE:]
    if len(data) != ORDER_SIZE or not same(mac, mac8(wbq_key, body)):
        raise OrderForged
    return _parsed(body)


def read_order(data: bytes) -> ToolOrder:
    """What an order says, its MAC unchecked: a node carries orders and can't check them.

    Raises:
        ContentUnknown: these are no bytes of an order that this program knows.
    """
    if len(data) != ORDER_SIZE:
        raise ContentUnknown(what=Phrase("an order of %(size)s bytes", size=len(data)))
    return _parsed(data[:_BODY_SIZE])


def _parsed(body: bytes) -> ToolOrder:
    try:
        if body[:_PREFIX_SIZE] != bytes((FORMAT, suite_of_version(body[2]))):
            raise ValueError("another format")
        gap, rest = body[_PREFIX_SIZE + _HEAD.size : _PARAMETERS_AT], body[_REST_AT:]
        if (gap, rest) != (_GAP, _REST):
            raise ValueError("bytes that mean nothing here")
        head: dict[str, Any] = _HEAD.unpack(body[_PREFIX_SIZE : _PREFIX_SIZE + _HEAD.size])
        kind = OrderKind(head.pop("kind"))
        parameters = read_parameters(body[_PARAMETERS_AT:_REST_AT])
        return ToolOrder(**head, kind=kind, parameters=parameters)
    except ValueError as cause:
        what = Phrase("order %(format)s", format=f"{body[0]}.{body[1]}")
        raise ContentUnknown(what=what) from cause
