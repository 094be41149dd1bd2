"""Meters and cards come into stock by area, and their keys go where they belong."""

import json
import stat
from pathlib import Path

import pytest

from central_builders import HandClock, enrol
from yika_central.bootstrap import Headquarters
from yika_central.errors import BadName
from yika_central.services.stock import (
    AlreadyInStock,
    NewMeter,
    StockListMalformed,
    TooMany,
    read_meter_list,
)
from yika_common.cards.keys import derive_meter_keys
from yika_common.services import PROFILES, Service

METER = NewMeter("123456789012", Service.GAS)


def test_numbers_of_our_own_go_on_where_they_ended(headquarters: Headquarters) -> None:
    first = headquarters.stock.take_in_new("A01", PROFILES[4], 2)
    second = headquarters.stock.take_in_new("A02", [Service.GAS], 1)
    assert [meter.meter for meter in first.meters] == [f"{n:012}" for n in range(1, 5)]
    assert [meter.meter for meter in second.meters] == ["000000000005"]
    assert first.cards + second.cards == ("860000000001", "860000000002", "860000000003")


def test_a_makers_number_does_not_disturb_our_own(headquarters: Headquarters) -> None:
    headquarters.stock.take_in("A01", [METER], 0)
    delivery = headquarters.stock.take_in_new("A01", [Service.GAS], 0)
    assert [meter.meter for meter in delivery.meters] == ["000000000001"]


def test_a_meter_comes_into_stock_once(headquarters: Headquarters) -> None:
    headquarters.stock.take_in("A01", [METER], 0)
    with pytest.raises(AlreadyInStock):
        headquarters.stock.take_in("A02", [METER], 3)
    with pytest.raises(AlreadyInStock):
        headquarters.stock.take_in("A02", [NewMeter("1" * 12, Service.GAS)] * 2, 3)
    assert headquarters.stock.take_in_new("A01", [], 1).cards == ("860000000001",)


def test_the_makers_file_holds_all_four_keys_and_nobody_else_may_read_it(
    headquarters: Headquarters, tmp_path: Path
) -> None:
    headquarters.stock.take_in("A01", [METER], 0)
    assert headquarters.stock.export_keys([METER.meter], tmp_path / "maker") == 1
    path = tmp_path / "maker" / "123456789012.json"
    keys = derive_meter_keys(headquarters.keys.masters, METER.meter, 1, area="A01")
    assert keys.wbq is not None
    assert json.loads(path.read_text()) == {
        "meter": METER.meter,
        "service": "gas",
        "key_version": 1,
        "credit": keys.credit.hex(),
        "wbn": keys.wbn.hex(),
        "wbq": keys.wbq.hex(),
        "auth": keys.auth.hex(),
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nodes_of_the_area_and_no_others_get_a_new_manifest(
    headquarters: Headquarters, clock: HandClock
) -> None:
    enrol(headquarters, clock)
    headquarters.stock.take_in_new("A02", [Service.GAS], 1)
    assert headquarters.registry.nodes()[0].manifest == 1
    headquarters.stock.take_in_new("A01", [Service.GAS], 1)
    assert headquarters.registry.nodes()[0].manifest == 2


@pytest.mark.parametrize("area", ["", "a01", "A 1", "A00000001", "A/1"])
def test_an_area_has_a_plain_code(headquarters: Headquarters, area: str) -> None:
    with pytest.raises(BadName):
        headquarters.stock.take_in_new(area, [], 1)


def test_more_than_a_delivery_holds_is_refused(headquarters: Headquarters) -> None:
    with pytest.raises(TooMany):
        headquarters.stock.take_in_new("A01", [], 100_001)


def test_a_list_of_meters_is_read_with_or_without_its_heading() -> None:
    assert read_meter_list("meter,service\n123456789012,gas\n\n") == (METER,)
    assert read_meter_list("123456789012,gas") == (METER,)


@pytest.mark.parametrize(
    "text", ["12345678901,gas", "123456789012,steam", "123456789012", "１23456789012,gas"]
)
def test_a_wrong_line_is_named(text: str) -> None:
    with pytest.raises(StockListMalformed) as refused:
        read_meter_list(f"meter,service\n{text}\n")
    assert refused.value.facts["line"] == 2
