import gc
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from yika_common.infra.collecting import without_collecting
from yika_common.infra.late import LateModule

SLOW = """
import threading, time
time.sleep(0.05)
loaders = [threading.get_ident()]
ANSWER = 42
"""


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LateModule]:
    (tmp_path / "slow_to_load.py").write_text(SLOW)
    monkeypatch.syspath_prepend(tmp_path)
    yield LateModule("slow_to_load")
    sys.modules.pop("slow_to_load", None)


def test_a_late_module_is_loaded_when_something_in_it_is_asked_for(slow: LateModule) -> None:
    assert "slow_to_load" not in sys.modules
    assert slow.ANSWER == 42
    assert "slow_to_load" in sys.modules


def test_whoever_asks_meanwhile_waits_and_it_is_loaded_once(slow: LateModule) -> None:
    start = threading.Barrier(4)

    def ask(_number: int) -> object:
        start.wait()
        return slow.ANSWER, slow.loaders

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(ask, range(4)))
    assert answers == [(42, sys.modules["slow_to_load"].loaders)] * 4


def test_what_a_late_module_lacks_is_an_ordinary_error(slow: LateModule) -> None:
    with pytest.raises(AttributeError, match="QUESTION"):
        _ = slow.QUESTION
    with pytest.raises(ModuleNotFoundError):
        _ = LateModule("no_such_module").ANSWER


def test_garbage_is_looked_for_again_after_loading_even_if_that_failed() -> None:
    try:
        with without_collecting():
            assert not gc.isenabled()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
        with pytest.raises(ZeroDivisionError), without_collecting():
            _ = 1 // 0
        assert gc.isenabled()
    finally:
        gc.unfreeze()
