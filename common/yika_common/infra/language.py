"""Two languages; the English sentence is the key of its translation.

Every package has one catalogue, ``<package>/translations/zh_Hans_CN/LC_MESSAGES/messages.po``,
compiled when the distribution is built.  This module merges them, so that a sentence of any
package is said in either language outside a web page too.

========  ============  =======  =======
language  Babel         HTML     named
========  ============  =======  =======
en        en            en       English
zh        zh_Hans_CN    zh-CN    中文
========  ============  =======  =======

Browsers send ``zh-CN`` where Babel says ``zh_Hans_CN``: what they send is matched against ``en``
and ``zh`` only.
"""

from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from babel.support import Translations

from yika_common.errors import Phrase, YikaError

LANGUAGES: Final = ("en", "zh")
LOCALES: Final = {"en": "en", "zh": "zh_Hans_CN"}
TAGS: Final = {"en": "en", "zh": "zh-CN"}
NAMES: Final = {"en": "English", "zh": "中文"}

PACKAGES: Final = ("yika_common", "yika_node", "yika_central")
"""Whose catalogues there are; a package that is not installed is passed over."""


def catalogue_folders() -> tuple[Path, ...]:
    """The ``translations`` folders of the packages that are installed."""
    found = []
    for package in PACKAGES:
        spec = find_spec(package)
        for location in spec.submodule_search_locations or () if spec else ():
            folder = Path(location) / "translations"
            if folder.is_dir():
                found.append(folder)
    return tuple(found)


@cache
def translations(language: str) -> Translations:
    """Every package's sentences in one of :data:`LANGUAGES`, merged."""
    merged = Translations()
    for folder in catalogue_folders():
        catalogue = Translations.load(folder, [LOCALES[language]])
        if isinstance(catalogue, Translations):
            merged.merge(catalogue)
    return merged


def translate(text: str, language: str) -> str:
    """The English text in the language; a text nobody translated stays English."""
    return str(translations(language).gettext(text))


def filled(text: str, facts: Mapping[str, str | int], language: str) -> str:
    """The English text in the language, its facts filled in, each phrase in the language too."""
    return translate(text, language) % {
        name: said(fact, language) if isinstance(fact, str) else fact
        for name, fact in facts.items()
    }


def said(text: str, language: str) -> str:
    """A phrase in the language; any other text, such as a name, as it is."""
    return filled(text.words, text.facts, language) if isinstance(text, Phrase) else text


def sentence(error: YikaError, language: str) -> str:
    """What the error says, its facts filled in, in the language."""
    return filled(error.sentence, error.facts, language)


def language_of(environment: Mapping[str, str]) -> str:
    """The language of a command line, by ``YIKA_LANGUAGE``, else by what the system is set to.

    Anything that is not Chinese is English.
    """
    for name in ("YIKA_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"
