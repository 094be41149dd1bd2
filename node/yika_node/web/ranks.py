"""Who may open which page, as a scale on which each rank may what the one below may.

An auditor sees everything and changes nothing, so his pages are open to all who are signed in.
"""

from enum import IntEnum
from typing import Final

from yika_node.services.views import Level


class Rank(IntEnum):
    """What a page asks for."""

    AUDITOR = 1
    CLERK = 2
    SUPERVISOR = 3


RANKS: Final = {
    Level.AUDITOR: Rank.AUDITOR,
    Level.CLERK: Rank.CLERK,
    Level.SUPERVISOR: Rank.SUPERVISOR,
}
