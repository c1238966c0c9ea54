"""Reviewers teach the model: it learns what they accepted and edited, and is installed only where that helps."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mt.data import MetricScore
from mt.engines.models import Model, resolve
from mt.errors import UsageError, unknown_name
from mt.store import Store
from mt.train.bitext import read_pairs
from mt.train.export import translations
from mt.train.reviews import Pairs, deal, read_reviewed, split_general
from mt.train.teaching import Teacher
from mt.train.versions import replace_model, training_folder

if TYPE_CHECKING:
    from mt.evaluate import SystemScore
    from mt.train.trainer import Listener

METHODS = ("replacements", "bias", "full", "lora")

_COUNTING = ("replacements", "bias")
"""Those that learn what several documents agree on."""

METRIC_NAMES = ("bleu", "chrf2++")


@dataclass(frozen=True, slots=True)
class AdaptOptions:
    """How a model is adapted.

    Attributes:
        model: installed model to start from, or ``auto``.
        base: its folder in Hugging Face layout, where it was installed without.
        name: of the adapted model; empty: the model's own, or its name and ``-adapted`` for the shipped one.
        documents: only reviews of documents whose name fits one of these patterns; empty for all.
        method: ``replacements``: words and signs that reviewers always write otherwise; ``bias``: a bias on the
            written pieces, the same in every text; ``full``: all weights are fine-tuned, then the bias is fitted;
            ``lora``: low-rank adapters (Hu et al. 2022) are fine-tuned and merged, then the same.
        evidence: documents that must agree on a replacement, or on a piece, net of those that disagree, before it
            gets a bias.
        epochs: how often each reviewed pair is seen in fine-tuning.
        replay: share of general pairs among those that are trained on, against forgetting.
        folds: parts of the reviews, each of which is measured on by a model that learned from the other parts; 0
            takes 4, and 2 where fine-tuning makes every model take its time.
        rate, matrix_rate: peak learning rates of Adam and of Muon.
        blend: weight of the fine-tuned model in its mean with the old one (Wortsman et al. 2022), which keeps what
            both know; 1 takes the fine-tuned one as it is.
        significance: largest p-value that counts as a difference.
        batch_tokens: padded pieces of source and target in a batch.
        dropout: 0 suits models that were trained without, as the starter was.
        seed: of everything that is random.
        threads: processor threads; 0 takes all cores.
    """

    model: str = "auto"
    base: Path | None = None
    name: str = ""
    documents: tuple[str, ...] = ()
    method: str = "replacements"
    evidence: float = 3.0
    epochs: float = 8.0
    replay: float = 0.5
    folds: int = 0
    blend: float = 0.4
    rate: float = 1e-4
    matrix_rate: float = 2e-3
    significance: float = 0.05
    batch_tokens: int = 3072
    dropout: float = 0.0
    seed: int = 1
    threads: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise unknown_name("method", self.method, METHODS)
        rules = (
            (self.evidence > 0, "evidence must be above 0"),
            (self.epochs > 0, "epochs must be above 0"),
            (0 <= self.replay < 1, "replay must be from 0 to below 1"),
            (0 < self.blend <= 1, "blend must be above 0 and at most 1"),
            (self.folds == 0 or self.folds >= 2, "folds must be 2 or more"),
            (0 < self.significance < 1, "significance must be between 0 and 1"),
            (self.batch_tokens >= 512, "batch_tokens must be 512 or more"),
        )
        for holds, rule in rules:
            if not holds:
                raise UsageError(f"{rule}.", "Leave it out to take the default.")


@dataclass(frozen=True, slots=True)
class Change:
    """Old and new model under one metric on one set.

    Attributes:
        test_set: ``reviewed`` for the reviews, each translated by a model that did not learn from its document, or
            ``general``.
        segments: how many.
        old, new: scores with their signatures.
        p_value: paired bootstrap (Koehn 2004), 1000 resamples.
    """

    test_set: str
    segments: int
    old: MetricScore
    new: MetricScore
    p_value: float

    @property
    def delta(self) -> float:
        """What the new model gains."""
        return self.new.value - self.old.value


@dataclass(frozen=True, slots=True)
class Adapted:
    """What became of an adaptation.

    Attributes:
        installed: the new model, or None where the old one is kept.
        reason: why, in one sentence.
        changes: what was measured.
        pairs: reviewed pairs that were learned from.
        folder: the new model, in the layout of the old one.
    """

    installed: Model | None
    reason: str
    changes: tuple[Change, ...]
    pairs: int
    folder: Path


def adapt(
    store: Store,
    folder: Path,
    replay: Path | None = None,
    general: Path | None = None,
    options: AdaptOptions | None = None,
    listener: Listener | None = None,
) -> Adapted:
    """Teach a model what reviewers accepted and edited, measure it, and install it only where it helps.

    Every review is measured on by a model that learned from the other documents' reviews only; the model that may
    be installed learns from all. See :func:`judged` for the rule.

    Args:
        store: has the reviews.
        folder: of the run; fine-tuning that was interrupted goes on.
        replay: bitext like that which the model was trained on, a TSV file or a folder of them: against
            forgetting, and to tell what the reviewers write otherwise.
        general: general test set; None takes reviews of other documents, or holds pairs of the replay bitext out.
        options: see :class:`AdaptOptions`.
        listener: hears of progress.

    Raises:
        UsageError: too few reviewed pairs (how many are needed is told), or the model cannot be trained on.
        EngineError: training failed.
    """
    options = options or AdaptOptions()
    model = resolve(options.model)
    base = options.base or _base_of(model, options.method)
    if replay is None and options.method != "replacements":
        raise UsageError(f"The method {options.method} needs general bitext.", "Name it: --replay PATH")
    reviewed = read_reviewed(store, model, options.documents)
    count = options.folds or (4 if options.method in _COUNTING else 2)
    folds = deal(reviewed.documents, count)
    if options.method in _COUNTING:
        _check_documents(len(reviewed.documents), count, options.evidence)
    told, general_pairs, others = split_general(reviewed, read_pairs(replay) if replay else [], general)
    note = listener.note if listener else lambda _: None
    pairs = [pair for fold in folds for document in fold for pair in document]
    note(f"Translating {len(pairs)} reviewed and {len(general_pairs)} general pairs ({told}).")
    old = translations(base, [source for source, _ in [*pairs, *general_pairs]], threads=options.threads)
    drafts = dict(zip([source for source, _ in pairs], old, strict=False))
    teacher = Teacher(options.name or _name_of(model), model, base, others, drafts, options, listener)
    crossed = _crossed(teacher, folds, folder / "folds", note)
    note(f"Learning from all {len(pairs)} reviewed pairs of {len(reviewed.documents)} documents.")
    trained = teacher.teach(reviewed.documents, folder)
    new = translations(trained, [source for source, _ in general_pairs], threads=options.threads)
    changes = (
        *_compared("reviewed", pairs, old[: len(pairs)], crossed),
        *_compared("general", general_pairs, old[len(pairs) :], new),
    )
    helps, reason = judged(changes, options.significance)
    installed = replace_model(trained, teacher.name) if helps else None
    return Adapted(installed, reason, changes, len(pairs), trained)


def _base_of(model: Model, method: str) -> Path:
    """The folder that learning starts from: weights that can be trained on, where they are to change."""
    try:
        return training_folder(model)
    except UsageError:
        if method != "replacements":
            raise
        return model.path


def _name_of(model: Model) -> str:
    return f"{model.name}-adapted" if model.kind == "starter" else model.name


def _check_documents(documents: int, folds: int, evidence: float) -> None:
    """What counts documents needs enough of them, those of one fold left out."""
    needed = math.ceil(evidence)
    while needed - math.ceil(needed / folds) < evidence:
        needed += 1
    if documents < needed:
        raise UsageError(
            f"Reviews of {documents} documents are too few to tell a style from a subject: it takes {needed}.",
            "Review more documents, or fine-tune: --method full.",
        )


def _crossed(
    teacher: Teacher, folds: Sequence[Sequence[Pairs]], folder: Path, note: Callable[[str], None]
) -> list[str]:
    """Every reviewed source as a model translates it that learned from the other folds."""
    hypotheses: list[str] = []
    for number, fold in enumerate(folds):
        note(f"Measuring on part {number + 1} of {len(folds)}, learning from the others.")
        rest = [document for other in folds if other is not fold for document in other]
        trained = teacher.teach(rest, folder / str(number))
        sources = [source for document in fold for source, _ in document]
        hypotheses += translations(trained, sources, threads=teacher.options.threads)
    shutil.rmtree(folder)
    return hypotheses


def _compared(test_set: str, pairs: Pairs, old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    """Both models' translations of a set under every metric."""
    from mt.evaluate import compare

    systems = {"old": list(old), "new": list(new)}
    comparison = compare(systems, [[target for _, target in pairs]], baseline="old", metrics=METRIC_NAMES)
    for rows in comparison.rows.values():
        by_system: dict[str, SystemScore] = {row.system: row for row in rows}
        p_value = float(by_system["new"].p_values["bootstrap"])
        yield Change(test_set, len(pairs), by_system["old"].score, by_system["new"].score, p_value)


