"""The ways in which a model learns from reviews, each from a model's folder to a new one."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mt.engines.models import Model, sha256_of, weights_file
from mt.engines.replacements import Replacements
from mt.train.export import WEIGHTS
from mt.train.recipe import Architecture, Bitext, Cleaning, Recipe, Training, Validation
from mt.train.reviews import Pairs, one_line

if TYPE_CHECKING:
    from mt.train.adapt import AdaptOptions
    from mt.train.trainer import Listener


@dataclass(frozen=True, slots=True)
class Teacher:
    """Everything that teaching takes beside the reviews.

    Attributes:
        name: of the new model.
        model: the old one.
        base: its folder, in Hugging Face layout where weights change.
        replay: general pairs.
        drafts: the old model's translation of every reviewed source.
        options: of the adaptation.
        listener: hears of progress.
    """

    name: str
    model: Model
    base: Path
    replay: Pairs
    drafts: Mapping[str, str]
    options: AdaptOptions
    listener: Listener | None

    def teach(self, documents: Sequence[Pairs], folder: Path) -> Path:
        """The folder of a model that learned from reviewed documents.

        Args:
            documents: sources and targets, document by document.
            folder: of the run.
        """
        folder.mkdir(parents=True, exist_ok=True)
        if self.options.method == "replacements":
            return self._replacements(documents, folder / "model")
        count = sum(map(len, documents))
        if self.options.method == "bias":
            trained, start = folder / "model", self.base
        else:
            trained = start = self._fine_tuned([pair for pairs in documents for pair in pairs], folder)
        told = f"pieces have a bias that was fitted to {count} reviewed pairs (Michel & Neubig 2018)."
        before = sha256_of(start / WEIGHTS) if start == trained else ""
        pieces = self._add_bias(start, trained, documents)
        earlier = Replacements.read(self.base)
        if earlier:
            earlier.write(trained)
        if before:
            _tell_in_card(trained, before, f"{pieces} {told}")
        else:
            self._write_card(trained, f"{pieces} {told}")
        return trained

    def _replacements(self, documents: Sequence[Pairs], trained: Path) -> Path:
        """The old weights, and what reviewers always write otherwise beside them."""
        from mt.train.replacements import learn_replacements

        drafts = [[(self.drafts[source], target) for source, target in pairs] for pairs in documents]
        learned = learn_replacements(drafts, self.options.evidence)
        left_out = shutil.ignore_patterns("README.md", ".*", "*.h5", "*.msgpack")
        shutil.copytree(self.base, trained, ignore=left_out, dirs_exist_ok=True)
        Replacements.read(self.base).followed_by(learned).write(trained)
        rows = "".join(
            f"| `{item.old.strip()}` | `{item.new.strip()}` | {item.documents} | {item.times} |\n"
            for item in learned.items
        )
        count = sum(map(len, documents))
        self._write_card(
            trained,
            f"{len(learned.items)} replacements were learned from {count} reviewed pairs:\n\n"
            f"| draft | edit | documents | times |\n|---|---|---|---|\n{rows}",
        )
        return trained

    def _add_bias(self, start: Path, trained: Path, documents: Sequence[Pairs]) -> int:
        from mt.train.bias import add_bias

        options = self.options
        return add_bias(start, trained, documents, self.replay, self.model, options.evidence, options.threads)

    def _fine_tuned(self, taught: Pairs, folder: Path) -> Path:
        """The folder of the fine-tuned model, its weights mixed with the old ones."""
        from mt.train import train

        recipe = fine_tuning(self.name, self.base, taught, self.replay, folder, self.options)
        trained = train(recipe, folder / "run", listener=self.listener).model
        blend_into(self.base, trained, self.options.blend)
        return trained

    def _write_card(self, folder: Path, told: str) -> None:
        """The card of a model all of whose parts but one are those of another one."""
        weights = weights_file(folder)
        licence = f"license: {self.model.licence.lower()}\n" if self.model.licence else ""
        (folder / "README.md").write_text(
            f"""---
{licence}language: [{self.model.source_lang}, {self.model.target_lang}]
library_name: transformers
pipeline_tag: translation
---
# {self.name}

Made from {self.model.name}. {told}

sha256 of {weights.name}: {sha256_of(weights)}
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


def fine_tuning(
    name: str, base: Path, taught: Pairs, replay: Pairs, folder: Path, options: AdaptOptions
) -> Recipe:
    """Training from the base model on reviews and replay, in the shares that are asked for."""
    from mt.train.tokenizer import open_pieces

    reviews, general, check = (folder / f"{part}.tsv" for part in ("reviews", "replay", "check"))
    _write(reviews, taught)
    _write(general, replay)
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
            Bitext(general, name="replay", licence="of the replay bitext", weight=[_share(options.replay, replay)]),
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


def _share(share: float, pairs: Pairs) -> float:
    """The weight of one pair, such that all pairs together are drawn with this share."""
    return 1000 * share / max(1, len(pairs))


def _write(path: Path, pairs: Pairs) -> None:
    text = "".join(f"{one_line(source)}\t{one_line(target)}\n" for source, target in pairs)
    path.write_text(text, encoding="utf-8")
