"""What the tree promises, the tree checks; each check is shown to find what it looks for."""

import ast
import re
import runpy
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

from yika_common.errors import YikaError

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("yika_common", "yika_node", "yika_central")
LINES_MAX = 400
FUNCTION_LINES_MAX = 60

# Where no number is money: seconds of a wire, bits of a coding, centimetres of a sheet of paper.
FLOATS_ALLOWED = re.compile(
    r"/(infra|hardware|readers|simulated|tools)/|/(uplink|reader_test)\.py$"
    r"|/journal/(columnar|columns)\.py$"
)
_PAPER = re.compile(r"PageMargins\(|\.width\b|\.height\b")
ADAPTERS = re.compile(r"/infra/|/hardware/|/simulated/|/tools/|/cli\.py$")

SOURCES = sorted(
    path
    for package in PACKAGES
    for path in ROOT.glob(f"*/{package}/**/*.py")
    if "migrations" not in path.parts or path.name == "__init__.py"
)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


# The shape of the tree


def test_the_top_folders_are_no_packages() -> None:
    marked = [
        named(path)
        for folder in ("node", "central", "common", "packaging", "tests")
        for path in (ROOT / folder).glob("__init__.py")
    ]
    assert marked + [named(path) for path in (ROOT / "tests").rglob("__init__.py")] == []


def test_each_side_holds_its_own_import_package_only() -> None:
    for folder, package in (("node", "yika_node"), ("central", "yika_central")):
        foreign = [p for p in (ROOT / folder).rglob("*.py") if package not in p.parts]
        assert foreign == []


def test_no_module_is_too_long_to_read() -> None:
    long = {named(p): n for p in SOURCES if (n := len(p.read_text().splitlines())) > LINES_MAX}
    assert long == {}


def long_functions(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                yield f"{named(path)}:{node.name} {length}"


def test_no_function_is_too_long_to_read() -> None:
    assert [text for path in SOURCES for text in long_functions(path)] == []


# Numbers


def floats(module: ast.Module) -> Iterator[int]:
    """Lines with a float literal, a call of float, or a true division."""
    for node in ast.walk(module):
        literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
        named_float = isinstance(node, ast.Name) and node.id == "float"
        divided = isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)
        if literal or named_float or divided:
            yield getattr(node, "lineno", 0)


def other_lines(path: Path) -> set[int]:
    """Lines on which a slash joins paths, and lines that lay out paper."""
    joined = re.compile(r"""/ ?f?["']|/ [\w.\[\]]*(name|path|folder|stem|digest|file)\w*""", re.I)
    lines = path.read_text(encoding="utf-8").splitlines()
    return {
        number
        for number, line in enumerate(lines, 1)
        if joined.search(line) or _PAPER.search(line)
    }


def test_no_float_holds_money_quantity_or_price() -> None:
    found = [
        f"{named(path)}:{line}"
        for path in SOURCES
        if not FLOATS_ALLOWED.search(named(path))
        for line in floats(tree(path))
        if line not in other_lines(path)
    ]
    assert found == []


@pytest.mark.parametrize("slip", ["price = 0.5283", "amount = float(text)", "share = total / 2"])
def test_a_float_would_be_found(slip: str) -> None:
    assert list(floats(ast.parse(slip))) == [1]


# Determinism

_UNSTEADY = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
    "time.monotonic",
    "uuid.uuid4",
    "uuid4",
    "os.urandom",
    "urandom",
}
_UNSTEADY_MODULES = {"random", "secrets", "uuid"}


def unsteady(module: ast.Module) -> Iterator[str]:
    """Calls and imports that give another answer each time."""
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in _UNSTEADY:
            yield ast.unparse(node)
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name in _UNSTEADY_MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in _UNSTEADY_MODULES:
            yield node.module


def test_time_and_chance_enter_through_adapters_only() -> None:
    found = [
        f"{named(path)}: {what}"
        for path in SOURCES
        if not ADAPTERS.search(named(path))
        for what in unsteady(tree(path))
    ]
    assert found == []


