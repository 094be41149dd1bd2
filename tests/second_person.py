"""A second person at the pages: asked for with a reason, and approving with his managing card."""

from collections.abc import Mapping

from node_pages import Clerk
from yika_common.journal.card_bodies import Approved


def approved(clerk: Clerk, place: str, reason: str) -> str:
    """Ask at the page of an act, approve it as the managing card's desk does; where that leads."""
    return approved_with(clerk, place, {"reason": reason})


def approved_with(clerk: Clerk, place: str, fields: Mapping[str, str]) -> str:
    """The same with other fields of the act's form."""
    asked = clerk.post(place, fields, on=place)
    assert asked.status_code == 303, asked.text
    token = asked.location.rsplit("/", 1)[-1]
    book = clerk.pages.node.approvals
    waiting = book.pending(token)
    body = Approved(
        act=waiting.digest.hex(), card="870000000001", holder="lin", counter=1, proof="00" * 8
    )
    book.give(token, body)
    return f"{waiting.then}&approval={token}"
