"""The first start with a system card: it registers this installation once, and is then burnt.

The order, so that power may fail anywhere::

    read     the voucher, with the PIN; nothing is believed of it yet
    keep     which card it is, and the key that burns it, in ``system-card.json``
    register as with a token (:mod:`yika_node.services.enrolment`); the voucher's signature is
             checked against the root document whose digest it names
    record   the card is burnt, in the journal
    burn     the chip; then the file is gone

Registering is repeated with the same card and PIN: the same keys ask, and headquarters gives the
same answer.  From then on the card needs no PIN to be burnt, and the node asks for it until it is.
The key in the file opens nothing but a card whose voucher is used up.
"""

import json
from pathlib import Path
from typing import Final

from yika_common.cards.special import contact as special
from yika_common.cards.special.errors import SystemCardExpired, SystemPinWrong
from yika_common.cards.special.keys import Stretch
from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.errors import N_, YikaError
from yika_common.infra.files import PRIVATE, replace_file
from yika_common.infra.pins import stretched
from yika_common.journal.card_bodies import BURNT, SYSTEM, SpecialCard
from yika_common.signing.errors import SealBroken
from yika_common.sync.voucher import OpenedVoucher, open_voucher
from yika_common.values import dataclass
from yika_node.db.journal import Journal
from yika_node.db.special_queries import SpecialQueries
from yika_node.services.counter import Counter
from yika_node.services.enrolment import Enrolment
from yika_node.services.views import Operator
from yika_node.uplink import HeadquartersRefused

FILE: Final = "system-card.json"
_FORBIDDEN: Final = 403
"""What headquarters answers where no open token fits."""


class SystemCardRefused(YikaError):
    """Headquarters does not register with this card."""

    code = "system_card_refused"
    sentence = N_(
        "Headquarters refused system card %(number)s: it was used before with other keys, revoked "
        "or is out of date. Nothing was set up and nothing can be sold here. Call headquarters."
    )


class NothingToBurn(YikaError):
    """No system card waits to be burnt."""

    code = "nothing_to_burn"
    sentence = N_("No system card waits to be burnt. Nothing was done.")


@dataclass(frozen=True, slots=True)
class WaitingCard:
    """A system card that registered this vending point, or is about to, and is not burnt."""

    number: str
    serial: bytes
    host_key: bytes


@dataclass(frozen=True, slots=True)
class SystemStart:
    """Registers with the card in the reader."""

    folder: Path
    counter: Counter
    journal: Journal
    queries: SpecialQueries
    enrolment: Enrolment
    clock: Clock
    stretch: Stretch = stretched

    def enrol(self, pin: str, operator: str, password: str, *, last: bool = False) -> Operator:
        """Register with the system card in the reader; the operator is then signed in.

        The card is not burnt yet: :meth:`burn` does it, at once or when it is seen again.

        Raises:
            AlreadyEnrolled: nothing was changed.
            SystemCardNeeded, SpecialCardBurnt, SystemCardExpired: nothing was changed.
            PinLastTry, PinBlocked, WrongPin, SystemPinWrong: nothing was changed.
            CardAbsent, CardRemoved, CardMute, ReaderError: nothing was changed.
            SystemCardRefused: headquarters takes the card from nobody but its first user.
            those of ``Enrolment.enrol``: see there.
        """
        self.enrolment.check_open()
        with self.counter.card() as contact:
            face = special.system_face(contact)
            special.demand_tries(face, last=last)
            if face.valid_until and to_timestamp(self.clock()) > face.valid_until:
                until = from_timestamp(face.valid_until).date().isoformat()
                raise SystemCardExpired(number=face.number, until=until)
            host_key, box_key = special.system_keys(face, pin, self.stretch)
            card = special.open_system(contact, self.counter.random, host_key)
            try:
                opened = open_voucher(card.content(), face.number, face.valid_until, box_key)
            except SealBroken as wrong:
                raise SystemPinWrong(number=face.number) from wrong
        return self._register(
            WaitingCard(face.number, face.serial, host_key), opened, operator, password
        )

    def waiting(self) -> WaitingCard | None:
        """The card that is to be burnt; None: there is none, or nothing is registered yet."""
        return self._kept() if self.enrolment.enrolled() else None

    def burn(self, operator: str) -> str:
        """Burn the system card in the reader, which registered this vending point; its number.

        Raises:
            NothingToBurn: none waits for it.
            CardSwapped, CardForeign: it is another card; untouched.
            CardAbsent, CardRemoved, CardWriteUncertain, CardMute, ReaderError: put it in again.
            VaultLocked, NodeRestored, DiskFull: see their sentences.
        """
        waiting = self.waiting()
        if waiting is None:
            raise NothingToBurn
        row = self.queries.card(waiting.number)
        if row is None or row.state != BURNT:
            body = SpecialCard(
                card=waiting.number, what=SYSTEM, state=BURNT, serial=waiting.serial.hex()
            )
            self.journal.append([body], at=self.clock(), operator=operator)
        with self.counter.card() as contact:
            special.burn(
                contact,
                self.counter.random,
                waiting.host_key,
                waiting.number,
                waiting.serial,
            )
        (self.folder / FILE).unlink(missing_ok=True)
        return waiting.number

    def _register(
        self, waiting: WaitingCard, opened: OpenedVoucher, operator: str, password: str
    ) -> Operator:
        self._keep(waiting)
        token = opened.voucher.token.to_text()
        try:
            return self.enrolment.enrol(token, operator, password, believe=opened.check)
        except HeadquartersRefused as refused:
            if refused.facts.get("status") != _FORBIDDEN:
                raise
            (self.folder / FILE).unlink(missing_ok=True)
            raise SystemCardRefused(number=waiting.number) from refused

    def _keep(self, waiting: WaitingCard) -> None:
        told = {
            "number": waiting.number,
            "serial": waiting.serial.hex(),
            "host": waiting.host_key.hex(),
        }
        replace_file(self.folder / FILE, json.dumps(told).encode(), mode=PRIVATE)

    def _kept(self) -> WaitingCard | None:
        try:
            told = json.loads((self.folder / FILE).read_bytes())
            serial, key = bytes.fromhex(told["serial"]), bytes.fromhex(told["host"])
            return WaitingCard(told["number"], serial, key)
        except (OSError, ValueError, KeyError, TypeError):
            return None
