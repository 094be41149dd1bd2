"""``yika-node``: one vending point on the command line.

Exit status: 0 done, 1 the thing asked for failed or does not hold, 2 the command line or a file it
names is wrong.  Every failure is one sentence on standard error, in the command line's language.
"""

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Final

import click

from yika_common.errors import N_
from yika_common.infra.allocator import keep_memory_small
from yika_common.infra.entropy import system_random
from yika_common.infra.language import filled, sentence
from yika_common.infra.log_tail import keep_last_lines
from yika_common.infra.logs import log_to
from yika_common.infra.serving import serve as serve_pages
from yika_common.infra.wall_clock import system_clock
from yika_node.bootstrap import Node
from yika_node.cli_kit import FAILED, complain, language, opened, say, sentences, signed_in
from yika_node.config import load
from yika_node.db.folder_lock import is_running
from yika_node.hardware.readers import reader_at
from yika_node.jobs import Jobs
from yika_node.web.app import make_node_app
from yika_node.web.entrance import DeskSessions

_NICE: Final = 10
_MARKS: Final = {"good": "+", "warn": "!", "bad": "-"}

_folder = click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
_operator = click.option("--operator", required=True, help="Whose password opens the keys.")
_password = click.option(
    "--password",
    envvar="YIKA_PASSWORD",
    prompt=True,
    hide_input=True,
    help="Better given in YIKA_PASSWORD, or typed when asked for.",
)


@click.group()
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("node-data"),
    envvar="YIKA_NODE_DATA",
    show_default=True,
    help="The data folder (also: YIKA_NODE_DATA).",
)
@click.pass_context
def main(context: click.Context, data: Path) -> None:
    """One vending point: its pages, its set-up, its exchange with headquarters."""
    context.obj = data


@main.command()
@click.option("--host", help="Instead of the configuration's.")
@click.option("--port", type=click.IntRange(0, 65535), help="Instead of the configuration's.")
@click.pass_obj
def serve(data: Path, host: str | None, port: int | None) -> None:
    """Serve the pages until SIGTERM or Ctrl-C, and exchange with headquarters meanwhile."""
    keep_memory_small()
    log_to(sys.stderr)
    keep_last_lines()
    with opened(data) as node:
        chosen = node.config.web.port if port is None else port
        sessions = DeskSessions(
            system_clock, system_random, node.staff.sign_out, node.roster.level
        )
        jobs = Jobs(node, sweep=sessions.sweep)
        app = make_node_app(
            node,
            clock=system_clock,
            random=system_random,
            instance=str(chosen),
            sessions=sessions,
            soon=jobs.soon,
        )
        jobs.start()
        try:
            with _to_others(node, sessions, jobs):
                serve_pages(
                    app,
                    host=host or node.config.web.host,
                    port=chosen,
                    ready=lambda port: _ready(port, jobs),
                )
        finally:
            jobs.stop()


@main.command()
@click.option("--token", required=True, help="The one-time token of headquarters.")
@click.option("--operator", required=True, help="The first operator, a supervisor.")
@_password
@click.pass_obj
def init(data: Path, token: str, operator: str, password: str) -> None:
    """Register with headquarters and make the first operator."""
    with opened(data) as node:
        node.enrolment.enrol(token, operator, password)
        say(N_("This vending point is registered as %(node)s."), node=node.state().node)


@main.command()
@click.option("--test-page", is_flag=True, help="Print a test page as well.")
@click.pass_obj
def check(data: Path, *, test_page: bool) -> None:
    """Try every part of the vending point; one sentence each."""
    from yika_node.services.inspection import Inspection  # noqa: PLC0415 - seldom needed

    good = True
    inspection = Inspection(data, reader_at, system_clock, running=is_running(data))
    for finding in inspection.findings():
        good = good and finding.good
        words = [
            filled(text, finding.facts, language())
            for text in (finding.text, finding.advice)
            if text
        ]
        click.echo(f"{_MARKS[finding.how]} {' '.join(words)}")
    if test_page:
        from yika_node.services.inspected_printer import print_test_page  # noqa: PLC0415 - rare

        with sentences():
            print_test_page(data, system_clock())
    sys.exit(0 if good else FAILED)


@main.command()
@_operator
@_password
@click.pass_obj
def send(data: Path, operator: str, password: str) -> None:
    """Exchange with headquarters once."""
    with signed_in(data, operator, password) as node:
        report = node.courier.sync()
        say(
            N_("Headquarters has acknowledged everything up to record %(upto)s."),
            upto=report.acknowledged,
        )


@main.command()
@_operator
@_password
@click.option("--all", "everything", is_flag=True, help="The whole journal, for an auditor.")
@_folder
@click.pass_obj
def export(data: Path, operator: str, password: str, folder: Path, *, everything: bool) -> None:
    """Write what headquarters has not acknowledged to FOLDER, for a stick."""
    with signed_in(data, operator, password) as node:
        for name in node.stick.export(folder, everything=everything):
            click.echo(name)


@main.command("import")
@_operator
@_password
@_folder
@click.pass_obj
def import_(data: Path, operator: str, password: str, folder: Path) -> None:
    """Take what headquarters put into FOLDER."""
    with signed_in(data, operator, password) as node:
        report = node.stick.import_(folder)
        say(
            N_("Headquarters has acknowledged everything up to record %(upto)s."),
            upto=report.acknowledged,
        )


