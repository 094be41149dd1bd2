"""What a receipt printer makes of bytes, drawn by emupos, an emulator that is not ours."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / ".venv" / "emupos" / "bin" / "python"
CHILD = Path(__file__).with_name("emupos_child.py")

needs_emulator = pytest.mark.skipif(
    not PYTHON.exists() and not os.environ.get("CI"),
    reason="emupos is not installed: packaging/dev/printer-emulator.sh needs Python 3.13",
)
"""Where everything must be tried, what is missing fails."""


@dataclass
class Printed:
    """What came out of the printer.

    Attributes:
        answers: what the printer sent back.
        unknown: commands that the emulator does not know.
        drawer: open or closed.
    """

    pictures: list[Path]
    texts: list[str]
    answers: bytes
    unknown: list[dict[str, str]]
    drawer: str

    def picture(self) -> Image.Image:
        """The one receipt, as a picture."""
        (only,) = self.pictures
        return Image.open(only)


def emulate(data: bytes, folder: Path, *faults: str, dots: int = 576) -> Printed:
    """Send the bytes to a printer of that width."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [PYTHON, CHILD, str(dots), folder, *faults],
        input=data,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(done.stdout)
    return Printed(
        pictures=[folder / f"{n}.png" for n in range(told["receipts"])],
        texts=[(folder / f"{n}.txt").read_text(encoding="utf-8") for n in range(told["receipts"])],
        answers=bytes.fromhex(told["answers"]),
        unknown=told["unknown"],
        drawer=told["drawer"],
    )
