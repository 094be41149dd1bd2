"""The till behind the pages: tenders, charges and prints, loaded with the first question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from yika_node.bootstrap import Node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from yika_node.db.correction_queries import Correction
    from yika_node.db.till_queries import TillQueries
    from yika_node.services.charges import ChargeDesk
    from yika_node.services.corrections import CorrectionDesk
    from yika_node.services.guarantees import GuaranteeDesk


def till_of(node: Node) -> TillQueries:
    """What the journal says of tenders, charges and prints."""
    from yika_node.db.till_queries import TillQueries  # noqa: PLC0415 - see above

    return TillQueries(node.store)


def shift_named(node: Node, epoch: int, seq: int, operator: str) -> str:
    """The number of the shift in which a receipt was written; empty where none was open."""
    place = till_of(node).shift_of(epoch, seq, operator)
    return "" if place is None else f"{node.standing.membership.node}-{place[0]}-{place[1]:06}"


def charge_desk_of(node: Node) -> ChargeDesk:
    """The desk of fees and deposits."""
    from yika_node.services.charges import ChargeDesk  # noqa: PLC0415 - see above

    return ChargeDesk(
        node.journal,
        node.queries,
        till_of(node),
        node.accounts,
        node.standing,
        node.approvals,
        lambda: node.settings.settings().fees,
        node.clock,
    )


def guarantee_desk_of(node: Node) -> GuaranteeDesk:
    """The desk of money held as security."""
    from yika_node.services.guarantees import GuaranteeDesk  # noqa: PLC0415 - see above

    return GuaranteeDesk(
        charge_desk_of(node),
        node.approvals,
        node.settings.settings,
        node.config.cash.second_from,
    )


def corrections_of(node: Node, epoch: int, receipt: int) -> Sequence[Correction]:
    """How a payment that was not made exactly in cash was set right; mostly nothing."""
    return till_of(node).corrections(epoch, receipt)


def correction_desk_of(node: Node) -> CorrectionDesk:
    """The desk that sets payments right."""
    from yika_node.db.shift_queries import ShiftQueries  # noqa: PLC0415 - see above
    from yika_node.services.corrections import CorrectionDesk  # noqa: PLC0415

    return CorrectionDesk(
        node.journal,
        node.queries,
        ShiftQueries(node.store),
        node.standing,
        node.approvals,
        node.clock,
    )
