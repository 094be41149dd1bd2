"""The credit record: what a node tells a meter, under the meter's own key.

The record holds the meter's lifetime total, not an amount.  A meter takes it only if (generation,
count) is above the last pair it took, and credits what the total grew by; old images then gain
nothing and a missed record is repaired by the next one.

======  ====  =====================================================================
offset  size  field (big-endian; quantities in 1/1000 unit, money in 1/100)
======  ====  =====================================================================
0       1     format, 1
1       1     suite, by the key version: 1 AES-128, 2 SM4; CMAC cut to its first 8 bytes
2       1     key version of the meter's key
3       1     slot on the card, 0 to 7
4       1     service number, 1 to 9
5       1     flags: bit 0 *lower*, the total may fall (a refund); other bits 0
6       12    meter id, padded name
18      2     issuing epoch: a meter refuses an epoch below the highest it has seen
20      2     generation g of the card
22      4     purchase count n of the meter
26      6     lifetime total T, quantity
32      8     quota period, padded name; all zeros: none
40      6     quantity bought in that period
46      2     newest heating year whose basic fee is paid; 0: none
48      2     last month whose fixed charges are paid: year x 12 + month - 1; 0: none
50      2     day on which free units were last claimed, days since 2000-01-01; 0: never
52      2     money adjustment number applied
54      6     money adjustment applied through this slot, signed
60      2     quantity adjustment number applied
62      6     quantity adjustment applied through this slot, signed
68      6     money collected from debts through this slot
74      2     parameter version; 0: the record brings no parameters
76      4     alarm level, quantity
80      4     maximum stored credit, quantity; 0: the meter's own
84      4     price, 1/10000 currency per unit; 0: the meter does not count money
88      4     with a price the next price, 0: none; without one the second alarm level, 0: none
92      4     with a price the time from which the next one holds, 0: none; without one the most
              that the meter lends below zero, 0: nothing
96      8     witness: node id, padded name
104     2     witness: the node's epoch
106     4     witness: sequence number of the intent
110     8     witness: first 8 bytes of the journal's head before the intent
118     4     time, seconds since 1970 UTC
122     8     MAC: AES-CMAC under the meter's credit key over bytes 0 to 121, first 8 bytes
======  ====  =====================================================================

What was adjusted and collected is counted by slot, because a slot moves only with its own
(generation, count): an account's figure is the sum over its slots, whoever wrote them last.

For a meter that holds money, every quantity of the record is 1/1000 of the currency's unit.

An unused slot reads as :data:`EMPTY_RECORD`, all zeros.
"""

from dataclasses import field
from datetime import datetime
from typing import Any

from yika_common.cards.ciphers import MAC_SIZE, mac8, same, suite_of, suite_of_version
from yika_common.cards.errors import ContentUnknown, RecordForged
from yika_common.cards.identifiers import METER_ID_SIZE, NODE_ID_SIZE, PERIOD_SIZE
from yika_common.cards.layout import Field, Kind, Layout
from yika_common.cards.parameters import PARAMETERS, MeterParameters, read_parameters
from yika_common.errors import Phrase
from yika_common.numbers import Money, Quantity
from yika_common.services import SLOTS_MAX, Service
from yika_common.values import dataclass

FORMAT = 1
_LOWER = 0x01
_NO_QUANTITY = Quantity(0)
_NO_MONEY = Money(0)

_HEAD = Layout(
    Field("key_version", 1),
    Field("slot", 1),
    Field("service", 1, Kind.SERVICE),
    Field("flags", 1),
    Field("meter_id", METER_ID_SIZE, Kind.NAME),
    Field("epoch", 2),
    Field("generation", 2),
    Field("count", 4),
    Field("total", 6),
)
_QUOTA = Layout(
    Field("period", PERIOD_SIZE, Kind.NAME),
    Field("bought", 6),
    Field("heating_year", 2),
    Field("charged_through", 2),
    Field("free_day", 2),
)
_ADJUSTMENTS = Layout(
    Field("money_number", 2),
    Field("money_total", 6, Kind.SIGNED),
    Field("quantity_number", 2),
    Field("quantity_total", 6, Kind.SIGNED),
    Field("debts", 6),
)
_WITNESS = Layout(
    Field("node", NODE_ID_SIZE, Kind.NAME),
    Field("epoch", 2),
    Field("sequence", 4),
    Field("head", 8, Kind.BYTES),
)
_TAIL = Layout(Field("time", 4, Kind.TIME))


