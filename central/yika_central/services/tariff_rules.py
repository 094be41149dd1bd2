"""What may be published at all, and after what.

A version may only be followed by a higher one of the same service, class, area, currency and time
zone that does not come into force earlier than it.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from yika_central.db.tables import TariffVersion, table_of
from yika_common.errors import N_, Phrase, YikaError
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.model import Tariff

FAR_FUTURE = timedelta(days=3653)
"""A tariff that comes into force later than this has a slip in its date."""

FIXED = ("service", "tariff_class", "area", "currency", "time_zone")
"""What every version of a tariff shares."""


class TwoPersonsNeeded(YikaError):
    """One person cannot publish a tariff."""

    code = "tariff_two_persons"
    sentence = N_(
        "A tariff is signed by two different tariff officers. Nothing was published. Ask a second "
        "officer to sign."
    )


class TariffNotNewer(YikaError):
    """The version is not above the one published before it."""

    code = "tariff_not_newer"
    sentence = N_(
        "Version %(version)s of %(tariff)s is not above version %(published)s, published before. "
        "Nothing was published. Give the file a higher version."
    )


class TariffChangesScope(YikaError):
    """A later version must be for the same customers."""

    code = "tariff_changes_scope"
    sentence = N_(
        "%(tariff)s was published with another %(key)s. Nothing was published. Give a tariff for "
        "other customers an id of its own."
    )


class TariffTimeWrong(YikaError):
    """The time of coming into force makes no sense."""

    code = "tariff_time_wrong"
    sentence = N_(
        "%(tariff)s cannot come into force on %(when)s: %(why)s. Nothing was published. Correct "
        "“effective_from”."
    )


class TariffWouldClash(YikaError):
    """Two tariffs would fit the same customers equally well."""

    code = "tariff_would_clash"
    sentence = N_(
        "%(tariff)s would hold for the same customers as %(other)s, and nothing could be sold to "
        "them. Nothing was published. Make it the next version of %(other)s."
    )


def check_time(tariff: Tariff, now: datetime) -> None:
    """Refuse a tariff whose year has a slip.

    Raises:
        TariffTimeWrong: it is more than ten years ahead.
    """
    if tariff.effective_from > now + FAR_FUTURE:
        raise TariffTimeWrong(
            tariff=tariff.id,
            when=tariff.effective_from.date().isoformat(),
            why=Phrase("that is more than ten years ahead"),
        )


def check_succession(connection: Connection, tariff: Tariff) -> None:
    """Refuse what cannot follow the version published last.

    Raises:
        TariffNotNewer, TariffChangesScope, TariffTimeWrong, TariffWouldClash: say why.
    """
    table = table_of(TariffVersion)
    area = table.c.area.is_(None) if tariff.area is None else table.c.area == tariff.area
    other = connection.execute(
        select(table.c.tariff_id)
        .where(table.c.service == str(tariff.service), table.c.tariff_class == tariff.tariff_class)
        .where(area, table.c.tariff_id != tariff.id)
        .limit(1)
    ).scalar()
    if other is not None:
        raise TariffWouldClash(tariff=tariff.id, other=other)
    last = connection.execute(
        select(table)
        .where(table.c.tariff_id == tariff.id)
        .order_by(table.c.version.desc())
        .limit(1)
    ).first()
    if last is None:
        return
    if tariff.version <= last.version:
        raise TariffNotNewer(tariff=tariff.id, version=tariff.version, published=last.version)
    before = parse_tariff(last.document)
    for key in FIXED:
        if getattr(before, key) != getattr(tariff, key):
            raise TariffChangesScope(tariff=tariff.id, key=key.removeprefix("tariff_"))
    if tariff.effective_from < before.effective_from:
        raise TariffTimeWrong(
            tariff=tariff.id,
            when=tariff.effective_from.date().isoformat(),
            why=Phrase("version %(version)s comes into force later", version=last.version),
        )
