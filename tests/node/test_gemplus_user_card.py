"""The user card's whole dialogue through the Gemplus driver: issue, write, tear, read back."""

from functools import partial
from pathlib import Path

import pytest

from gemplus_builders import GemplusReader, gemplus
from yika_common.cards.errors import CardWriteUncertain
from yika_common.cards.record import EMPTY_RECORD, RECORD_SIZE
from yika_common.cards.user_card import CardSession, open_session, personalise, recognise
from yika_common.infra.entropy import system_random
from yika_common.simulated.card_file import new_card_file
from yika_common.simulated.firmware import Disturbance
from yika_common.simulated.reader_gemplus import Gemplus
from yika_node.hardware.timing import USUAL

NODE_KEY = bytes(range(16))
METER_KEY = bytes(range(16, 32))
NUMBER = "320100000017"


def issue_card(driver: GemplusReader) -> None:
    with driver.connect() as connection:
        personalise(
            connection,
            system_random,
            number=NUMBER,
            generation=1,
            profile=8,
            key_version=1,
            node_key=NODE_KEY,
            slot_auth_keys={0: METER_KEY},
        )
        assert recognise(connection).number == NUMBER


@pytest.mark.parametrize("fastest", [1_200, 9_600, 76_800])
def test_a_card_is_issued_written_and_read_back(tmp_path: Path, fastest: int) -> None:
    card = new_card_file(tmp_path / "card", system_random)
    record = bytes(range(RECORD_SIZE))
    firmware = partial(Gemplus, baud=min(fastest, 9_600), fastest=fastest)
    with gemplus(tmp_path, timing=USUAL, time_requests=1, firmware=firmware) as (
        simulated,
        driver,
    ):
        simulated.insert(card)
        issue_card(driver)
        with driver.connect() as connection:
            session = open_session(connection, system_random, NODE_KEY, number=NUMBER)
            assert session.read_slot(3) == EMPTY_RECORD
            session.write_record(3, record)
        with driver.connect() as connection:
            assert open_session(connection, system_random, NODE_KEY).read_slot(3) == record


@pytest.mark.parametrize("kind", [Disturbance.LOST_ANSWER, Disturbance.BAD_LRC, Disturbance.NAK])
def test_a_record_is_written_once_on_a_line_that_spoils_every_other_block(
    tmp_path: Path, kind: Disturbance
) -> None:
    card = new_card_file(tmp_path / "card", system_random)
    record = bytes(range(RECORD_SIZE))
    with gemplus(tmp_path, timing=USUAL) as (simulated, driver):
        simulated.insert(card)
        issue_card(driver)
        session = open_session(driver.connect(), system_random, NODE_KEY, number=NUMBER)
        for _ in range(2):
            simulated.disturb(kind)
            simulated.disturb(Disturbance.CHATTER)
        session.write_record(3, record)
        assert session.read_slot(3) == record


def test_a_record_torn_after_any_byte_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    card = new_card_file(tmp_path / "card", system_random)
    held = EMPTY_RECORD
    outcomes: set[bool] = set()
    with gemplus(tmp_path, timing=USUAL) as (simulated, driver):

        def session() -> CardSession:
            simulated.insert(card)
            return open_session(driver.connect(), system_random, NODE_KEY, number=NUMBER)

        simulated.insert(card)
        issue_card(driver)
        for place in range(RECORD_SIZE + 16):
            fresh = bytes([place % 255 + 1]) * RECORD_SIZE
            torn = session()
            simulated.pull_after(place)
            with pytest.raises(CardWriteUncertain):
                torn.write_record(0, fresh)
            found = session().read_slot(0)
            assert found in (held, fresh)
            outcomes.add(found == fresh)
            held = found
    assert outcomes == {True, False}
