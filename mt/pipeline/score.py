"""Score translations: read what is parallel, count it once, compare, look behind the scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mt import quality
from mt.errors import UsageError
from mt.evaluate import DEFAULT_METRICS, SEED, load_metric
from mt.evaluate.analysis import Analysis, Texts, analyse
from mt.evaluate.buckets import Profile, QualityData
from mt.evaluate.checks import InputChecks
from mt.evaluate.comet import Comet, CometEnvironment
from mt.evaluate.gold import AlignmentScore, BeadIndices, LinkScore, score_alignment, score_word_links
from mt.evaluate.goldfiles import read_beads, read_links
from mt.evaluate.scorer import Scorer
from mt.pipeline.documents import read_document
from mt.pipeline.score_inputs import Inputs, Stretch

JUDGED = 20_000
"""Pairs that are judged without being asked for; a judgement takes about 2 milliseconds."""

Advance = Callable[[int], None]
"""Told after each stretch how many segments were done."""


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """How to score.

    Attributes:
        metrics: names in :data:`mt.evaluate.METRICS`, and ``comet``.
        baseline: system to compare with, or None for the first.
        tests: names in :data:`mt.evaluate.TESTS`.
        samples: of the bootstrap, for intervals and test; 0 for no intervals.
        trials: of approximate randomisation.
        seed: of the random numbers.
        lang: target language, which chooses BLEU's tokeniser.
        examples: segments in each list of the report.
        judge: judge hypotheses without reference: True, False, or None where a source is there and the pairs
            are not too many.
        texts: whether the report may hold texts.
        comet: where COMET is installed.
    """

    metrics: Sequence[str] = DEFAULT_METRICS
    baseline: str | None = None
    tests: Sequence[str] = ("bootstrap",)
    samples: int = 1000
    trials: int = 10000
    seed: int | None = SEED
    lang: str = "en"
    examples: int = 10
    judge: bool | None = None
    texts: bool = True
    comet: CometEnvironment | None = None


def run(inputs: Inputs, options: ScoreOptions, advance: Advance = lambda _: None) -> Analysis:
    """Score parallel streams in two passes: one that counts, one that fetches the texts of the report.

    Args:
        inputs: what to score.
        options: how.
        advance: told how far the first pass is.

    Raises:
        UsageError: the streams are not parallel, a name is unknown, COMET is asked for without its environment.
        EngineError: COMET failed.
        FormatError: a file is not what it should be.
    """
    names = [name for name in options.metrics if name.lower() != "comet"]
    comet = _comet(inputs, options) if len(names) < len(options.metrics) else None
    scorer = Scorer(inputs.systems, len(inputs.references), [load_metric(n, options.lang) for n in names])
    scorer.check(options.baseline, options.tests)
    profile, checks = Profile(), InputChecks(inputs.systems)
    judge = _Judge(inputs, options)
    for stretch in inputs.stretches():
        scorer.add(stretch.hypotheses, stretch.references)
        profile.add(stretch.references[0])
        checks.add(stretch.hypotheses, stretch.references, stretch.sources)
        judge.add(stretch)
        if comet:
            comet.add(stretch.hypotheses, stretch.references, stretch.sources)
        advance(len(stretch.references[0]))
    if not scorer.segments:
        raise UsageError("There are no segments to score.", "Give files with at least one line.")
    if comet:
        scorer.put(comet, comet.finish())
    comparison = scorer.compare(
        options.baseline,
        options.tests,
        {"bootstrap": options.samples, "randomisation": options.trials},
        options.samples,
        options.seed,
    )
    notes = [*inputs.notes, *checks.warnings(), *judge.notes]
    analysis = analyse(scorer, comparison, profile, judge.data(), notes, options.examples)
    return replace(analysis, texts=_texts(inputs, analysis.shown())) if options.texts else analysis


def _comet(inputs: Inputs, options: ScoreOptions) -> Comet:
    if inputs.source is None:
        raise UsageError("COMET reads the source too.", "Name it: --source FILE")
    return Comet(inputs.systems, options.comet or CometEnvironment())


def _texts(inputs: Inputs, wanted: Sequence[int]) -> Mapping[int, Texts]:
    systems, references = len(inputs.systems), len(inputs.references)
    return {
        index: Texts(
            row[-1] if inputs.source is not None else None,
            row[systems : systems + references],
            dict(zip(inputs.systems, row, strict=False)),
        )
        for index, row in inputs.texts(wanted)
    }


class _Judge:
    """Judges hypotheses without their references, or keeps what is known already."""

    def __init__(self, inputs: Inputs, options: ScoreOptions) -> None:
        self._known = inputs.quality
        self._limit = None if options.judge else JUDGED
        self._wanted = options.judge is not False and inputs.source is not None and not inputs.quality.scores
        self._lang = options.lang or "en"
        self._systems = inputs.systems
        self._scores: dict[str, list[float]] = {system: [] for system in inputs.systems}
        self._findings: dict[str, list[frozenset[str]]] = {system: [] for system in inputs.systems}
        self._method = ""
        self.notes: list[str] = []
        if options.judge and inputs.source is None:
            raise UsageError("Hypotheses cannot be judged without their source.", "Name it: --source FILE")

    def add(self, stretch: Stretch) -> None:
        """Judge a stretch, unless there are too many pairs for that."""
        if not self._wanted or stretch.sources is None:
            return
        done = sum(map(len, self._scores.values()))
        if self._limit is not None and done + len(self._systems) * len(stretch.sources) > self._limit:
            self._wanted = False
            self.notes.append(
                f"More than {self._limit:,} pairs: they were not judged without reference. --judge does it anyway."
            )
            return
        for system, texts in zip(self._systems, stretch.hypotheses, strict=True):
            judged = quality.score(list(zip(stretch.sources, texts, strict=True)), target_lang=self._lang)
            self._scores[system] += (one.value for one in judged)
            self._findings[system] += (frozenset(found.check for found in one.findings) for one in judged)
            self._method = judged[0].method

    def data(self) -> QualityData:
        """What was judged, or what was known."""
        if not self._wanted or not self._method:
            return self._known
        return QualityData(self._scores, self._findings, self._method)


def gold_alignment(gold: Path, test: Path) -> tuple[dict[str, AlignmentScore], int]:
    """Alignments against gold: two files, or two folders whose files are paired by name.

    Returns:
        The scores by definition and the number of documents.

    Raises:
        UsageError: a file is missing or has no partner.
        FormatError: a line is no bead.
    """
    pairs = _partners(gold, test)
    scores = score_alignment([_beads(one) for one, _ in pairs], [_beads(other) for _, other in pairs])
    return scores, len(pairs)


def gold_links(gold: Path, test: Path, form: str = "auto") -> tuple[LinkScore, int]:
    """Word links against a gold file.

    Args:
        gold: Pharaoh lines or an XL-WA table.
        test: likewise.
        form: of the gold file: ``pharaoh``, ``xlwa`` or ``auto``.

    Returns:
        The score and the number of sentences.

    Raises:
        UsageError: a file is missing, or the numbers of sentences differ.
        FormatError: a line has no links.
    """
    wanted = read_links(_lines(gold), form, str(gold))
    found = read_links(_lines(test), "auto", str(test))
    return score_word_links(wanted, found), len(wanted)


def _partners(gold: Path, test: Path) -> list[tuple[Path, Path]]:
    if gold.is_dir() != test.is_dir():
        raise UsageError(f"{gold} and {test} are not both folders.", "Give two files or two folders.")
    if not gold.is_dir():
        return [(gold, test)]
    wanted, found = (
        {path.name.split(".")[0]: path for path in _bead_files(folder)} for folder in (gold, test)
    )
    if missing := sorted(wanted.keys() ^ found.keys()):
        folder = test if missing[0] in wanted else gold
        raise UsageError(
            f"{folder} has no file for {missing[0]!r}; {len(missing)} of {len(wanted | found)} have no partner.",
            "Both folders need files of the same names, such as 001.gold and 001.beads.",
        )
    if not wanted:
        raise UsageError(f"{gold} holds no files with beads.", "A line of them is [0, 1]:[2].")
    return [(wanted[name], found[name]) for name in sorted(wanted)]


def _bead_files(folder: Path) -> list[Path]:
    """The files of a folder that begin with a bead; texts may lie beside them."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_file():
            with path.open("rb") as stream:
                head = stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
            if head.startswith(b"[") and b"]" in head:
                found.append(path)
    return found


def _beads(path: Path) -> list[BeadIndices]:
    return read_beads(_lines(path), str(path))


def _lines(path: Path) -> list[str]:
    return read_document(path, format_name="text")[0].text.removesuffix("\n").split("\n")
