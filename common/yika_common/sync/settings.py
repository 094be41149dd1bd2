"""The utility's settings that every node sells by: a signed file of the ``registry`` role.

Type ``application/vnd.yika.settings.v1+json``; the item is :data:`SETTINGS_ITEM`, its version the
number of the change at headquarters.  A node that holds none goes by the defaults below.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from yika_common.cards.identifiers import METER_ID_SIZE
from yika_common.services import Service
from yika_common.signing.fields import (
    Document,
    is_number,
    is_service,
    is_text,
    number,
    rows,
    text,
)
from yika_common.signing.keys import SigningKey
from yika_common.signing.signed_file import SignedFile, sign
from yika_common.signing.trust import TrustRoot
from yika_common.values import dataclass

SETTINGS_TYPE = "application/vnd.yika.settings.v1+json"
SETTINGS_ITEM = "settings"

WHOLE = 1_000_000
"""Shares are in millionths."""

FEE_MAX = 1_000_000
"""Ten thousand yuan: no card costs more."""

CHARGE_MAX = 10**8
"""A million yuan: no other fee costs more."""

FEES_MAX = 40

INSTRUCTIONS_MAX = 60

INSTRUCTION_MAX = 200
"""Characters of what is said at a meter, in one language."""

OFFLINE_MONEY_MAX = 10**12
OFFLINE_SALES_MAX = 10**6
OFFLINE_HOURS_MAX = 24 * 366

DIFFERENCE_MAX = 10**8
"""A million yuan: no drawer is over or short by more without a second person."""

LISTED = "listed"
"""Only who is on headquarters' list of persons works at a vending point."""

BEGINS_ANEW = "begins_anew"
"""Another holder of an account has quotas of his own."""

OPERATORS_DAYS_MAX = 366

_CASH_UNIT_MAX = 100_000
_SETTINGS_MAX = 256 << 10


class Stale(StrEnum):
    """What a node does with a tariff whose hard expiry has passed."""

    WARN = "warn"
    """It sells, and flags the sale."""
    REFUSE = "refuse"


class FeeItem(NamedTuple):
    """A fee beside supply: a seal, a visit, an ignition.

    ``price`` contains the tax, which is ``tax`` millionths of what is left without it;
    ``booked_as`` is the bookkeeping account; ``open`` is 1 where the clerk types the sum, and the
    price is only what he is shown first.
    """

    code: str
    zh: str
    en: str
    price: int
    tax: int
    booked_as: str
    open: int


class GuaranteeKind(NamedTuple):
    """What a guarantee is taken for: a supply contract, a rented meter."""

    code: str
    zh: str
    en: str