@pytest.mark.parametrize(
    "slip", ["datetime.now(UTC)", "import random", "from secrets import token_hex"]
)
def test_time_and_chance_would_be_found(slip: str) -> None:
    assert list(unsteady(ast.parse(slip))) != []


# Queries

_SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH)\b")
_CONSTANT = re.compile(r"[A-Z_][A-Z0-9_]*|_[A-Z0-9_]+")
_FIELDS = re.compile(r"', '\.join\([A-Z]\w*\._fields\)")


_WRITERS = re.compile(
    r"/yika_central/db/rating_(pass|plan|sql)\.py$|/business_queries\.py$|/yika_node/db/rows\.py$"
)
"""They write their statements themselves: prices as long as tariffs are, and sums by any columns.

What of a tariff is text never gets into one (tests/central/test_rerating_statement.py); what a
report is narrowed to is always a value, and what it is grouped by a column's own name; a row's
names are its class's.
"""


def filled_in_sql(module: ast.Module) -> Iterator[int]:
    """Lines of f-strings that fill anything but a constant of the module into a query.

    The names of a NamedTuple's fields are constants of a module too.
    """
    constants = set(loops_over_constants(module))
    for node in ast.walk(module):
        if not isinstance(node, ast.JoinedStr) or not node.values:
            continue
        start = node.values[0]
        if not isinstance(start, ast.Constant) or not _SQL.match(str(start.value)):
            continue
        filled = [
            v.value
            for v in node.values
            if isinstance(v, ast.FormattedValue) and not _FIELDS.fullmatch(ast.unparse(v.value))
        ]
        names = {v.id for v in filled if isinstance(v, ast.Name)}
        if len(names) < len(filled) or any(
            not _CONSTANT.fullmatch(name) and name not in constants for name in names
        ):
            yield node.lineno


def loops_over_constants(module: ast.Module) -> Iterator[str]:
    """Names that only ever take the values of a constant tuple."""
    for node in ast.walk(module):
        if not isinstance(node, ast.For) or not isinstance(node.target, ast.Name):
            continue
        if isinstance(node.iter, ast.Name) and _CONSTANT.fullmatch(node.iter.id):
            yield node.target.id


def test_no_query_is_put_together_from_values() -> None:
    found = [
        f"{named(path)}:{line}"
        for path in SOURCES
        if not _WRITERS.search(f"/{named(path)}")
        for line in filled_in_sql(tree(path))
    ]
    assert found == []


def test_a_query_put_together_would_be_found() -> None:
    slip = "db.execute(f\"SELECT * FROM sale WHERE name = '{name}'\")"
    fine = 'for table in TABLES:\n    db.execute(f"DELETE FROM {table}")'
    joined = "db.execute(f\"SELECT {', '.join(names)} FROM sale\")"
    assert list(filled_in_sql(ast.parse(slip))) == [1]
    assert list(filled_in_sql(ast.parse(joined))) == [1]
    assert list(filled_in_sql(ast.parse(joined.replace("names", "Row._fields")))) == []
    assert list(filled_in_sql(ast.parse(fine))) == []


# Errors


def every_module() -> None:
    for package in PACKAGES:
        root = import_module(package)
        for module in walk_packages(root.__path__, f"{package}."):
            if "migrations" not in module.name and "alembic_environment" not in module.name:
                import_module(module.name)


def subclasses(kind: type[YikaError]) -> Iterator[type[YikaError]]:
    for child in kind.__subclasses__():
        yield child
        yield from subclasses(child)


def product_errors() -> list[type[YikaError]]:
    every_module()
    found = {e for e in subclasses(YikaError) if e.__module__.split(".")[0] in PACKAGES}
    return sorted(found, key=lambda error: (error.__module__, error.__name__))


