"""Reviewers teach the model: fine-tuning on what they accepted and edited, installed only where it helps."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mt.data import MetricScore
from mt.engines.models import Model, resolve, sha256_of
from mt.errors import UsageError, unknown_name
from mt.store import MEMORY, Store
from mt.train.bitext import read_pairs
from mt.train.export import WEIGHTS
from mt.train.recipe import Architecture, Bitext, Cleaning, Recipe, Training, Validation
from mt.train.versions import replace_model, training_folder

if TYPE_CHECKING:
    from mt.evaluate import SystemScore
    from mt.train.trainer import Listener

METHODS = ("bias", "full", "lora")
MINIMUM = 100
"""Reviewed pairs below which nothing is learned that could be told from chance."""

METRIC_NAMES = ("bleu", "chrf2++")
_GENERAL = 500


@dataclass(frozen=True, slots=True)
class AdaptOptions:
    """How a model is adapted.

    Attributes:
        model: installed model to start from, or ``auto``.
        base: its folder in Hugging Face layout, where it was installed without.
        name: of the adapted model; empty: the model's own, or its name and ``-adapted`` for the shipped one.
        documents: only reviews of documents whose name fits one of these patterns; empty for all.
        method: ``bias``: only a bias on the written pieces, the same in every text;
            ``full``: all weights are fine-tuned first; ``lora``: low-rank adapters (Hu et al. 2022) are, and
            merged in the end.
        evidence: documents that must agree on a piece, net of those that disagree, before it gets a bias.
        epochs: how often each reviewed pair is seen in fine-tuning.
        replay: share of general pairs among those that are trained on, against forgetting.
        held_out: share of the reviewed pairs that only measure.
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
    method: str = "bias"
    evidence: float = 3.0
    epochs: float = 8.0
    replay: float = 0.5
    held_out: float = 0.25
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
            (0 < self.held_out < 1, "held_out must be between 0 and 1"),
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
        test_set: ``reviewed`` for the held-out reviews, or ``general``.
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
        pairs: reviewed pairs that were trained on.
        folder: the trained model in Hugging Face layout.
    """

    installed: Model | None
    reason: str
    changes: tuple[Change, ...]
    pairs: int
    folder: Path


def adapt(
    store: Store,
    folder: Path,
    replay: Path,
    general: Path | None = None,
    options: AdaptOptions | None = None,
    listener: Listener | None = None,
) -> Adapted:
    """Teach a model what reviewers accepted and edited, measure it, and install it only where it helps.

    It is installed when chrF2++ on held-out reviews rises significantly and neither BLEU nor chrF2++ on the
    general set falls significantly.

    Args:
        store: has the reviews.
        folder: of the training run; a run that was interrupted goes on.
        replay: bitext like that which the model was trained on, a TSV file or a folder of them: against
            forgetting, and to tell what the reviewers write otherwise.
        general: general test set; None holds pairs of the replay bitext out.
        options: see :class:`AdaptOptions`.
        listener: hears of progress.

    Raises:
        UsageError: too few reviewed pairs (how many are needed is told), or the model cannot be trained on.
        EngineError: training failed.
    """
    from mt.train.bias import add_bias

    options = options or AdaptOptions()
    model = resolve(options.model)
    base = options.base or training_folder(model)
    reviewed, document_of = _reviewed(store, model, options.documents)
    taught, measured = split_reviews(reviewed, options.held_out)
    documents = _by_document(taught, document_of)
    if options.method == "bias" and len(documents) < options.evidence:
        raise UsageError(
            f"Reviews of {len(documents)} documents are too few to tell a style from a subject: it takes "
            f"{options.evidence:g}.",
            "Review more documents, or fine-tune: --method full.",
        )
    others = read_pairs(replay)
    seen_sources = {source for source, _ in (*taught, *measured)}
    others = [pair for pair in others if pair[0] not in seen_sources]
    others, general_pairs = _general(others, general)
    name = options.name or _name_of(model)
    folder.mkdir(parents=True, exist_ok=True)
    if listener is not None:
        listener.note(f"Learning from {len(taught)} reviewed pairs of {len(documents)} documents.")
    trained, start = folder / "model", base
    if options.method != "bias":
        trained = start = _fine_tuned(name, base, taught, others, folder, options, listener)
    before = sha256_of(start / WEIGHTS) if start == trained else ""
    pieces = add_bias(start, trained, documents, others, model, options.evidence, options.threads)
    told = (
        f"{pieces} pieces have a bias that was fitted to {len(taught)} reviewed pairs (Michel & Neubig 2018)."
    )
    if options.method == "bias":
        _write_card(trained, name, model, told)
    else:
        _tell_in_card(trained, before, told)
    if listener is not None:
        listener.note(
            f"Translating {len(measured)} held-out and {len(general_pairs)} general pairs, old and new."
        )
    changes = (
        *_compared("reviewed", base, trained, measured, options.threads),
        *_compared("general", base, trained, general_pairs, options.threads),
    )
    helps, reason = judged(changes, options.significance)
    installed = replace_model(trained, name) if helps else None
    return Adapted(installed, reason, changes, len(taught), trained)


def _fine_tuned(
    name: str,
    base: Path,
    taught: Sequence[tuple[str, str]],
    others: Sequence[tuple[str, str]],
    folder: Path,
    options: AdaptOptions,
    listener: Listener | None,
) -> Path:
    """The folder of the fine-tuned model, its weights mixed with the old ones."""
    from mt.train import train

    recipe = _recipe(name, base, taught, others, folder, options)
    trained = train(recipe, folder / "run", listener=listener).model
    blend_into(base, trained, options.blend)
    return trained


def _write_card(folder: Path, name: str, model: Model, told: str) -> None:
    """The card of a model that differs from another one by its bias only."""
    (folder / "README.md").write_text(
        f"""---
