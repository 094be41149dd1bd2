"""The files of others that the pages ship: which package they are of, and that no byte differs.

=========  ====================================================================================
command    what it does
=========  ====================================================================================
check      compares every vendored file with the lock; needs no network
refetch    fetches the packages again with ``npm pack`` and compares them with the lock
=========  ====================================================================================

``vendor.lock.json`` lists for each file its package, version, path in the package and SHA-256.
"""

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TypedDict

ROOT = Path(__file__).resolve().parent.parent
LOCK = Path(__file__).with_name("vendor.lock.json")


class Vendored(TypedDict):
    """One line of the lock."""

    file: str
    package: str
    version: str
    path: str
    sha256: str


def locked() -> list[Vendored]:
    """What the lock lists."""
    entries: list[Vendored] = json.loads(LOCK.read_text(encoding="utf-8"))
    return entries


def check(root: Path = ROOT) -> list[str]:
    """One sentence for each vendored file that is missing or differs; empty when all is well."""
    complaints = []
    for entry in locked():
        path = root / entry["file"]
        if not path.is_file():
            complaints.append(f"{entry['file']} is missing")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
            complaints.append(f"{entry['file']} is not the file of {_name(entry)}")
    return complaints


def refetch() -> list[str]:
    """One sentence for each file whose package now holds something else."""
    complaints = []
    with tempfile.TemporaryDirectory() as folder:
        for name in sorted({_name(entry) for entry in locked()}):
            subprocess.run(["npm", "pack", "--silent", name], cwd=folder, check=True, timeout=120)
        for entry in locked():
            stem = entry["package"].replace("@", "").replace("/", "-")
            with tarfile.open(Path(folder) / f"{stem}-{entry['version']}.tgz") as archive:
                member = archive.extractfile(f"package/{entry['path']}")
                content = member.read() if member is not None else b""
            if hashlib.sha256(content).hexdigest() != entry["sha256"]:
                complaints.append(f"{_name(entry)} holds another {entry['path']}")
    return complaints


def _name(entry: Vendored) -> str:
    return f"{entry['package']}@{entry['version']}"


if __name__ == "__main__":
    found = refetch() if sys.argv[1:] == ["refetch"] else check()
    for sentence in found:
        print(sentence, file=sys.stderr)
    sys.exit(1 if found else 0)
