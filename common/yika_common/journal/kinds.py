"""Every kind of record there is."""

from yika_common.journal.bodies import (
    AccountFacts,
    AccountOpened,
    Boot,
    BundleApplied,
    BundleRefused,
    CardIssued,
    Intent,
    LimitsLifted,
    Login,
    OperatorAdded,
    Reading,
    Sale,
    Superseded,
    Witness,
)
from yika_common.journal.body import Body
from yika_common.journal.card_bodies import (
    Approved,
    CardEnded,
    CardReported,
    NoticeDone,
    RefundPaid,
    SpecialCard,
    StockMoved,
    Supplemented,
)
from yika_common.journal.meter_bodies import MeterSwapped, ToolReturned

BODIES: dict[str, type[Body]] = {
    body.kind: body
    for body in (
        Boot,
        OperatorAdded,
        Login,
        AccountOpened,
        AccountFacts,
        LimitsLifted,
        CardIssued,
        Intent,
        Sale,
        Superseded,
        Reading,
        Witness,
        BundleApplied,
        BundleRefused,
        CardReported,
        CardEnded,
        StockMoved,
        NoticeDone,
        Supplemented,
        Approved,
        SpecialCard,
        RefundPaid,
        ToolReturned,
        MeterSwapped,
    )
}
"""The text under ``t`` to the class of the body."""
