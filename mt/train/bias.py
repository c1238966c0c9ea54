"""A bias on the written pieces, fitted to reviews: what a house writes more often, and what it hardly writes.

One number for each piece is added to its logit (Michel & Neubig 2018). A few hundred pairs are enough for that, where
fine-tuning all weights on them learns the pairs by heart. Only pieces that several documents agree on get one: a word
that one article is about says nothing about the next article. What general texts would change as well is no news from
the reviewers and is left out. The fit is convex: it has one optimum, whatever the seed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from mt.engines.convert import read_weights
from mt.engines.models import Model
from mt.engines.storage import read_json
from mt.engines.tokenizer import MarianTokenizer
from mt.train.export import WEIGHTS, save_weights
from mt.train.model import load_model, padded

BIAS = "final_logits_bias"
Ids = tuple[Sequence[int], Sequence[int]]
Pairs = Sequence[tuple[str, str]]

EVIDENCE = 3.0
"""Documents, at least, that must write a piece more, or less, often than the model expects, net of the others."""

_PRIOR = 0.5
_GENERAL_PRIOR = 5.0
_STEPS = 30
_LONGEST_STEP = 1.0
_SHARE = 0.7
"""Of a Newton step that ignores how pieces share one probability: whole steps swing around the optimum."""

_CLOSE = 0.02
_ROWS = 512
_BATCH = 32
_MOST_GENERAL = 300


def add_bias(
    base: Path,
    folder: Path,
    documents: Sequence[Pairs],
    general: Pairs,
    model: Model,
    evidence: float = EVIDENCE,
    threads: int = 0,
) -> int:
    """Write a model with a bias fitted to pairs; nothing else of it changes.

    Args:
        base: folder in Hugging Face layout.
        folder: where the new model goes; ``base`` itself is changed in place.
        documents: reviewed sources and targets, document by document.
        general: pairs of other texts; some hundred of them are used.
        model: what is known of the model: its language tokens.
        evidence: see :data:`EVIDENCE`.
        threads: processor threads; 0 takes all cores.

    Returns:
        the number of pieces that have a bias now.

    Raises:
        EngineError: the folder holds no Marian model.
    """
    if threads:
        torch.set_num_threads(threads)
    loaded = load_model(base, dropout=0.0).eval()
    encoder = _Encoder(base, model, loaded.config.max_position_embeddings - 1)
    usual = general[:: -(-len(general) // _MOST_GENERAL)]
    fitted = fit_bias(loaded, [encoder.ids(pairs) for pairs in documents], encoder.ids(usual), evidence)
    if folder != base:
        left_out = shutil.ignore_patterns(WEIGHTS, "pytorch_model*", "README.md", ".*", "*.h5", "*.msgpack")
        shutil.copytree(base, folder, ignore=left_out, dirs_exist_ok=True)
    weights = {name: torch.from_numpy(weight) for name, weight in read_weights(base).items()}
    given = weights.get(BIAS, torch.zeros(1, len(fitted)))
    weights[BIAS] = (given.float() + fitted).to(given.dtype)
    save_weights(folder / WEIGHTS, weights)
    return int((fitted != 0).sum())


class _Encoder:
    """Text to ids by a model's own vocabulary.

    Args:
        folder: of the model.
        model: its language tokens.
        longest: rows are cut to so many pieces.
    """

    def __init__(self, folder: Path, model: Model, longest: int) -> None:
        self._tokenizer = MarianTokenizer(folder, model.language_tokens, model.target_token)
        self._vocabulary = read_json(folder / "vocab.json")
        self._longest = longest

    def ids(self, pairs: Pairs) -> list[Ids]:
        """The ids of sources and targets, without ``</s>``."""
        sources = self._tokenizer.encode_sources([source for source, _ in pairs])
        targets = self._tokenizer.encode_targets([target for _, target in pairs])
        return [
            (self._row(source), self._row(target)) for source, target in zip(sources, targets, strict=True)
        ]

    def _row(self, pieces: Sequence[str]) -> list[int]:
        unknown = self._vocabulary.get("<unk>", 0)
        return [self._vocabulary.get(piece, unknown) for piece in pieces[: self._longest]]


def fit_bias(
    model: Any, documents: Sequence[Sequence[Ids]], general: Sequence[Ids], evidence: float = EVIDENCE
) -> Any:
    """The bias that makes the targets of the documents most likely, beyond what general texts ask for.

    Args:
        model: MarianMTModel in float32, in evaluation mode.
        documents: piece ids of sources and targets, without ``</s>``, document by document.
        general: the same of other texts.
        evidence: see :data:`EVIDENCE`.

    Returns:
        tensor ``[pieces]``, to be added to ``final_logits_bias``, in nats; 0 for most pieces.
    """
    with torch.inference_mode():
        weight, given = model.lm_head.weight, model.final_logits_bias[0]
        hidden, targets = _states(model, general)
        wanted, expected = _counts(targets, given), _expected(hidden, weight, given)
        usual = given + torch.log((wanted + _GENERAL_PRIOR) / (expected + _GENERAL_PRIOR))
        states = [_states(model, pairs) for pairs in documents]
        agreed = torch.zeros_like(given)
        for hidden, targets in states:
            agreed += (_counts(targets, given) - _expected(hidden, weight, usual)).clamp(-1, 1)
        chosen = (agreed.abs() >= evidence).nonzero()[:, 0]
        bias = torch.zeros_like(given)
        if len(chosen):
            hidden, targets = (torch.cat(parts) for parts in zip(*states, strict=True))
            wanted = _counts(targets, given)[chosen]
            bias[chosen] = _fitted(wanted, *_parts(hidden, weight, usual, chosen))
    return bias.clone()


def _parts(hidden: Any, weight: Any, bias: Any, chosen: Any) -> tuple[Any, Any]:
    """The logits of the chosen pieces ``[positions, chosen]``, and the log of the others' sum ``[positions]``."""
    logits, others = [], []
    for start in range(0, len(hidden), _ROWS):
        rows = functional.linear(hidden[start : start + _ROWS], weight, bias)
        logits.append(rows[:, chosen].clone())
        rows[:, chosen] = -torch.inf
        others.append(rows.logsumexp(1))
    return torch.cat(logits), torch.cat(others)


