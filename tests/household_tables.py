"""A table of households, as somebody's old system writes one."""

from node_world import meters_for

HEAD = "name,phone,address,building,unit,room,community,area,tariff_class,profile,persons," + (
    "area_m2,meter-1,meter-2,meter-3,meter-4"
)


def a_row(index: int, name: str = "王小明", **changes: str) -> str:
    fields = {
        "name": name,
        "phone": "139",
        "address": "东河路 7 号",
        "building": "3",
        "unit": "2",
        "room": str(500 + index),
        "community": "YG",
        "area": "A01",
        "tariff_class": "residential",
        "profile": "4",
        "persons": "3",
        "area_m2": "96.4",
        **{f"meter-{slot + 1}": meter for slot, meter in meters_for(4, index)},
    } | changes
    return ",".join(fields[name] for name in HEAD.split(","))
