"""A bias on the written pieces, fitted to reviews: what a house writes more often, and what it hardly writes.

One number for each piece is added to its logit (Michel & Neubig 2018). A few hundred pairs are enough for that, where
fine-tuning all weights on them learns the pairs by heart. The fit is convex: it has one optimum, whatever the seed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from mt.engines.convert import read_json, read_weights
from mt.engines.models import Model
from mt.engines.tokenizer import MarianTokenizer
from mt.train.export import WEIGHTS, save_weights
from mt.train.model import load_model, padded

BIAS = "final_logits_bias"

PRIOR = 5.0
"""Strength of the pull to zero: as much as five occurrences of a piece."""

_STEPS = 12
_LONGEST_STEP = 1.0
_SHARE = 0.7
"""Of a Newton step that ignores how pieces share one probability: whole steps swing around the optimum."""

_CLOSE = 0.02
_ROWS = 512
_BATCH = 32


def add_bias(
    base: Path,
    folder: Path,
    pairs: Sequence[tuple[str, str]],
    model: Model,
    prior: float = PRIOR,
    threads: int = 0,
) -> None:
    """Write a model with a bias fitted to pairs; nothing else of it changes.

    Args:
        base: folder in Hugging Face layout.
        folder: where the new model goes; ``base`` itself is changed in place.
        pairs: sources and targets.
        model: what is known of the model: its language tokens.
        prior: see :func:`fit_bias`.
        threads: processor threads; 0 takes all cores.

    Raises:
        EngineError: the folder holds no Marian model.
    """
    loaded = load_model(base, dropout=0.0).eval()
    longest = loaded.config.max_position_embeddings - 1
    fitted = fit_bias(loaded, _ids(base, pairs, model, longest), prior, threads)
    if folder != base:
        left_out = shutil.ignore_patterns(WEIGHTS, "pytorch_model*", "README.md", ".*", "*.h5", "*.msgpack")
        shutil.copytree(base, folder, ignore=left_out, dirs_exist_ok=True)
    weights = {name: torch.from_numpy(weight) for name, weight in read_weights(base).items()}
    given = weights.get(BIAS, torch.zeros(1, len(fitted)))
    weights[BIAS] = (given.float() + fitted).to(given.dtype)
    save_weights(folder / WEIGHTS, weights)


def _ids(
    folder: Path, pairs: Sequence[tuple[str, str]], model: Model, longest: int
) -> list[tuple[list[int], list[int]]]:
    """The piece ids of each side by the model's own vocabulary, cut to what it has positions for."""
    tokenizer = MarianTokenizer(folder, model.language_tokens, model.target_token)
    vocabulary = read_json(folder / "vocab.json")
    unknown = vocabulary.get("<unk>", 0)
    sources = tokenizer.encode_sources([source for source, _ in pairs])
    targets = tokenizer.encode_targets([target for _, target in pairs])
    sides = [
        [[vocabulary.get(piece, unknown) for piece in row[:longest]] for row in rows]
        for rows in (sources, targets)
    ]
    return list(zip(*sides, strict=True))


def fit_bias(
    model: Any,
    pairs: Sequence[tuple[Sequence[int], Sequence[int]]],
    prior: float = PRIOR,
    threads: int = 0,
) -> Any:
    """The bias that makes the targets most likely, given the model as it is.

    Args:
        model: MarianMTModel in float32, in evaluation mode.
        pairs: piece ids of sources and targets, without ``</s>``.
        prior: variance of the bias is its inverse.
        threads: processor threads; 0 takes all cores.

    Returns:
        tensor ``[pieces]``, to be added to ``final_logits_bias``, in nats.
    """
    if threads:
        torch.set_num_threads(threads)
    with torch.inference_mode():
        hidden, targets = _states(model, pairs)
        weight, given = model.lm_head.weight, model.final_logits_bias[0]
        wanted = torch.bincount(targets, minlength=len(given)).float()
        bias = torch.zeros_like(given)
        for _ in range(_STEPS):
            expected, spread = _expected(hidden, weight, given + bias)
            step = (wanted - expected - prior * bias) / (spread + prior)
            step = step.clamp(-_LONGEST_STEP, _LONGEST_STEP)
            bias += _SHARE * step
            if float(step.abs().max()) < _CLOSE:
                break
    return bias.clone()


def _states(model: Any, pairs: Sequence[tuple[Sequence[int], Sequence[int]]]) -> tuple[Any, Any]:
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
    pairs: Sequence[tuple[Sequence[int], Sequence[int]]],
) -> Iterator[list[tuple[Sequence[int], Sequence[int]]]]:
    order = sorted(pairs, key=lambda pair: len(pair[1]))
    for start in range(0, len(order), _BATCH):
        yield order[start : start + _BATCH]


def _expected(hidden: Any, weight: Any, bias: Any) -> tuple[Any, Any]:
    """How often each piece is written by the model's own probabilities, and the variance of that."""
    mean, spread = torch.zeros_like(bias), torch.zeros_like(bias)
    for start in range(0, len(hidden), _ROWS):
        chances = functional.linear(hidden[start : start + _ROWS], weight, bias).softmax(1)
        mean += chances.sum(0)
        spread += (chances * (1 - chances)).sum(0)
    return mean, spread
