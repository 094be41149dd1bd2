"""How long a driver waits, for whatever reader."""

from yika_common.values import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """How long to wait, in seconds.

    Attributes:
        answer_s: for the reader's own answers; a quiet line answers in milliseconds.
        power_s: for the answer to reset; the slowest cards take just under one second.
        margin_s: added to the time the card itself may take.
        operation_s: for everything that one command to the card causes, repetitions included.
        turn_s: for another page to finish with the card.
        idle_s: a connection left alone for so long may be taken over.
        greetings_s: for a sign of life of a reader whose protocol is not known yet, round by
            round; one that was just plugged in wakes meanwhile.
    """

    answer_s: float = 0.7
    power_s: float = 2.0
    margin_s: float = 0.5
    operation_s: float = 8.0
    turn_s: float = 5.0
    idle_s: float = 20.0
    greetings_s: tuple[float, ...] = (0.3, 1.2)


USUAL = Timing()