def _fitted(wanted: Any, logits: Any, others: Any) -> Any:
    """The most likely bias of the chosen pieces under a normal prior, by damped Newton steps on the diagonal."""
    bias = torch.zeros_like(wanted)
    for _ in range(_STEPS):
        chances = torch.cat([logits + bias, others[:, None]], dim=1).softmax(1)[:, :-1]
        spread = (chances * (1 - chances)).sum(0)
        step = (wanted - chances.sum(0) - _PRIOR * bias) / (spread + _PRIOR)
        step = step.clamp(-_LONGEST_STEP, _LONGEST_STEP)
        bias += _SHARE * step
        if float(step.abs().max()) < _CLOSE:
            break
    return bias


def _counts(targets: Any, like: Any) -> Any:
    return torch.bincount(targets, minlength=len(like)).to(like.dtype)


def _states(model: Any, pairs: Sequence[Ids]) -> tuple[Any, Any]:
    """The last state of the decoder before each target piece, and the piece."""
    config = model.config
    states, targets = [], []
    for rows in _batches(pairs):
        source = padded([pair[0] for pair in rows], config.eos_token_id, config.pad_token_id)
        target = padded([pair[1] for pair in rows], config.eos_token_id, config.pad_token_id)
        shifted = torch.cat([torch.full_like(target[:, :1], config.pad_token_id), target[:, :-1]], dim=1)
        hidden = model.model(
            input_ids=source,
            attention_mask=(source != config.pad_token_id).long(),
            decoder_input_ids=shifted,
            use_cache=False,
        ).last_hidden_state
        real = target != config.pad_token_id
        states.append(hidden[real])
        targets.append(target[real])
    return torch.cat(states), torch.cat(targets)


def _batches(
    pairs: Sequence[Ids],
) -> Iterator[list[Ids]]:
    order = sorted(pairs, key=lambda pair: len(pair[1]))
    for start in range(0, len(order), _BATCH):
        yield order[start : start + _BATCH]


def _expected(hidden: Any, weight: Any, bias: Any) -> Any:
    """How often each piece is written by the model's own probabilities."""
    total = torch.zeros_like(bias)
    for start in range(0, len(hidden), _ROWS):
        total += functional.linear(hidden[start : start + _ROWS], weight, bias).softmax(1).sum(0)
    return total
