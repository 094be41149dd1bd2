"""Every kind of record there is.

What an ordinary sale neither writes nor reads is loaded with the first record of its kind: a class
takes tens of kilobytes in a vending point's server, which may be a small machine.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final

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
    CardCleared,
    CardEnded,
    CardReported,
    NoticeDone,
    RefundPaid,
    SpecialCard,
    StockMoved,
    Supplemented,
)
from yika_common.journal.meter_bodies import MeterSwapped, ToolReturned

_AT_ONCE: Final[dict[str, type[Body]]] = {
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
        CardCleared,
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
_LATE: Final = MappingProxyType(
    {
        "life": "yika_common.journal.account_bodies",
        "hold": "yika_common.journal.account_bodies",
        "seen": "yika_common.journal.account_bodies",
        "tender": "yika_common.journal.till_bodies",
        "charge": "yika_common.journal.till_bodies",
        "printed": "yika_common.journal.till_bodies",
        "corrected": "yika_common.journal.correction_bodies",
        **dict.fromkeys(("complaint", "photo"), "yika_common.journal.complaint_bodies"),
        **dict.fromkeys(
            ("shift", "cash", "drawer", "z", "z_why", "banked", "idle", "total"),
            "yika_common.journal.cash_bodies",
        ),
        "practice": "yika_common.journal.practice_bodies",
        **dict.fromkeys(("staff", "daylimit"), "yika_common.journal.staff_bodies"),
        "phone": "yika_common.journal.phone_bodies",
    }
)
"""The text under ``t`` to the module of its class, loaded when it is asked for."""


class _Kinds(Mapping[str, type[Body]]):
    """All of them, the late ones as well."""

    def __getitem__(self, kind: str) -> type[Body]:
        known = _AT_ONCE.get(kind)
        if known is None:
            module = import_module(_LATE[kind])
            known = _AT_ONCE[kind] = next(
                one for one in vars(module).values() if getattr(one, "kind", None) == kind
            )
        return known

    def __iter__(self) -> Iterator[str]:
        return iter({**_AT_ONCE, **_LATE})

    def __len__(self) -> int:
        return len({**_AT_ONCE, **_LATE})


BODIES: Final = _Kinds()
"""The text under ``t`` to the class of the body."""
