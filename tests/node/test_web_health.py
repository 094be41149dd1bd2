"""The page of health and the diagnostic bundle: every part in a line, and nobody's secrets."""

import io
import json
import logging
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from card_builders import repeatable_random
from node_pages import Clerk, Pages, pages_in
from node_world import OPERATOR, PASSWORD
from yika_common.infra.log_tail import LastLines, last_lines
from yika_node.config import Config, HeadquartersConfig
from yika_node.services.diagnostics import bundle
from yika_node.services.findings import Finding
from yika_node.services.inspection import Inspection
from yika_node.services.safekeeping import Keeper

PARTS = {
    "Configuration",
    "Registration",
    "Database",
    "Journal",
    "Keys",
    "Backup",
    "Headquarters",
    "Prices",
    "Card reader",
    "Printer",
    "Clock",
    "Disk",
    "Memory",
    "Program",
}


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "node") as made:
        yield made


@pytest.fixture
def tail() -> Iterator[LastLines]:
    handler = LastLines()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def inspected(pages: Pages) -> dict[str, Finding]:
    node = pages.node
    inspection = Inspection(
        node.folder, lambda *_: node.reader, pages.world.clock, running=True, live=True
    )
    return {finding.part: finding for finding in inspection.findings()}


def keep(pages: Pages, second: Path | None = None) -> None:
    Keeper(
        pages.world.folder,
        pages.world.clock,
        repeatable_random(3),
        second,
        device=lambda path: int(path == second),
    ).keep()


def test_every_part_has_a_line(pages: Pages) -> None:
    assert set(inspected(pages)) == PARTS


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_shows_the_same_lines(pages: Pages, language: str) -> None:
    page = pages.clerk(language).get("/health")
    assert page.status_code == 200
    assert page.text.count('<th scope="row">') == len(PARTS)


def test_a_backup_grows_old_and_says_so(pages: Pages) -> None:
    assert inspected(pages)["Backup"].how == "warn"
    keep(pages)
    assert "on this disk alone" in inspected(pages)["Backup"].text
    clerk = pages.clerk()
    assert "Backup</span>" not in clerk.get("/health").text
    pages.world.pass_time(days=2)
    clerk = pages.clerk()
    assert "48 hours old" in clerk.get("/health").text
    assert "<span>Backup</span><b>2 days old</b>" in clerk.get("/").text
    pages.world.pass_time(days=3)
    assert inspected(pages)["Backup"].how == "bad"


def test_with_a_second_medium_all_is_well(pages: Pages, tmp_path: Path) -> None:
    keep(pages, tmp_path / "stick")
    assert inspected(pages)["Backup"].how == "warn"
    (tmp_path / "stick").mkdir()
    pages.world.pass_time(hours=1)
    keep(pages, tmp_path / "stick")
    assert inspected(pages)["Backup"].how == "good"


def test_what_waits_long_to_be_sent_is_seen(pages: Pages) -> None:
    pages.clerk()
    assert inspected(pages)["Headquarters"].how == "good"
    pages.world.pass_time(days=2)
    assert inspected(pages)["Headquarters"].how == "warn"
    pages.world.pass_time(days=8)
    assert inspected(pages)["Headquarters"].how == "bad"


def test_a_journal_that_was_changed_is_seen(pages: Pages) -> None:
    assert inspected(pages)["Journal"].how == "good"
    pages.node.journal.note("UPDATE tip SET signature = zeroblob(64)", ())
    assert inspected(pages)["Journal"].how == "bad"


def test_a_clock_that_differs_from_headquarters_is_seen(pages: Pages) -> None:
    pages.clerk()
    pages.node.courier.sync()
    assert pages.node.clock.ahead_s == 0
    pages.world.headquarters.now -= 3600
    pages.node.courier.sync()
    ahead = pages.node.clock.ahead_s
    line = next(
        finding
        for finding in Inspection(
            pages.node.folder, lambda *_: pages.node.reader, pages.world.clock, ahead_s=ahead
        ).findings()
        if finding.part == "Clock"
    )
    assert (ahead, line.how, line.facts["minutes"]) == (3600, "warn", 60)


def test_what_went_wrong_stands_there_in_words(pages: Pages, tail: LastLines) -> None:
    log = logging.getLogger("yika_node.jobs")
    log.warning("sync_failed", extra={"facts": {"code": "link_down"}})
    page = pages.clerk().get("/health").text
    assert "sync_failed" in page
    assert "Headquarters" in page
    assert "link_down" not in page


def test_the_bundle_says_how_things_are(pages: Pages, tail: LastLines) -> None:
    held = unpacked(populated(pages).get("/health/bundle").data)
    assert {line["part"] for line in json.loads(held["health.json"])} == PARTS
    assert json.loads(held["versions.json"])["yika"]
    assert json.loads(held["journal.json"])["rows"]["account"] == 1


def test_the_bundle_holds_no_secret_and_no_name(pages: Pages, tail: LastLines) -> None:
    clerk = populated(pages)
    told = "\n".join(unpacked(clerk.get("/health/bundle").data).values())
    assert [value for value in secrets_of(pages) if value in told] == []


def test_a_leak_would_be_found(pages: Pages, tail: LastLines) -> None:
    """Control: the same search in a bundle into which something was planted."""
    populated(pages)
    values = secrets_of(pages)
    leak = Finding("Keys", "bad", f"{values[0]} {values[-1]}", {})
    packed = bundle(pages.node.folder, Config(), [leak], (), datetime.now().astimezone())
    told = "\n".join(unpacked(packed).values())
    assert [value for value in values if value in told] == [values[0], values[-1]]


def test_an_address_loses_its_password(pages: Pages) -> None:
    config = Config(headquarters=HeadquartersConfig("https://me:hush@hq.test/x?token=1"))
    held = unpacked(bundle(pages.node.folder, config, (), (), datetime.now().astimezone()))
    assert json.loads(held["configuration.json"])["headquarters"]["url"] == "https://hq.test/x"


def populated(pages: Pages) -> Clerk:
    """A clerk who has sold, and a log in which names were written that do not belong there."""
    clerk = pages.clerk()
    number, _ = clerk.open_with_card()
    clerk.sell({"amount-0": "20"})
    card = str(pages.node.accounts.get(number).card)
    facts = {"account": number, "card": card, "who": "王小明", "operator": OPERATOR, "code": "x"}
    logging.getLogger("yika_node.test").warning("planted", extra={"facts": facts})
    assert any(number in line for line in last_lines())
    return clerk


def secrets_of(pages: Pages) -> list[str]:
    """Whatever must not travel: keys in every spelling, persons, accounts, cards, meters."""
    node = pages.node
    (account,) = (node.accounts.get(row) for row in numbers(pages))
    vault = json.loads((node.folder / "vault.json").read_text())
    keys = [node.vault.signing_key().seed, node.vault.seal_key().private, node.vault.data_key()]
    meters = [node.cards.keyring.meter(meter.meter).keys for meter in account.meters]
    keys += [key for held in meters for key in (bytes(held.credit), bytes(held.auth))]
    keys.append(node.cards.keyring.card(str(account.card)).node_key)
    return [
        *(key.hex() for key in keys),
        *vault["secrets"].values(),
        *(slot["wrapped"] for slot in vault["slots"].values()),
        PASSWORD,
        f'"{OPERATOR}"',
        account.number,
        str(account.card),
        *(meter.meter for meter in account.meters),
        "010-555",
        "东河路",
        "王小明",
    ]


def numbers(pages: Pages) -> list[str]:
    connection = pages.node.journal._connection
    return [row[0] for row in connection.execute("SELECT number FROM account")]


def unpacked(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}
