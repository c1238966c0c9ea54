"""Run models on a test set, each in a process of its own, and compare what they wrote and what it cost."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mt.config import Config
from mt.engines import models
from mt.errors import EngineError, FormatError, UsageError
from mt.evaluate.analysis import Analysis
from mt.evaluate.files import SegmentFile
from mt.pipeline import score
from mt.pipeline.score_inputs import Inputs

SPLITS = ("test", "dev")
"""Test sets with a name: the splits of ``corpora`` that no model is trained on."""


@dataclass(frozen=True, slots=True)
class TestSet:
    """Parallel segments.

    Attributes:
        name: for the report.
        sources, references: equally long.
    """

    name: str
    sources: tuple[str, ...]
    references: tuple[str, ...]

    @property
    def words(self) -> int:
        """Source words, between white space."""
        return sum(len(source.split()) for source in self.sources)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one model needed.

    Attributes:
        model: its name.
        size: of its folder in bytes.
        seconds: to translate the test set.
        load_seconds: until it could begin.
        peak_memory: of its process, bytes.
        compute_type: number type of the weights.
        engine: name and version.
        failed: segments without a translation.
        words_per_second: source words.
        failure: why it did not run, or empty; all numbers are 0 then.
    """

    model: str
    size: int
    seconds: float = 0.0
    load_seconds: float = 0.0
    peak_memory: int = 0
    compute_type: str = ""
    engine: str = ""
    failed: int = 0
    words_per_second: float = 0.0
    failure: str = ""


@dataclass(frozen=True, slots=True)
class BenchResult:
    """Costs of all models, and scores of those that ran (None where none did)."""

    test_set: str
    segments: int
    words: int
    costs: tuple[Cost, ...]
    analysis: Analysis | None


def load_set(name: str, corpora: Path | None = None, limit: int | None = None) -> TestSet:
    """A test set by name or path.

    Args:
        name: ``test`` or ``dev`` of the corpora, a TSV file (source, target), or a folder of them.
        corpora: the folder of the corpora; None looks in the working folder and those above it.
        limit: the first so many segments.

    Raises:
        UsageError: it is not there, or has no segments.
        FormatError: a line is not source and target.
    """
    path = Path(name)
    if name in SPLITS and not path.exists():
        path = find_corpora(corpora) / name
    files = sorted(path.glob("*.tsv")) if path.is_dir() else [path]
    if not files:
        raise UsageError(f"{path} holds no .tsv files.", "Give a TSV file or a folder of them.")
    sources = [text for file in files for text in SegmentFile(file, "source")]
    references = [text for file in files for text in SegmentFile(file, "reference")]
    if not sources:
        raise UsageError(f"{path} holds no segments.", "A line is source, tab, target.")
    if sources == references:
        raise FormatError(f"{path} has one column.", "A line is source, tab, target.")
    label = f"corpora/{name}" if name in SPLITS else path.name
    return TestSet(label, tuple(sources[:limit]), tuple(references[:limit]))


def find_corpora(corpora: Path | None = None) -> Path:
    """The folder of the project's corpora, which are in its repository and not in the installed package.

    Raises:
        UsageError: it is not there.
    """
    places = [corpora] if corpora else [folder / "corpora" for folder in (Path.cwd(), *Path.cwd().parents)]
    for place in places:
        if any((place / split).is_dir() for split in SPLITS):
            return place
    raise UsageError(
        f"The corpora are not in {corpora or Path.cwd()}.",
        "They are in the project's repository, not in the package: run there, name them with --corpora FOLDER, "
        "or give a TSV file: --set FILE.tsv",
    )


def run(
    names: Sequence[str],
    test_set: TestSet,
    settings: Config,
    rescues: bool = False,
    rounds: int = 1,
    options: score.ScoreOptions | None = None,
    note: Callable[[str], None] = lambda _: None,
) -> BenchResult:
    """Translate the test set with every model in turn and score what they wrote.

    Args:
        names: of installed models or their folders; empty for all that are installed for the languages.
        test_set: what to translate.
        settings: engine, compute type, threads, beam size, languages.
        rescues: search again where a finding asks for it, as `mt translate` does.
        rounds: how often to translate; the fastest round counts.
        options: how to score; None for BLEU and chrF2++ with intervals and the bootstrap test.
        note: told what is being done.

    Raises:
        UsageError: an unknown model, or none for the languages.
    """
    costs, written = [], {}
    for model in _models(names, settings):
        note(f"{model.name}: translating {len(test_set.sources):,} segments")
        cost, targets = _measure(model, test_set, settings, rescues, rounds)
        if cost.failure:
            note(f"{model.name}: {cost.failure}")
        else:
            written[cost.model] = targets
        costs.append(cost)
    analysis = None
    if written:
        inputs = Inputs(
            tuple(written),
            list(written.values()),
            [test_set.references],
            test_set.sources,
            labels=list(written),
        )
        chosen = options or score.ScoreOptions(
            ("bleu", "chrf2++"),
            judge=False,
            report=False,
            langs=(settings["source_lang"], settings["target_lang"]),
        )
        analysis = score.run(inputs, chosen)
    return BenchResult(test_set.name, len(test_set.sources), test_set.words, tuple(costs), analysis)


def _models(names: Sequence[str], settings: Config) -> Iterator[models.Model]:
    langs = (settings["source_lang"], settings["target_lang"])
    if names:
        seen = set()
        for name in names:
            model = models.resolve(name, *langs)
            if model.name in seen:
                raise UsageError(f"Model {model.name!r} is named twice.", "Name each model once.")
            seen.add(model.name)
            yield model
        return
    found = [m for m in models.installed() if (m.source_lang, m.target_lang) == langs or m.kind == "damaged"]
    if not found:
        raise UsageError(f"No model translates {'-'.join(langs)}.", "mt models list")
    yield from found


def _measure(
    model: models.Model, test_set: TestSet, settings: Config, rescues: bool, rounds: int
) -> tuple[Cost, list[str]]:
    asked = {
        "model": str(model.path),
        "engine": settings["engine"],
        "compute_type": settings["compute_type"],
        "threads": settings["threads"],
        "beam_size": settings["beam_size"],
        "rescues": rescues,
        "rounds": rounds,
    }
    try:
        answer = _call(asked, test_set.sources)
    except EngineError as error:
        return Cost(model.name, model.size, failure=str(error)), []
    if "error" in answer:
        return Cost(model.name, model.size, failure=f"{answer['error']} {answer['hint']}".strip()), []
    targets: list[str] = answer.pop("targets")
    speed = test_set.words / answer["seconds"]
    return Cost(model.name, model.size, words_per_second=speed, **answer), targets


def _call(asked: dict[str, Any], sources: Sequence[str]) -> dict[str, Any]:
    """The answer of a worker, which has the machine and its memory to itself."""
    lines = "".join(json.dumps(line) + "\n" for line in (asked, *sources))
    command = [sys.executable, "-m", "mt.pipeline.bench_worker"]
    done = subprocess.run(command, input=lines.encode(), capture_output=True, check=False)
    last = done.stdout.decode(errors="replace").rstrip("\n").rpartition("\n")[2]
    try:
        answer: dict[str, Any] = json.loads(last)
    except ValueError as error:
        tail = " ".join(done.stderr.decode(errors="replace").strip().splitlines()[-1:])
        raise EngineError(f"The model's process ended with code {done.returncode}. {tail}".strip()) from error
    return answer
