"""A vending point of the demonstration: a node, its reader and its network cable."""

import json
from collections.abc import Sequence
from dataclasses import field
from pathlib import Path

from yika_common.tools.demo.clerk import Clerk
from yika_common.tools.demo.link import Link
from yika_common.tools.demo.processes import Printer, Reader, Server, free_port, run
from yika_common.values import dataclass

OPERATOR = "clerk"
PASSWORD_VARIABLE = "YIKA_PASSWORD"  # noqa: S105 - the variable's name, not a password


@dataclass
class Point:
    """One vending point; :meth:`enrol` and :meth:`open` bring it to life."""

    name: str
    folder: Path
    areas: Sequence[str]
    password: str
    link: Link
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def printer_port(self) -> Path:
        """Where its receipt printer is."""
        return self.folder.with_suffix(".printer")

    def enrol(self, token: str, reader: Path) -> None:
        """Configure the node for its reader and register it with headquarters."""
        self.folder.mkdir(parents=True)
        (self.folder / "node.toml").write_text(
            f"[reader]\nport = {json.dumps(str(reader))}\n"
            f'[printer]\nkind = "serial"\nport = {json.dumps(str(self.printer_port))}\n'
            f"[web]\nport = {self.port}\n"
            "[sync]\ninterval_s = 10\n",
            encoding="utf-8",
        )
        self.command("init", "--token", token, "--operator", OPERATOR)

    def open(self, reader: Path, log: Path) -> None:
        """Switch the reader, the printer and the node on, and sign the clerk in."""
        papers = self.folder.with_name("receipts") / self.name
        self.printer = Printer(self.printer_port, papers, log.with_suffix(".printer.log"))
        self.reader = Reader(reader, log.with_suffix(".reader.log"))
        arguments = ["yika-node", "--data", str(self.folder), "serve"]
        self.server = Server(arguments, url=self.url, log=log)
        self.clerk = Clerk(self.url, OPERATOR, self.password)

    def save_journal(self, file: Path) -> None:
        """Save the whole journal, signed, as the clerk's browser would."""
        file.write_bytes(self.clerk.download("/sync/journal"))

    def close(self) -> None:
        """Switch everything off."""
        self.server.stop()
        self.printer.stop()
        self.reader.stop()
        self.link.close()

    def command(self, *arguments: str) -> str:
        """Run ``yika-node`` on this folder and return what it printed."""
        secrets = {PASSWORD_VARIABLE: self.password}
        return run(["yika-node", "--data", str(self.folder), *arguments], secrets=secrets)
