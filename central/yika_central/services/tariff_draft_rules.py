"""The states and acts of a draft, what is refused, and how two signatures become one file."""

from enum import StrEnum

from yika_common.errors import N_, YikaError
from yika_common.signing.signed_file import SignedFile, read_signed_file
from yika_common.signing.trust import TrustRoot
from yika_common.sync.messages import open_tariff


class State(StrEnum):
    """Where a draft stands."""

    DRAFT = "DRAFT"
    REVIEWED = "REVIEWED"
    APPROVED = "APPROVED"
    PUBLISHED = "PUBLISHED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


OPEN = frozenset({State.DRAFT, State.REVIEWED, State.APPROVED})
"""States in which something can still be done."""


class Act(StrEnum):
    """What somebody did to a draft."""

    DRAFTED = "DRAFTED"
    REVIEWED = "REVIEWED"
    APPROVED = "APPROVED"
    PUBLISHED = "PUBLISHED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


class NoSuchDraft(YikaError):
    """There is no draft of that number."""

    code = "no_such_draft"
    sentence = N_("There is no draft %(draft)s. Choose one from the list.")


class DraftClosed(YikaError):
    """Nothing can be done with the draft any more."""

    code = "draft_closed"
    sentence = N_(
        "Draft %(draft)s is %(state)s already. Nothing was changed. Make a new draft for another "
        "change."
    )


class AuthorMayNotApprove(YikaError):
    """The second person must be another."""

    code = "author_may_not_approve"
    sentence = N_(
        "You wrote draft %(draft)s yourself. Nothing was approved. Ask another tariff officer to "
        "approve it."
    )


class DraftNotReplayed(YikaError):
    """Nobody can have seen what the draft does."""

    code = "draft_not_replayed"
    sentence = N_(
        "Draft %(draft)s has not been replayed over the past sales. Nothing was approved. Replay "
        "it, look at what changes, then approve."
    )


class ReplayOutdated(YikaError):
    """Something was published since the draft was replayed."""

    code = "replay_outdated"
    sentence = N_(
        "Another version was published since draft %(draft)s was replayed. Nothing was signed. "
        "Replay it again and look at what changes now."
    )


class DraftNotApproved(YikaError):
    """The second person has not signed."""

    code = "draft_not_approved"
    sentence = N_(
        "Draft %(draft)s is not approved. Nothing was published. Ask another tariff officer to "
        "approve it first."
    )


class ReasonMissing(YikaError):
    """Why a draft is given back must be said."""

    code = "draft_reason_missing"
    sentence = N_("No reason was given. Nothing was changed. Say why, in a few words.")


def add_signatures(first: SignedFile, second: SignedFile) -> SignedFile:
    """One file with the signatures of both, in that order.

    Raises:
        ValueError: they sign different things.
    """
    if (first.payload_type, first.payload) != (second.payload_type, second.payload):
        raise ValueError("two persons sign the same bytes")
    return SignedFile(first.payload_type, first.payload, first.signatures + second.signatures)


def check_signatures(file: bytes, root: TrustRoot) -> None:
    """Check, as a node will, that enough officers of the root document signed.

    Raises:
        SignatureInvalid, TooFewSignatures: they did not.
    """
    open_tariff(read_signed_file(file), root)
