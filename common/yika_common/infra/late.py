"""Modules that are loaded when something in them is first asked for, not when they are named.

For what takes long to load and is not needed at once.  Whoever uses one gives type checkers the
ordinary import and the program this one::

    if TYPE_CHECKING:
        import sqlmodel
    else:
        sqlmodel = LateModule("sqlmodel")

so ``sqlmodel.select(...)`` reads as ever.  Any thread may be the first to ask: Python's own lock
lets one of them load the module while the others wait.
"""

from importlib import import_module
from types import ModuleType


class LateModule(ModuleType):
    """Stands for the module of that absolute name."""

    def __getattr__(self, name: str) -> object:
        return getattr(import_module(self.__name__), name)
