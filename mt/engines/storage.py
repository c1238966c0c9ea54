"""Where models lie, what is read from their folders, and how one appears there whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mt.errors import EngineError
from mt.places import data_folder

_UNFINISHED = ".unfinished-"


def models_folder() -> Path:
    """Where installed models are."""
    return data_folder() / "models"


@contextmanager
def building(final: Path) -> Iterator[Path]:
    """A new folder beside ``final`` that takes its place at the end of the block, in one rename.

    After an error, and after a kill at the next call, nothing of it is left. Where ``final`` came into being
    in the meantime, that one stays.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    remove_unfinished(final.parent)
    folder = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=final.parent))
    try:
        with locked(_lock_of(folder)):
            yield folder
            with suppress(OSError):
                folder.chmod(0o755)
            try:
                folder.rename(final)
            except OSError:
                if not final.is_dir():
                    raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _lock_of(folder).unlink(missing_ok=True)


def discard(folder: Path) -> None:
    """Delete a folder so that nobody sees half of it."""
    doomed = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=folder.parent))
    folder.rename(doomed / folder.name)
    shutil.rmtree(doomed, ignore_errors=True)


def remove_unfinished(parent: Path) -> None:
    """Delete what killed processes left half-made; folders that a living process holds stay."""
    for folder in parent.glob(f"{_UNFINISHED}*/"):
        with suppress(BlockingIOError), locked(_lock_of(folder), wait=False):
            shutil.rmtree(folder, ignore_errors=True)
    for lock in parent.glob(f"{_UNFINISHED}*.lock"):
        if not lock.with_suffix("").exists():
            with suppress(BlockingIOError), locked(lock, wait=False):
                lock.unlink(missing_ok=True)


@contextmanager
def locked(path: Path, wait: bool = True) -> Iterator[None]:
    """Hold a file's lock; the system frees it when the process ends, however it ends.

    Args:
        path: made where it does not exist.
        wait: until it is free.

    Raises:
        BlockingIOError: somebody holds it and ``wait`` is off.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _take(descriptor, wait)
        yield
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int, wait: bool) -> None:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(str(error)) from error
else:
    import fcntl

    def _take(descriptor: int, wait: bool) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def _lock_of(folder: Path) -> Path:
    return folder.with_name(folder.name + ".lock")


def existing(path: Path, what: str = "") -> Path:
    """The path of a file of a model.

    Args:
        path: where it should be.
        what: how messages call it; by default its name.

    Raises:
        EngineError: it is not there.
    """
    if not path.is_file():
        raise EngineError(
            f"{path.parent}: {what or path.name} is missing.", "Give the folder of a whole model."
        )
    return path


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file of a model.

    Raises:
        EngineError: it is not there or holds something else.
    """
    try:
        value = json.loads(existing(path).read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise EngineError(
            f"{path}: is not valid JSON.", "The model folder is damaged; fetch it again."
        ) from error
    if not isinstance(value, dict):
        raise EngineError(f"{path}: holds no JSON object.", "The model folder is damaged; fetch it again.")
    return value
