"""Who may work here by headquarters' word, where its settings say that this counts.

``local``: whom the supervisors of this vending point let sign in.  ``listed``: of these only who
is on headquarters' list of persons (:mod:`yika_node.services.person_shelf`) too, and with no more
than its level.  A point that never had a list with anybody on it works by itself, so that nobody
is shut out for good by a setting.

An ordinary request asks one remembered setting; the list is loaded where it counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from yika_common.clock import Clock
from yika_common.sync.settings import LISTED
from yika_node.db.queries import Queries
from yika_node.services.remembered import Remembered
from yika_node.services.settings_shelf import SettingsShelf
from yika_node.services.standing import Standing
from yika_node.services.views import Level
from yika_node.vault import Vault

if TYPE_CHECKING:
    from yika_node.services.person_shelf import PersonShelf


class Roster:
    """Says with what level an operator may work now."""

    def __init__(
        self,
        queries: Queries,
        standing: Standing,
        vault: Vault,
        settings: SettingsShelf,
        clock: Clock,
    ) -> None:
        self._queries = queries
        self._standing = standing
        self._vault = vault
        self._settings = settings
        self._clock = clock
        self._shelf = Remembered(self._loaded)

    @property
    def listed(self) -> bool:
        """Headquarters' list counts here."""
        return self._standing.enrolled and self._settings.settings().operators == LISTED

    def level(self, name: str, level: Level, *, admitted: bool = False) -> Level:
        """What an operator of this level may work as now.

        Args:
            name: of the operator.
            level: that the vending point gave him.
            admitted: headquarters lets him in by telephone just now.

        Raises:
            NotListed, ListingEnded, ListTooOld: he may not work here.
        """
        if not self.listed or self._vault.locked:
            # Behind a locked vault nobody does anything.
            return level
        return self.shelf().level(name, level, admitted=admitted)

    def late(self) -> bool:
        """Whether the list counts and should have been renewed."""
        return self.listed and not self._vault.locked and self.shelf().late()

    def shelf(self) -> PersonShelf:
        """The list, whether or not it counts."""
        return self._shelf()

    def forget(self) -> None:
        """Read the list anew: another bundle was switched on, or the vault was locked."""
        self._shelf.forget()

    def _loaded(self) -> PersonShelf:
        from yika_node.services.person_shelf import PersonShelf  # noqa: PLC0415 - see above

        return PersonShelf(self._queries, self._standing, self._vault, self._clock)
