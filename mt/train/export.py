"""Trained weights to a Marian folder, their average, and the translations of such a folder."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mt import engines
from mt.engines import DecodeOptions
from mt.engines.convert import convert
from mt.errors import EngineError
from mt.train.checkpoint import write_atomically
from mt.train.tokenizer import write_tokenizer

WEIGHTS = "model.safetensors"


def save_weights(path: Path, weights: dict[str, Any]) -> None:
    """Write weights by name to a safetensors file, whole or not at all."""
    from safetensors.torch import save

    tensors = {name: weight.detach().cpu().contiguous().clone() for name, weight in weights.items()}
    data = save(tensors, {"format": "pt"})
    write_atomically(path, lambda stream: stream.write(data))


def load_weights(path: Path) -> dict[str, Any]:
    """Weights by name, as float32 tensors."""
    from safetensors.torch import load_file

    return {name: weight.float() for name, weight in load_file(path).items()}


def averaged(paths: Sequence[Path]) -> dict[str, Any]:
    """The mean of weights in several files (Junczys-Dowmunt et al. 2016)."""
    total = load_weights(paths[0])
    for path in paths[1:]:
        for name, weight in load_weights(path).items():
            total[name] += weight
    return {name: weight / len(paths) for name, weight in total.items()}


def write_model(
    folder: Path, model: Any, weights: dict[str, Any], pieces: Path, langs: tuple[str, str]
) -> None:
    """Write a model folder in Hugging Face layout, weights in float16.

    Args:
        folder: is made.
        model: MarianMTModel with the configuration; its weights are not used.
        weights: of its trained parameters by name.
        pieces: SentencePiece model.
        langs: source and target, BCP 47.

    Raises:
        EngineError: the folder cannot be written.
    """
    import torch
    from safetensors.torch import save
    from transformers import GenerationConfig

    config = model.config
    values = {name: weight.detach().cpu().to(torch.float16) for name, weight in weights.items()}
    values["final_logits_bias"] = model.final_logits_bias.detach().cpu().to(torch.float16)
    data = save(
        {name: value.contiguous().clone() for name, value in sorted(values.items())}, {"format": "pt"}
    )
    settings = json.loads(config.to_json_string(use_diff=False))
    settings |= {
        "dtype": "float16",
        "architectures": ["MarianMTModel"],
        "dropout": 0.1,
        "model_type": "marian",
    }
    generation = GenerationConfig(
        pad_token_id=config.pad_token_id,
        eos_token_id=config.eos_token_id,
        decoder_start_token_id=config.pad_token_id,
        forced_eos_token_id=config.eos_token_id,
        bad_words_ids=[[config.pad_token_id]],
        num_beams=4,
        max_length=config.max_position_embeddings,
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n")
        generation.save_pretrained(folder)
        write_tokenizer(pieces, folder, *langs, config.max_position_embeddings)
    except OSError as error:
        raise EngineError(
            f"{folder}: cannot be written ({error.strerror or error}).", "Free space on the disk."
        ) from error
    write_atomically(folder / WEIGHTS, lambda stream: stream.write(data))


def translations(folder: Path, sources: Sequence[str], beam_size: int = 4, threads: int = 0) -> list[str]:
    """The best translation of every source by a folder in Hugging Face layout, decoded in int8, or in CTranslate2's."""
    with tempfile.TemporaryDirectory(prefix="mt-train-") as temporary:
        ready = folder
        if not (folder / "model.bin").is_file():
            ready = Path(temporary)
            convert(folder, ready, "int8")
        engine = engines.load(ready, threads=threads)
        return [
            best[0].text
            for best in engine.translate(sources, DecodeOptions(beam_size=beam_size, max_decoding_length=256))
        ]
