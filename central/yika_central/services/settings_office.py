"""The settings of all nodes: each change is a numbered version, signed and sent to every node."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlmodel import col
from sqlmodel import select as select_rows

from yika_central.db.database import Database, add, hold_office
from yika_central.db.tables import SettingsChange, table_of
from yika_central.services.fee_list import (
    fees_of,
    fees_text,
    instructions_of,
    instructions_text,
    kinds_of,
    kinds_text,
)
from yika_central.services.key_room import KeyRoom
from yika_central.services.registry import Registry, keep_item, nodes_of_area
from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.errors import N_, Phrase, YikaError, reason_of
from yika_common.sync.settings import SETTINGS_ITEM, Settings, sign_settings

REASON_MAX = 200
DIGITS_MAX = 16
"""More digits than any setting has."""

HISTORY_SHOWN = 100

FEES, GUARANTEES, INSTRUCTIONS = "fees", "guarantees", "instructions"
LISTS: Final[Mapping[str, Callable[[str], tuple[Any, ...]]]] = {
    FEES: fees_of,
    GUARANTEES: kinds_of,
    INSTRUCTIONS: instructions_of,
}
"""What is typed as lines of text, and who reads it."""

NAMES = tuple(field.name for field in fields(Settings) if field.name != "kind")
"""What can be set, in the order it is shown."""


class SettingRefused(YikaError):
    """A value that a setting cannot have, or a setting that there is not."""

    code = "setting_refused"
    sentence = N_(
        "The settings were not changed: “%(name)s” %(why)s. The ones in force stay in force. "
        "Correct it."
    )


class NothingChanged(YikaError):
    """The settings that were asked for are in force already."""

    code = "settings_unchanged"
    sentence = N_(
        "These settings are in force already. Nothing was changed, and nothing is sent. "
        "Change one of them."
    )


class ReasonMissing(YikaError):
    """A change of the settings says why."""

    code = "settings_reason_missing"
    sentence = N_(
        "The reason of the change is missing or longer than %(most)s characters. Nothing was "
        "changed. Write why the settings change."
    )


@dataclass(frozen=True, slots=True)
class SettingsVersion:
    """A version of the settings: who set it, when and why."""

    number: int
    settings: Settings
    changed_by: str
    reason: str
    changed_at: datetime


class SettingsOffice:
    """Keeps the settings, with all that they ever were."""

    def __init__(
        self, database: Database, keys: KeyRoom, registry: Registry, clock: Clock
    ) -> None:
        self._database = database
        self._keys = keys
        self._registry = registry
        self._clock = clock

    def current(self) -> Settings:
        """The settings in force; the defaults before anybody set any."""
        versions = self._versions(1)
        return versions[0].settings if versions else Settings()

    def history(self) -> tuple[SettingsVersion, ...]:
        """The newest versions, newest first."""
        return self._versions(HISTORY_SHOWN)

    def change(self, changes: Mapping[str, str], *, by: str, reason: str) -> SettingsVersion:
        """Set some of the settings for every node; those not named stay as they are.

        Raises:
            SettingRefused, NothingChanged, ReasonMissing: the settings in force stay in force.
        """
        if not 0 < len(reason) <= REASON_MAX or not reason.isprintable():
            raise ReasonMissing(most=REASON_MAX)
        at = self._clock()
        with self._database.writing() as connection:
            hold_office(connection)
            table = table_of(SettingsChange)
            row = connection.execute(
                select(table).order_by(table.c.number.desc()).limit(1)
            ).first()
            before = Settings.parse(bytes(row.document)) if row else Settings()
            settings = _changed(before, changes)
            if settings == before:
                raise NothingChanged
            version = SettingsVersion(row.number + 1 if row else 1, settings, by, reason, at)
            kept = SettingsChange(
                number=version.number,
                document=settings.to_bytes(),
                changed_by=by,
                reason=reason,
                changed_at=to_timestamp(at),
            )
            add(connection, SettingsChange, [kept.model_dump()])
            file = sign_settings(settings, [self._keys.signer("registry")]).to_bytes()
            keep_item(connection, SETTINGS_ITEM, version.number, file, at=at)
            for node in nodes_of_area(connection, None):
                self._registry.issue(connection, node)
        return version

    def _versions(self, limit: int) -> tuple[SettingsVersion, ...]:
        with self._database.reading() as session:
            newest = select_rows(SettingsChange).order_by(col(SettingsChange.number).desc())
            rows = session.exec(newest.limit(limit)).all()
        return tuple(
            SettingsVersion(
                row.number,
                Settings.parse(bytes(row.document)),
                row.changed_by,
                row.reason,
                from_timestamp(row.changed_at),
            )
            for row in rows
        )


def _changed(before: Settings, changes: Mapping[str, str]) -> Settings:
    """The settings with some values replaced, each as it was typed."""
    values: dict[str, Any] = {name: getattr(before, name) for name in NAMES}
    for name, typed in changes.items():
        if name not in values:
            raise SettingRefused(name=name[:40], why=Phrase("is no setting"))
        text = typed.strip()
        if name in LISTS:
            values[name] = _listed(name, text)
        elif not isinstance(values[name], int):
            values[name] = text
        elif text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX:
            values[name] = int(text)
        else:
            raise SettingRefused(name=name, why=Phrase("is not a whole number"))
        try:
            Settings(**{name: values[name]})
        except ValueError as cause:
            raise SettingRefused(name=name, why=_why(cause)) from cause
    return Settings(**values)


def _listed(name: str, text: str) -> tuple[Any, ...]:
    try:
        return LISTS[name](text)
    except ValueError as cause:
        raise SettingRefused(name=name, why=reason_of(cause)) from cause


def typed_of(settings: Settings, name: str) -> str | int:
    """A setting as a person types it."""
    if name == FEES:
        return fees_text(settings.fees)
    if name == GUARANTEES:
        return kinds_text(settings.guarantees)
    if name == INSTRUCTIONS:
        return instructions_text(settings.instructions)
    value: str | int = getattr(settings, name)
    return value


def _why(cause: ValueError) -> str:
    """What is wrong with the value, without the name that the document puts before it."""
    within = cause.__cause__
    return reason_of(within if isinstance(within, ValueError) else cause)
