"""The parts in which customers' sheets go to nodes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DuePart:
    """A part that a node may have to be told anew.

    ``version`` and ``facts_version`` are the part's state now.  ``digest`` is of the lines that
    the node was last sealed, empty if it was none that it can still open; ``item_version`` is the
    version of that item, 0 before the first.
    """

    area: str
    part: int
    version: int
    facts_version: int
    digest: bytes
    item_version: int
