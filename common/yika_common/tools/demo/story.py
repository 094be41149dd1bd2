"""What the demonstration does, in order; every step is checked before the next begins."""

import json
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from yika_common.clock import Clock
from yika_common.infra.entropy import system_random
from yika_common.infra.files import replace_file
from yika_common.numbers import money_from_text
from yika_common.services import PROFILES, Service
from yika_common.simulated.card_file import new_card_file
from yika_common.tools.demo.link import Link
from yika_common.tools.demo.meters import Depot
from yika_common.tools.demo.office import ACCOUNTANT, ADMIN, OFFICERS, Office
from yika_common.tools.demo.point import OPERATOR, Point
from yika_common.tools.demo.processes import StepFailed, run
from yika_common.tools.demo.town import AREAS, Household, households
from yika_common.values import dataclass

Tell = Callable[[str], None]

POINTS = {"N0001": ("东河营业厅", ("A01", "A02")), "N0002": ("南关代售点", ("A03",))}
"""Vending point to what people call it and the areas it sells for."""

WRITER = "N0001"
"""The vending point that writes the special cards that headquarters orders."""

TENDERS = {
    Service.ELECTRICITY_SINGLE: "100.00",
    Service.HEAT: "1500.00",
    Service.GAS: "200.00",
    Service.COLD_WATER: "120.00",
    Service.HOT_WATER: "90.00",
    Service.RECYCLED_WATER: "35.00",
    Service.PURIFIED_WATER: "60.00",
}
"""What a household pays for each service."""

ADJUSTED = "Owed by the customer"
"""What a receipt calls the difference that it settles."""

FLOAT = "300"
"""Change in each drawer in the morning."""

STALE_TENDER = "500.00"
SPARE_CARDS = 20
"""Numbers of each area that are left for cards in the place of lost ones."""

BLANK_CARDS = 100
"""Blank cards in the drawer of each vending point."""

PULLED_AFTER_BYTES = 60
SWITCH_DELAY = timedelta(seconds=8)


@dataclass(slots=True)
class Customer:
    """A household once it has an account and a card."""

    household: Household
    account: str
    card: Path
    meters: dict[int, str]

    def slot_of(self, service: Service) -> int:
        """The first slot of a service."""
        return self.household.services.index(service)