license: {(model.licence or "unknown").lower()}
language: [{model.source_lang}, {model.target_lang}]
library_name: transformers
pipeline_tag: translation
---
# {name}

Made from {model.name}. {told}

sha256 of {WEIGHTS}: {sha256_of(folder / WEIGHTS)}
""",
        encoding="utf-8",
    )


def _tell_in_card(folder: Path, before: str, told: str) -> None:
    """Add a sentence to a card whose weights changed, and name their checksum."""
    card = folder / "README.md"
    text = card.read_text(encoding="utf-8").replace(before, sha256_of(folder / WEIGHTS))
    card.write_text(f"{text}\n{told}\n", encoding="utf-8")


def blend_into(base: Path, trained: Path, share: float) -> None:
    """Replace a fine-tuned model's weights by their mean with those of the model it came from.

    Args:
        base, trained: folders in Hugging Face layout; ``trained`` is changed, its card told.
        share: weight of the fine-tuned model, 0..1.
    """
    from mt.train.export import load_weights, save_weights

    if share == 1:
        return
    before = sha256_of(trained / WEIGHTS)
    old, new = _weights(base), load_weights(trained / WEIGHTS)
    mean = {
        name: (share * weight + (1 - share) * old.get(name, weight)).half() for name, weight in new.items()
    }
    save_weights(trained / WEIGHTS, mean)
    told = (
        f"The weights are {share:g} of the fine-tuned and {1 - share:g} of the old model; the scores above are of "
        "the fine-tuned one alone."
    )
    _tell_in_card(trained, before, told)


def _weights(folder: Path) -> dict[str, Any]:
    """The weights of a folder as float32 tensors, whichever file holds them."""
    from torch import from_numpy

    from mt.engines.convert import read_weights

    return {name: from_numpy(weight.astype("float32")) for name, weight in read_weights(folder).items()}


def _by_document(
    pairs: Sequence[tuple[str, str]], document_of: Mapping[str, str]
) -> list[list[tuple[str, str]]]:
    """The pairs of each document together."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for pair in pairs:
        groups.setdefault(document_of[pair[0]], []).append(pair)
    return list(groups.values())


def _reviewed(
    store: Store, model: Model, patterns: Sequence[str]
) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """Accepted and edited pairs in the model's languages, each source once, and the document of each source."""
    found: dict[str, str] = {}
    document_of: dict[str, str] = {}
    for document in store.documents():
        if document.superseded or not document.reviewed:
            continue
        if patterns and not any(fnmatch(document.name, pattern) for pattern in patterns):
            continue
        for stored in store.pairs(document.id):
            pair = stored.pair
            same = all(
                map(
                    _same_language,
                    (pair.source_lang, pair.target_lang),
                    (model.source_lang, model.target_lang),
                )
            )
            if stored.status in MEMORY and same and pair.source.strip() and pair.target.strip():
                found[_one_line(pair.source)] = _one_line(pair.target)
                document_of[_one_line(pair.source)] = document.id
    if len(found) < MINIMUM:
        raise UsageError(
            f"{len(found)} accepted or edited pairs are too few to learn from: it takes {MINIMUM}.",
            f"Review {MINIMUM - len(found)} more: mt review.",
        )
    return list(found.items()), document_of