def _packed() -> Any:
    """A field for the bytes that the other fields make: packing them is also what checks them."""
    return field(init=False, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class QuotaState:
    """What premises bought of a service in its period, and how far its charges are paid.

    Attributes:
        period: of the quota; empty: none.
        bought: in that period, as the tariff counts it.
        heating_year: the newest whose basic fee is paid; 0: none.
        charged_through: the last month whose fixed charges are paid, year x 12 + month - 1;
            0: none.
        free_day: when free units were last claimed, days since 2000-01-01; 0: never.
    """

    period: str = ""
    bought: Quantity = _NO_QUANTITY
    heating_year: int = 0
    charged_through: int = 0
    free_day: int = 0
    data: bytes = _packed()

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", _QUOTA.pack(self))


@dataclass(frozen=True, slots=True)
class AppliedAdjustments:
    """What of headquarters' adjustments and of debts was settled through this slot, ever.

    Attributes:
        money_number: of the newest adjustment of the account that was known.
        money_total: applied; above zero to the customer's favour.
        quantity_number: likewise for quantity.
        quantity_total: credited, or below zero withheld, beside what was bought.
        debts: collected.
    """

    money_number: int = 0
    money_total: Money = _NO_MONEY
    quantity_number: int = 0
    quantity_total: Quantity = _NO_QUANTITY
    debts: Money = _NO_MONEY
    data: bytes = _packed()

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", _ADJUSTMENTS.pack(self))


@dataclass(frozen=True, slots=True)
class RecordWitness:
    """The place in a node's journal that this record testifies to."""

    node: str
    epoch: int
    sequence: int
    head: bytes
    data: bytes = _packed()

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", _WITNESS.pack(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRecord:
    """One meter's credit as a node last wrote it; every value fits its field."""

    meter_id: str
    slot: int
    service: Service
    key_version: int
    epoch: int
    generation: int
    count: int
    total: Quantity
    time: datetime
    witness: RecordWitness
    lower: bool = False
    quota: QuotaState = QuotaState()
    adjustments: AppliedAdjustments = AppliedAdjustments()
    parameters: MeterParameters = MeterParameters()
    _body: bytes = _packed()

    def __post_init__(self) -> None:
        if not 0 <= self.slot < SLOTS_MAX:
            raise ValueError(f"slot {self.slot} is not 0 to {SLOTS_MAX - 1}")
        if not self.meter_id:
            raise ValueError("meter_id: a record belongs to a meter")
        object.__setattr__(self, "_body", self._joined())

    @property
    def flags(self) -> int:
        """The flags byte."""
        return _LOWER if self.lower else 0

    @property
    def position(self) -> tuple[int, int]:
        """(generation, count): what a meter compares, as a pair."""
        return self.generation, self.count

    def body(self) -> bytes:
        """The 122 bytes that the MAC covers."""
        return self._body

    def _joined(self) -> bytes:
        return b"".join(
            (
                bytes((FORMAT, suite_of_version(self.key_version))),
                _HEAD.pack(self),
                self.quota.data,
                self.adjustments.data,
                self.parameters.data,
                self.witness.data,
                _TAIL.pack(self),
            )
        )

    def encode(self, key: bytes) -> bytes:
        """The :data:`RECORD_SIZE` bytes for the card, under the meter's 16-byte credit key.

        Raises:
            ValueError: the key is not of the suite of the record's key version.
        """
        body = self.body()
        if body[1] != suite_of(key):
            raise ValueError("a record is sealed by a key of its own version")
        return body + mac8(key, body)


_PARTS = (_HEAD, _QUOTA, _ADJUSTMENTS, PARAMETERS, _WITNESS, _TAIL)
_BODY_SIZE = 2 + sum(part.size for part in _PARTS)
PARAMETERS_AT = slice(74, 96)
"""Where the parameters stand in a record, and in an order of a tool card."""
RECORD_SIZE = 130
EMPTY_RECORD = bytes(RECORD_SIZE)
assert _BODY_SIZE + MAC_SIZE == RECORD_SIZE, "the table above says so"


def open_record(data: bytes, key: bytes) -> CreditRecord:
    """The record in these bytes, if the meter's 16-byte credit key made them.

    Raises:
        RecordForged: another length or a wrong MAC; an empty slot is forged too, so ask for
            :data:`EMPTY_RECORD` first.
        ContentUnknown: the MAC is right and the format is not one this program knows.
    """
    body, mac = data[:_BODY_SIZE], data[_BODY_SIZE:]
    if len(data) != RECORD_SIZE or not same(mac, mac8(key, body)):
        raise RecordForged
    if body[:2] != bytes((FORMAT, suite_of(key))):
        raise ContentUnknown(
            what=Phrase("credit record %(format)s", format=f"{body[0]}.{body[1]}")
        )
    try:
        return _parsed(body)
    except ValueError as cause:
        raise ContentUnknown(
            what=Phrase("credit record %(format)s", format=f"{body[0]}.{body[1]}")
        ) from cause


def said_in(body: bytes) -> CreditRecord:
    """The record with these 122 bytes, before any cut, whose maker is known by other means."""
    return _parsed(body)


def _parsed(body: bytes) -> CreditRecord:
    pieces: list[Any] = []
    offset = 2
    for part in _PARTS:
        data = body[offset : offset + part.size]
        pieces.append(read_parameters(data) if part is PARAMETERS else part.unpack(data))
        offset += part.size
    head, quota, adjustments, parameters, witness, tail = pieces
    flags = head.pop("flags")
    if flags & ~_LOWER:
        raise ValueError(f"flags {flags:#04x}")
    return CreditRecord(
        **head,
        **tail,
        lower=bool(flags & _LOWER),
        quota=QuotaState(**quota),
        adjustments=AppliedAdjustments(**adjustments),
        parameters=parameters,
        witness=RecordWitness(**witness),
    )
