"""Collects the sentences of each package into its catalogue; gone from the code, gone from it.

The English sentence is the key.  A new sentence arrives with an empty translation, and the build
stops until somebody has written it (``packaging/catalogues.py``).  The file changes only when a
sentence does: no dates and no line numbers are kept in it.
"""

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
LOCALE = "zh_Hans_CN"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "N_": None,
    "Phrase": None,
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
}
_DATED = (b'"POT-Creation-Date:', b'"PO-Revision-Date:', b'"Generated-By:')


def packages(root: Path = ROOT) -> list[Path]:
    """The three import packages, in the order of their names."""
    return sorted(folder for folder in root.glob("*/yika_*") if folder.is_dir())


def catalogue_of(package: Path) -> Path:
    """Where a package keeps its translations."""
    return package / "translations" / LOCALE / "LC_MESSAGES" / "messages.po"


def collected(package: Path) -> Catalog:
    """Every sentence of the package's code and templates, untranslated."""
    catalogue = Catalog(locale=LOCALE)
    for name, _, message, _, context in extract_from_dir(
        package, method_map=METHODS, keywords=KEYWORDS, strip_comment_tags=True
    ):
        catalogue.add(message, locations=[(name.replace("\\", "/"), 0)], context=context)
    return catalogue


def updated(package: Path) -> Catalog:
    """The package's catalogue with today's sentences and yesterday's translations."""
    path = catalogue_of(package)
    catalogue = Catalog(locale=LOCALE)
    if path.exists():
        with path.open("rb") as file:
            catalogue = read_po(file, locale=LOCALE)
    catalogue.update(collected(package), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.header_comment = f"# The sentences of {package.name}; the English text is the key."
    catalogue.fuzzy = False
    return catalogue


def written(catalogue: Catalog) -> bytes:
    """The catalogue as the bytes of a ``.po`` file, sorted, without dates."""
    buffer = BytesIO()
    write_po(buffer, catalogue, width=99, sort_output=True, include_lineno=False)
    lines = buffer.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(_DATED))


def main() -> None:
    """Write the catalogues of the packages named (all, if none is) and say what is missing."""
    holes = 0
    wanted = sys.argv[1:]
    for package in packages():
        if wanted and package.name not in wanted:
            continue
        catalogue = updated(package)
        if not len(catalogue):
            continue
        path = catalogue_of(package)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written(catalogue))
        missing = [message.id for message in catalogue if message.id and not message.string]
        holes += len(missing)
        print(f"{path.relative_to(ROOT)}: {len(catalogue)} sentences, {len(missing)} to translate")
        for text in missing:
            print(f"  {text}")
    sys.exit(1 if holes else 0)


if __name__ == "__main__":
    main()
