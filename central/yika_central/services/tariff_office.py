"""The tariff office: a tariff is published by two persons, once, and never changed again.

Its rooms are the desk where drafts are kept and signed, the replays that show what a draft would
have done, the shelf of published versions, and the book of who holds them.
"""

from collections.abc import Sequence

from yika_central.db import tariff_store as store
from yika_central.db.database import Database
from yika_central.services.key_room import KeyRoom
from yika_central.services.registry import Registry
from yika_central.services.staff import Credential, Staff
from yika_central.services.tariff_draft_rules import DraftNotReplayed, ReplayOutdated
from yika_central.services.tariff_drafts import Signer, TariffDrafts
from yika_central.services.tariff_holders import Holding, TariffHolders
from yika_central.services.tariff_replays import MONTHS, TariffReplays
from yika_central.services.tariff_rules import TwoPersonsNeeded
from yika_central.services.tariff_shelf import Published, TariffShelf
from yika_common.clock import Clock
from yika_common.tariffs.model import Tariff

_ATTEMPTS = 5
"""How often everything is looked at again when others publish at the same time."""


class TariffOffice:
    """Publishes tariffs and knows which nodes hold them."""

    def __init__(
        self, database: Database, keys: KeyRoom, staff: Staff, registry: Registry, clock: Clock
    ) -> None:
        self._database = database
        self._keys = keys
        self._staff = staff
        self._holders = TariffHolders(database)
        self.shelf = TariffShelf(database, registry, clock)
        self.replays = TariffReplays(database, clock)
        self.drafts = TariffDrafts(database, keys, staff, self.shelf, self.replays, clock)

    def publish(
        self,
        document: bytes,
        signers: Sequence[Credential],
        *,
        months: int = MONTHS,
    ) -> Tariff:
        """Draft, replay, approve and publish in one go, with everybody who signs at hand.

        The first signer is the author, the second approves.  The replay is left out when nothing
        of the service was ever sold.

        Raises:
            TariffMalformed, GoldenCaseDiffers: the file is no sound tariff.
            TwoPersonsNeeded: fewer than two different persons sign.
            WrongPassword, TooManyAttempts, NotAnOfficer: a signature is missing.
            TariffNotNewer, TariffChangesScope, TariffTimeWrong, TariffWouldClash: it does not
                follow.
            Whatever is raised, nothing was published.
        """
        tariff = self.drafts.check(document)
        names = {signer.name for signer in signers}
        if len(names) < max(2, self._keys.root.role("tariff").threshold):
            raise TwoPersonsNeeded
        keys = {signer.name: self._staff.officers_key(signer) for signer in signers}
        author, approver, *others = keys.items()
        number = self.drafts.keep(document, author[0])
        if self._sold(tariff):
            self._replay(number, months, author[0])
        for _ in range(_ATTEMPTS):
            try:
                return self._sign(number, approver, [author, *others])
            except (DraftNotReplayed, ReplayOutdated):
                # Somebody sold for the first time, or published something else, meanwhile.
                self._replay(number, months, author[0])
        return self._sign(number, approver, [author, *others])

    def _sign(self, number: int, approver: Signer, publishers: Sequence[Signer]) -> Tariff:
        self.drafts.approve_with(number, approver)
        return self.drafts.publish_with(number, publishers)

    def _replay(self, number: int, months: int, who: str) -> None:
        self.replays.run(number, self.replays.ask(number, months, who))

    def _sold(self, tariff: Tariff) -> bool:
        with self._database.reading() as session:
            return store.any_sale(session.connection(), str(tariff.service))

    def published(self) -> tuple[Published, ...]:
        """Every published version, by id and falling version."""
        return self.shelf.published()

    def document(self, tariff_id: str, version: int) -> bytes | None:
        """The exact file of a published version; None when there is no such version."""
        return self.shelf.document(tariff_id, version)

    def held_by(self, tariff_id: str, version: int) -> tuple[Holding, ...]:
        """For each node the version is for: whether its journal says that it holds it."""
        return self._holders.of(tariff_id, version)
