"""What an inspection looks at in the data folder: database, journal, keys, backups, dealings."""

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from yika_common.clock import Clock, from_timestamp
from yika_common.errors import N_
from yika_common.infra.sqlite_errors import DatabaseDamaged
from yika_common.journal.record import decode_line, genesis
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.messages import TARIFF_ITEM, open_tariff
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.model import Tariff
from yika_node import vault
from yika_node.db.journal import tip_message
from yika_node.db.sentinel import Sentinel
from yika_node.errors import JournalDamaged, NodeRestored, NotEnrolled, VaultDamaged
from yika_node.services.backup_state import OLD, TOO_OLD, BackupState, Safekeeping, age_of
from yika_node.services.findings import Finding, bad, good, reading, warn
from yika_node.services.standing import Membership, membership
from yika_node.services.tariff_age import worst
from yika_node.services.views import Age

LONG_UNSENT: Final = timedelta(days=1)
TOO_LONG_UNSENT: Final = timedelta(days=7)
_HOUR: Final = timedelta(hours=1)


def registration(folder: Path) -> Finding:
    """Whose vending point this is, by a certificate that goes back to the root it was given.

    Raises:
        NotEnrolled: nobody's yet.
        SignatureInvalid and its like: the certificate is not genuine.
    """
    with reading(folder) as connection:
        found = _membership(connection)
    return good(
        N_("Registration"),
        N_(
            "This is vending point %(node)s of the headquarters at %(url)s; its certificate of "
            "%(issued)s is genuine."
        ),
        node=found.node,
        url=found.headquarters,
        issued=from_timestamp(found.certificate.issued).date().isoformat(),
    )


def database(folder: Path, keeping: BackupState, *, live: bool) -> Finding:
    """SQLite's own check: made now, or by the last backup while the program is at work.

    Raises:
        DatabaseDamaged: it found something.
    """
    with reading(folder) as connection:
        if not live and connection.execute("PRAGMA quick_check").fetchall() != [("ok",)]:
            raise DatabaseDamaged
        (records,) = connection.execute("SELECT total(seq) FROM tip").fetchone()
    if not live:
        return good(
            N_("Database"),
            N_("The database is whole and holds %(records)s records."),
            records=int(records),
        )
    if keeping.good is None:
        return good(
            N_("Database"),
            N_("The database answers and holds %(records)s records; a backup checks it whole."),
            records=int(records),
        )
    return good(
        N_("Database"),
        N_("The database holds %(records)s records; it was checked whole at %(at)s."),
        records=int(records),
        at=from_timestamp(keeping.good.at).isoformat(),
    )


def journal(folder: Path) -> Finding:
    """Whether the journal's end carries our signature, and is where it was left.

    Raises:
        JournalDamaged, NodeRestored: nothing more is sold here.
    """
    with reading(folder) as connection:
        found = _membership(connection)
        row = connection.execute(
            "SELECT seq, head, signature FROM tip WHERE epoch = ?", (found.epoch,)
        ).fetchone()
        if row is None:
            raise JournalDamaged
        seq, head, signature = row
        last = _head(connection, found, seq)
        signed = found.certificate.key.verifies(signature, tip_message(found.epoch, seq, head))
        if last != head or not signed:
            raise JournalDamaged
        mark = Sentinel(folder).read()
        if mark is not None and mark.seq:
            beyond = mark.epoch > found.epoch or mark.seq > seq
            if beyond or _head(connection, found, mark.seq) != mark.head:
                raise NodeRestored(known=mark.seq, found=seq)
    return good(
        N_("Journal"),
        N_("The journal's end, record %(seq)s, carries this vending point's signature."),
        seq=seq,
    )


def keys(folder: Path) -> Finding:
    """The vault's file; that a password opens it is found when somebody signs in.

    Raises:
        VaultDamaged: it is gone.
    """
    if not (folder / vault.FILE_NAME).exists():
        raise VaultDamaged
    return good(N_("Keys"), N_("The key file is there; an operator's password opens it."))


