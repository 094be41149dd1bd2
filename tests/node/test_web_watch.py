import threading
import time
from datetime import datetime, timedelta

from node_world import START
from pcsc_daemon import until
from yika_common.errors import YikaError
from yika_node.errors import NotEnrolled
from yika_node.hardware.errors import PortMissing, ReaderBusy
from yika_node.web.watch import PATIENCE, CardWatch, Presence, Seen


class Slot:
    """A reader's slot that counts how often it is looked into."""

    def __init__(self) -> None:
        self.now = START
        self.answer: bool | YikaError = False
        self.asked = 0

    def clock(self) -> datetime:
        return self.now

    def present(self) -> bool:
        self.asked += 1
        if isinstance(self.answer, YikaError):
            raise self.answer
        return self.answer


def test_the_reader_is_asked_once_a_second_however_many_look() -> None:
    slot = Slot()
    watch = CardWatch(slot.present, slot.clock)
    assert [watch.seen().presence for _ in range(5)] == [Presence.EMPTY] * 5
    assert slot.asked == 1
    slot.now += timedelta(seconds=1)
    slot.answer = True
    assert watch.seen() == Seen(Presence.CARD, insertion=1)
    assert slot.asked == 2


def test_a_card_that_comes_in_is_another_insertion_and_one_that_stays_is_not() -> None:
    slot = Slot()
    watch = CardWatch(slot.present, slot.clock)
    tags = []
    for answer in (True, True, False, True, PortMissing(port="/dev/ttyUSB0"), True):
        slot.answer = answer
        slot.now += timedelta(seconds=1)
        tags.append(watch.seen().tag)
    assert tags == ["card-1", "card-1", "empty", "card-2", "port_missing", "card-3"]


def test_a_reader_that_fails_says_what_is_wrong() -> None:
    slot = Slot()
    slot.answer = PortMissing(port="/dev/ttyUSB0")
    seen = CardWatch(slot.present, slot.clock).seen()
    assert (seen.presence, seen.tag) == (Presence.TROUBLE, "port_missing")


def test_before_the_first_start_there_is_only_trouble_to_see() -> None:
    slot = Slot()
    slot.answer = NotEnrolled()
    assert CardWatch(slot.present, slot.clock).seen().tag == "not_enrolled"


def test_a_reader_at_work_keeps_its_last_answer() -> None:
    slot = Slot()
    slot.answer = True
    watch = CardWatch(slot.present, slot.clock)
    watch.seen()
    slot.now += timedelta(seconds=1)
    slot.answer = ReaderBusy()
    assert watch.seen().presence is Presence.CARD


def test_nobody_waits_for_a_reader_that_takes_its_time() -> None:
    slot = Slot()
    asking, answer = threading.Event(), threading.Event()

    def slow() -> bool:
        asking.set()
        assert answer.wait(10)
        return True

    watch = CardWatch(slow, slot.clock)
    begun = time.monotonic()
    assert watch.seen().presence is Presence.EMPTY
    assert asking.wait(10)
    for _ in range(20):
        assert watch.seen().presence is Presence.EMPTY
    assert time.monotonic() - begun < 2 * PATIENCE.total_seconds()
    answer.set()
    assert until(lambda: watch.seen().presence is Presence.CARD, 10)


def test_a_card_that_leaves_while_the_reader_answers_is_missed_for_no_longer_than_that() -> None:
    slot = Slot()

    def leaves() -> bool:
        there, slot.answer = slot.present(), False
        slot.now += timedelta(seconds=1)
        return there

    slot.answer = True
    watch = CardWatch(leaves, slot.clock)
    assert watch.seen().presence is Presence.CARD
    assert watch.seen().presence is Presence.EMPTY


def test_whoever_has_read_a_card_knows_better_than_an_earlier_look() -> None:
    slot = Slot()

    def read_meanwhile() -> bool:
        before = slot.present()
        assert watch.read().tag == "card-1"
        return before

    watch = CardWatch(read_meanwhile, slot.clock)
    assert watch.seen() == Seen(Presence.CARD, insertion=1)


def test_a_reader_at_work_is_asked_again_as_soon_as_somebody_looks() -> None:
    slot = Slot()
    slot.answer = ReaderBusy()
    watch = CardWatch(slot.present, slot.clock)
    assert watch.seen().presence is Presence.EMPTY
    slot.answer = True
    assert watch.seen().presence is Presence.CARD
