"""COMET (Rei et al. 2020) out of process: its environment stays its own, its requirements do not touch ours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

import numpy as np

from mt.errors import EngineError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

VARIABLE = "MT_COMET_PYTHON"
SCALE = 100.0
"""COMET gives 0..1; it is shown as the other metrics are."""


@dataclass(frozen=True, slots=True)
class CometEnvironment:
    """Where COMET is.

    Attributes:
        python: interpreter of the environment in which it is installed; empty takes ``MT_COMET_PYTHON``.
        model: name on the Hub or path of a checkpoint.
        gpus: how many to use.
        batch_size: segments in a batch.
    """

    python: str = ""
    model: str = "Unbabel/wmt22-comet-da"
    gpus: int = 0
    batch_size: int = 16


class Comet:
    """Collects segments and has them all scored at once; then a metric like the others.

    Statistics of a segment: its score and 1, so that a corpus score is the mean.

    Args:
        systems: names.
        environment: where COMET is.
    """

    name = "COMET"
    higher_is_better = True

    def __init__(self, systems: Sequence[str], environment: CometEnvironment) -> None:
        self._python = environment.python or os.environ.get(VARIABLE, "")
        if not self._python:
            raise UsageError(
                "COMET runs in an environment of its own, and none is named.",
                f"python -m venv comet; comet/bin/pip install unbabel-comet; then --comet-python comet/bin/python "
                f"or {VARIABLE}.",
            )
        if shutil.which(self._python) is None:
            raise UsageError(f"{self._python} is no program.", "--comet-python names a Python interpreter.")
        self._environment = environment
        self._rows: dict[str, list[dict[str, str]]] = {system: [] for system in systems}
        self._version = "unknown"

    def add(
        self,
        hypotheses: Sequence[Sequence[str]],
        references: Sequence[Sequence[str]],
        sources: Sequence[str] | None,
    ) -> None:
        """Take in a stretch of segments; of several references the first counts."""
        for rows, texts in zip(self._rows.values(), hypotheses, strict=True):
            triples = zip(sources or (), texts, references[0], strict=True)
            rows.extend({"src": source, "mt": text, "ref": reference} for source, text, reference in triples)

    def finish(self) -> dict[str, NDArray[np.float64]]:
        """Score everything: for each system ``[segments, 2]``.

        Raises:
            UsageError: there is no such interpreter.
            EngineError: COMET is not installed for it, the weights are missing, or COMET failed.
        """
        everything = [row for rows in self._rows.values() for row in rows]
        scores = np.array(self._call(everything)) * SCALE
        parts = np.split(scores, np.cumsum([len(rows) for rows in self._rows.values()])[:-1])
        return {
            system: np.column_stack([part, np.ones(len(part))])
            for system, part in zip(self._rows, parts, strict=True)
        }

    def _call(self, rows: Sequence[dict[str, str]]) -> list[float]:
        wanted = self._environment
        asked = {"model": wanted.model, "gpus": wanted.gpus, "batch_size": wanted.batch_size}
        content = "\n".join(json.dumps(line) for line in (asked, *rows))
        with as_file(files("mt.evaluate").joinpath("data/comet_worker.py")) as worker:
            try:
                done = subprocess.run(
                    [self._python, str(worker)], input=content.encode(), capture_output=True, check=False
                )
            except OSError as error:
                raise UsageError(
                    f"{self._python}: {error.strerror}.", "--comet-python names a Python interpreter."
                ) from error
        return self._scores(done, len(rows))

    def _scores(self, done: subprocess.CompletedProcess[bytes], expected: int) -> list[float]:
        answer = _answer(done.stdout)
        if answer.get("error") == "missing":
            raise EngineError(
                f"COMET is not installed for {self._python}.", f"{self._python} -m pip install unbabel-comet"
            )
        if answer.get("error") == "weights":
            raise EngineError(
                f"The weights of {self._environment.model} cannot be loaded: {answer.get('detail', '')[:300]}",
                "Download them where there is a network, or name a checkpoint: --comet-model FILE.ckpt",
            )
        scores = answer.get("scores")
        if not isinstance(scores, list) or len(scores) != expected:
            tail = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise EngineError(
                f"COMET ended with code {done.returncode} and without {expected} scores. {' '.join(tail)}".strip(),
                f"Try it alone: {self._python} -c 'import comet'",
            )
        self._version = str(answer.get("version", "unknown"))
        return [float(score) for score in scores]

    def scores(self, totals: NDArray[np.floating]) -> NDArray[np.floating]:
        """The mean, 0..100."""
        count = np.maximum(totals[:, 1], 1)
        mean: NDArray[np.floating] = totals[:, 0] / count
        return mean

    def segment_scores(self, statistics: NDArray[np.float64]) -> NDArray[np.float64]:
        """As the model gave them, times 100."""
        return np.asarray(statistics[:, 0], dtype=np.float64)

    def signature(self, references: int, **settings: int | None) -> str:
        """Model and version in the style of sacrebleu."""
        parts = [f"nrefs:{min(references, 1)}"]
        parts += [f"{name}:{settings[name]}" for name in ("bs", "ar") if settings.get(name)]
        if len(parts) > 1:
            parts.append(f"seed:{str(settings.get('seed')).lower()}")
        return "|".join([*parts, f"model:{self._environment.model}", f"version:{self._version}"])


def _answer(output: bytes) -> dict[str, Any]:
    """The last line that is a JSON object; libraries may have printed before it."""
    for line in reversed(output.decode(errors="replace").splitlines()):
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            return found
    return {}
