"""A draft becomes a published version by two persons, after a replay of exactly its bytes."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from central_builders import ADMIN, LI, WANG, HandClock, enrol, publish_water
from central_town import a_town, dearer_water
from yika_central.bootstrap import Headquarters
from yika_central.domain.tariff_comparison import compare
from yika_central.jobs import replay
from yika_central.services.staff import Credential, NotAnOfficer
from yika_central.services.tariff_draft_rules import (
    Act,
    AuthorMayNotApprove,
    DraftClosed,
    DraftNotApproved,
    DraftNotReplayed,
    NoSuchDraft,
    ReasonMissing,
    ReplayOutdated,
    State,
)
from yika_central.services.tariff_drafts import TariffDrafts
from yika_central.services.tariff_replays import MonthsWrong
from yika_central.services.tariff_rules import TariffNotNewer, TwoPersonsNeeded
from yika_central.services.tariff_shelf import Standing
from yika_common.infra.sessions import WrongPassword
from yika_common.infra.sqlite_errors import DatabaseBusy
from yika_common.journal.bodies import AppliedItem, BundleApplied, BundleRefused
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.messages import open_tariff
from yika_common.tariffs.errors import GoldenCaseDiffers, TariffMalformed


def water(version: int = 5, **keys: Any) -> bytes:
    """A next version of the water tariff that nothing sells by."""
    document = json.loads(dearer_water()) | {"version": version} | keys
    return json.dumps(document, ensure_ascii=False).encode()


@pytest.fixture
def town(tmp_path: Path, database_url: str) -> Iterator[Headquarters]:
    """A headquarters with past sales of water on version 4."""
    hq = a_town(tmp_path / "town", HandClock(), database_url=database_url)
    yield hq
    hq.close()


def drafts(hq: Headquarters) -> TariffDrafts:
    return hq.tariff_office.drafts


def replayed(hq: Headquarters, document: bytes, author: str = "li") -> int:
    """The number of a draft that was replayed."""
    number = drafts(hq).keep(document, author)
    hq.tariff_office.replays.ask(number, 12, author)
    hq.tariff_office.replays.run_waiting()
    return number


def test_two_persons_bring_a_draft_onto_the_shelf(town: Headquarters) -> None:
    document = water(effective_from="2026-07-01T00:00:00")
    number = replayed(town, document)
    assert drafts(town).one(number).state is State.REVIEWED
    drafts(town).approve(number, WANG)
    assert drafts(town).one(number).state is State.APPROVED
    assert town.tariff_office.document("CN-BJ-WATER-RES", 5) is None
    drafts(town).publish(number, LI)
    assert town.tariff_office.document("CN-BJ-WATER-RES", 5) == document
    done = [(act.act, act.who) for act in drafts(town).one(number).acts]
    assert done == [
        (Act.DRAFTED, "li"),
        (Act.REVIEWED, "li"),
        (Act.APPROVED, "wang"),
        (Act.PUBLISHED, "li"),
    ]


def test_the_published_file_carries_the_signatures_of_both(
    headquarters: Headquarters, clock: HandClock
) -> None:
    number = drafts(headquarters).keep(water(), "li")
    drafts(headquarters).approve(number, WANG)
    drafts(headquarters).publish(number, LI)
    pen = enrol(headquarters, clock)
    (item,) = (item for item in pen.manifest.items if item.name.startswith("tariff/"))
    file = read_signed_file(headquarters.registry.item(bytes.fromhex(item.sha256)))
    assert open_tariff(file, headquarters.keys.root) == water()
    assert len(file.signatures) == 2


def test_a_version_to_come_is_scheduled_then_in_force_then_superseded(
    headquarters: Headquarters, clock: HandClock
) -> None:
    publish_water(headquarters)
    for version, day in ((5, "07-01"), (6, "08-01")):
        document = water(version, effective_from=f"2026-{day}T00:00:00")
        headquarters.tariff_office.publish(document, [LI, WANG])

    def standings() -> list[Standing]:
        return [entry.standing for entry in headquarters.tariff_office.published()]

    scheduled, in_force, superseded = Standing.SCHEDULED, Standing.IN_FORCE, Standing.SUPERSEDED
    assert standings() == [scheduled, scheduled, in_force]
    clock.pass_by(days=31)
    assert standings() == [scheduled, in_force, superseded]
    clock.pass_by(days=31)
    assert standings() == [in_force, superseded, superseded]


def test_the_author_does_not_approve_his_own_draft(town: Headquarters) -> None:
    number = replayed(town, water())
    with pytest.raises(AuthorMayNotApprove):
        drafts(town).approve(number, LI)
    assert drafts(town).one(number).state is State.REVIEWED


def test_who_approved_does_not_publish_as_well(town: Headquarters) -> None:
    number = replayed(town, water())
    drafts(town).approve(number, WANG)
    with pytest.raises(TwoPersonsNeeded):
        drafts(town).publish(number, WANG)
    assert town.tariff_office.document("CN-BJ-WATER-RES", 5) is None


def test_nothing_is_published_that_nobody_approved(town: Headquarters) -> None:
    number = replayed(town, water())
    with pytest.raises(DraftNotApproved):
        drafts(town).publish(number, LI)


def test_nothing_is_approved_without_a_replay_where_something_was_sold(
    town: Headquarters,
) -> None:
    number = drafts(town).keep(water(), "li")
    with pytest.raises(DraftNotReplayed):
        drafts(town).approve(number, WANG)


def test_a_replay_is_of_exactly_one_draft(town: Headquarters) -> None:
    replayed(town, water())
    other = drafts(town).keep(water(effective_from="2026-08-01T00:00:00"), "li")
    with pytest.raises(DraftNotReplayed):
        drafts(town).approve(other, WANG)


def test_a_replay_ends_to_count_when_something_else_is_published(town: Headquarters) -> None:
    number = replayed(town, water(6))
    town.tariff_office.publish(water(5), [LI, WANG])
    with pytest.raises(ReplayOutdated):
        drafts(town).approve(number, WANG)
    town.tariff_office.replays.ask(number, 12, "li")
    town.tariff_office.replays.run_waiting()
    drafts(town).approve(number, WANG)


@pytest.mark.parametrize("signer", [ADMIN, Credential("wang", "a guess")])
def test_a_wrong_hand_approves_nothing(town: Headquarters, signer: Credential) -> None:
    number = replayed(town, water())
    with pytest.raises((NotAnOfficer, WrongPassword)):
        drafts(town).approve(number, signer)
    assert drafts(town).one(number).state is State.REVIEWED


def test_only_an_officer_writes_a_draft(headquarters: Headquarters) -> None:
    for name in ("admin", "nobody"):
        with pytest.raises(NotAnOfficer):
            drafts(headquarters).keep(water(), name)
    assert drafts(headquarters).all() == ()


@pytest.mark.parametrize(
    ("document", "refusal"),
    [
        (b"{}", TariffMalformed),
        (water(golden=[{"used": "0", "quantum": "1", "quantity": "1", "charged": "9.99"}]),
         GoldenCaseDiffers),
        (water(4), TariffNotNewer),
    ],
)  # fmt: skip
def test_a_file_that_is_not_sound_is_not_even_kept(
    town: Headquarters, document: bytes, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        drafts(town).keep(document, "li")
    assert [draft.state for draft in drafts(town).all(still_open=True)] == []


def test_an_author_cancels_and_another_rejects_with_a_reason(town: Headquarters) -> None:
    first, second = (drafts(town).keep(water(), "li") for _ in range(2))
    with pytest.raises(ReasonMissing):
        drafts(town).close(first, "li", "  ")
    assert drafts(town).close(first, "li", "a slip") is State.CANCELLED
    assert drafts(town).close(second, "wang", "too dear") is State.REJECTED
    last = drafts(town).one(second).acts[-1]
    assert (last.act, last.who, last.reason) == (Act.REJECTED, "wang", "too dear")
    for number in (first, second):
        with pytest.raises(DraftClosed):
            drafts(town).approve(number, WANG)
        with pytest.raises(DraftClosed):
            drafts(town).close(number, "li", "again")


def test_a_changed_text_is_another_draft_in_the_place_of_the_first(town: Headquarters) -> None:
    first = drafts(town).keep(water(), "li")
    second = drafts(town).keep(water(currency="CNY"), "li", replaces=first)
    assert drafts(town).one(first).state is State.CANCELLED
    assert drafts(town).one(first).acts[-1].reason == f"→ {second}"
    assert drafts(town).one(second).replaces == first
    assert drafts(town).one(first).document == water()


def test_a_draft_that_is_not_there_is_one_sentence(headquarters: Headquarters) -> None:
    with pytest.raises(NoSuchDraft):
        drafts(headquarters).one(1)
    with pytest.raises(NoSuchDraft):
        drafts(headquarters).approve(1, WANG)


def test_the_second_of_two_drafts_of_one_version_is_too_late(town: Headquarters) -> None:
    first, second = replayed(town, water()), replayed(town, water())
    for number in (first, second):
        drafts(town).approve(number, WANG)
    drafts(town).publish(first, LI)
    with pytest.raises((TariffNotNewer, ReplayOutdated)):
        drafts(town).publish(second, LI)
    assert drafts(town).one(second).state is State.APPROVED


def test_months_that_make_no_sense_are_refused(town: Headquarters) -> None:
    number = drafts(town).keep(water(), "li")
    for months in (0, 37):
        with pytest.raises(MonthsWrong):
            town.tariff_office.replays.ask(number, months, "li")
    assert town.tariff_office.replays.latest(number) is None


def test_a_replay_asked_for_twice_runs_once(town: Headquarters) -> None:
    number = drafts(town).keep(water(), "li")
    assert {town.tariff_office.replays.ask(number, 12, "li") for _ in range(2)} == {1}
    assert town.tariff_office.replays.run_waiting() == 1
    assert town.tariff_office.replays.run_waiting() == 0


def test_the_worker_replays_what_waits_and_survives_a_failure(
    town: Headquarters, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    number = drafts(town).keep(water(), "li")
    replays = town.tariff_office.replays
    replays.ask(number, 12, "li")
    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING):
        patch.setattr("yika_central.services.tariff_replays.published_digest", busy)
        replay(town)
    assert [record.message for record in caplog.records] == ["replay failed"]
    assert drafts(town).one(number).state is State.DRAFT
    replay(town)
    assert drafts(town).one(number).state is State.REVIEWED


def busy(*_: object) -> bytes:
    raise DatabaseBusy


def test_what_a_draft_is_compared_with_is_the_version_in_force(town: Headquarters) -> None:
    town.tariff_office.publish(water(5, effective_from="2026-09-01T00:00:00"), [LI, WANG])
    basis = town.tariff_office.shelf.baseline("CN-BJ-WATER-RES", 6)
    assert basis is not None
    assert (basis.version, basis.standing) == (4, Standing.IN_FORCE)
    document = town.tariff_office.document(basis.tariff_id, basis.version)
    assert document is not None
    assert [change.path for change in compare(document, water(6), "en")] == ["version"]


def test_who_refused_a_version_and_who_was_not_heard_of_are_told(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pens = [enrol(headquarters, clock, f"N000{n}", seed=n) for n in range(1, 5)]
    publish_water(headquarters)
    (entry,) = headquarters.tariff_office.published()
    name = f"tariff/{entry.tariff_id}/{entry.version}"
    clock.pass_by(minutes=1)
    digest = "00" * 8
    pens[0].write(BundleApplied(version=2, digest=digest, items=(AppliedItem(name, 3, digest),)))
    pens[1].write(
        BundleRefused(
            version=2, digest=digest, item=name, code="golden_case_differs", sentence="Case 1."
        )
    )
    for pen in pens[:3]:
        pen.send(pen.cut())
    holdings = headquarters.tariff_office.held_by(entry.tariff_id, entry.version)
    assert [entry.since is not None for entry in holdings] == [True, False, False, False]
    assert [entry.heard for entry in holdings] == [True, True, True, False]
    refused = [entry.refusal and entry.refusal.code for entry in holdings]
    assert refused == [None, "golden_case_differs", None, None]


def test_a_refusal_is_over_when_the_version_was_taken_after_all(
    headquarters: Headquarters, clock: HandClock
) -> None:
    publish_water(headquarters)
    (entry,) = headquarters.tariff_office.published()
    name = f"tariff/{entry.tariff_id}/{entry.version}"
    pen = enrol(headquarters, clock)
    digest = "00" * 8
    refusal = BundleRefused(version=1, digest=digest, item=name, code="x", sentence="No.")
    pen.write(
        refusal, BundleApplied(version=2, digest=digest, items=(AppliedItem(name, 3, digest),))
    )
    pen.send(pen.cut())
    (holding,) = headquarters.tariff_office.held_by(entry.tariff_id, entry.version)
    assert (holding.since, holding.refusal) == (clock.now, None)


def test_a_version_that_ends_soon_wants_a_successor_until_it_has_one(
    headquarters: Headquarters, clock: HandClock
) -> None:
    office = headquarters.tariff_office
    ends = {"soft": "2026-09-01T00:00:00", "hard": "2026-10-01T00:00:00"}
    office.publish(water(5, expires=ends), [LI, WANG])
    assert not office.published()[0].wants_successor(clock.now)
    clock.pass_by(days=80)
    assert office.published()[0].wants_successor(clock.now)
    office.publish(water(6, effective_from="2026-10-01T00:00:00"), [LI, WANG])
    assert [entry.wants_successor(clock.now) for entry in office.published()] == [False, False]


def test_the_office_signs_with_both_in_one_go_and_keeps_every_step(town: Headquarters) -> None:
    town.tariff_office.publish(water(), [LI, WANG])
    newest = drafts(town).all()[0]
    acts = [act.act for act in drafts(town).one(newest.number).acts]
    assert acts == [Act.DRAFTED, Act.REVIEWED, Act.APPROVED, Act.PUBLISHED]
    replay = town.tariff_office.replays.latest(newest.number)
    assert replay is not None
    assert replay.findings is not None
    assert replay.findings.changes_nothing
