"""A small program on the screen kit: a counter that sells, to try the kit's promises on."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from yika_common.errors import YikaError
from yika_common.infra.sessions import Session, Sessions, TooManyAttempts, WrongPassword
from yika_common.infra.sqlite_errors import DiskFull
from yika_common.infra.web.app import make_app
from yika_common.infra.web.guard import machine, needs, passive, public
from yika_common.infra.web.login import Identity, login_blueprint
from yika_common.infra.web.site import Chip, Mood, NavItem, Site, signed_in
from yika_common.numbers import money_from_text

TEMPLATES = Path(__file__).parent / "web_kit_templates"


class Level(IntEnum):
    CLERK = 1
    SUPERVISOR = 2


class CardSwapped(YikaError):
    code = "card_swapped"
    sentence = "Another card is in the reader (%(number)s)."


class SettableClock:
    """Stands still until it is told to move."""

    def __init__(self, now: datetime = datetime(2026, 11, 23, 6, 5, 9, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


class CountingRandom:
    """Bytes that never repeat and never surprise."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, size: int) -> bytes:
        self.calls += 1
        return self.calls.to_bytes(size, "big")


class Counter:
    """What the demonstration program remembers."""

    def __init__(self, clock: SettableClock) -> None:
        self.clock = clock
        self.waiting = 3
        self.sold: list[str] = []
        self.tokens: set[str] = set()

    def chips(self, _: Session) -> Sequence[Chip]:
        mood: Mood = "warn" if self.waiting else "good"
        return (
            Chip("Waiting to send", str(self.waiting), mood),
            Chip("Card", "in the reader", "good", "counter.sell"),
            Chip("Printer", "no paper", "bad"),
            Chip("Headquarters", "4 min ago", "idle"),
        )

    def authenticate(self, name: str, password: str) -> Identity:
        if name == "locked":
            raise TooManyAttempts(seconds=60)
        if password != "correct horse":
            raise WrongPassword
        return Identity(name, name.title(), Level.SUPERVISOR if name == "li" else Level.CLERK)


def counter_blueprint(counter: Counter) -> Blueprint:
    pages = Blueprint("counter", __name__, template_folder=str(TEMPLATES))

    @pages.get("/")
    @needs(Level.CLERK)
    def home() -> str:
        return render_template("demo_home.html", sold=counter.sold)

    @pages.get("/sell")
    @needs(Level.CLERK)
    def sell() -> str:
        return render_template("demo_sell.html", now=counter.clock())

    @pages.post("/sell")
    @needs(Level.CLERK)
    def commit() -> Response:
        amount = money_from_text(request.form["amount"])
        if request.form["form_token"] not in counter.tokens:
            counter.tokens.add(request.form["form_token"])
            counter.sold.append(f"{signed_in().name} {amount}")
        return redirect(url_for("counter.home"), 303)

    @pages.get("/quote")
    @needs(Level.CLERK)
    def quote() -> str:
        return f"<output id='quote'>{money_from_text(request.args['amount'])}</output>"

    @pages.get("/boss")
    @needs(Level.SUPERVISOR)
    def boss() -> str:
        return "for supervisors"

    @pages.get("/tick")
    @needs(Level.CLERK)
    @passive
    def tick() -> str:
        return "tick"

    @pages.get("/open")
    @public
    def anybody() -> str:
        return "open to all"

    @pages.get("/swapped")
    @needs(Level.CLERK)
    def swapped() -> str:
        raise CardSwapped(number="0042 <b>")

    @pages.get("/full")
    @needs(Level.CLERK)
    def full() -> str:
        raise DiskFull

    @pages.get("/bug")
    @needs(Level.CLERK)
    def bug() -> str:
        raise ZeroDivisionError("secret detail")

    @pages.route("/api/v1/echo", methods=["GET", "POST"])
    @machine
    def echo() -> bytes:
        if request.data == b"bad":
            raise CardSwapped(number=7)
        return request.get_data()

    return pages


def build(
    clock: SettableClock | None = None,
    *,
    extra: Sequence[Blueprint] = (),
    https: bool = False,
    side: str = "node",
    language: str = "en",
) -> tuple[Flask, Counter]:
    clock = clock or SettableClock()
    random = CountingRandom()
    counter = Counter(clock)
    site = Site(
        side=side,
        title="Yika",
        instance="n1",
        clock=clock,
        random=random,
        sessions=Sessions(clock=clock, random=random),
        secret_key=b"k" * 32,
        time_zone=ZoneInfo("Asia/Shanghai"),
        home="counter.home",
        nav=(
            NavItem("counter.home", "Counter"),
            NavItem("counter.sell", "Sell", "F2", Level.CLERK),
            NavItem("counter.boss", "Operators", "F10", Level.SUPERVISOR),
        ),
        statuses={CardSwapped: 422},
        chips=counter.chips,
        health=lambda: {"waiting": counter.waiting},
        https=https,
        language=language,
    )
    login = login_blueprint(counter.authenticate)
    return make_app(__name__, site, [login, counter_blueprint(counter), *extra]), counter
