"""Files that are there whole or not at all, and the checkpoints of a run."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from mt.errors import EngineError

KEPT = 2
"""Checkpoints that stay on disk: the newest and the one before it."""


@dataclass(slots=True)
class Position:
    """How far a run is; together with the weights and the recipe it decides everything that follows.

    Attributes:
        update: updates done.
        block: number of the block of data that is being trained on.
        batch: batches of that block that are done.
        block_progress: share of the schedule at which that block began: it decides phase and curriculum.
        tokens: target pieces seen.
        seconds: spent on updates.
        best: the best chrF2++ on the development set so far; negative before the first look.
        best_update: the update it was measured at.
        looks_since_best: looks at the development set since then.
        snapshots: updates whose weights are kept for averaging, oldest first.
        stopped: why the run is over before its last update, or empty.
    """

    update: int = 0
    block: int = 0
    batch: int = 0
    block_progress: float = 0.0
    tokens: int = 0
    seconds: float = 0.0
    best: float = -1.0
    best_update: int = 0
    looks_since_best: int = 0
    snapshots: list[int] = field(default_factory=list)
    stopped: str = ""


class UnwrittenError(EngineError):
    """A file of a run cannot be written, for example because the disk is full."""


def write_atomically(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file beside ``path``, flush it to disk and rename it: a kill leaves the old file or the new one.

    Raises:
        UnwrittenError: it cannot be written, for example because the disk is full; ``path`` is as it was.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with unfinished.open("wb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(path)
    except (OSError, RuntimeError) as error:
        # torch's writer reports a failed write as RuntimeError.
        unfinished.unlink(missing_ok=True)
        reason = (
            error.strerror if isinstance(error, OSError) and error.strerror else str(error).splitlines()[0]
        )
        raise UnwrittenError(
            f"{path}: cannot be written ({reason}).",
            "Free space on the disk, then call the same command again.",
        ) from error


class Checkpoints:
    """The checkpoints of one run.

    Args:
        folder: where they lie; it is made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def newest(self) -> Path | None:
        """The newest checkpoint, or None."""
        found = sorted(self._folder.glob("update-*.pt"))
        return found[-1] if found else None

    def save(self, learner_state: dict[str, Any], position: Position) -> Path:
        """Write a checkpoint, then remove the ones that are too many.

        Raises:
            UnwrittenError: it cannot be written.
        """
        import torch

        path = self._folder / f"update-{position.update:09d}.pt"
        state = {"learner": learner_state, "position": asdict(position)}
        write_atomically(path, lambda stream: torch.save(state, stream))
        for old in sorted(self._folder.glob("update-*.pt"))[:-KEPT]:
            old.unlink(missing_ok=True)
        return path

    @staticmethod
    def load(path: Path) -> tuple[dict[str, Any], Position]:
        """What :meth:`save` wrote.

        Raises:
            EngineError: the file is damaged.
        """
        import torch

        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
            return state["learner"], Position(**state["position"])
        except Exception as error:
            raise EngineError(
                f"{path}: is no whole checkpoint ({str(error).splitlines()[0]}).",
                "Remove it; the run goes on from the one before it.",
            ) from error


def told(checkpoint: Path | None) -> str:
    """A sentence that names the last good checkpoint."""
    return f"The last good checkpoint is {checkpoint}." if checkpoint else "There is no checkpoint yet."
