"""A configuration file is TOML, and every key in it is checked before anything starts.

The keys are the fields of a frozen dataclass: ``str``, ``int``, ``bool``, ``Path`` (relative ones
are taken from the file's folder), ``tuple[str, ...]``, and dataclasses for ``[tables]``.  A key
that no field has is a slip of the pen and is refused, not passed over.  What a dataclass refuses
in its ``__post_init__`` it says with :class:`OutOfRange`.
"""

import re
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from yika_common.errors import N_, Phrase, YikaError
from yika_common.infra.system_errors import why_refused

T = TypeVar("T")

_WHERE = re.compile(r"\(at line (\d+), column (\d+)\)")


class ConfigurationUnreadable(YikaError):
    """The file is missing or is not TOML."""

    code = "configuration_unreadable"
    sentence = N_(
        "The configuration %(path)s cannot be read (%(why)s). Nothing was started. Correct the "
        "file or name another."
    )


class UnknownSetting(YikaError):
    """The file sets something that does not exist."""

    code = "unknown_setting"
    sentence = N_(
        "The configuration %(path)s sets “%(key)s”, which does not exist. Nothing was started. "
        "Correct the key's name or take it out."
    )


class WrongSetting(YikaError):
    """A setting is missing, of the wrong kind or out of its range."""

    code = "wrong_setting"
    sentence = N_(
        "The configuration %(path)s is wrong at “%(key)s”: %(why)s. Nothing was started. Correct "
        "the setting."
    )


class OutOfRange(ValueError):
    """A setting of the right kind that cannot be used; ``key`` is its field, ``why`` the rule."""

    def __init__(self, key: str, why: Phrase) -> None:
        self.key = key
        self.why = why
        super().__init__(f"{key}: {why}")


def load_config(path: Path, shape: type[T]) -> T:
    """The file's settings as an instance of the dataclass ``shape``, defaults filled in.

    Raises:
        ConfigurationUnreadable, UnknownSetting, WrongSetting: name the key.
    """
    import tomllib  # noqa: PLC0415 - whoever has set nothing has no such file

    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as failure:
        raise ConfigurationUnreadable(path=str(path), why=_reason(failure)) from failure
    loaded: T = _filled(shape, table, path, prefix="")
    return loaded


def _reason(failure: OSError | ValueError) -> Phrase:
    if isinstance(failure, OSError):
        return why_refused(failure)
    if isinstance(failure, UnicodeDecodeError):
        return Phrase("it is not UTF-8 text")
    where = _WHERE.search(str(failure))
    if where is None:
        return Phrase("it is not TOML")
    return Phrase(
        "it is not TOML at line %(line)s, column %(column)s", line=where[1], column=where[2]
    )


def _filled(shape: type[Any], table: dict[str, Any], path: Path, prefix: str) -> Any:
    known = {field.name: field for field in fields(shape)}
    for key in table:
        if key not in known:
            raise UnknownSetting(path=str(path), key=prefix + key)
    kinds = get_type_hints(shape)
    values = {}
    for name, field in known.items():
        if name in table:
            values[name] = _value(kinds[name], table[name], path, prefix + name)
        elif _has_no_default(field):
            raise WrongSetting(path=str(path), key=prefix + name, why=Phrase("it is missing"))
    try:
        return shape(**values)
    except OutOfRange as refusal:
        raise WrongSetting(path=str(path), key=prefix + refusal.key, why=refusal.why) from refusal


def _has_no_default(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _value(kind: Any, value: object, path: Path, key: str) -> object:
    if is_dataclass(kind) and isinstance(kind, type) and isinstance(value, dict):
        return _filled(kind, value, path, prefix=f"{key}.")
    if kind is Path and isinstance(value, str):
        return (path.parent / value).absolute()
    if kind == tuple[str, ...] and isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            return tuple(value)
    elif kind in (str, int, bool) and type(value) is kind:
        return value
    if is_dataclass(kind):
        raise WrongSetting(
            path=str(path), key=key, why=Phrase("it is a table: write [%(key)s]", key=key)
        )
    why = Phrase("%(value)s is of the wrong kind", value=repr(value)[:40])
    raise WrongSetting(path=str(path), key=key, why=why)