def backups(folder: Path, clock: Clock) -> Finding:
    """The last good backup, and the second medium."""
    state, now = Safekeeping(folder).state(), clock()
    with reading(folder) as connection:
        found = _membership(connection)
    if found.practice:
        return good(N_("Backup"), N_("Practice is not backed up: nothing here is real."))
    issued = from_timestamp(found.certificate.issued)
    part, age = N_("Backup"), age_of(state, now, lambda: issued)
    facts: dict[str, str | int] = {"hours": age // _HOUR}
    if state.good is not None:
        facts |= {"at": from_timestamp(state.good.at).isoformat(), "seq": state.good.seq}
    if state.problem is not None:
        said = state.problem
        return Finding(part, "bad" if age > OLD else "warn", said.sentence, said.facts)
    if state.good is None:
        text = N_("No backup has been made yet, for %(hours)s hours.")
        advice = N_("Leave the program running: it makes one every hour.")
        return (bad if age > TOO_OLD else warn)(part, text, advice, **facts)
    if age > OLD:
        text = N_(
            "The last backup is %(hours)s hours old; it holds everything up to record %(seq)s."
        )
        advice = N_("Leave the program running: it makes one every hour.")
        return (bad if age > TOO_OLD else warn)(part, text, advice, **facts)
    return _second(state, facts)


def _second(state: BackupState, facts: dict[str, str | int]) -> Finding:
    part = N_("Backup")
    if not state.second_place:
        return warn(
            part,
            N_(
                "The backup of %(at)s was restored on trial and is whole; it is on this disk "
                "alone."
            ),
            N_("Name a stick's or another disk's folder as “second” under [backup] in node.toml."),
            **facts,
        )
    if state.second_problem is not None:
        said = state.second_problem
        return Finding(part, "warn", said.sentence, said.facts)
    return good(
        part,
        N_("The backup of %(at)s was restored on trial and is whole, here and on %(second)s."),
        second=state.second_place,
        **facts,
    )


def unsent(folder: Path, clock: Clock) -> Finding:
    """What headquarters has not acknowledged, and how old the oldest of it is."""
    with reading(folder) as connection:
        found = _membership(connection)
        (seq,) = connection.execute(
            "SELECT seq FROM tip WHERE epoch = ?", (found.epoch,)
        ).fetchone() or (0,)
        (upto,) = connection.execute(
            "SELECT upto FROM acknowledgement WHERE epoch = ?", (found.epoch,)
        ).fetchone() or (0,)
        row = connection.execute(
            "SELECT line FROM record WHERE epoch = ? AND seq = ?", (found.epoch, upto + 1)
        ).fetchone()
    part = N_("Headquarters")
    if row is None:
        return good(
            part, N_("Headquarters has acknowledged everything, up to record %(seq)s."), seq=seq
        )
    age = clock() - from_timestamp(decode_line(row[0]).ts)
    text = N_("Records that wait to be sent: %(count)s, the oldest for %(hours)s h.")
    facts = {"count": seq - upto, "hours": max(age // _HOUR, 0)}
    if age <= LONG_UNSENT:
        return good(part, text, **facts)
    advice = N_("Connect to the network, or carry the records on a stick; selling goes on.")
    return (bad if age > TOO_LONG_UNSENT else warn)(part, text, advice, **facts)


def tariffs(folder: Path, clock: Clock) -> Finding:
    """The age of the prices in force.

    Raises:
        SignatureInvalid and its like: a tariff that is held is not genuine.
    """
    with reading(folder) as connection:
        root = _membership(connection).root
        rows = connection.execute(
            "SELECT item.file FROM held_item JOIN item ON item.name = held_item.name"
            " AND item.version = held_item.version WHERE held_item.name LIKE ?",
            (f"{TARIFF_ITEM}%",),
        ).fetchall()
    held = [parse_tariff(open_tariff(read_signed_file(file), root)) for (file,) in rows]
    part, now = N_("Prices"), clock()
    if not held:
        return bad(
            part,
            N_("This vending point holds no prices."),
            N_("Exchange with headquarters, or take its files from a stick."),
        )
    age = worst(_in_force(held, now), now)
    if age is Age.FRESH:
        return good(
            part, N_("%(count)s tariffs are held; those in force are fresh."), count=len(held)
        )
    advice = N_("Exchange with headquarters, or take its files from a stick.")
    if age is Age.STALE:
        return warn(
            part, N_("A tariff in force should have been replaced by a newer one."), advice
        )
    return bad(part, N_("A tariff in force has expired."), advice)


def _in_force(held: list[Tariff], now: datetime) -> list[Tariff]:
    """The newest version of each tariff that has begun."""
    newest: dict[str, Tariff] = {}
    for tariff in sorted(held, key=lambda tariff: tariff.version):
        if tariff.effective_from <= now:
            newest[tariff.id] = tariff
    return list(newest.values())


def _membership(connection: sqlite3.Connection) -> Membership:
    row = connection.execute(
        "SELECT certificate, root, headquarters FROM identity ORDER BY epoch DESC LIMIT 1"
    ).fetchone()
    if row is None:
        raise NotEnrolled
    return membership(*row)


def _head(connection: sqlite3.Connection, found: Membership, seq: int) -> bytes | None:
    if seq == 0:
        return genesis(found.certificate_payload)
    row = connection.execute(
        "SELECT head FROM record WHERE epoch = ? AND seq = ?", (found.epoch, seq)
    ).fetchone()
    return None if row is None else bytes(row[0])