@main.command()
@_operator
@_password
@click.option("--open", "opening", is_flag=True, help="Open them; without it they are only tried.")
@click.option(
    "--undo",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write the table of changes that takes back what was opened.",
)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_obj
def accounts(
    data: Path, operator: str, password: str, file: Path, undo: Path | None, *, opening: bool
) -> None:
    """Open many accounts from a table of households, or try it; one line for each row."""
    from yika_node.services.account_import import (  # noqa: PLC0415 - seldom needed
        AccountImport,
        undo_table,
    )

    with signed_in(data, operator, password) as node:
        desk = AccountImport(node.accounts, node.clock)
        rows = desk.tried(file.read_bytes())
        if opening and all(row.problem is None for row in rows):
            rows = desk.open(operator, file.read_bytes())
            taken_back = undo_table(rows)
            if undo is not None and taken_back:
                undo.write_bytes(taken_back)
        for row in rows:
            said = row.account if row.problem is None else sentence(row.problem, language())
            click.echo(f"{row.line}\t{said or '-'}")
        sys.exit(FAILED if any(row.problem is not None for row in rows) else 0)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option("--aside", is_flag=True, help="Leave the machine to others; say nothing.")
@click.pass_obj
def backup(data: Path, folder: Path | None, *, aside: bool) -> None:
    """Make a backup and try it; with FOLDER a copy goes there. The program may be running."""
    from yika_node.services.safekeeping import Keeper  # noqa: PLC0415 - seldom needed

    if aside:
        os.nice(_NICE)
    with sentences():
        config = load(data)
        keeper = Keeper(data, system_clock, system_random, config.backup.second_place)
        state = keeper.keep()
        assert state.good is not None, "it raises otherwise"
        target = data / "backups" / state.good.file if folder is None else keeper.copy_to(folder)
        if not aside:
            say(
                N_(
                    "The backup %(file)s was restored on trial and is whole (%(records)s records)."
                ),
                file=str(target),
                records=state.good.seq,
            )
        if state.second_problem is not None:
            problem = state.second_problem
            click.echo(filled(problem.sentence, problem.facts, language()), err=True)


@main.command()
@_operator
@_password
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def restore(data: Path, operator: str, password: str, file: Path) -> None:
    """Put the backup FILE into an empty data folder; nothing is sold from it."""
    from yika_node.services.safekeeping import put_back  # noqa: PLC0415 - seldom needed

    with sentences():
        header = put_back(file, data, operator, password, system_random)
        say(
            N_(
                "The backup of %(node)s is restored up to record %(records)s. Nothing is sold "
                "from it until headquarters has registered this vending point anew."
            ),
            node=header.node,
            records=header.seq,
        )


@main.command()
@click.option("--reset", is_flag=True, help="Throw away everything that was practised before.")
@click.option("--port", type=click.IntRange(0, 65535), help="Instead of practice's own.")
@click.pass_obj
def practice(data: Path, port: int | None, *, reset: bool) -> None:
    """Practise beside the vending point, with a reader, cards and meters; nothing is real."""
    from yika_node.practice.serving import run_practice  # noqa: PLC0415 - seldom needed

    log_to(sys.stderr)
    keep_last_lines()
    with sentences():
        run_practice(data, reset=reset, port=port, ready=_practice_ready)


@main.group()
def lan() -> None:
    """Show the pages to other machines of the local network, over TLS."""


@lan.command("request")
@_operator
@_password
@click.option("--name", "names", multiple=True, required=True, help="Its address, or a name.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def lan_request(
    data: Path, operator: str, password: str, names: tuple[str, ...], file: Path
) -> None:
    """Write to FILE what headquarters is to certify."""
    from yika_node.services.lan_certificate import LanKeeper  # noqa: PLC0415 - seldom needed

    with signed_in(data, operator, password) as node:
        member, key = node.standing.membership, node.vault.signing_key()
        file.write_bytes(LanKeeper(data).request(member, key, names, node.clock()))


@lan.command("take")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--trust", type=click.Path(path_type=Path, dir_okay=False), help="For browsers.")
@click.pass_obj
def lan_take(data: Path, file: Path, trust: Path | None) -> None:
    """Take the certificate that headquarters sent in FILE; --trust writes what browsers need."""
    from yika_node.services.lan_certificate import LanKeeper  # noqa: PLC0415 - seldom needed

    with opened(data) as node:
        keeper = LanKeeper(data)
        taken = keeper.take(node.standing.membership, file.read_bytes())
        if trust is not None:
            trust.write_bytes(keeper.authority())
        until, names = f"{taken.until:%Y-%m-%d}", ", ".join(taken.names)
        text = N_("The certificate for %(names)s is good until %(until)s.")
        say(text, names=names, until=until)


@main.command()
@click.argument("name")
@click.pass_obj
def release(data: Path, name: str) -> None:
    """Open the NAME of an operator again that wrong passwords had closed."""
    with opened(data) as node:
        if node.staff.operator(name) is None:
            from yika_node.services.staff_office import OperatorUnknown  # noqa: PLC0415 - seldom

            raise OperatorUnknown(name=name)
        node.lockout.release_at_console(name)
        say(
            N_("The name %(name)s is open again. The journal tells so at its next sign-in."),
            name=name,
        )


def _to_others(node: Node, sessions: DeskSessions, jobs: Jobs) -> AbstractContextManager[None]:
    """The pages for other machines, where the configuration asks for them."""
    if not node.config.lan.host:
        return nullcontext()
    from yika_node.web.network import served_to_others  # noqa: PLC0415 - seldom needed

    ready = partial(say, N_("Other machines find the pages at %(url)s"))
    return served_to_others(node, sessions, jobs.soon, ready=ready, late=complain)


def _ready(port: int, jobs: Jobs) -> None:
    say(N_("The pages are at %(url)s"), url=f"http://127.0.0.1:{port}/")
    jobs.warm_up()


def _practice_ready(port: int) -> None:
    say(
        N_("Practice is at %(url)s; nothing there is real."),
        url=f"http://127.0.0.1:{port}/practice/hour",
    )