@dataclass
class Story:
    """The town, its headquarters and its vending points, as the steps go on."""

    folder: Path
    tell: Tell
    clock: Clock
    running: ExitStack
    sales: int = 0
    credited: int = 0
    customers: list[Customer] = field(default_factory=list)
    points: dict[str, Point] = field(default_factory=dict)

    def __post_init__(self) -> None:
        people = (ADMIN, *OFFICERS, ACCOUNTANT, OPERATOR)
        words = {name: f"{name}-{system_random(8).hex()}" for name in people}
        self.passwords = words
        self.office = Office(self.folder / "central", words)
        self.depot = Depot(self.folder / "factory", self.folder / "meters")
        for name in ("meters", "cards", "logs"):
            (self.folder / name).mkdir()

    def play(self) -> dict[str, Any]:
        """All of it; returns the summary.

        Raises:
            StepFailed: a step did not hold.
        """
        self.set_up_headquarters()
        self.open_points()
        self.show_one_household()
        self.pull_a_card()
        self.open_the_town()
        self.sell_on_a_stale_tariff()
        self.bring_everything_home()
        self.settle_the_difference()
        self.count_the_drawers()
        return self.close_the_books()

    def set_up_headquarters(self) -> None:
        """Keys, people, tariffs and stock."""
        self.tell("Headquarters makes its keys and its people.")
        self.office.set_up(AREAS)
        tariffs = self.office.publish_shipped()
        self.tell(f"Two tariff officers sign and publish {len(tariffs)} tariffs.")
        profiles = [(home.area, home.profile) for home in households()]
        for area, profile in sorted(set(profiles)):
            count = profiles.count((area, profile))
            stock = self.office.stock(area, profile, count, self.folder / "factory")
            self.depot.receive(area, stock)
        for area in AREAS:
            self.office.number_cards(area, SPARE_CARDS)
        self.tell("Meters and cards for sixty households are in stock, with a key of their own.")
        self.running.callback(self.office.serve(self.folder / "logs" / "central.log").stop)
        self.tell(f"Headquarters is open at {self.office.url}.")

    def open_points(self) -> None:
        """Two vending points register with a one-time token and open."""
        for name, (title, areas) in POINTS.items():
            point = Point(
                name=name,
                folder=self.folder / name,
                areas=areas,
                password=self.passwords[OPERATOR],
                link=Link(self.office.port),
            )
            self.points[name] = point
            address = f"http://127.0.0.1:{point.link.port}"
            reader = self.folder / f"{name}.reader"
            point.enrol(self.office.invite(name, title, areas, address), reader)
            point.open(reader, self.folder / "logs" / f"{name}.log")
            self.running.callback(point.close)
            point.clerk.open_shift(FLOAT)
            point.clerk.receive_blanks(BLANK_CARDS)
            self.tell(f"{name} is registered for {', '.join(areas)} and open at {point.url}.")
        self.office.let_issue(WRITER)

    def show_one_household(self) -> None:
        """Open an account, initialise its card, sell for eight meters, load them, read back."""
        point = self.points["N0001"]
        home = next(home for home in households() if home.profile == max(PROFILE_SIZES))
        self.tell(f"{home.name} opens an account for {home.profile} meters; its card is made.")
        customer = self._welcome(point, home)
        self._sell(point, customer, self._tenders(customer))
        self.tell(f"The card holds credit for {home.profile} meters, bought in one basket.")
        point.reader.remove()
        took = self._load(customer)
        if took != home.profile:
            raise StepFailed(f"{took} of {home.profile} meters took the credit")
        point.reader.insert(customer.card)
        point.clerk.read_card()
        point.reader.remove()
        self.tell("Every meter took its credit and wrote back; the node has read the answers.")

    def pull_a_card(self) -> None:
        """The card is pulled in the middle of a write; nothing is lost, nothing doubled."""
        point, customer = self.points["N0001"], self.customers[0]
        slot = customer.slot_of(Service.COLD_WATER)
        point.reader.insert(customer.card)
        point.reader.pull_after(PULLED_AFTER_BYTES)
        states = point.clerk.sell({slot: TENDERS[Service.COLD_WATER]})
        if states != ["pending"]:
            raise StepFailed(f"a card pulled in mid-write left the sale {states}")
        self.tell("The card is pulled in mid-write: the sale is pending, the money is recorded.")
        point.reader.insert(customer.card)
        point.clerk.read_card()
        point.reader.remove()
        self.sales += 1
        if self._load(customer) != 1:
            raise StepFailed("the finished sale did not reach exactly one meter")
        self.tell("The same card is put in again: the sale is finished, once.")

    def open_the_town(self) -> None:
        """Everybody else gets an account, a card, a purchase and loaded meters."""
        waiting = [home for home in households() if home != self.customers[0].household]
        for number, home in enumerate(waiting, start=2):
            point = next(one for one in self.points.values() if home.area in one.areas)
            customer = self._welcome(point, home)
            self._sell(point, customer, self._tenders(customer))
            point.reader.remove()
            self._load(customer)
            if number % len(waiting[:20]) == 0:
                self.tell(f"{number} households have a card and loaded meters.")

    def sell_on_a_stale_tariff(self) -> None:
        """A new price is published while one vending point has no network."""
        near, far = self.points["N0001"], self.points["N0002"]
        far.clerk.sync()
        far.link.pull()
        self.tell("The network cable of N0002 is pulled out.")
        effective = self.clock() + SWITCH_DELAY
        change = self.office.publish_price_change(effective)
        near.clerk.sync()
        self.tell(f"Headquarters publishes version {change['version']} of {change['tariff']}.")
        self._wait_until(effective + timedelta(seconds=1))
        for point, tariff in ((near, "the new"), (far, "the old")):
            customer = self._customer_of(point)
            point.reader.insert(customer.card)
            self._sell(point, customer, {customer.slot_of(Service.COLD_WATER): STALE_TENDER})
            point.reader.remove()
            self._load(customer)
            self.tell(f"{point.name} sells water for {STALE_TENDER} on {tariff} tariff.")

    def bring_everything_home(self) -> None:
        """The cable goes back in; both vending points sync."""
        self.points["N0002"].link.plug()
        for point in self.points.values():
            point.clerk.sync()
        self.tell("The cable is back; both vending points have sent everything.")

    def settle_the_difference(self) -> None:
        """Price again; the next purchase settles what the old price left open, once."""
        self.office.rerate()
        far = self.points["N0002"]
        far.clerk.sync()
        customer = self._customer_of(far)
        for settled in (True, False):
            far.reader.insert(customer.card)
            self._sell(far, customer, {customer.slot_of(Service.COLD_WATER): STALE_TENDER})
            far.reader.remove()
            self._load(customer)
            if (ADJUSTED in far.clerk.receipt) is not settled:
                raise StepFailed("the difference was not settled exactly once")
        self._check_receipt(far)
        self.tell("The next purchase settles the difference, the one after it nothing more.")
        far.clerk.sync()

    def count_the_drawers(self) -> None:
        """The clerks count what they took; each drawer holds what its vending point expects."""
        for point in self.points.values():
            report = point.clerk.close_shift()
            point.clerk.sync()
            self.tell(f"The drawer of {point.name} is counted and right: Z report {report}.")

    def close_the_books(self) -> dict[str, Any]:
        """Write the workbook, verify every journal from its files."""
        self.office.rerate()
        workbook = self.folder / "consolidated.xlsx"
        report = self.office.report(workbook)
        self._expect("sales at headquarters", report["sales"], self.sales)
        if not report["rerated"] or money_from_text(report["difference"]) == 0:
            raise StepFailed("the sale on the old tariff made no difference")
        self.tell(
            f"Re-rating finds {report['rerated']} sale(s) to differ by {report['difference']}."
        )
        self.tell(f"The workbook of {report['sales']} sales is {workbook}.")
        self.office.check()
        verdicts = self._verify()
        self.tell(f"The journals of {len(verdicts)} vending points verify back to the root keys.")
        return {
            "sales": self.sales,
            "meters_credited": self.credited,
            "segments": self.office.segments(),
            "rerated": report["rerated"],
            "difference": report["difference"],
            "workbook": str(workbook),
            "verified": all(verdict["ok"] for verdict in verdicts),
        }

    def leave_spares(self) -> None:
        """One more meter of each kind in the first area, for a visitor who replaces one."""
        area, profile = next(iter(AREAS)), max(PROFILE_SIZES)
        self.depot.receive(area, self.office.stock(area, profile, 1, self.folder / "factory"))
        self.depot.take(area, PROFILES[profile])

    def _welcome(self, point: Point, home: Household) -> Customer:
        """Open the account, initialise its card and leave it in the reader."""
        meters = self.depot.take(home.area, home.services)
        account = point.clerk.open_account(home, meters)
        card = self.folder / "cards" / account
        new_card_file(card, system_random)
        point.reader.insert(card)
        point.clerk.initialise_card(account)
        customer = Customer(home, account, card, meters)
        self.customers.append(customer)
        return customer

    def _customer_of(self, point: Point) -> Customer:
        return next(one for one in self.customers if one.household.area in point.areas)

    def _check_receipt(self, point: Point) -> None:
        """The code of the receipt printed last is checked by anyone, without the vending point."""
        files = self.folder / f"{point.name}-receipt"
        files.mkdir()
        point.save_journal(files / "journal.yika")
        root = str(self.folder / "central" / "root.json")
        code = point.clerk.receipt_code()
        verdict = json.loads(run(["yika", "verify", "--root", root, "--qr", code, str(files)]))
        if not verdict["ok"]:
            raise StepFailed(f"the receipt {verdict['receipt']} does not verify")
        self.tell(f"The code on receipt {verdict['receipt']} proves the {verdict['paid']} paid.")

    def _sell(self, point: Point, customer: Customer, amounts: dict[int, str]) -> None:
        states = point.clerk.sell(amounts)
        if set(states) != {"written"}:
            raise StepFailed(f"the sale to {customer.account} came back {states}")
        self.sales += len(states)

    def _load(self, customer: Customer) -> int:
        took = self.depot.load(customer.card, customer.meters)
        self.credited += took
        return took

    def _tenders(self, customer: Customer) -> dict[int, str]:
        return {slot: TENDERS[service] for slot, service in enumerate(customer.household.services)}

    def _wait_until(self, moment: datetime) -> None:
        pause = threading.Event()
        while self.clock() < moment:
            pause.wait(0.2)

    def _verify(self) -> list[dict[str, Any]]:
        stick = self.folder / "stick"
        stick.mkdir()
        for name, point in self.points.items():
            point.save_journal(stick / f"{name}-journal.yika")
        root = self.folder / "root.json"
        replace_file(root, (self.folder / "central" / "root.json").read_bytes())
        output = run(["yika", "verify", "--root", str(root), str(stick)])
        return [json.loads(line) for line in output.splitlines()]

    def _expect(self, what: str, found: int, wanted: int) -> None:
        if found != wanted:
            raise StepFailed(f"{what}: {found}, and {wanted} were made")


PROFILE_SIZES: Sequence[int] = sorted({home.profile for home in households()})
