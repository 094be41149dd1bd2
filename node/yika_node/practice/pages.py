"""What practice has besides the vending point's own pages: the table, the meters, the first hour.

They sign nobody in: whoever sits at this machine may put practice cards in and out.
"""

from typing import Final

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from yika_common.clock import Clock
from yika_common.errors import YikaError
from yika_common.infra.entropy import RandomSource
from yika_common.infra.web.faults import sentence_here
from yika_common.infra.web.guard import public
from yika_common.infra.web.site import NavItem
from yika_common.tools.wall.bench import Bench
from yika_common.tools.wall.pages import teach_words, wall_pages
from yika_node.practice.office import MANAGER, NODE
from yika_node.practice.steps import Step, steps_done
from yika_node.practice.town import CLERK, PASSWORD, PIN, SUPERVISOR, Practice
from yika_node.web.practice_words import HOW, STEPS

PLACES: Final = (
    NavItem("practice.hour", _("First hour")),
    NavItem("practice.table", _("Cards and reader"), "F12"),
    NavItem("wall.page", _("Meters")),
)
"""Where the strip on every page of practice leads."""


def practice_blueprints(
    practice: Practice, clock: Clock, random: RandomSource
) -> tuple[Blueprint, ...]:
    """The pages ``practice.…`` and ``wall.…``."""
    bench = Bench(practice.folder, clock=clock, random=random, readers={NODE: practice.reader})
    return _table_pages(practice, bench), wall_pages(bench, url_prefix="/meters")


def teach(app: Flask) -> None:
    """What the templates of these pages may say."""
    teach_words(app)
    app.jinja_env.globals.update(HOW=HOW, STEPS=STEPS)


def _table_pages(practice: Practice, bench: Bench) -> Blueprint:
    pages = Blueprint("practice", __name__, url_prefix="/practice", template_folder="templates")

    @pages.get("/hour")
    @public
    def hour() -> str:
        done = steps_done(practice.folder / "node", practice.begun)
        following = next((step for step in Step if step not in done), None)
        return render_template(
            "first_hour.html",
            steps=tuple(Step),
            done=done,
            following=following,
            names=(CLERK, SUPERVISOR),
            password=PASSWORD,
            manager=MANAGER,
            pin=PIN,
        )

    @pages.get("/table")
    @public
    def table() -> str:
        return render_template(
            "table.html",
            cards=bench.cards(),
            reader=NODE,
            pulls=practice.reader.pull_next,
            names=(CLERK, SUPERVISOR),
            password=PASSWORD,
            manager=MANAGER,
            pin=PIN,
        )

    @pages.post("/card")
    @public
    def card() -> Response:
        name = request.form.get("card", "")
        try:
            if name:
                bench.to_reader(name, NODE)
            else:
                bench.from_reader(NODE)
        except YikaError as refusal:
            flash(sentence_here(refusal), "bad")
        return redirect(url_for("practice.table"), 303)

    @pages.post("/pull")
    @public
    def pull() -> Response:
        practice.reader.pull_next = not practice.reader.pull_next
        return redirect(url_for("practice.table"), 303)

    return pages
