"""Headquarters in the demonstration: its command line, and its server."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import requests

from yika_common.services import PROFILES
from yika_common.tariffs.shipped import shipped
from yika_common.tools.demo.processes import Server, free_port, run
from yika_common.values import dataclass

ADMIN = "admin"
OFFICERS = ("anna", "boris")
ACCOUNTANT = "chen"
TIMEOUT_S = 30
PRICE_CHANGE = "example-water-price-change.json"

Json = dict[str, Any]


@dataclass
class Office:
    """Headquarters' data folder, its people and, once served, its address."""

    folder: Path
    passwords: Mapping[str, str]
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.port}"

    def set_up(self, areas: Mapping[str, str]) -> None:
        """Make the keys, the people and the areas."""
        officers = [word for name in OFFICERS for word in ("--officer", name)]
        people = ["--admin", ADMIN, *officers, "--accountant", ACCOUNTANT]
        named = [word for code, name in areas.items() for word in ("--area", f"{code}={name}")]
        self.command("init", *people, *named)

    def publish_shipped(self) -> list[Json]:
        """Publish the shipped tariffs that hold everywhere now; both officers sign each."""
        files = []
        for name, document in shipped().items():
            if name != PRICE_CHANGE and json.loads(document)["area"] is None:
                files.append(self._file(name, document))
        return self._publish(files)

    def publish_price_change(self, effective: datetime) -> Json:
        """Publish the example of a new water price, in force from a moment."""
        document = json.loads(shipped()[PRICE_CHANGE])
        local = effective.astimezone(ZoneInfo(document["time_zone"]))
        document["effective_from"] = local.strftime("%Y-%m-%dT%H:%M:%S")
        text = json.dumps(document, ensure_ascii=False, indent=2)
        return self._publish([self._file(PRICE_CHANGE, text.encode())])[0]

    def stock(self, area: str, profile: int, count: int, factory: Path) -> list[dict[str, str]]:
        """Put cards of a profile and their meters into stock; returns the meters."""
        output = self.command(
            "stock",
            *("--area", area, "--profile", str(profile), "--count", str(count)),
            *("--cards", str(count), "--factory", str(factory)),
        )
        meters: list[dict[str, str]] = json.loads(output)["meters"]
        assert len(meters) == count * len(PROFILES[profile]), "one meter for each slot"
        return meters

    def number_cards(self, area: str, count: int) -> None:
        """Put numbers for cards into stock that no account waits for."""
        self.command("stock", "--area", area, "--cards", str(count))

    def invite(self, node: str, name: str, areas: Sequence[str], url: str) -> str:
        """A one-time token for a vending point that reaches headquarters at ``url``."""
        chosen = [word for area in areas for word in ("--area", area)]
        return self.command("enrol", node, "--name", name, *chosen, "--url", url).strip()

    def let_issue(self, node: str) -> None:
        """Let a vending point write tool, system and managing cards."""
        self.command("tool", "issuer", node, "--by", ADMIN)

    def serve(self, log: Path) -> Server:
        """Start the server."""
        arguments = ["yika-central", "--data", str(self.folder), "serve", "--port", str(self.port)]
        return Server(arguments, url=self.url, log=log)

    def rerate(self) -> None:
        """Price again what still waits for it."""
        self.command("rerate")

    def report(self, output: Path) -> Json:
        """Write the workbook of yesterday to tomorrow, so that no time zone cuts the day."""
        today = datetime.now(UTC).date()
        first, last = today - timedelta(days=1), today + timedelta(days=1)
        text = self.command(
            "report",
            *("--from", first.isoformat(), "--to", last.isoformat()),
            *("--output", str(output), "--by", ADMIN),
        )
        return dict(json.loads(text))

    def segments(self) -> int:
        """How many segments headquarters has taken in, as its metrics say."""
        answer = requests.get(f"{self.url}/metrics", timeout=TIMEOUT_S)
        figures = dict(line.split() for line in answer.text.splitlines() if line[:1] != "#")
        return int(figures["yika_segments"])

    def check(self) -> str:
        """Let headquarters look at itself."""
        return self.command("check")

    def command(self, *arguments: str) -> str:
        """Run ``yika-central`` and return what it printed."""
        secrets = {f"YIKA_PASSWORD_{name.upper()}": word for name, word in self.passwords.items()}
        language = {"YIKA_LANGUAGE": os.environ.get("YIKA_LANGUAGE", "en")}
        return run(
            ["yika-central", "--data", str(self.folder), *arguments], secrets=secrets | language
        )

    def _file(self, name: str, document: bytes) -> Path:
        path = self.folder.parent / "tariffs" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(document)
        return path

    def _publish(self, files: Sequence[Path]) -> list[Json]:
        signers = [word for name in OFFICERS for word in ("--officer", name)]
        output = self.command("publish", *map(str, files), *signers)
        return [json.loads(line) for line in output.splitlines()]
