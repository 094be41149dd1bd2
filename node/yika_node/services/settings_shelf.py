"""The utility's settings in force: the newest that headquarters signed, or else the defaults."""

from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.settings import SETTINGS_ITEM, Settings, open_settings
from yika_node.db.queries import Queries
from yika_node.services.remembered import Remembered
from yika_node.services.standing import Standing


class SettingsShelf:
    """Reads the settings' file; it is verified again when it is taken from the database."""

    def __init__(self, queries: Queries, standing: Standing) -> None:
        self._queries = queries
        self._standing = standing
        self._held = Remembered(self._read)

    def settings(self) -> Settings:
        """The settings to sell by; raises NotEnrolled."""
        return self._held()

    def forget(self) -> None:
        """Read the file anew: another bundle was switched on."""
        self._held.forget()

    def _read(self) -> Settings:
        root = self._standing.membership.root
        held = self._queries.items_held(SETTINGS_ITEM)
        return open_settings(read_signed_file(held[-1].file), root) if held else Settings()
