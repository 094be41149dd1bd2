"""A clerk who works at a node's pages: every act is a form, filled in and posted over HTTP."""

import re
from collections.abc import Mapping
from html import unescape
from urllib.parse import urlsplit

import requests

from yika_common.numbers import Money, money_from_text, money_to_text
from yika_common.tools.demo.processes import StepFailed
from yika_common.tools.demo.town import Household

_INPUT = re.compile(r"<input\b[^>]*>")
_ATTRIBUTE = re.compile(r'([a-z_-]+)="([^"]*)"')
_CODE = re.compile(r"YIKA:[A-Z2-7]+")
_PAID = re.compile(r'class="total"><span>[^<]*</span><span>¥([0-9,.]+)<')
_CLOSING = re.compile(r'action="(/shift/close/[0-9]+/[0-9]+)"')
_AS_EXPECTED = "as expected"
_PENDING = re.compile(r'data-sale-state="([a-z]+)"')

TIMEOUT_S = 60


class Clerk:
    """Signed in at one node, in one browser.

    ``receipt`` is the page of the last sale, ``drawer`` the cash taken so far, minor units.
    """

    def __init__(self, url: str, name: str, password: str) -> None:
        """Sign in.

        Raises:
            StepFailed: the node refused; the text carries the sentence of its page.
        """
        self._url = url
        self.receipt = ""
        self.drawer = Money(0)
        self._browser = requests.Session()
        self._browser.trust_env = False
        self._browser.headers["Accept-Language"] = "en"
        self._post("/login", "/login", {"name": name, "password": password})

    def open_shift(self, amount: str) -> None:
        """Begin the day with so much change in the drawer."""
        self._post("/shift", "/shift/open", {"total": amount})
        self.drawer = money_from_text(amount)

    def close_shift(self) -> int:
        """Count the drawer and close the shift; the number of its Z report.

        Raises:
            StepFailed: what the clerk took is not what the vending point expects.
        """
        found = _CLOSING.search(self._get("/shift").text)
        if found is None:
            raise StepFailed("there is no open shift to be closed")
        report = self._post("/shift", found[1], {"total": money_to_text(self.drawer)})
        if _AS_EXPECTED not in report.text:
            raise StepFailed(f"{money_to_text(self.drawer)} in the drawer is not as expected")
        return int(urlsplit(report.url).path.rsplit("/", 1)[-1])

    def open_account(self, household: Household, meters: Mapping[int, str]) -> str:
        """Open an account for a household; ``meters`` is slot to meter number.

        Returns:
            The account's number.
        """
        fields = {
            "name": household.name,
            "phone": household.phone,
            "address": household.address,
            "document": "",
            "area": household.area,
            "tariff_class": "residential",
            "profile": str(household.profile),
            "persons": str(household.persons),
            "area_m2": household.heated_area_m2,
        } | {f"meter-{slot}": meter for slot, meter in meters.items()}
        answer = self._post("/accounts/new", "/accounts/new", fields)
        return urlsplit(answer.url).path.rsplit("/", 1)[-1]

    def receive_blanks(self, chips: int) -> None:
        """Record that so many blank cards came."""
        fields = {"what": "received", "chips": str(chips), "reason": ""}
        self._post("/cards/stock", "/cards/stock", fields)

    def initialise_card(self, account: str) -> None:
        """Make the blank card in the reader the account's card."""
        self._post(f"/accounts/{account}", f"/accounts/{account}/card", {})

    def read_card(self) -> str:
        """Read the card in the reader; returns the page."""
        return self._post("/", "/card/read", {}).text

    def sell(self, amounts: Mapping[int, str]) -> list[str]:
        """Sell for money onto the card in the reader; ``amounts`` is slot to money.

        Returns:
            The state of every line of the receipt: ``written`` or ``pending``.
        """
        page = self._get("/sell").text
        fields = _hidden(page)
        for slot, amount in amounts.items():
            fields |= {f"by-{slot}": "m", f"amount-{slot}": amount}
        answer = self._checked(
            self._browser.post(f"{self._url}/sell", data=fields, timeout=TIMEOUT_S)
        )
        self.receipt = answer.text
        states, paid = _PENDING.findall(self.receipt), _PAID.search(self.receipt)
        if paid is not None:
            self.drawer = Money(self.drawer + money_from_text(paid[1].replace(",", "")))
        if len(states) != len(amounts):
            raise StepFailed(f"a sale for {len(amounts)} meters came back with {states}")
        return states

    def receipt_code(self) -> str:
        """The code on the receipt printed last.

        Raises:
            StepFailed: it has none.
        """
        found = _CODE.search(self.receipt)
        if found is None:
            raise StepFailed("the receipt carries no code")
        return found[0]

    def sync(self) -> None:
        """Press the button that sends what waits."""
        self._post("/sync", "/sync/now", {})

    def download(self, path: str) -> bytes:
        """A file that a page offers."""
        return self._get(path).content

    def _get(self, path: str) -> requests.Response:
        return self._checked(self._browser.get(f"{self._url}{path}", timeout=TIMEOUT_S))

    def _post(self, form: str, path: str, fields: Mapping[str, str]) -> requests.Response:
        token = {"csrf_token": _hidden(self._get(form).text)["csrf_token"]}
        return self._checked(
            self._browser.post(f"{self._url}{path}", data=token | dict(fields), timeout=TIMEOUT_S)
        )

    def _checked(self, answer: requests.Response) -> requests.Response:
        if not answer.ok:
            text = re.sub(r"<[^>]+>", " ", answer.text.split("<main", 1)[-1])
            raise StepFailed(f"{answer.url}: {' '.join(unescape(text).split())[:400]}")
        return answer


def _hidden(page: str) -> dict[str, str]:
    """The hidden inputs of a page."""
    found = {}
    for tag in _INPUT.findall(page):
        attributes = dict(_ATTRIBUTE.findall(tag))
        if attributes.get("type") == "hidden" and "name" in attributes:
            found[attributes["name"]] = unescape(attributes.get("value", ""))
    return found
