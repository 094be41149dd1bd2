"""The sales, what each was made of, and what re-rating says of it."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from yika_central.bootstrap import Headquarters
from yika_central.reports.labels import OUTCOMES, SERVICES
from yika_central.services.enquiries import Cursor
from yika_central.services.sale_money import money_of_sale
from yika_central.web.forms import TEXTS, filter_from
from yika_central.web.ranks import Rank
from yika_central.web.ruling_pages import KINDS as RULING_KINDS
from yika_common.infra.web.guard import needs


def sale_pages(hq: Headquarters) -> Blueprint:
    """The pages ``sale.…``."""
    pages = Blueprint("sale", __name__)

    @pages.get("/sales")
    @needs(Rank.AUDITOR)
    def listed() -> str:
        page = hq.enquiries.sales(filter_from(request.args), _cursor())
        return render_template(
            "sales.html",
            page=page,
            chosen=chosen_fields(),
            services=tuple(SERVICES),
            outcomes=tuple(OUTCOMES),
            nodes=[node.node for node in hq.registry.nodes()],
        )

    @pages.get("/sales/<node>/<int:epoch>/<int:branch>/<int:seq>")
    @needs(Rank.AUDITOR)
    def detail(node: str, epoch: int, branch: int, seq: int) -> str:
        place = (node, epoch, branch, seq)
        return render_template(
            "sale.html",
            sale=hq.enquiries.sale(place),
            money_of=money_of_sale(hq.database, place),
            rulings=hq.rulings.of_sale(place),
            ruling_kinds=RULING_KINDS,
            void=hq.rulings.is_void(place),
            limit=hq.adjustments.limit,
        )

    @pages.get("/rerating")
    @needs(Rank.AUDITOR)
    def rerating() -> str:
        page = hq.enquiries.sales(filter_from(request.args, differing=True), _cursor())
        return render_template(
            "rerating.html",
            page=page,
            chosen=chosen_fields(),
            causes=hq.enquiries.differences(),
            waiting=hq.enquiries.waiting().queue,
        )

    @pages.post("/rerating")
    @needs(Rank.ACCOUNTANT)
    def price_again() -> Response:
        hq.rerating.drain()
        hq.settling.run()
        return redirect(url_for("sale.rerating"), 303)

    return pages


def chosen_fields() -> dict[str, str]:
    """The filter's fields of this page's address, to be shown and carried on."""
    names = (*TEXTS, "first", "last")
    return {name: request.args[name] for name in names if request.args.get(name)}


def _cursor() -> Cursor | None:
    return Cursor.from_text(request.args.get("at", ""))
