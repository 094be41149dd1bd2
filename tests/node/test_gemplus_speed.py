"""A Gemplus reader is found at whatever speed it was left, and brought to the fastest it takes."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from gemplus_builders import GemplusReader, gemplus
from reader_builders import OK, QUICK, EchoCard, command
from yika_common.infra.line_speed import line_speed
from yika_common.readers.gemplus_commands import SPEED_CODES
from yika_common.simulated.reader_gemplus import Gemplus
from yika_common.simulated.reader_slot import Slot
from yika_node.hardware import serial_line
from yika_node.hardware.errors import ReaderSilent
from yika_node.hardware.gemplus import GemplusProtocol
from yika_node.hardware.gemplus_link import GemplusLink
from yika_node.hardware.gemplus_speed import GemplusSpeed
from yika_node.hardware.serial_line import SerialLine
from yika_node.hardware.timing import USUAL

EVERY_SPEED = (1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 76_800, 115_200)
FASTEST = max(SPEED_CODES)


class Cable(Gemplus):
    """A reader whose cable spoils all answers at some speeds; a deaf one hears nothing there."""

    def __init__(self, slot: Slot, *, spoils: tuple[int, ...], deaf: bool) -> None:
        super().__init__(slot)
        self._spoils = spoils
        self._deaf = deaf

    def received(self, data: bytes) -> bytes:
        if self._deaf and self.speed() in self._spoils:
            return b""
        answer = super().received(data)
        spoilt = self.speed() in self._spoils
        return bytes(byte ^ 0x10 for byte in answer) if spoilt else answer


def works(driver: GemplusReader) -> None:
    """Exchange a command with the card that is in."""
    with driver.connect() as connection:
        assert connection.transmit(command(b"x")) == b"x" + OK


@pytest.mark.parametrize("baud", EVERY_SPEED)
def test_it_is_found_at_every_speed_in_time(tmp_path: Path, baud: int) -> None:
    with gemplus(tmp_path, firmware=partial(Gemplus, baud=baud)) as (simulated, driver):
        simulated.insert(EchoCard())
        begun = time.monotonic()
        assert driver.describe().baud == max(baud, FASTEST)
        assert time.monotonic() - begun < 6
        works(driver)


@pytest.mark.parametrize("fastest", sorted(SPEED_CODES))
@pytest.mark.parametrize("baud", [1_200, 9_600])
def test_a_reader_that_takes_no_faster_speed_is_used_at_its_own(
    tmp_path: Path, fastest: int, baud: int
) -> None:
    limited = partial(Gemplus, baud=baud, fastest=fastest)
    with gemplus(tmp_path, firmware=limited) as (simulated, driver):
        simulated.insert(EchoCard())
        assert driver.describe().baud == max(baud, fastest)
        works(driver)


@pytest.mark.parametrize("spoils", [(76_800,), (76_800, 38_400), (76_800, 38_400, 19_200)])
def test_a_speed_that_does_not_work_is_left_again(tmp_path: Path, spoils: tuple[int, ...]) -> None:
    """The reader hears us there, and we hear nothing readable of it."""
    cable = partial(Cable, spoils=spoils, deaf=False)
    with gemplus(tmp_path, firmware=cable) as (simulated, driver):
        simulated.insert(EchoCard())
        assert driver.describe().baud == min(spoils) // 2
        works(driver)


def test_a_reader_that_is_lost_at_a_speed_is_named_and_found_when_it_was_powered_again(
    tmp_path: Path,
) -> None:
    cable = partial(Cable, spoils=(76_800,), deaf=True)
    with gemplus(tmp_path, firmware=cable) as (simulated, driver):
        with pytest.raises(ReaderSilent):
            driver.describe()
        simulated.unplug()
        simulated.plug()
        simulated.insert(EchoCard())
        works(driver)
        assert driver.describe().baud == 38_400


class PortWithout(SerialLine):
    """A port whose chip has not every speed."""

    def __init__(self, port: Path, lacks: tuple[int, ...]) -> None:
        super().__init__(str(port), 9_600, time.monotonic, stop_bits=1)
        self.lacks = lacks

    def set_speed(self, baud: int) -> bool:
        return baud not in self.lacks and super().set_speed(baud)


@pytest.mark.parametrize(
    ("lacks", "fastest"), [((76_800,), 38_400), ((76_800, 38_400, 57_600), 19_200)]
)
def test_a_speed_that_the_port_lacks_is_never_ordered(
    tmp_path: Path, lacks: tuple[int, ...], fastest: int
) -> None:
    ordered: list[int] = []

    def noted(slot: Slot) -> Gemplus:
        reader = Gemplus(slot)
        take: Callable[[bytes], bytes] = reader.received

        def received(data: bytes) -> bytes:
            before = reader.speed()
            answer = take(data)
            if reader.speed() != before:
                ordered.append(reader.speed())
            return answer

        reader.received = received  # type: ignore[method-assign]
        return reader

    with gemplus(tmp_path, firmware=noted) as (simulated, _):
        line = PortWithout(simulated.link, lacks)
        line.open()
        link = GemplusLink(line, QUICK, time.monotonic)
        speed = GemplusSpeed(line, link, time.monotonic)
        assert speed.find(everywhere=False)
        speed.raise_to_fastest()
        line.close()
    assert (line.baud, ordered) == (fastest, [fastest])


def test_a_port_whose_chip_makes_another_speed_of_it_lacks_the_speed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a chip with a clock of 115200 does with 76800; no pseudo terminal has a clock."""
    with gemplus(tmp_path) as (simulated, _):
        line = SerialLine(str(simulated.link), 9_600, time.monotonic)
        line.open()
        assert line.set_speed(76_800)
        assert line.set_speed(9_600)
        monkeypatch.setattr(serial_line, "line_speed", lambda _: 57_600)
        assert not line.set_speed(76_800)
        monkeypatch.undo()
        with simulated.link.open("rb") as port:
            assert (line.baud, line_speed(port.fileno())) == (9_600, 9_600)
        line.close()


