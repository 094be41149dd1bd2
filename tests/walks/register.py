"""Which walk does which task of the manual.

A walk is a function that does a task as the manual tells it, at the pages, and says what must be
there afterwards.  A task may have several walks.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from walks.person import Person

Walk = Callable[["Person"], None]

WALKS: Final[dict[str, list[Walk]]] = {}
"""By the task's place in the manual (``manual_tasks``)."""


def walk(task: str) -> Callable[[Walk], Walk]:
    """The function does the task of that place."""

    def noted(done: Walk) -> Walk:
        WALKS.setdefault(task, []).append(done)
        return done

    return noted
