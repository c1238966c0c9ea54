"""What is installed, which model and store a call would use, and what is wrong with them."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any

from mt import __version__
from mt.config import Config
from mt.engines import models
from mt.errors import MTError
from mt.store import Store

DISTRIBUTION = "mt-workbench"

NAME = re.compile(r"[^A-Za-z0-9._-]")
"""What ends a project's name in a requirement."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the diagnosis.

    Attributes:
        name: what was looked at.
        ok: whether it can be used; a missing extra is not a fault.
        detail: what was found, or what to do.
    """

    name: str
    ok: bool
    detail: str


def diagnose(settings: Config) -> Iterator[Check]:
    """Look at everything a call needs; no check stops the others."""
    yield Check("mt", True, f"{__version__}, Python {platform.python_version()}, {os.cpu_count()} cores")
    yield from _packages()
    yield _checked("model", lambda: _model(settings["model"]))
    yield _checked("store", lambda: _store(settings["store"]))
    for name, value in settings.items():
        yield Check(f"setting {name}", True, f"{value.value!r} ({value.origin})")


def _packages() -> Iterator[Check]:
    """Every dependency with its version, each extra with what is missing of it."""
    extras: dict[str, list[str]] = {}
    for line in requires(DISTRIBUTION) or []:
        requirement, _, marker = line.partition(";")
        name = NAME.split(requirement, maxsplit=1)[0]
        extra = marker.partition("extra == ")[2].strip(" \"'")
        if not extra:
            found = _version(name)
            yield Check(name, found is not None, found or "missing; install mt again")
        elif not name.startswith("mt-"):
            extras.setdefault(extra, []).append(name)
    for extra, names in extras.items():
        missing = [name for name in names if _version(name) is None]
        found = ", ".join(f"{name} {_version(name)}" for name in names if name not in missing)
        install = f"not installed: {', '.join(missing)}; pip install '{DISTRIBUTION}[{extra}]'"
        yield Check(f"[{extra}]", True, install if missing else found)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _checked(name: str, look: Any) -> Check:
    try:
        return Check(name, True, look())
    except MTError as error:
        return Check(name, False, str(error))


def _model(name: str) -> str:
    model = models.resolve(name)
    bleu = f", BLEU {model.bleu} on FLORES-200 dev" if model.bleu is not None else ""
    return f"{model.name} ({model.source_lang}-{model.target_lang}{bleu}) in {model.path}"


def _store(location: str) -> str:
    with Store.open(location or None) as store:
        return f"{store.location}, {len(store.documents())} documents"
