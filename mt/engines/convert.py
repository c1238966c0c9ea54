"""A Marian model in Hugging Face layout to a CTranslate2 folder, with numpy alone.

CTranslate2's own converter needs torch and transformers; this one writes the same variables from the same
weights. The binary layout (version 6, TransformerSpec revision 7) is that of CTranslate2's model_spec.py.
"""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Mapping
from math import sqrt
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from mt.engines.replacements import FILE as REPLACEMENTS
from mt.engines.storage import existing, read_json
from mt.errors import EngineError, MissingExtraError

Array = NDArray[Any]

_BINARY_VERSION = 6
_SPECIFICATION = ("TransformerSpec", 7)
_TYPE_IDS = ("float32", "int8", "int16", "int32", "float16", "bfloat16")
_ACTIVATIONS = {
    "relu": 0, "gelu_new": 1, "gelu_fast": 1, "gelu_pytorch_tanh": 1, "swish": 2, "silu": 2, "gelu": 3,
}  # fmt: skip
_BY_TOKEN = (
    "encoder/embeddings_0/weight",
    "decoder/embeddings/weight",
    "decoder/projection/weight",
    "decoder/projection/bias",
)
_PAD = "<pad>"
_NEVER = -1e4
TOKENIZER_FILES = ("source.spm", "target.spm")


def convert(source: Path, target: Path, quantization: str = "int8") -> None:
    """Write a Hugging Face Marian folder as a CTranslate2 folder, SentencePiece models included.

    Args:
        source: has config.json, vocab.json, source.spm, target.spm and model.safetensors, or
            pytorch_model.bin, which needs torch.
        target: an existing empty folder.
        quantization: int8, float32 or float16; int8 has one scale for each row (Jacob et al. 2018).

    Raises:
        EngineError: a file is missing or broken, or the model is no Marian transformer.
    """
    config = read_json(source / "config.json")
    if config.get("model_type") != "marian":
        raise EngineError(
            f"{source}: model_type is {config.get('model_type')!r}, not 'marian'.",
            "Only MarianMT models in Hugging Face layout can be converted.",
        )
    vocabularies = read_vocabularies(source)
    try:
        variables = _variables(read_weights(source), config)
    except KeyError as error:
        raise EngineError(
            f"{source}: {error.args[0]!r} is missing from the weights or config.json.",
            "The folder is incomplete; fetch it again.",
        ) from error
    _check_sizes(variables, vocabularies, source)
    from_zeros = _starts_from_zeros(variables, vocabularies)
    if from_zeros:
        _drop_padding(variables)
        vocabularies = [tokens[:-1] for tokens in vocabularies]
    else:
        vocabularies = _padding_first(variables, vocabularies)
    variables["decoder/start_from_zero_embedding"] = np.asarray(np.int8(from_zeros))
    _write_model(target / "model.bin", variables, quantization)
    _write_json(target / "config.json", _run_time_config("</s>" if from_zeros else _PAD))
    _write_vocabularies(target, vocabularies)
    for name in TOKENIZER_FILES:
        shutil.copyfile(existing(source / name), target / name)
    for name in ("vmap.txt", REPLACEMENTS):
        if (source / name).is_file():
            shutil.copyfile(source / name, target / name)


def read_vocabularies(folder: Path) -> list[list[str]]:
    """The tokens by id: one list where both sides share it, else source and target."""
    names = ["vocab.json"]
    if (folder / "target_vocab.json").is_file():
        names.append("target_vocab.json")
    vocabularies = []
    for name in names:
        ids = read_json(folder / name)
        tokens = sorted(ids, key=ids.__getitem__)
        if [ids[token] for token in tokens] != list(range(len(tokens))):
            raise EngineError(
                f"{folder / name}: the ids are not 0 to {len(tokens) - 1}.", "Fetch the model again."
            )
        if absent := {"</s>", "<unk>", _PAD} - ids.keys():
            raise EngineError(
                f"{folder / name}: has no {min(absent)}.", "Only Marian vocabularies are known."
            )
        vocabularies.append(tokens)
    return vocabularies


