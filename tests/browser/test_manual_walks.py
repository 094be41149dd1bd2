"""Every task of the manual is done in a browser as the manual says, in both languages.

``make walks`` leaves a picture of where each walk ended in the folder ``walks``, to be looked at.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser_counter import OpenPage
from walks.person import Person
from walks.register import Walk
from walks.shop import Shop, shop_in
from walks.table import WALKS

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]
expect.set_options(timeout=15_000)

EVERY_WALK = [
    pytest.param(task, done, id=f"{task}:{done.__name__}")
    for task, walks in WALKS.items()
    for done in walks
]


@pytest.fixture(scope="module", params=["en", "zh-CN"])
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """A vending point for the walks of a language."""
    with shop_in(tmp_path_factory.mktemp("walks") / "node", request.param) as opened:
        yield opened


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where the pictures go: a folder of the test's own, or ``YIKA_WALKS``."""
    folder = Path(os.environ.get("YIKA_WALKS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def whole(page: Page) -> None:
    """Make the window as high as its page, so that no line lies under the one at the bottom."""
    height = int(page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": 1366, "height": max(768, height + 80)})


@pytest.mark.parametrize(("task", "done"), EVERY_WALK)
def test_the_manual_is_walked(
    shop: Shop,
    open_page: OpenPage,
    barriers: Callable[[Page], list[str]],
    pictures: Path,
    task: str,
    done: Walk,
) -> None:
    person = Person(shop, open_page)
    done(person)
    page = person.page
    whole(page)
    shot = pictures / f"{task}-{done.__name__}-{shop.language}.png"
    page.screenshot(path=shot, full_page=True, caret="initial")  # hiding it leaves styles behind
    assert barriers(page) == []
    assert page.locator(f"html[lang={shop.language}]").count() == 1
