"""The vending point at which the manual is walked: one for each language, with all that it needs.

Headquarters has sent its fees, a fee for a new card, and a managing card whose holder is no
operator.  Each walk has customers of its own, so that the walks can be done in any order.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from card_builders import ChipMemory, repeatable_random
from little_headquarters import MASTERS
from node_pages import Pages
from node_world import OPERATOR, PASSWORD, Fate, World, a_chip, a_form, for_money
from printer_builders import printer_at, until
from served import served
from special_builders import HOLDER, MANAGING_NUMBER, PIN, managing_order
from staff_builders import add_operator
from yika_common.cards.application import File
from yika_common.cards.special.contact import issue
from yika_common.cards.special.face import ISSUER_SIZE
from yika_common.cards.special.keys import derive_managing_keys
from yika_common.infra.pins import stretched
from yika_common.simulated.icc import UserCardIcc
from yika_common.simulated.receipt_printer import ReceiptPrinter
from yika_common.sync.personal_data import Person as Holder
from yika_common.sync.settings import FeeItem, Settings
from yika_common.sync.special_list import IssueOrder, ManagingEntry
from yika_node.services.views import Account, Level

ROOT = Path(__file__).resolve().parents[2]
CLERK = "wei"
WATER, GAS = 4, 3
"""Places of a card for eight meters; the first one is electricity."""
CARDS, METERS_EACH = 150, 300
SETTINGS = Settings(
    receipt_title="光明公用事业 Bright Utilities",
    card_fee=1000,
    fees=(
        FeeItem("SEAL", "表封", "Meter seal", 2_260, 130_000, "6051", 0),
        FeeItem("VISIT", "上门服务", "Visit", 5_000, 0, "6052", 1),
    ),
)


@dataclass
class Household:
    """A customer: his account, and the chip of his card."""

    account: Account
    chip: ChipMemory

    @property
    def number(self) -> str:
        """The account's number."""
        return self.account.number

    @property
    def card(self) -> str:
        """The card's number."""
        assert self.account.card is not None
        return self.account.card


class Shop:
    """A vending point that is open, and the street before it."""

    def __init__(self, pages: Pages, url: str, printer: ReceiptPrinter, language: str) -> None:
        self.pages, self.url, self.printer, self.language = pages, url, printer, language
        self.world, self.node = pages.world, pages.node
        self.managing = ChipMemory()
        self._households = self._sold = 0

    def begin(self) -> None:
        """The counter as a walk finds it: no card, paper, money taken without a shift."""
        self.hold_still()
        self.take_out()
        self.printer.paper()
        self.node.guard.on = False

    def household(self, profile: int = 8, *, card: bool = True) -> Household:
        """Another customer, with a card unless told otherwise; nothing is in the reader."""
        index = self._households
        self._households += 1
        holder = Holder(
            name="王小明", phone=f"1380000{index:04}", address=f"东河路 {index + 1} 号"
        )
        account = self.node.accounts.open(OPERATOR, a_form(profile, index, person=holder))
        chip = a_chip(index)
        if card:
            self.put_in(chip)
            self.node.cards.initialise(OPERATOR, account.number)
            self.take_out()
        return Household(self.node.accounts.get(account.number), chip)

    def spare(self) -> ChipMemory:
        """A blank chip."""
        self._households += 1
        return a_chip(self._households + 1000)

    def free_meter(self, digit: str) -> str:
        """A meter of that kind which nobody has; its household is passed over."""
        index = self._households
        self._households += 1
        return f"{digit}{2 * index:011}"

    def sell(self, customer: Household, slot: int = 0, minor: int = 5000) -> None:
        """Sell to a customer, with nobody at the pages."""
        self.put_in(customer.chip)
        self._sold += 1
        token = f"prepared-{self._sold}"
        self.node.sales.sell(OPERATOR, customer.card, [for_money(slot, minor)], token)
        self.take_out()

    def load(self, customer: Household, slot: int) -> None:
        """The customer puts his card into one of his meters."""
        self.world.load(customer.chip, customer.account.meters[slot].meter)

    def another(self) -> int:
        """A number that nothing else here bears."""
        self._households += 1
        return self._households

    def pull_at_the_last_write(self) -> None:
        """The card in the reader is pulled when the next sale has written nearly all of it."""
        hand = self.world.hand
        hand.fate = looking = Fate()
        self.node.cards.read()
        hand.fate = Fate(at=len(looking.steps), how="pull")

    def hold_still(self) -> None:
        """Nobody pulls anything any more."""
        self.world.hand.fate = Fate()

    def damage(self, customer: Household) -> None:
        """The first place of his card shows nonsense."""
        whole = customer.chip.memory
        torn = (b"\x5a" * 130, *whole.records[File.CREDIT][1:])
        customer.chip.memory = replace(whole, records={**whole.records, File.CREDIT: torn})

    def pending(self) -> list[str]:
        """The accounts whose sales wait for their cards."""
        return [sale.account for sale in self.node.enquiries.pending()]

    def sales(self) -> int:
        """How many meters were sold to, ever."""
        return len(self.node.enquiries.sales(limit=1000).rows)

    def printed(self, papers: int) -> None:
        """Wait until so many papers have come out of the printer."""
        until(lambda: len(self.printer.papers) >= papers)

    def put_in(self, chip: ChipMemory) -> None:
        """Put a card into the reader, in place of what is there."""
        self.world.hand.insert(chip)
        self.world.pass_time(seconds=1)

    def take_out(self) -> None:
        """Leave the reader empty."""
        self.world.hand.pull()
        self.world.pass_time(seconds=1)

    def exchange(self) -> None:
        """Exchange with headquarters."""
        self.node.courier.sync()

    def name(self, english: str) -> str:
        """A text of the pages, in the language of the shop."""
        if self.language == "en":
            return english
        return texts()[english]


