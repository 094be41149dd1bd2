"""Tariff files that come with the program: published prices, and examples named as such."""

from importlib.resources import files


def shipped() -> dict[str, bytes]:
    """The exact bytes of every shipped tariff file, by file name, in the order of the names."""
    here = files(__name__)
    names = sorted(entry.name for entry in here.iterdir() if entry.name.endswith(".json"))
    return {name: (here / name).read_bytes() for name in names}
