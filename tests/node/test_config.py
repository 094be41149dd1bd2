"""The configuration file: every key known, every value checked, nothing guessed."""

from pathlib import Path

import pytest

from yika_common.errors import YikaError
from yika_common.infra.config import ConfigurationUnreadable, UnknownSetting, WrongSetting
from yika_node.config import Config, load


def written(folder: Path, text: str) -> Path:
    (folder / "node.toml").write_text(text, encoding="utf-8")
    return folder


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path) == Config()


def test_a_value_that_is_given_holds(tmp_path: Path) -> None:
    config = load(written(tmp_path, '[reader]\nport = "/dev/ttyS1"\n[sync]\ninterval_s = 60\n'))
    assert (config.reader.port, config.sync.interval_s) == ("/dev/ttyS1", 60)
    assert config.place.zone.key == "Asia/Shanghai"


@pytest.mark.parametrize(
    ("text", "error", "named"),
    [
        ("sync = \n", ConfigurationUnreadable, "line 1"),
        ("[sink]\n", UnknownSetting, "sink"),
        ("[sync]\ninterval = 60\n", UnknownSetting, "sync.interval"),
        ('[sync]\ninterval_s = "60"\n', WrongSetting, "sync.interval_s"),
        ("[sync]\ninterval_s = 1\n", WrongSetting, "sync.interval_s"),
        ("sync = 5\n", WrongSetting, "[sync]"),
        ('[reader]\nprotocol = "telepathy"\n', WrongSetting, "reader.protocol"),
        (
            '[reader]\nport = "/dev/parport0"\nprotocol = "gemplus"\n',
            WrongSetting,
            "reader.protocol",
        ),
        ('[reader]\nparallel_mode = "ecp"\n', WrongSetting, "reader.parallel_mode"),
        ("[web]\nport = 70000\n", WrongSetting, "web.port"),
        ('[place]\ntime_zone = "Mars/Olympus"\n', WrongSetting, "place.time_zone"),
        ('[place]\nlanguage = "tlh"\n', WrongSetting, "place.language"),
        ('[headquarters]\nurl = "ftp://x"\n', WrongSetting, "headquarters.url"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, error: type[YikaError], named: str) -> None:
    with pytest.raises(error) as refused:
        load(written(tmp_path, text))
    assert named in str(refused.value)
