"""The till behind the pages: tenders, charges and prints, loaded with the first question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from yika_node.bootstrap import Node

if TYPE_CHECKING:
    from yika_node.db.till_queries import TillQueries


def till_of(node: Node) -> TillQueries:
    """What the journal says of tenders, charges and prints."""
    from yika_node.db.till_queries import TillQueries  # noqa: PLC0415 - see above

    return TillQueries(node.store)