def read_weights(folder: Path) -> dict[str, Array]:
    """The weights of a Hugging Face folder by name, bfloat16 widened to float32.

    Raises:
        EngineError: there are none or they are damaged.
        MissingExtraError: they are a pickle, which only torch reads.
    """
    if (folder / "model.safetensors").is_file():
        return _read_safetensors(folder / "model.safetensors")
    pickled = existing(folder / "pytorch_model.bin", "model.safetensors or pytorch_model.bin")
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError(f"{pickled.name} is a pickle and", "transformers") from error
    try:
        tensors = torch.load(pickled, map_location="cpu", weights_only=True)
    except Exception as error:
        raise EngineError(
            f"{pickled}: cannot be read as weights ({error}).", "Fetch the model again."
        ) from error
    return {name: tensor.float().numpy() for name, tensor in tensors.items()}


def _read_safetensors(path: Path) -> dict[str, Array]:
    from safetensors import SafetensorError, deserialize

    try:
        entries: list[tuple[str, Any]] = deserialize(path.read_bytes())  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        raise EngineError(f"{path}: damaged weights ({error}).", "Fetch the model again.") from error
    return {name: _array(entry["dtype"], entry["shape"], entry["data"]) for name, entry in entries}


def _array(dtype: str, shape: list[int], data: bytes) -> Array:
    if dtype == "BF16":
        # The upper half of a float32 is a bfloat16.
        wide = np.frombuffer(data, dtype="<u2").astype("<u4") << 16
        return wide.view("<f4").reshape(shape)
    types = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4"}
    array = np.frombuffer(data, dtype=types[dtype]).reshape(shape)
    return array.astype(np.float32) if dtype == "F64" else array


def _variables(weights: Mapping[str, Array], config: Mapping[str, Any]) -> dict[str, Array]:
    """Every variable of the specification by name, before quantisation; shared ones are the same object."""
    shared = weights.get("model.shared.weight")
    source_embedding = weights.get("model.encoder.embed_tokens.weight", shared)
    target_embedding = weights.get("model.decoder.embed_tokens.weight", shared)
    if source_embedding is None or target_embedding is None:
        raise KeyError("model.shared.weight")
    projection = target_embedding if config.get("tie_word_embeddings", True) else weights["lm_head.weight"]
    positions = sinusoids(config["max_position_embeddings"], config["d_model"])
    variables: dict[str, Array] = {
        "decoder/embeddings/weight": target_embedding,
        "encoder/embeddings_0/weight": source_embedding,
        "decoder/projection/weight": projection,
        "decoder/position_encodings/encodings": positions,
        "encoder/position_encodings/encodings": positions,
    }
    bias = weights.get("final_logits_bias")
    if bias is not None and np.any(bias):
        variables["decoder/projection/bias"] = bias.reshape(-1)
    for side in ("encoder", "decoder"):
        variables |= _scalars(side, config)
        for layer in range(config[f"{side}_layers"]):
            variables |= _layer(weights, side, layer)
    return variables


def _scalars(side: str, config: Mapping[str, Any]) -> dict[str, Array]:
    activation = config.get("activation_function", "swish")
    if activation not in _ACTIVATIONS:
        raise EngineError(
            f"Unknown activation_function {activation!r} in config.json.", "The model is unsupported."
        )
    heads = config[f"{side}_attention_heads"]
    scale = sqrt(config["d_model"]) if config.get("scale_embedding", True) else 1.0
    values = {
        "activation": np.int8(_ACTIVATIONS[activation]),
        "num_heads": np.int16(heads),
        "pre_norm": np.int8(0),
        "scale_embeddings": np.float32(scale),
    }
    if side == "encoder":
        values |= {"embeddings_merge": np.int8(0), "multi_query_attention": np.int8(0)}
    else:
        values |= {
            "alibi": np.int8(0),
            "alibi_use_positive_positions": np.int8(0),
            "scale_alibi": np.int8(0),
            # Attention comes back as the mean of all heads of the last layer.
            "alignment_layer": np.int16(-1),
            "alignment_heads": np.int16(heads),
        }
    return {f"{side}/{name}": np.asarray(value) for name, value in values.items()}