def _same_language(one: str, other: str) -> bool:
    """Whether two BCP 47 codes name the same language, whatever the region."""
    return one.partition("-")[0] == other.partition("-")[0]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def split_reviews(
    pairs: Sequence[tuple[str, str]], share: float
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Pairs to learn from and pairs to measure on; a source stays on its side however many reviews follow."""
    keyed = sorted(pairs, key=lambda pair: hashlib.sha256(pair[0].encode()).digest())
    limit = share * 2**32
    measured = [pair for pair in keyed if _position(pair[0]) < limit] or keyed[:1]
    taught = [pair for pair in keyed if _position(pair[0]) >= limit]
    return taught, measured


def _position(source: str) -> int:
    return int.from_bytes(hashlib.sha256(source.encode()).digest()[:4], "big")


def _general(
    others: list[tuple[str, str]], general: Path | None
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Replay pairs, and the general test set: a given one, or every so many-th replay pair."""
    if general is not None:
        test = read_pairs(general)
        sources = {source for source, _ in test}
        return [pair for pair in others if pair[0] not in sources], test
    step = max(2, len(others) // _GENERAL)
    if len(others) < MINIMUM:
        raise UsageError(
            f"{len(others)} pairs of general bitext are too few: it takes {MINIMUM}.",
            "Name more with --replay, or a test set with --general.",
        )
    return [pair for i, pair in enumerate(others) if i % step], others[::step]


def _name_of(model: Model) -> str:
    return f"{model.name}-adapted" if model.kind == "starter" else model.name


def _recipe(
    name: str,
    base: Path,
    taught: Sequence[tuple[str, str]],
    others: Sequence[tuple[str, str]],
    folder: Path,
    options: AdaptOptions,
) -> Recipe:
    """Training from the base model on reviews and replay, in the shares that are asked for."""
    from mt.train.tokenizer import open_pieces

    reviews, general, check = (folder / f"{part}.tsv" for part in ("reviews", "replay", "check"))
    _write(reviews, taught)
    _write(general, others)
    # Training looks at some of its own pairs at the end: a fault shows, and nothing is chosen by them.
    _write(check, taught[:: max(1, len(taught) // 30)])
    pieces = open_pieces(base / "source.spm")
    tokens = sum(len(pieces.encode(source)) + len(pieces.encode(target)) + 2 for source, target in taught)
    updates = max(10, math.ceil(options.epochs * tokens / (1 - options.replay) / options.batch_tokens))
    return Recipe(
        name=name,
        note=f"Adapted from {base.name} to {len(taught)} reviewed pairs.",
        data=[
            Bitext(reviews, name="reviews", licence="the reviewers'", weight=[_share(1 - options.replay, taught)]),
            Bitext(general, name="replay", licence="of the replay bitext", weight=[_share(options.replay, others)]),
        ],
        validation=Validation(check, every=updates, checkpoint_every=25, average=1),
        cleaning=Cleaning(max_tokens=min(250, options.batch_tokens // 2 - 1), decontaminate=False),
        model=Architecture(dropout=options.dropout, start=base, adapter_rank=16 if options.method == "lora" else 0),
        training=Training(
            updates=updates,
            batch_tokens=options.batch_tokens,
            optimizer="muon" if options.method == "full" else "adam",
            matrix_rate=options.matrix_rate,
            rate=options.rate if options.method == "full" else 10 * options.rate,
            warmup=0.1,
            seed=options.seed,
            threads=options.threads,
        ),
    )  # fmt: skip


def _share(share: float, pairs: Sequence[tuple[str, str]]) -> float:
    """The weight of one pair, such that all pairs together are drawn with this share."""
    return 1000 * share / max(1, len(pairs))


def _write(path: Path, pairs: Sequence[tuple[str, str]]) -> None:
    text = "".join(f"{_one_line(source)}\t{_one_line(target)}\n" for source, target in pairs)
    path.write_text(text, encoding="utf-8")


def _compared(
    test_set: str, old: Path, new: Path, pairs: Sequence[tuple[str, str]], threads: int
) -> Iterator[Change]:
    """Both models on a set under every metric."""
    from mt.evaluate import compare
    from mt.train.export import translations

    sources = [source for source, _ in pairs]
    systems = {
        "old": translations(old, sources, threads=threads),
        "new": translations(new, sources, threads=threads),
    }
    comparison = compare(systems, [[target for _, target in pairs]], baseline="old", metrics=METRIC_NAMES)
    for rows in comparison.rows.values():
        by_system: dict[str, SystemScore] = {row.system: row for row in rows}
        p_value = float(by_system["new"].p_values["bootstrap"])
        yield Change(test_set, len(pairs), by_system["old"].score, by_system["new"].score, p_value)


def judged(changes: Sequence[Change], significance: float) -> tuple[bool, str]:
    """Whether the new model is to be installed, and why.

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
        told = ", ".join(f"{c.old.metric} {c.delta:+.2f} (p = {c.p_value:.3f})" for c in worse)
        return False, f"The new model is significantly worse in general: {told}. The old one is kept."
    [chrf] = [c for c in changes if c.test_set == "reviewed" and c.old.metric == "chrF2++"]
    told = f"chrF2++ {chrf.delta:+.2f} (p = {chrf.p_value:.3f}) on {chrf.segments} held-out reviewed pairs"
    if chrf.delta > 0 and chrf.p_value <= significance:
        return True, f"The new model is better: {told}, and not significantly worse in general."
    return False, f"The new model is not significantly better: {told}. The old one is kept."
