"""Settings of all nodes: checked, numbered, signed, sent to everybody, and kept with a reason."""

import pytest

from central_builders import HandClock, Pen, enrol
from yika_central.bootstrap import Headquarters
from yika_central.services.settings_office import (
    NothingChanged,
    ReasonMissing,
    SettingRefused,
    typed_of,
)
from yika_common.services import Service
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.settings import (
    SETTINGS_ITEM,
    FeeItem,
    Instruction,
    Settings,
    Stale,
    open_settings,
)


def held(hq: Headquarters, pen: Pen) -> tuple[int, Settings] | None:
    """The settings that the node's newest manifest names."""
    answer = pen.send(pen.sign_of_life())
    manifest = answer.manifest or pen.manifest
    for item in manifest.items:
        if item.name == SETTINGS_ITEM:
            file = read_signed_file(hq.registry.item(bytes.fromhex(item.sha256)))
            return item.version, open_settings(file, hq.keys.root)
    return None


def test_before_anybody_sets_them_the_defaults_hold_and_nothing_is_sent(
    headquarters: Headquarters, clock: HandClock
) -> None:
    assert headquarters.settings_office.current() == Settings()
    assert headquarters.settings_office.history() == ()
    assert held(headquarters, enrol(headquarters, clock)) is None


def test_a_change_reaches_every_node_old_and_new(
    headquarters: Headquarters, clock: HandClock
) -> None:
    old = enrol(headquarters, clock)
    office = headquarters.settings_office
    office.change({"stale_tariff": "refuse"}, by="admin", reason="the council's order")
    clock.pass_by(minutes=1)
    office.change({"cash_unit": "10", "receipt_title": "供水公司"}, by="admin", reason="coins")
    new = enrol(headquarters, clock, "N0002", seed=2)
    expected = Settings(stale_tariff=Stale.REFUSE, cash_unit=10, receipt_title="供水公司")
    assert held(headquarters, old) == (2, expected)
    assert held(headquarters, new) == (2, expected)
    assert office.current() == expected
    assert [(v.number, v.changed_by, v.reason) for v in office.history()] == [
        (2, "admin", "coins"),
        (1, "admin", "the council's order"),
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"colour": "red"}, "“colour” is no setting"),
        ({"cash_unit": "0"}, "“cash_unit” is not a whole number from 1"),
        ({"cash_unit": "ten"}, "“cash_unit” is not a whole number"),
        ({"residual": "tip"}, "“residual” is none of change, balance"),
        ({"receipt_note": "x" * 121}, "“receipt_note” is not a text of 0 to 120"),
        ({"receipt_note": "a\nb"}, "“receipt_note” holds characters that cannot be printed"),
        ({"kind": "settings"}, "“kind” is no setting"),
    ],
)
def test_what_a_setting_cannot_be_changes_nothing(
    headquarters: Headquarters, changes: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SettingRefused) as refusal:
        headquarters.settings_office.change(changes, by="admin", reason="why not")
    assert sentence in str(refusal.value)
    assert headquarters.settings_office.history() == ()


def test_a_change_of_nothing_and_one_without_a_reason_are_refused(
    headquarters: Headquarters,
) -> None:
    office = headquarters.settings_office
    with pytest.raises(NothingChanged):
        office.change({"cash_unit": "1"}, by="admin", reason="why not")
    with pytest.raises(ReasonMissing):
        office.change({"cash_unit": "5"}, by="admin", reason="")
    assert office.history() == ()


FEES = "SEAL; 表封; Meter seal; 20.00; 0.13; 6051; fixed\nVISIT; 上门服务; Visit; 50; 0.06; ; open"


def test_the_list_of_fees_is_typed_line_by_line_and_reaches_every_node(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen = enrol(headquarters, clock)
    office = headquarters.settings_office
    office.change({"fees": FEES}, by="admin", reason="the council's list")
    seal, visit = (
        FeeItem("SEAL", "表封", "Meter seal", 2_000, 130_000, "6051", 0),
        FeeItem("VISIT", "上门服务", "Visit", 5_000, 60_000, "", 1),
    )
    assert held(headquarters, pen) == (1, Settings(fees=(seal, visit)))
    again = typed_of(office.current(), "fees")
    with pytest.raises(NothingChanged):
        office.change({"fees": str(again)}, by="admin", reason="the same")
    office.change({"fees": ""}, by="admin", reason="none any more")
    assert office.current().fees == ()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("SEAL; 表封; Meter seal; 20.00; 0.13; 6051", "line 1"),
        ("SEAL; 表封; Meter seal; 20.00; 0.13; 6051; fixed\nX; x; x; much; 0; ; open", "line 2"),
        ("SEAL; 表封; Meter seal; 20.00; 0.13; 6051; perhaps", "line 1"),
        ("A; x; x; 1; 0; ; open\nA; y; y; 2; 0; ; fixed", "two fees with one code"),
        ("A; x; x; 0; 0; ; fixed", "is not a whole number"),
    ],
)
def test_a_list_of_fees_that_can_not_be_read_changes_nothing(
    headquarters: Headquarters, typed: str, sentence: str
) -> None:
    with pytest.raises(SettingRefused, match=sentence):
        headquarters.settings_office.change({"fees": typed}, by="admin", reason="a list")
    assert headquarters.settings_office.current() == Settings()


AT_METERS = (
    "W20; cold_water; 31; 卡插到底; Push the card in; wait\nG4; gas; ; 先关灶具; Shut the cooker"
)


def test_what_is_said_at_meters_is_typed_line_by_line_and_reaches_every_node(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen = enrol(headquarters, clock)
    office = headquarters.settings_office
    office.change({"instructions": AT_METERS}, by="admin", reason="the makers' words")
    told = (
        Instruction("W20", Service.COLD_WATER, "31", "卡插到底", "Push the card in; wait"),
        Instruction("G4", Service.GAS, "", "先关灶具", "Shut the cooker"),
    )
    assert held(headquarters, pen) == (1, Settings(instructions=told))
    again = typed_of(office.current(), "instructions")
    with pytest.raises(NothingChanged):
        office.change({"instructions": str(again)}, by="admin", reason="the same")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("W20; cold_water; 31; 卡", "line 1"),
        ("G4; gas; ; 卡; card\nW20; water; 31; 卡; card", "line 2"),
        ("A; gas; 1; 卡; card\nB; gas; 1; 卡; card", "two texts for the same meters"),
        (f"A; gas; 1; 卡; {'c' * 201}", "1 to 200"),
    ],
)
def test_words_at_meters_that_can_not_be_read_change_nothing(
    headquarters: Headquarters, typed: str, sentence: str
) -> None:
    with pytest.raises(SettingRefused, match=sentence):
        headquarters.settings_office.change({"instructions": typed}, by="admin", reason="a list")
    assert headquarters.settings_office.current() == Settings()