@cache
def texts() -> dict[str, str]:
    """The pages' texts: English and Chinese."""
    found = {}
    for package in ("common", "node"):
        [path] = (ROOT / package).glob("*/translations/*/LC_MESSAGES/messages.po")
        with path.open("rb") as file:
            for message in read_po(file):
                if isinstance(message.id, str) and isinstance(message.string, str):
                    found[message.id] = message.string
    return found


@contextmanager
def shop_in(folder: Path, language: str) -> Iterator[Shop]:
    """A shop that is open, in a folder of its own."""
    world = World(folder)
    printer = printer_at(world.folder, width=58)
    world.headquarters.cards, world.headquarters.meters_each = CARDS, METERS_EACH
    node = world.enrolled()
    try:
        pages = Pages(world, node)
        with served(pages.app) as url:
            shop = Shop(pages, url, printer, language)
            _furnish(shop)
            yield shop
    finally:
        node.close()
        printer.close()


def _furnish(shop: Shop) -> None:
    add_operator(shop.node, CLERK, Level.CLERK)
    headquarters = shop.world.headquarters
    headquarters.publish_settings(SETTINGS)
    keys = derive_managing_keys(MASTERS.card, MANAGING_NUMBER, 1)
    headquarters.list_special(managers=(_accepted(),), orders=())
    order = managing_order(
        issuer=bytes.fromhex(headquarters.root.digest)[:ISSUER_SIZE],
        host_key=keys.manage,
        approval_key=keys.approve,
    )
    icc = UserCardIcc(shop.managing, repeatable_random(7))
    issue(icc, repeatable_random(3), order, PIN, stretched)
    shop.exchange()
    for slot in (0, WATER):
        shop.sell(shop.household(), slot)


def order_a_managing_card(shop: Shop) -> str:
    """Headquarters orders another managing card, which this vending point is to write."""
    headquarters = shop.world.headquarters
    number = f"88000000{shop.another():04}"
    keys = derive_managing_keys(MASTERS.card, number, 1)
    order = IssueOrder(
        card=number,
        type="managing",
        holder="Chen Wei",
        key_version=1,
        issuer=headquarters.root.digest[: 2 * ISSUER_SIZE],
        host=keys.manage.hex(),
        approve=keys.approve.hex(),
    )
    ordered = ManagingEntry(
        card=number, holder="Chen Wei", key_version=1, manage=keys.manage.hex()
    )
    headquarters.list_special(issuing=1, managers=(_accepted(), ordered), orders=(order,))
    shop.exchange()
    return number


def _accepted() -> ManagingEntry:
    keys = derive_managing_keys(MASTERS.card, MANAGING_NUMBER, 1)
    return ManagingEntry(
        card=MANAGING_NUMBER, holder=HOLDER, key_version=1, manage=keys.manage.hex()
    )


__all__ = ["CLERK", "GAS", "OPERATOR", "PASSWORD", "PIN", "WATER", "Household", "Shop", "shop_in"]
