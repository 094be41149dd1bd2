"""Golden cases are proposed for every rule of a tariff, hold, and leave the file's rest alone."""

import json

import pytest

from yika_central.domain.tariff_golden import propose, with_golden
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.errors import GoldenCaseDiffers
from yika_common.tariffs.golden import check_golden
from yika_common.tariffs.shipped import shipped

WATER = shipped()["cn-bj-water-res.json"]


@pytest.mark.parametrize("name", sorted(shipped()))
def test_what_is_proposed_holds_in_every_shipped_tariff(name: str) -> None:
    document = shipped()[name]
    cases = propose(parse_tariff(document))
    assert cases
    filled = with_golden(document, cases)
    tariff = parse_tariff(filled)
    assert len(tariff.golden) == len(cases)
    check_golden(tariff)


def test_every_step_is_reached_and_every_bound_is_crossed() -> None:
    tariff = parse_tariff(WATER)
    cases = [case.to_json() for case in propose(tariff)]
    used = {case["used"] for case in cases}
    assert {"0", "170", "180", "250", "260"} <= used
    assert {"used": "170", "quantum": "0.1", "quantity": "20", "charged": "120.00"} in cases
    assert any("amount" in case for case in cases)
    assert any(case.get("persons") == 7 for case in cases)


def test_only_the_golden_cases_of_the_file_change() -> None:
    filled = with_golden(WATER, propose(parse_tariff(WATER))).decode()
    before, after = json.loads(WATER), json.loads(filled)
    assert len(after.pop("golden")) > len(before.pop("golden"))
    assert list(before.items()) == list(after.items())
    assert filled.startswith(WATER.decode().split('"golden"')[0])


def test_a_text_that_quotes_the_key_is_not_taken_for_it() -> None:
    document = json.loads(WATER)
    document["components"][0]["payee"] = 'a "golden": [1] payee'
    text = json.dumps(document, ensure_ascii=False, indent=1).encode()
    filled = json.loads(with_golden(text, propose(parse_tariff(text))))
    assert filled["components"][0]["payee"] == 'a "golden": [1] payee'
    assert len(filled["golden"]) > 1


def test_a_price_changed_afterwards_is_found_by_what_was_proposed() -> None:
    filled = with_golden(WATER, propose(parse_tariff(WATER)))
    slipped = filled.replace(b'"price": "4.07"', b'"price": "4.70"')
    assert slipped != filled
    with pytest.raises(GoldenCaseDiffers):
        check_golden(parse_tariff(slipped))
