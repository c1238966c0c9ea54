"""Settings: defaults < profile or mt.toml < MT_* < flag; every value knows where it came from.

store = "/data/news.db"      # mt.toml in the working folder, or in the user's configuration folder
MT_STORE=/data/news.db       # environment
--store /data/news.db        # flag
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mt.errors import UsageError, unknown_name
from mt.places import config_folder


class Setting(NamedTuple):
    """One setting: its default, whose type is the setting's type, and what it means."""

    default: Any
    help: str


SETTINGS: dict[str, Setting] = {
    "store": Setting("", "file or database URL of the store; empty: a file in the platform's data folder"),
    "model": Setting("auto", "installed model, its folder, or `auto` for the best one"),
    "engine": Setting("ctranslate2", "what runs the model: ctranslate2, transformers, echo"),
    "compute_type": Setting("auto", "number type of the model's weights: auto, int8, float32, bfloat16"),
    "threads": Setting(0, "processor threads; 0 takes all cores"),
    "beam_size": Setting(4, "hypotheses kept while decoding"),
    "length_penalty": Setting(1.0, "above 1 favours longer translations"),
    "source_lang": Setting("nl", "language of the documents"),
    "target_lang": Setting("en", "language to translate into"),
    "reviewer": Setting("", "name stored with reviews; empty: the login name"),
    "review.mqm": Setting(False, "mark errors in the text while reviewing in the terminal"),
    "review.keys": Setting({}, 'keys of `mt review` by action: accept = "y"; `mt review` shows them under ?'),
}
"""Every setting by name; in TOML a point is a table.

The environment variable is ``MT_`` and the name in capitals with ``_`` for a point.
"""

TRUE, FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


class Value(NamedTuple):
    """A setting's value and where it was set: ``default``, a file, a variable or ``flag``."""

    value: Any
    origin: str


class Config:
    """The settings of one call.

    Args:
        values: every setting of :data:`SETTINGS` with its origin.
    """

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Any:
        return self._values[name].value

    def items(self) -> list[tuple[str, Value]]:
        """All settings, in the order of :data:`SETTINGS`."""
        return list(self._values.items())


def user_file() -> Path:
    """The user's own settings file, which need not exist."""
    return config_folder() / "mt.toml"


def load(
    flags: Mapping[str, Any] | None = None, profile: Path | None = None, folder: Path | None = None
) -> Config:
    """Collect the settings.

    Args:
        flags: what the command line gave; None values count as not given.
        profile: a TOML file that replaces the ones found by themselves.
        folder: where to look for ``mt.toml``; the working folder by default.

    Raises:
        UsageError: an unknown name, a value of the wrong type, or a profile that cannot be read.
    """
    values = {name: Value(setting.default, "default") for name, setting in SETTINGS.items()}
    files = (
        [profile] if profile else [p for p in (user_file(), (folder or Path()) / "mt.toml") if p.is_file()]
    )
    for file in files:
        for name, value in _flat(_read(file)):
            typed = _typed(name, value, str(file))
            # The folder's keys are added to the user's own.
            merged = {**values[name].value, **typed} if isinstance(typed, dict) else typed
            values[name] = Value(merged, str(file))
    for name in SETTINGS:
        variable = f"MT_{name.upper().replace('.', '_')}"
        if os.environ.get(variable):
            values[name] = Value(_typed(name, os.environ[variable], variable), variable)
    for name, value in (flags or {}).items():
        if value is not None:
            values[name] = Value(_typed(name, value, f"--{name.replace('_', '-')}"), "flag")
    return Config(values)


def _read(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as stream:
            return tomllib.load(stream)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}.", "Give the path of a TOML file.") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{file}: {error}.", "It must be TOML: name = value, one a line.") from error


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Names with their values, a table's names behind its own and a point; a setting may be a table itself."""
    for name, value in table.items():
        full = before + name
        if isinstance(value, dict) and full not in SETTINGS:
            yield from _flat(value, f"{full}.")
        else:
            yield full, value


def _typed(name: str, value: Any, where: str) -> Any:
    """The value in the type of the setting's default; text from the environment is converted."""
    if name not in SETTINGS:
        error = unknown_name("setting", name, SETTINGS)
        raise UsageError(f"{where}: {error.message}", error.hint)
    wanted = type(SETTINGS[name].default)
    if isinstance(value, str) and wanted in (bool, dict):
        value = _from_text(value, wanted)
    accepted = isinstance(value, wanted)
    if wanted not in (bool, dict):
        accepted = accepted or isinstance(value, str) or (wanted is float and isinstance(value, int))
    if accepted and not (isinstance(value, bool) and wanted is not bool):
        try:
            return wanted(value)
        except ValueError:
            pass
    raise UsageError(
        f"{where}: {value!r} is not a value for {name}.",
        f"It takes {wanted.__name__}: {SETTINGS[name].help}.",
    )


def _from_text(text: str, wanted: type) -> Any:
    """A truth value or a table, written in a variable as ``name=value name=value``; else the text as it is."""
    if wanted is bool:
        known = {**dict.fromkeys(TRUE, True), **dict.fromkeys(FALSE, False)}
        return known.get(text.lower(), text)
    parts = [part.partition("=") for part in text.split()]
    return {name: value for name, _, value in parts} if all(value for *_, value in parts) else text
