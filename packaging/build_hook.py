"""What a wheel or an editable install needs before its files are collected.

The translation catalogues are compiled; one with a malformed or missing translation, or a vendored
file that differs from its lock, stops the build.
"""

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface[Any]):
    """Hatchling's door to the checks and to the compiler of catalogues."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Check and compile before the files are collected."""
        root = Path(self.root)
        tools = {name: runpy.run_path(str(root / "packaging" / f"{name}.py")) for name in _TOOLS}
        complaints = tools["vendor"]["check"](root)
        if complaints:
            raise SystemExit("\n".join(complaints))
        tools["catalogues"]["compile_catalogues"](root)


_TOOLS = ("vendor", "catalogues")
