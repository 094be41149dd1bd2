"""The sentences of every failure that this program knows, in a language, facts left open."""

import importlib
import pkgutil
from collections.abc import Iterator

from yika_common.errors import YikaError
from yika_common.infra.language import translate
from yika_node import services


def messages(language: str) -> Iterator[tuple[str, str]]:
    """Code and sentence of each.

    Desks that few sales need are loaded when they are asked for; what can go wrong there is
    loaded here.
    """
    for module in pkgutil.iter_modules(services.__path__, f"{services.__name__}."):
        if module.name.endswith("_errors"):
            importlib.import_module(module.name)
    for kind in _kinds(YikaError):
        if hasattr(kind, "sentence"):
            yield kind.code, sentence_of(kind, language)


def _kinds(kind: type[YikaError]) -> Iterator[type[YikaError]]:
    for narrower in kind.__subclasses__():
        yield narrower
        yield from _kinds(narrower)


def sentence_of(kind: type[YikaError], language: str) -> str:
    """What a failure says, facts left open."""
    return translate(kind.sentence, language) % _Open()


class _Open(dict[str, str]):
    """Whatever a sentence names is not known yet."""

    def __missing__(self, _: str) -> str:
        return "…"
