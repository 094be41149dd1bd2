"""Many accounts from one table: opened, changed, and what was done so taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, make_response, render_template, request

from yika_common.infra.web.again import or_again
from yika_common.infra.web.guard import needs
from yika_node.bootstrap import Node
from yika_node.services.rights import Right
from yika_node.web.forms import typed
from yika_node.web.front import front, node, operator
from yika_node.web.register_pages import account_life_of

if TYPE_CHECKING:
    from yika_node.services.account_changes import AccountChanges

pages = Blueprint("batch", __name__)


def account_changes_of(node: Node) -> AccountChanges:
    """The desk of a node; loaded when it is asked for, because tables seldom come."""
    from yika_node.services.account_changes import AccountChanges  # noqa: PLC0415 - see above

    return AccountChanges(
        journal=node.journal,
        accounts=node.accounts,
        life=account_life_of(node),
        amendments=node.amendments,
        zone=node.config.place.zone,
        clock=node.clock,
    )


def _import() -> str:
    return render_template("account_import.html", rows=None)


@pages.get("/accounts/import")
@needs(Right.IMPORT_ACCOUNTS)
def import_page() -> str:
    """The form for a table of households."""
    return _import()


@pages.post("/accounts/import")
@needs(Right.IMPORT_ACCOUNTS)
@or_again(_import)
def import_table() -> str:
    """Try the table, or open its accounts."""
    from yika_node.services.account_import import AccountImport, undo_table  # noqa: PLC0415

    desk, opening = AccountImport(node().accounts, node().clock), bool(request.form.get("open"))
    rows = desk.open(operator(), _file()) if opening else desk.tried(_file())
    undo = _kept(undo_table(rows)) if opening else ""
    return render_template("account_import.html", rows=rows, opening=opening, undo=undo)


def _changes() -> str:
    return render_template("account_changes.html", rows=None)


@pages.get("/accounts/changes")
@needs(Right.IMPORT_ACCOUNTS)
def changes_page() -> str:
    """The form for a table of changes."""
    return _changes()


@pages.post("/accounts/changes")
@needs(Right.IMPORT_ACCOUNTS)
@or_again(_changes)
def change_table() -> str:
    """Try the table, or do what it says."""
    desk, changing = account_changes_of(node()), bool(request.form.get("change"))
    reason, undo = typed(request.form, "reason"), ""
    if changing:
        rows = desk.change(operator(), _file(), reason)
        undo = _kept(desk.undo_table(rows))
    else:
        rows = desk.tried(_file(), reason)
    return render_template("account_changes.html", rows=rows, undo=undo, reason=reason)


@pages.get("/accounts/undo/<name>.csv")
@needs(Right.IMPORT_ACCOUNTS)
def undo_file(name: str) -> Response:
    """The table that takes back what a table has just done."""
    answer = make_response(node().accounts.undo_files.file(operator(), name))
    answer.mimetype = "text/csv"
    answer.headers["Content-Disposition"] = f"attachment; filename=undo-{name[:8]}.csv"
    return answer


def _file() -> bytes:
    sent = request.files.get("file")
    return b"" if sent is None else sent.read()


def _kept(undo: bytes) -> str:
    """Under which name the undo file is kept; the accounts have changed."""
    # The card read last still shows its account as it was.
    front().last_card.keep(None)
    front().soon()
    return node().accounts.undo_files.keep(operator(), undo)
