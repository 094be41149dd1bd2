"""What can stop a sale, as a page shows it: the list of the program itself, in a language."""

from typing import NamedTuple

from yika_node.services.sale_stops import STOPS
from yika_node.web.messages import sentence_of


class Shown(NamedTuple):
    """One thing that is looked at: its place in the order, what it says, who may override it."""

    number: int
    code: str
    sentence: str
    override: str


def stages(language: str) -> list[tuple[str, list[Shown]]]:
    """The stages of a sale in their order, each with what is looked at in it."""
    found: dict[str, list[Shown]] = {}
    for number, stop in enumerate(STOPS, 1):
        shown = Shown(number, stop.error.code, sentence_of(stop.error, language), stop.override)
        found.setdefault(stop.stage, []).append(shown)
    return list(found.items())