def test_every_failure_has_a_code_of_its_own() -> None:
    codes: dict[str, list[str]] = {}
    for error in product_errors():
        if "code" in vars(error):
            codes.setdefault(error.code, []).append(f"{error.__module__}.{error.__name__}")
    assert {code: names for code, names in codes.items() if len(names) > 1} == {}


def test_every_failure_says_what_happened_in_a_sentence_of_the_catalogue() -> None:
    collector = runpy.run_path(str(ROOT / "packaging" / "dev" / "translations.py"))
    collected = {
        message.id
        for package in collector["packages"]()
        for message in collector["collected"](package)
    }
    silent = [
        f"{error.__module__}.{error.__name__}"
        for error in product_errors()
        if "sentence" in vars(error) and error.sentence not in collected
    ]
    assert silent == []


def swallowed(module: ast.Module) -> Iterator[int]:
    """Lines that catch everything and let nothing out again."""
    for node in ast.walk(module):
        if not isinstance(node, ast.ExceptHandler):
            continue
        everything = node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")
        if everything and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node)):
            yield node.lineno


def test_nobody_catches_everything() -> None:
    assert [f"{named(p)}:{line}" for p in SOURCES for line in swallowed(tree(p))] == []


# Weight

NODE_LEAVES_OUT = ("openpyxl", "numpy", "lxml", "psycopg", "pandas", "PIL")


def loaded_by(module: str) -> set[str]:
    script = f"import sys, {module}; print(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["yika_common.infra.web.app", "yika_node.cli"])
def test_what_a_node_serves_with_stays_light(module: str) -> None:
    assert loaded_by(module).isdisjoint(NODE_LEAVES_OUT)


def test_a_heavy_library_would_be_found() -> None:
    assert "openpyxl" in loaded_by("openpyxl")


# Words

_TEXTS = {".py", ".md", ".toml", ".html", ".css", ".js", ".po", ".json", ".sh", ""}
_PRIVATE = re.compile(
    r"(?<![\w}])/(?:home|root|Users)/\w|localhost:\d{4}/(?:index|simple)|" + re.escape(f"{ROOT}/")
)


def texts() -> Iterable[Path]:
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, tracked.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in _TEXTS and path.is_file() and "vendor" not in path.parts:
            yield path


def test_no_text_names_a_place_on_somebodys_machine() -> None:
    found = [
        f"{named(path)}: {hit[0]}"
        for path in texts()
        if path != Path(__file__)
        for hit in [_PRIVATE.search(path.read_text(encoding="utf-8"))]
        if hit
    ]
    assert found == []


_HTMX_2 = re.compile(r"htmx:(after|before)[A-Z]|hx-(ext|vars|disinherit|on:htmx)\b")


def test_pages_use_the_words_of_the_htmx_that_is_shipped() -> None:
    pages = [*ROOT.glob("*/yika_*/**/*.html"), *ROOT.glob("*/yika_*/**/yika*.js")]
    assert [named(p) for p in pages if _HTMX_2.search(p.read_text())] == []
    assert _HTMX_2.search("htmx:afterSwap")


def test_pages_carry_no_script_or_style_that_the_policy_would_stop() -> None:
    inline = re.compile(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|https?://", re.I)
    pages = ROOT.glob("*/yika_*/**/templates/**/*.html")
    assert [f"{named(p)}: {h[0]}" for p in pages if (h := inline.search(p.read_text()))] == []


def test_vendored_files_are_the_ones_of_their_packages() -> None:
    vendor = runpy.run_path(str(ROOT / "packaging" / "vendor.py"))
    assert vendor["check"]() == []


def test_a_changed_vendored_file_would_be_found(tmp_path: Path) -> None:
    vendor = runpy.run_path(str(ROOT / "packaging" / "vendor.py"))
    for entry in vendor["locked"]():
        copy = tmp_path / entry["file"]
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((ROOT / entry["file"]).read_bytes() + b" ")
    assert len(vendor["check"](tmp_path)) == len(vendor["locked"]())
