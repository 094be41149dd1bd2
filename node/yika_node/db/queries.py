"""Reading a node's tables: always in a snapshot, never slower as history grows.

Lists are paged by key: a page asks for what lies before or after the last key it has seen.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Engine, literal_column, tuple_
from sqlmodel import Session, col, func, select

from yika_common.infra.sqlite_errors import named_failures
from yika_common.journal.record import genesis
from yika_node.db.projections import PENDING
from yika_node.db.tables import (
    Account,
    AccountMeter,
    Acknowledgement,
    Attempt,
    Bundle,
    Card,
    Form,
    HeatYear,
    HeldItem,
    Identity,
    Intent,
    Item,
    MeterPosition,
    Operator,
    Quota,
    Reading,
    Record,
    Tip,
    Witness,
)


@contextmanager
def _session(engine: Engine) -> Iterator[Session]:
    with named_failures(), Session(engine, expire_on_commit=False) as session:
        yield session


class Queries:
    """What the desks ask the tables; every method is one snapshot and may run in any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # Who this node is.

    def identity(self) -> Identity | None:
        """The newest epoch's row."""
        with _session(self._engine) as session:
            return session.exec(select(Identity).order_by(col(Identity.epoch).desc())).first()

    def operators(self) -> Sequence[Operator]:
        """All operators, in the order they came."""
        with _session(self._engine) as session:
            return session.exec(select(Operator).order_by("added_at", "name")).all()

    def operator(self, name: str) -> Operator | None:
        """One operator."""
        with _session(self._engine) as session:
            return session.get(Operator, name)

    def attempt(self, operator: str) -> Attempt | None:
        """Wrong passwords in a row under this name."""
        with _session(self._engine) as session:
            return session.get(Attempt, operator)

    # The journal.

    def tip(self, epoch: int) -> Tip | None:
        """The end of the chain."""
        with _session(self._engine) as session:
            return session.get(Tip, epoch)

    def record(self, epoch: int, seq: int) -> Record | None:
        """One record."""
        with _session(self._engine) as session:
            return session.get(Record, (epoch, seq))

    def records(self, epoch: int, first: int, limit: int) -> Sequence[Record]:
        """Records ``first`` and on, in order, ``limit`` at most."""
        with _session(self._engine) as session:
            wanted = select(Record).where(Record.epoch == epoch, Record.seq >= first)
            return session.exec(wanted.order_by("seq").limit(limit)).all()

    def head_at(self, epoch: int, seq: int, certificate: bytes) -> bytes | None:
        """The hash after record ``seq``, the genesis hash for 0, None above the end."""
        if seq == 0:
            return genesis(certificate)
        found = self.record(epoch, seq)
        return None if found is None else found.head

    def acknowledgement(self, epoch: int) -> Acknowledgement | None:
        """The newest verified acknowledgement."""
        with _session(self._engine) as session:
            return session.get(Acknowledgement, epoch)

    # What headquarters sent.

    def bundle(self) -> Bundle | None:
        """The manifest in force."""
        with _session(self._engine) as session:
            return session.get(Bundle, 1)

    def item(self, sha256: bytes) -> Item | None:
        """A signed file by its hash."""
        with _session(self._engine) as session:
            return session.get(Item, sha256)

    def manifest(self, version: int) -> Item | None:
        """The manifest file of a version."""
        with _session(self._engine) as session:
            wanted = select(Item).where(Item.name == "manifest", Item.version == version)
            return session.exec(wanted).first()

    def holds(self, name: str, version: int, digest: str) -> bool:
        """Whether a bundle switched this very item on; ``digest`` is 16 hex digits."""
        with _session(self._engine) as session:
            found = session.get(HeldItem, (name, version))
            return found is not None and found.digest == digest

    def items_held(self, prefix: str) -> Sequence[Item]:
        """Every file, of all versions, that a bundle switched on under such a name."""
        with _session(self._engine) as session:
            digest = func.substr(func.lower(func.hex(Item.sha256)), 1, 16)
            wanted = (
                select(Item)
                .join(
                    HeldItem,
                    (col(HeldItem.name) == Item.name)
                    & (col(HeldItem.version) == Item.version)
                    & (col(HeldItem.digest) == digest),
                )
                .where(col(Item.name).startswith(prefix, autoescape=True))
                .order_by(col(Item.name), col(Item.version))
            )
            return session.exec(wanted).all()

    # Accounts and cards.

    def account(self, number: str) -> tuple[Account, Sequence[AccountMeter], Card | None] | None:
        """An account, its meters in slot order, and its newest card."""
        with _session(self._engine) as session:
            found = session.get(Account, number)
            return None if found is None else (found, *_belongings(session, found))

    def accounts(
        self, after: str, limit: int
    ) -> Sequence[tuple[Account, Sequence[AccountMeter], Card | None]]:
        """Accounts above the number ``after``, in order."""
        with _session(self._engine) as session:
            wanted = select(Account).where(Account.number > after)
            found = session.exec(wanted.order_by("number").limit(limit)).all()
            return [(account, *_belongings(session, account)) for account in found]

    def account_of_meter(self, meter: str) -> str | None:
        """The account that a meter belongs to."""
        with _session(self._engine) as session:
            wanted = select(AccountMeter.account).where(AccountMeter.meter == meter)
            return session.exec(wanted).first()

    def meters_taken(self, meters: Sequence[str]) -> set[str]:
        """Which of these meters belong to an account."""
        with _session(self._engine) as session:
            wanted = select(AccountMeter.meter).where(col(AccountMeter.meter).in_(meters))
            return set(session.exec(wanted).all())

    def accounts_opened(self) -> int:
        """How many accounts this journal opened."""
        with _session(self._engine) as session:
            return session.exec(select(func.count()).select_from(Account)).one()

    def card(self, number: str) -> Card | None:
        """A card that was issued here."""
        with _session(self._engine) as session:
            return session.get(Card, number)

    def cards_issued(self, numbers: Sequence[str]) -> set[str]:
        """Which of these card numbers are issued."""
        with _session(self._engine) as session:
            return set(
                session.exec(select(Card.number).where(col(Card.number).in_(numbers))).all()
            )

    def bought(self, account: str, service: str, period: str) -> int:
        """What the account bought of the service in the period, by this journal."""
        with _session(self._engine) as session:
            found = session.get(Quota, (account, service, period))
            return 0 if found is None else found.bought

    def heating_year_paid(self, account: str, service: str) -> int:
        """The newest heating year paid, by this journal; 0: none."""
        with _session(self._engine) as session:
            found = session.get(HeatYear, (account, service))
            return 0 if found is None else found.year

    def meter_position(self, meter: str) -> MeterPosition | None:
        """What this journal last gave the meter."""
        with _session(self._engine) as session:
            return session.get(MeterPosition, meter)

    # Sales and readings.

    def intent(self, epoch: int, seq: int) -> Intent | None:
        """One meter's sale."""
        with _session(self._engine) as session:
            return session.get(Intent, (epoch, seq))

    def basket(self, epoch: int, basket: int) -> Sequence[Intent]:
        """The sales paid together, in slot order of their making."""
        with _session(self._engine) as session:
            wanted = select(Intent).where(
                Intent.epoch == epoch, Intent.seq >= basket, Intent.seq < basket + 8
            )
            rows = session.exec(wanted.order_by("seq")).all()
            return [row for row in rows if row.basket == basket]

    def pending(self, card: str | None = None) -> Sequence[Intent]:
        """The sales still waiting for their card, oldest first."""
        with _session(self._engine) as session:
            # In the order of the index of pending sales, or SQLite walks through all history.
            wanted = select(Intent).where(col(Intent.state) == literal_column(f"'{PENDING}'"))
            if card is not None:
                wanted = wanted.where(Intent.card == card)
            found = session.exec(wanted.order_by("card", "epoch", "seq")).all()
            return sorted(found, key=lambda row: (row.epoch, row.seq))

    def sales(
        self, before: tuple[int, int] | None, limit: int, account: str | None
    ) -> Sequence[Intent]:
        """Sales, newest first, below the key ``before``."""
        with _session(self._engine) as session:
            wanted = select(Intent)
            if account is not None:
                wanted = wanted.where(Intent.account == account)
            if before is not None:
                wanted = wanted.where(tuple_(col(Intent.epoch), col(Intent.seq)) < tuple_(*before))
            newest = (col(Intent.epoch).desc(), col(Intent.seq).desc())
            return session.exec(wanted.order_by(*newest).limit(limit)).all()

    def account_was_sold_to(self, account: str) -> bool:
        """Whether any sale to the account was ever begun."""
        with _session(self._engine) as session:
            wanted = select(Intent.seq).where(Intent.account == account)
            return session.exec(wanted.limit(1)).first() is not None

    def form(self, token: str) -> Form | None:
        """What a form's token became."""
        with _session(self._engine) as session:
            return session.get(Form, token)

    def last_reading(self, meter: str) -> Reading | None:
        """The newest write-back of a meter."""
        with _session(self._engine) as session:
            wanted = select(Reading).where(Reading.meter == meter)
            return session.exec(wanted.order_by(col(Reading.sequence).desc())).first()

    def readings(
        self, before: tuple[int, int] | None, limit: int, meter: str | None
    ) -> Sequence[Reading]:
        """Readings, newest first, below the key ``before``."""
        with _session(self._engine) as session:
            wanted = select(Reading)
            if meter is not None:
                wanted = wanted.where(Reading.meter == meter)
            if before is not None:
                wanted = wanted.where(
                    tuple_(col(Reading.epoch), col(Reading.seq)) < tuple_(*before)
                )
            newest = (col(Reading.epoch).desc(), col(Reading.seq).desc())
            return session.exec(wanted.order_by(*newest).limit(limit)).all()

    def witness(self, node: str, epoch: int, seq: int, head: str) -> Witness | None:
        """A place in another journal, if a card named it before."""
        with _session(self._engine) as session:
            return session.get(Witness, (node, epoch, seq, head))


def _belongings(session: Session, account: Account) -> tuple[Sequence[AccountMeter], Card | None]:
    meters = select(AccountMeter).where(AccountMeter.account == account.number)
    cards = select(Card).where(Card.account == account.number)
    return (
        session.exec(meters.order_by("slot")).all(),
        session.exec(cards.order_by(col(Card.generation).desc())).first(),
    )
