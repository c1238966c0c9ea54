"""Versions of an installed model: a new one takes the old one's place, and rollback brings it back.

The folder of installed models holds the current version under the model's name. Earlier ones lie beside it in
``.versions/NAME/0001``, and the weights that training goes on from in ``.training/NAME``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mt.engines import install
from mt.engines.models import STARTER, Model, resolve
from mt.engines.storage import locked, models_folder
from mt.errors import EngineError, UsageError

_UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a model.

    Attributes:
        number: 1 for the oldest.
        path: its folder.
        current: whether it is the one in use.
    """

    number: int
    path: Path
    current: bool


def versions(name: str) -> list[Version]:
    """The versions of an installed model, oldest first; the starter and models never replaced have one.

    Raises:
        UsageError: no such model.
    """
    current = resolve(name)
    older = _older(current.name)
    found = [Version(int(path.name), path, False) for path in older]
    return [*found, Version(int(older[-1].name) + 1 if older else 1, current.path, True)]


def replace_model(trained: Path, name: str) -> Model:
    """Install a trained model as the newest version of a name; the one in use is kept.

    Args:
        trained: folder in Hugging Face layout; a copy of it is kept, so that training can go on from it.
        name: of the installed model; not the starter's.

    Returns:
        the installed model.

    Raises:
        UsageError: the name is the starter's.
        EngineError: it cannot be installed; the version in use stays.
    """
    if name == STARTER.name:
        raise UsageError(f"{name} is part of the program and stays.", "Give the new model a name of its own.")
    root = models_folder()
    final = root / name
    with _versions_locked(name):
        older = _older(name)
        number = int(older[-1].name) + 1 if older else 1
        kept = root / ".training" / name / f"{number:04d}"
        put_away = root / ".versions" / name / f"{number:04d}"
        try:
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(trained, kept)
            if final.is_dir():
                put_away.parent.mkdir(parents=True, exist_ok=True)
                final.rename(put_away)
            return install.add(kept, name)
        except BaseException as error:
            if put_away.is_dir() and not final.exists():
                put_away.rename(final)
            shutil.rmtree(kept, ignore_errors=True)
            if isinstance(error, OSError):
                raise EngineError(
                    f"{final}: the new version cannot be written ({error.strerror or error}).",
                    "Make room; the model in use stays as it was.",
                ) from error
            raise


def rollback(name: str) -> Model:
    """Go back to the version before; the one in use is put aside, and only the last one put aside is kept.

    A model that adaptation made and that has no earlier version is put aside, so that the model it was made
    from is used again.

    Returns:
        the model in use now.

    Raises:
        UsageError: no such model, or it has no earlier version.
    """
    model = resolve(name)
    root = models_folder()
    final = root / model.name
    with _versions_locked(model.name):
        older = _older(model.name)
        adapted = (root / ".training" / model.name).is_dir()
        if not final.is_dir() or not (older or adapted):
            raise UsageError(f"{model.name} has no earlier version.", "See what is installed: mt models list")
        aside = root / ".versions" / model.name / _UNDONE
        shutil.rmtree(aside, ignore_errors=True)
        aside.parent.mkdir(parents=True, exist_ok=True)
        final.rename(aside)
        if not older:
            return resolve("auto", model.source_lang, model.target_lang)
        older[-1].rename(final)
        return resolve(model.name)


def training_folder(model: Model) -> Path:
    """The weights of a model in Hugging Face layout, from which training can go on.

    Raises:
        UsageError: it was installed without them.
    """
    for folder in (model.path, Path(model.origin)):
        if (folder / "model.safetensors").is_file() or (folder / "pytorch_model.bin").is_file():
            return folder
    raise UsageError(
        f"{model.name} is installed for translating only; its weights for training are not at "
        f"{model.origin or 'hand'}.",
        "Name the folder that it was installed from: --base FOLDER.",
    )


def _older(name: str) -> list[Path]:
    """Folders of the versions before the current one, oldest first."""
    folder = models_folder() / ".versions" / name
    return sorted(path for path in folder.glob("[0-9]*") if path.is_dir())


@contextmanager
def _versions_locked(name: str) -> Iterator[None]:
    folder = models_folder() / ".versions"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(
            f"{folder}: {os.strerror(error.errno or 0)}.", "Set MT_HOME to a folder that can be written."
        ) from error
    with locked(folder / f"{name}.lock"):
        yield
