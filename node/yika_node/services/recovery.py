"""What a card says about a sale whose end nobody saw: a pure function of the two.

The intent is committed, so the money is taken and owed.  The card's slot shows one of:

=====================================  ==========  ==============================================
the slot shows                         verdict     because
=====================================  ==========  ==============================================
the intent's own record (its MAC)      COMPLETE    the write took, only its answer was lost
what it showed before (g, n)           REDO        the write did not take; the same bytes go again
another record of the intent's (g, n)  SUPERSEDED  another node used the count: ours never arrived
a later (g, n), a total below ours     SUPERSEDED  totals do not fall: ours is not among them
a later (g, n), any other total        ASK         ours may be below the later one, or may not
an earlier (g, n) than before          ASK         an old image: nothing is built on it
nothing readable                       ASK         damaged or forged
=====================================  ==========  ==============================================

A sale that is closed needs NOTHING.  Nothing is ever voided because it is in doubt, and nothing is
ever sold anew to find out: ASK leaves the intent open until headquarters, which has the journals
of the others, tells that its count on the card is another's, or that another sale was built on it.
"""

from enum import StrEnum

from yika_common.values import dataclass


class Verdict(StrEnum):
    """What is to be done about one intent."""

    COMPLETE = "complete"
    REDO = "redo"
    SUPERSEDED = "superseded"
    NOTHING = "nothing"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class SlotShown:
    """What a slot holds: an empty one shows (0, 0), total 0 and no MAC."""

    readable: bool
    generation: int = 0
    count: int = 0
    total: int = 0
    mac: bytes = b""


@dataclass(frozen=True, slots=True)
class OpenIntent:
    """The part of an intent that recovery looks at."""

    open: bool
    generation: int
    count: int
    total: int
    before: tuple[int, int]
    mac: bytes


def verdict(shown: SlotShown, intent: OpenIntent) -> Verdict:
    """The table above."""
    if not intent.open:
        return Verdict.NOTHING
    if not shown.readable:
        return Verdict.ASK
    if shown.mac == intent.mac:
        return Verdict.COMPLETE
    now, ours = (shown.generation, shown.count), (intent.generation, intent.count)
    if now == intent.before:
        return Verdict.REDO
    passed_over = now == ours or (now > ours and shown.total < intent.total)
    return Verdict.SUPERSEDED if passed_over else Verdict.ASK


def covers(new: tuple[int, int], new_total: int, old: tuple[int, int], old_total: int) -> bool:
    """Whether a later card's record carries an earlier intent: the same count, the same total.

    A card holds each of a meter's counts once; a record of a higher generation that says a count
    and total again was made from the one that had them first (:mod:`.carrying`).
    """
    return new[0] > old[0] and (new[1], new_total) == (old[1], old_total)
