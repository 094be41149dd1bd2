"""The user card's whole dialogue through the production driver: issue, write, tear, read back."""

from pathlib import Path

import pytest

from reader_builders import GemPcTwinReader, reader_and_driver
from yika_common.cards.errors import CardWriteUncertain
from yika_common.cards.record import EMPTY_RECORD, RECORD_SIZE
from yika_common.cards.user_card import CardSession, open_session, personalise, recognise
from yika_common.infra.entropy import system_random
from yika_common.simulated.card_file import new_card_file
from yika_common.simulated.icc import UserCardIcc
from yika_node.hardware.timing import Timing

NODE_KEY = bytes(range(16))
METER_KEY = bytes(range(16, 32))
NUMBER = "320100000017"


def issue_card(driver: GemPcTwinReader) -> None:
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


def test_a_card_is_issued_written_and_read_back(tmp_path: Path) -> None:
    card = new_card_file(tmp_path / "card", system_random)
    record = bytes(range(RECORD_SIZE))
    with reader_and_driver(tmp_path, timing=Timing(), time_requests=1) as (simulated, driver):
        simulated.insert(card)
        issue_card(driver)
        with driver.connect() as connection:
            session = open_session(connection, system_random, NODE_KEY, number=NUMBER)
            assert session.read_slot(3) == EMPTY_RECORD
            session.write_record(3, record)
        with driver.connect() as connection:
            assert open_session(connection, system_random, NODE_KEY).read_slot(3) == record


def test_a_record_torn_after_any_byte_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    card: UserCardIcc = new_card_file(tmp_path / "card", system_random)
    held = EMPTY_RECORD
    outcomes: set[bool] = set()
    with reader_and_driver(tmp_path, timing=Timing()) as (simulated, driver):

        def session() -> CardSession:
            simulated.insert(card)
            return open_session(driver.connect(), system_random, NODE_KEY, number=NUMBER)

        simulated.insert(card)
        issue_card(driver)
        for place in range(0, RECORD_SIZE + 16):
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
