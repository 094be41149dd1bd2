import runpy
import subprocess
import sys
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from yika_common.errors import YikaError
from yika_common.infra.language import language_of, sentence, translate
from yika_common.infra.sqlite_errors import DiskFull
from yika_common.numbers import NotANumber

ROOT = Path(__file__).resolve().parents[2]
COLLECTOR = runpy.run_path(str(ROOT / "packaging" / "dev" / "translations.py"))
HOOK = runpy.run_path(str(ROOT / "packaging" / "catalogues.py"))
PACKAGES: list[Path] = COLLECTOR["packages"]()


def catalogue(package: Path) -> Catalog:
    path: Path = COLLECTOR["catalogue_of"](package)
    if not path.exists():
        return Catalog()
    with path.open("rb") as file:
        return read_po(file)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_every_sentence_of_a_package_is_translated(package: Path) -> None:
    assert HOOK["holes"](catalogue(package)) == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_the_catalogue_holds_the_sentences_of_the_code_and_no_others(package: Path) -> None:
    in_code = {message.id for message in COLLECTOR["collected"](package) if message.id}
    in_catalogue = {message.id for message in catalogue(package) if message.id}
    assert in_catalogue == in_code


def hole(english: str, chinese: str, *, flags: tuple[str, ...] = ()) -> list[str]:
    made = Catalog(locale="zh_Hans_CN")
    made.add(english, chinese, flags=flags)
    found: list[str] = HOOK["holes"](made)
    return found


def test_a_missing_a_guessed_and_a_wrong_translation_are_found() -> None:
    assert hole("Sell %(amount)s", "") == ["not translated: Sell %(amount)s"]
    assert hole("Sell", "卖", flags=("fuzzy",)) == ["not translated: Sell"]
    assert hole("Sell %(amount)s", "卖 %(sum)s") == [
        "names other facts than the English: 卖 %(sum)s"
    ]
    assert hole("Sell %(amount)s", "卖 %(amount)s") == []


def test_an_error_is_said_in_both_languages() -> None:
    error = NotANumber(text="12a", places=2)
    assert sentence(error, "en").startswith("“12a” is not a number")
    assert sentence(error, "zh").startswith("“12a”不是最多 2 位小数的数字。")
    assert sentence(DiskFull(), "zh").startswith("磁盘已满。")


def test_a_text_that_nobody_translated_stays_english() -> None:
    assert translate("A text that is nowhere", "zh") == "A text that is nowhere"


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "YIKA_LANGUAGE": "en"}, "en"),
        ({"LANG": "C", "YIKA_LANGUAGE": "zh"}, "zh"),
        ({"LC_ALL": "zh_CN", "LANG": "en_US"}, "zh"),
        ({}, "en"),
    ],
)
def test_a_command_line_speaks_the_systems_language(
    environment: dict[str, str], language: str
) -> None:
    assert language_of(environment) == language


def test_catalogues_are_merged_without_importing_the_other_packages() -> None:
    script = (
        "import sys; from yika_common.infra.language import translate; translate('Name', 'zh');"
        "print(sorted(n for n in sys.modules if n in ('yika_node', 'yika_central')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_a_sentence_names_only_what_can_be_filled_in() -> None:
    for package in PACKAGES:
        for message in catalogue(package):
            text = message.id if isinstance(message.id, str) else " ".join(message.id)
            assert [name for _, name, _, _ in Formatter().parse(text) if name] == []


def test_an_error_without_its_facts_is_a_bug_found_at_once() -> None:
    with pytest.raises(KeyError):
        NotANumber(text="12a")
    assert issubclass(NotANumber, YikaError)