def judged(changes: Sequence[Change], significance: float) -> tuple[bool, str]:
    """Whether the new model is to be installed, and why.

    It is when no metric falls on the reviews, one of them rises significantly there, and none falls significantly
    on the general set. With several metrics each has its share of the level (Bonferroni), so that looking at two
    makes no chance of more than it.

    Args:
        changes: on the sets ``reviewed`` and ``general``.
        significance: largest p-value that counts as a difference.
    """
    worse = [
        change
        for change in changes
        if change.test_set == "general" and change.delta < 0 and change.p_value <= significance
    ]
    if worse:
        told = f"The new model is significantly worse in general: {_told(worse)}. The old one is kept."
        return False, told
    reviewed = [change for change in changes if change.test_set == "reviewed"]
    told = (
        f"{_told(reviewed)} on {reviewed[0].segments} reviewed pairs of documents that it did not learn from"
    )
    level = significance / len(reviewed)
    if all(change.delta >= 0 for change in reviewed) and any(
        change.delta > 0 and change.p_value <= level for change in reviewed
    ):
        return True, f"The new model is better: {told}, and not significantly worse in general."
    return False, f"The new model is not significantly better: {told}. The old one is kept."


def _told(changes: Sequence[Change]) -> str:
    return ", ".join(f"{c.old.metric} {c.delta:+.2f} (p = {c.p_value:.3f})" for c in changes)