class Instruction(NamedTuple):
    """What a customer does with the card at the meters of one model, and what their displays say.

    ``model`` is what the utility calls it.  Its meters are those of the service whose numbers
    begin with ``numbers``; empty: all of the service.
    """

    model: str
    service: Service
    numbers: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Document):
    """How money is divided at the counter, and what else all nodes do alike.

    The first six are what :class:`yika_common.tariffs.waterfall.Policy` is made of.
    """

    kind: str = text("t", among=("settings",), default="settings")
    debt_base: str = text("debt_base", among=("tender", "after_fixed"), default="tender")
    """What a debt's share is a share of."""
    least_supply: int = number("least_supply", most=WHOLE, default=0)
    """Millionths of the tender that must become supply."""
    debit_share: int = number("debit_share", most=WHOLE, default=500_000)
    """Millionths of the tender that at most go to what the customer owes from before."""
    residual: str = text("residual", among=("change", "balance"), default="change")
    """Where money goes that buys nothing."""
    cash_unit: int = number("cash_unit", least=1, most=_CASH_UNIT_MAX, default=1)
    """The smallest coin, minor units."""
    cash_rounding: str = text("cash_rounding", among=("half_up", "down", "up"), default="half_up")
    stale_tariff: str = text("stale_tariff", among=tuple(Stale), default=str(Stale.WARN))
    holder_quota: str = text("holder_quota", among=("goes_on", BEGINS_ANEW), default="goes_on")
    """What becomes of an account's quotas when another holder takes it over."""
    card_fee: int = number("card_fee", most=FEE_MAX, default=0)
    """Money for a card that replaces another."""
    receipt_title: str = text("receipt_title", most=60, default="")
    """The utility's name at the head of every receipt."""
    receipt_tax_number: str = text("receipt_tax_number", most=30, default="")
    """The utility's number at the tax office, below its name."""
    receipt_person: str = text("receipt_person", among=("whole", "masked"), default="whole")
    """Who the customer is on receipts: all of it, or no more than he recognises himself by."""
    receipt_note: str = text("receipt_note", most=120, default="")
    """What stands at the foot of every receipt."""
    offline_money: int = number("offline_money", most=OFFLINE_MONEY_MAX, default=0)
    """Of what it has sold, a node may hold so much that headquarters has not acknowledged.

    0 is no bound, here and in the next two.
    """
    offline_sales: int = number("offline_sales", most=OFFLINE_SALES_MAX, default=0)
    """Likewise in purchases of a meter."""
    offline_hours: int = number("offline_hours", most=OFFLINE_HOURS_MAX, default=0)
    """Hours after headquarters' last answer in which a node may sell."""
    operators: str = text("operators", among=("local", LISTED), default="local")
    """Who works at a node: whom its own supervisors let sign in, or of these only who is on
    headquarters' list of persons (:mod:`yika_common.sync.person_list`) too."""
    operators_days: int = number("operators_days", least=1, most=OPERATORS_DAYS_MAX, default=30)
    """Days for which such a list is good."""
    operators_grace: int = number("operators_grace", most=OPERATORS_DAYS_MAX, default=14)
    """Days after that in which nodes warn; then only who has a date of his own may work."""
    difference_accepted: int = number("difference_accepted", most=DIFFERENCE_MAX, default=0)
    """So much over or short at a drawer's close needs no words, minor units."""
    difference_unsigned: int = number("difference_unsigned", most=DIFFERENCE_MAX, default=0)
    """Beyond so much over or short a second person signs; 0: never."""
    bank_holder: str = text("bank_holder", most=64, default="")
    """To whose account takings are brought; empty, as the next three: it is typed each time."""
    bank_number: str = text("bank_number", most=64, default="")
    bank_branch: str = text("bank_branch", most=64, default="")
    bank_name: str = text("bank_name", most=64, default="")
    fees: tuple[FeeItem, ...] = rows(
        "fees",
        FeeItem,
        (
            is_text(1, 16),
            is_text(1, 40),
            is_text(1, 40),
            is_number(1, CHARGE_MAX),
            is_number(0, WHOLE),
            is_text(0, 16),
            is_number(0, 1),
        ),
        most=FEES_MAX,
        default=(),
    )
    """What the points charge beside supply."""
    guarantees: tuple[GuaranteeKind, ...] = rows(
        "guarantees",
        GuaranteeKind,
        (is_text(1, 16), is_text(1, 40), is_text(1, 40)),
        most=FEES_MAX,
        default=(),
    )
    """What the points take guarantees for; none: they have a list of their own."""
    instructions: tuple[Instruction, ...] = rows(
        "instructions",
        Instruction,
        (
            is_text(1, 16),
            is_service,
            is_text(0, METER_ID_SIZE),
            is_text(1, INSTRUCTION_MAX),
            is_text(1, INSTRUCTION_MAX),
        ),
        most=INSTRUCTIONS_MAX,
        default=(),
    )
    """What receipts say of each model of meter; of the others they say it in general words."""


def sign_settings(settings: Settings, keys: Iterable[SigningKey]) -> SignedFile:
    """The settings as a file, signed by the ``registry`` role."""
    return sign(SETTINGS_TYPE, settings.to_bytes(), keys)


def open_settings(file: SignedFile, root: TrustRoot) -> Settings:
    """The settings, once the ``registry`` role's signature holds.

    Raises:
        WrongKind, SignatureInvalid, TooFewSignatures, FileMalformed, FileTooLarge: it does not.
    """
    payload = root.check("registry", file, payload_type=SETTINGS_TYPE)
    return Settings.parse(payload, limit=_SETTINGS_MAX)
