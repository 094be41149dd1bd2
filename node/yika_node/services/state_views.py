"""How this vending point stands, as the desks hand it to the faces; see also ``views``."""

from datetime import datetime

from yika_common.errors import YikaError
from yika_common.values import dataclass
from yika_node.services.views import Age


@dataclass(frozen=True, slots=True)
class SyncState:
    """How this node stands with headquarters.

    ``waiting`` counts records no verified acknowledgement covers; ``oldest`` is the time of the
    first of them.  ``problem`` is the last exchange's failure, None after a good one.
    """

    head: int
    acknowledged: int
    waiting: int
    oldest: datetime | None
    last_contact: datetime | None
    manifest: int
    status: str
    problem: YikaError | None


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one exchange did."""

    sent: int
    acknowledged: int
    items: int
    manifest: int


@dataclass(frozen=True, slots=True)
class NodeState:
    """What the chips on every page say."""

    enrolled: bool
    node: str
    areas: tuple[str, ...]
    locked: bool
    refusal: YikaError | None
    pending: int
    sync: SyncState | None
    tariffs: Age
    """The worst age of a tariff that is in force."""