def _layer(weights: Mapping[str, Array], side: str, layer: int) -> dict[str, Array]:
    """One layer's variables; queries, keys and values that read the same input are one matrix."""
    old, new = f"model.{side}.layers.{layer}", f"{side}/layer_{layer}"
    groups: dict[str, tuple[str, tuple[tuple[str, ...], ...]]] = {
        f"{new}/self_attention": ("self_attn", (("q_proj", "k_proj", "v_proj"), ("out_proj",)))
    }
    if side == "decoder":
        groups[f"{new}/attention"] = ("encoder_attn", (("q_proj",), ("k_proj", "v_proj"), ("out_proj",)))
    variables: dict[str, Array] = {}
    for name, (attention, linears) in groups.items():
        for index, parts in enumerate(linears):
            for kind in ("weight", "bias"):
                joined = [weights[f"{old}.{attention}.{part}.{kind}"] for part in parts]
                variables[f"{name}/linear_{index}/{kind}"] = np.concatenate(joined)
        variables |= _norm(weights, f"{old}.{attention}_layer_norm", f"{name}/layer_norm")
    for index, linear in enumerate(("fc1", "fc2")):
        for kind in ("weight", "bias"):
            variables[f"{new}/ffn/linear_{index}/{kind}"] = weights[f"{old}.{linear}.{kind}"]
    return variables | _norm(weights, f"{old}.final_layer_norm", f"{new}/ffn/layer_norm")


def _norm(weights: Mapping[str, Array], old: str, new: str) -> dict[str, Array]:
    return {f"{new}/gamma": weights[f"{old}.weight"], f"{new}/beta": weights[f"{old}.bias"]}