class Told(SerialLine):
    """A line that notes what is done with it, and when."""

    def __init__(self, port: Path) -> None:
        super().__init__(str(port), 9_600, time.monotonic, stop_bits=1)
        self.done: list[tuple[str, int, float]] = []

    def write(self, data: bytes) -> None:
        ordered = data[3:4] == b"\x0a"
        self.done.append(("ordered" if ordered else "said", self.baud, time.monotonic()))
        super().write(data)

    def set_speed(self, baud: int) -> bool:
        self.done.append(("turned", baud, time.monotonic()))
        return super().set_speed(baud)


def test_the_order_is_out_before_the_line_is_turned(tmp_path: Path) -> None:
    """On a real line the last bit takes its time; a pseudo terminal would forgive."""
    with gemplus(tmp_path) as (simulated, _):
        line = Told(simulated.link)
        line.open()
        link = GemplusLink(line, QUICK, time.monotonic)
        speed = GemplusSpeed(line, link, time.monotonic)
        assert speed.find(everywhere=False)
        speed.raise_to_fastest()
        line.close()
    at = next(place for place, (what, *_) in enumerate(line.done) if what == "ordered")
    (_, spoken_at, sent), (what, baud, turned) = line.done[at : at + 2]
    assert (spoken_at, what, baud) == (9_600, "turned", FASTEST)
    assert turned - sent >= 6 * 10 / 9_600


def test_a_program_that_ended_leaves_a_reader_that_the_next_one_finds(tmp_path: Path) -> None:
    """A driver takes no leave of the reader: speed and numbers stay as they were."""
    with gemplus(tmp_path) as (simulated, ended):
        simulated.insert(EchoCard())
        ended.connect().transmit(command(b"one"))
        ended.close()
        driver = GemplusReader(simulated.link)
        works(driver)
        driver.close()


def test_the_usual_times_let_a_silent_port_be_named_within_five_seconds(tmp_path: Path) -> None:
    with gemplus(tmp_path, firmware=partial(Cable, spoils=(9_600,), deaf=True)) as (simulated, _):
        protocol = GemplusProtocol(str(simulated.link), USUAL, time.monotonic)
        protocol.line.open()
        begun = time.monotonic()
        with pytest.raises(ReaderSilent):
            protocol.begin()
        assert time.monotonic() - begun < 5
