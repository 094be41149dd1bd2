"""The town of the demonstration: three areas, sixty households, made up and always the same."""

from collections.abc import Iterator

from yika_common.services import PROFILES, Service
from yika_common.values import dataclass

AREAS = {"A01": "东河 Donghe", "A02": "西山 Xishan", "A03": "南关 Nanguan"}
"""Area code to its name."""

HOUSEHOLDS_PER_AREA = 20

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = ("伟", "芳", "秀英", "敏", "静", "丽娟", "强", "磊", "洋", "桂兰", "勇", "艳", "杰", "霞")
_STREETS = {"A01": "东河路", "A02": "西山街", "A03": "南关巷"}
_PROFILES = (4, 6, 8, 8, 6)
_PERSONS = (3, 2, 4, 6, 1, 5)
_HEATED_AREA_M2 = ("96.40", "58.75", "120.00", "83.20", "71.50")


@dataclass(frozen=True, slots=True)
class Household:
    """Who opens an account, and what is on the card."""

    area: str
    name: str
    phone: str
    address: str
    persons: int
    heated_area_m2: str
    profile: int

    @property
    def services(self) -> tuple[Service, ...]:
        """The service of each slot, in slot order."""
        return PROFILES[self.profile]


def households() -> Iterator[Household]:
    """Twenty households of each area, in order."""
    number = 0
    for area in AREAS:
        for door in range(1, HOUSEHOLDS_PER_AREA + 1):
            surname = _SURNAMES[(number * 7) % len(_SURNAMES)]
            given = _GIVEN[(number * 5) % len(_GIVEN)]
            yield Household(
                area=area,
                name=surname + given,
                phone=f"139{number:08d}",
                address=f"{_STREETS[area]}{door}号",
                persons=_PERSONS[number % len(_PERSONS)],
                heated_area_m2=_HEATED_AREA_M2[number % len(_HEATED_AREA_M2)],
                profile=_PROFILES[number % len(_PROFILES)],
            )
            number += 1
