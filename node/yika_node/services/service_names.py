"""What the services are called; each name is a sentence of the catalogue."""

from typing import Final

from yika_common.errors import N_
from yika_common.services import Service

SERVICE_NAMES: Final[dict[Service, str]] = {
    Service.ELECTRICITY_SINGLE: N_("Electricity, single phase"),
    Service.ELECTRICITY_THREE: N_("Electricity, three phase"),
    Service.HEAT: N_("Heat"),
    Service.GAS: N_("Gas"),
    Service.COLD_WATER: N_("Cold water"),
    Service.HOT_WATER: N_("Hot water"),
    Service.RECYCLED_WATER: N_("Recycled water"),
    Service.PURIFIED_WATER: N_("Purified water"),
    Service.BULK_WATER: N_("Large-bore water"),
}
