"""How far a person's roles reach on the pages: each rank may do what those below it may."""

from collections.abc import Iterable
from enum import IntEnum

from yika_central.services.staff import StaffRole


class Rank(IntEnum):
    """AUDITOR reads everything, ACCOUNTANT prices again, OFFICER publishes, ADMIN runs it."""

    AUDITOR = 0
    ACCOUNTANT = 1
    OFFICER = 2
    ADMIN = 3


_RANKS = {
    StaffRole.AUDITOR: Rank.AUDITOR,
    StaffRole.ACCOUNTANT: Rank.ACCOUNTANT,
    StaffRole.TARIFF_OFFICER: Rank.OFFICER,
    StaffRole.ADMIN: Rank.ADMIN,
}


def rank_of(roles: Iterable[StaffRole]) -> Rank:
    """The rank of somebody with these roles."""
    return max((_RANKS[role] for role in roles), default=Rank.AUDITOR)