def sinusoids(positions: int, width: int) -> Array:
    """Position encodings of shape (positions, width), sines in the first half (Vaswani et al. 2017)."""
    angles = np.arange(positions)[:, None] / np.power(10000, 2 * (np.arange(width) // 2) / width)[None, :]
    return np.concatenate([np.sin(angles[:, 0::2]), np.cos(angles[:, 1::2])], axis=1).astype(np.float32)


def _starts_from_zeros(variables: Mapping[str, Array], vocabularies: list[list[str]]) -> bool:
    """Whether the decoder starts from zeros: Marian's own models have no embedding for their ``<pad>``.

    A model that was trained with transformers may have learned one, and starts from it.
    """
    return vocabularies[-1][-1] == _PAD and not np.any(variables["decoder/embeddings/weight"][-1])


def _check_sizes(variables: Mapping[str, Array], vocabularies: list[list[str]], source: Path) -> None:
    for name, tokens in (("encoder/embeddings_0", vocabularies[0]), ("decoder/embeddings", vocabularies[-1])):
        rows = len(variables[f"{name}/weight"])
        if rows != len(tokens):
            raise EngineError(
                f"{source}: the model has {rows} embeddings, its vocabulary {len(tokens)} tokens.",
                "The files belong to different models; fetch them again.",
            )


def _drop_padding(variables: dict[str, Array]) -> None:
    """Remove ``<pad>``, the last row, from both sides; what was one array stays one."""
    views: dict[int, Array] = {}
    for name in _BY_TOKEN:
        if name in variables:
            array = variables[name]
            variables[name] = views.setdefault(id(array), array[:-1])


def _padding_first(variables: dict[str, Array], vocabularies: list[list[str]]) -> list[list[str]]:
    """Keep ``<pad>`` to start from, as the first token, with a bias that makes it impossible to write.

    With a shortlist CTranslate2 remembers the start token's place among the candidates of its first batch; only
    the first token of all has the same place in every batch.
    """
    vocabulary = vocabularies[-1]
    bias = variables.get("decoder/projection/bias", np.zeros(len(vocabulary))).astype(np.float32)
    bias[vocabulary.index(_PAD)] = _NEVER
    variables["decoder/projection/bias"] = bias
    moved: dict[int, Array] = {}
    for name in _BY_TOKEN:
        array = variables[name]
        place = vocabularies[0 if name.startswith("encoder") else -1].index(_PAD)
        first = np.concatenate([array[place : place + 1], array[:place], array[place + 1 :]])
        variables[name] = moved.setdefault(id(array), first)
    return [[_PAD, *(token for token in tokens if token != _PAD)] for tokens in vocabularies]


def _write_model(path: Path, variables: Mapping[str, Array], quantization: str) -> None:
    first: dict[int, str] = {}
    aliases: list[tuple[str, str]] = []
    ready: dict[str, Array] = {}
    for name in sorted(variables):
        array = variables[name]
        if array.ndim and id(array) in first:
            aliases.append((name, first[id(array)]))
            continue
        first[id(array)] = name
        ready |= _quantized(name, array, quantization)
    with path.open("wb") as stream:
        stream.write(struct.pack("<I", _BINARY_VERSION))
        stream.write(_text(_SPECIFICATION[0]) + struct.pack("<II", _SPECIFICATION[1], len(ready)))
        for name in sorted(ready):
            array = ready[name]
            stream.write(_text(name) + struct.pack(f"<B{array.ndim}I", array.ndim, *array.shape))
            stream.write(struct.pack("<BI", _TYPE_IDS.index(array.dtype.name), array.nbytes))
            stream.write(np.ascontiguousarray(array).data)
        stream.write(struct.pack("<I", len(aliases)))
        for name, other in aliases:
            stream.write(_text(name) + _text(other))


def stored_rows(path: Path, name: str) -> int:
    """The number of rows of one variable in a CTranslate2 model, read without its weights.

    Raises:
        EngineError: the file is no such model, or has no such variable.
    """
    try:
        with path.open("rb") as stream:
            stream.seek(4)
            _skip_text(stream)
            stream.seek(4, 1)
            for _ in range(_number(stream, "<I")):
                found = stream.read(_number(stream, "<H")).rstrip(b"\0").decode()
                shape = struct.unpack(f"<{(rank := _number(stream, '<B'))}I", stream.read(4 * rank))
                stream.seek(1, 1)
                if found == name:
                    return int(shape[0])
                stream.seek(_number(stream, "<I"), 1)
    except (struct.error, UnicodeDecodeError, IndexError) as error:
        raise EngineError(f"{path}: is no CTranslate2 model.", "Fetch the model again.") from error
    raise EngineError(f"{path}: has no {name}.", "Only encoder-decoder models can translate.")


def _skip_text(stream: BinaryIO) -> None:
    stream.seek(_number(stream, "<H"), 1)


def _number(stream: BinaryIO, layout: str) -> int:
    return int(struct.unpack(layout, stream.read(struct.calcsize(layout)))[0])


def _text(value: str) -> bytes:
    data = value.encode() + b"\0"
    return struct.pack("<H", len(data)) + data


def _quantized(name: str, array: Array, quantization: str) -> dict[str, Array]:
    """A variable in its final type; a quantised matrix comes with the scale of each row."""
    if array.ndim == 0:
        return {name: array}
    if quantization != "int8":
        return {name: array.astype(quantization)}
    if not name.endswith("/weight"):
        return {name: array.astype(np.float32)}
    wide = array.astype(np.float32)
    largest = np.abs(wide).max(axis=1)
    largest[largest == 0] = 127
    scale = (127 / largest).astype(np.float32)
    wide *= scale[:, None]
    return {name: np.rint(wide, out=wide).astype(np.int8), f"{name}_scale": scale}


def _run_time_config(decoder_start_token: str) -> dict[str, Any]:
    return {
        "add_source_bos": False,
        "add_source_eos": False,
        "bos_token": "<s>",
        "decoder_start_token": decoder_start_token,
        "eos_token": "</s>",
        "layer_norm_epsilon": None,
        "multi_query_attention": False,
        "unk_token": "<unk>",
    }


def _write_vocabularies(target: Path, vocabularies: list[list[str]]) -> None:
    if len(vocabularies) == 1:
        _write_json(target / "shared_vocabulary.json", vocabularies[0])
    else:
        _write_json(target / "source_vocabulary.json", vocabularies[0])
        _write_json(target / "target_vocabulary.json", vocabularies[1])


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
