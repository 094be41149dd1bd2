"""What the tariff office works on before a version is published: drafts, acts, replays."""

from yika_central.db.base import Row, integer, integer_key, maybe_integer


class TariffDraft(Row, table=True):
    """A tariff file on its way to being published; ``document`` is the exact file, for ever.

    ``state`` is DRAFT, REVIEWED, APPROVED, PUBLISHED, REJECTED or CANCELLED.  ``signature`` is the
    signed file with the approver's signature alone, empty before he approved.  ``replaces`` is the
    draft whose place it took.
    """

    draft: int = integer_key()
    tariff_id: str
    version: int = integer()
    digest: bytes
    document: bytes
    author: str
    state: str = "DRAFT"
    replaces: int | None = maybe_integer()
    approver: str = ""
    signature: bytes = b""
    created_at: int = integer()


class TariffDraftAct(Row, table=True):
    """Who did what to a draft, and when; only ever added to."""

    draft: int = integer_key()
    number: int = integer_key()
    act: str
    who: str
    at: int = integer()
    reason: str = ""


class TariffReplay(Row, table=True):
    """A draft priced over past sales.

    ``state`` is WAITING, RUNNING, DONE or FAILED (``result`` then holds why).  ``against`` is the
    digest of everything published when it ran: what it says holds for exactly that.  ``done`` of
    ``total`` accounts are priced; ``result`` is JSON.
    """

    draft: int = integer_key()
    run: int = integer_key()
    state: str = "WAITING"
    months: int = integer()
    against: bytes = b""
    done: int = integer(0)
    total: int = integer(0)
    asked_by: str
    asked_at: int = integer()
    finished_at: int | None = maybe_integer()
    result: str = ""
