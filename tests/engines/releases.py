"""Models as others publish them, made from the shipped one's weights."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from mt.engines.convert import convert, read_vocabularies, read_weights

CARD = """# release of a test
* source language(s): nl
* target language(s): en

| testset               | BLEU  | chr-F |
|-----------------------|-------|-------|
| flores101-devtest.nl.en 	| 27.5 	| 0.555 |
"""


def marian_weights(starter: Path) -> dict[str, Any]:
    """The starter's weights as Marian trains them: nothing learned for the padding token."""
    weights = {name: np.array(array) for name, array in read_weights(starter).items()}
    weights["model.shared.weight"][-1] = 0
    return weights


def hugging_face_folder(starter: Path, folder: Path, card: str = "") -> Path:
    """A folder in Hugging Face layout."""
    shutil.copytree(starter, folder)
    (folder / "model.safetensors").unlink()
    save_file(marian_weights(starter), folder / "model.safetensors")
    if card:
        (folder / "README.md").write_text(card, encoding="utf-8")
    return folder


def ctranslate2_folder(starter: Path, folder: Path) -> Path:
    """A folder as ct2-transformers-converter leaves it, with the SentencePiece models copied in."""
    folder.mkdir()
    convert(starter, folder)
    return folder


def opus_folder(starter: Path, folder: Path) -> Path:
    """A release of OPUS-MT, unpacked."""
    folder.mkdir()
    weights = marian_weights(starter)
    config = json.loads((starter / "config.json").read_text())
    arrays = {"Wemb": weights["model.shared.weight"][:-1]}
    arrays["decoder_ff_logit_out_b"] = weights["final_logits_bias"][:, :-1]
    for side in ("encoder", "decoder"):
        for layer in range(config[f"{side}_layers"]):
            arrays |= _layer(weights, side, layer)
    settings = _marian_settings(config).encode() + b"\0"
    arrays["special:model.yml"] = np.frombuffer(settings, dtype=np.int8)
    arrays = {name: a if a.dtype == np.int8 else a.astype(np.float32) for name, a in arrays.items()}
    np.savez(folder / "model.npz", **arrays)
    for name in ("source.spm", "target.spm"):
        shutil.copy(starter / name, folder / name)
    [tokens] = read_vocabularies(starter)
    lines = [f"{json.dumps(token, ensure_ascii=False)}: {index}" for index, token in enumerate(tokens[:-1])]
    (folder / "vocab.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    decoder = "models:\n  - model.npz\nvocabs:\n  - vocab.yml\n  - vocab.yml\nbeam-size: 6\n"
    (folder / "decoder.yml").write_text(decoder)
    (folder / "README.md").write_text(CARD, encoding="utf-8")
    return folder


def _layer(weights: dict[str, Any], side: str, layer: int) -> dict[str, Any]:
    old, new = f"model.{side}.layers.{layer}", f"{side}_l{layer + 1}"
    arrays = {}
    parts = {"self_attn": "self"} | ({"encoder_attn": "context"} if side == "decoder" else {})
    for attention, marian in parts.items():
        for letter, projection in zip("qkvo", ("q_proj", "k_proj", "v_proj", "out_proj"), strict=True):
            arrays[f"{new}_{marian}_W{letter}"] = weights[f"{old}.{attention}.{projection}.weight"].T
            arrays[f"{new}_{marian}_b{letter}"] = weights[f"{old}.{attention}.{projection}.bias"][None]
        arrays[f"{new}_{marian}_Wo_ln_scale"] = weights[f"{old}.{attention}_layer_norm.weight"][None]
        arrays[f"{new}_{marian}_Wo_ln_bias"] = weights[f"{old}.{attention}_layer_norm.bias"][None]
    for number in (1, 2):
        arrays[f"{new}_ffn_W{number}"] = weights[f"{old}.fc{number}.weight"].T
        arrays[f"{new}_ffn_b{number}"] = weights[f"{old}.fc{number}.bias"][None]
    arrays[f"{new}_ffn_ffn_ln_scale"] = weights[f"{old}.final_layer_norm.weight"][None]
    arrays[f"{new}_ffn_ffn_ln_bias"] = weights[f"{old}.final_layer_norm.bias"][None]
    return arrays


def _marian_settings(config: dict[str, Any]) -> str:
    settings = {
        "type": "transformer",
        "enc-depth": config["encoder_layers"],
        "dec-depth": config["decoder_layers"],
        "transformer-heads": config["encoder_attention_heads"],
        "transformer-ffn-activation": config["activation_function"],
        "transformer-preprocess": "",
        "transformer-postprocess": "dan",
        "transformer-postprocess-emb": "d",
        "transformer-decoder-autoreg": "self-attention",
        "transformer-no-projection": False,
        "transformer-guided-alignment-layer": "last",
    }
    return "\n".join(f"{name}: {json.dumps(value)}" for name, value in settings.items()) + "\n"


def zipped(folder: Path, path: Path, prefix: str = "") -> Path:
    """A zip of a folder's files."""
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, prefix + file.name)
    return path
