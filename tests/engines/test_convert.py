"""The conversion without torch writes what CTranslate2's own converter writes."""

from __future__ import annotations

import json
import shutil
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mt.engines.convert import convert, read_weights, sinusoids
from mt.errors import EngineError, MissingExtraError

TYPES = ("float32", "int8", "int16", "int32", "float16", "bfloat16")


def read_model(path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Variables and aliases of a CTranslate2 model.bin, read by its published layout."""
    data = path.read_bytes()
    position = 0

    def take(layout: str) -> tuple[Any, ...]:
        nonlocal position
        values = struct.unpack_from("<" + layout, data, position)
        position += struct.calcsize("<" + layout)
        return values

    def text() -> str:
        [size] = take("H")
        return take(f"{size}s")[0][:-1].decode()

    assert take("I") == (6,)
    assert text() == "TransformerSpec"
    assert take("I") == (7,)
    variables = {}
    for _ in range(take("I")[0]):
        name = text()
        shape = take(f"{take('B')[0]}I")
        dtype, size = take("BI")
        variables[name] = np.frombuffer(data, TYPES[dtype], size // np.dtype(TYPES[dtype]).itemsize, position)
        variables[name] = variables[name].reshape(shape)
        position += size
    aliases = {text(): text() for _ in range(take("I")[0])}
    assert position == len(data)
    return variables, aliases


def write_weights(folder: Path, weights: dict[str, Any]) -> None:
    from safetensors.numpy import save_file

    (folder / "model.safetensors").unlink(missing_ok=True)
    save_file(weights, folder / "model.safetensors")


@pytest.fixture
def copy(starter: Path, tmp_path: Path) -> Path:
    """The starter in a folder of its own."""
    return Path(shutil.copytree(starter, tmp_path / "copy"))


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "target").mkdir()
    return tmp_path / "target"


@pytest.fixture
def without_padding_vector(copy: Path) -> Path:
    """The starter as Marian would have trained it: nothing learned for the padding token."""
    weights = {name: np.array(array) for name, array in read_weights(copy).items()}
    weights["model.shared.weight"][-1] = 0
    write_weights(copy, weights)
    return copy


@pytest.mark.parametrize(
    ("ours", "theirs"), [("int8", "int8_float32"), ("float16", "float16"), ("float32", "float32")]
)
def test_every_variable_equals_that_of_ctranslate2s_converter(
    without_padding_vector: Path, target: Path, tmp_path: Path, ours: str, theirs: str
) -> None:
    from ctranslate2.converters import TransformersConverter

    convert(without_padding_vector, target, ours)
    TransformersConverter(str(without_padding_vector)).convert(str(tmp_path / "theirs"), quantization=theirs)
    variables, aliases = read_model(target / "model.bin")
    expected, expected_aliases = read_model(tmp_path / "theirs" / "model.bin")
    assert aliases == expected_aliases
    assert variables.keys() == expected.keys()
    for name, array in expected.items():
        if name == "decoder/alignment_heads":
            continue
        # Their positions went through the float16 of the stored weights, ours did not.
        tolerance = 5e-4 if name.endswith("encodings") else 0
        assert variables[name].dtype == array.dtype, name
        np.testing.assert_allclose(variables[name], array, atol=tolerance, err_msg=name)
    for name in ("config.json", "shared_vocabulary.json"):
        assert json.loads((target / name).read_text()) == json.loads((tmp_path / "theirs" / name).read_text())


def test_a_learned_padding_vector_starts_the_decoder(starter: Path, target: Path) -> None:
    convert(starter, target, "float32")
    variables, _ = read_model(target / "model.bin")
    assert variables["decoder/start_from_zero_embedding"] == 0
    assert json.loads((target / "config.json").read_text())["decoder_start_token"] == "<pad>"
    assert variables["decoder/projection/bias"][0] < -1000
    assert json.loads((target / "shared_vocabulary.json").read_text())[0] == "<pad>"


def test_attention_is_the_mean_of_all_heads(starter: Path, target: Path) -> None:
    convert(starter, target)
    variables, _ = read_model(target / "model.bin")
    assert variables["decoder/alignment_heads"] == variables["decoder/num_heads"]


def test_a_bias_of_the_output_is_kept(copy: Path, target: Path) -> None:
    weights = {name: np.array(array) for name, array in read_weights(copy).items()}
    weights["final_logits_bias"][0, 7] = 0.5
    write_weights(copy, weights)
    convert(copy, target, "float32")
    assert read_model(target / "model.bin")[0]["decoder/projection/bias"][8] == 0.5


def test_bfloat16_weights_are_read_to_the_last_bit(starter: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    wide = torch.tensor([[1.5, -2.25e-3], [3.0e38, 0.1]])
    save_file({"weight": wide.to(torch.bfloat16), "other": wide.double()}, tmp_path / "model.safetensors")
    weights = read_weights(tmp_path)
    np.testing.assert_array_equal(weights["weight"], wide.to(torch.bfloat16).float().numpy())
    np.testing.assert_array_equal(weights["other"], wide.numpy())


def test_a_pickle_gives_the_same_model_where_torch_is_there(copy: Path, target: Path, tmp_path: Path) -> None:
    import torch

    convert(copy, target)
    weights = read_weights(copy)
    torch.save({name: torch.tensor(array) for name, array in weights.items()}, copy / "pytorch_model.bin")
    (copy / "model.safetensors").unlink()
    (tmp_path / "pickled").mkdir()
    convert(copy, tmp_path / "pickled")
    assert (target / "model.bin").read_bytes() == (tmp_path / "pickled" / "model.bin").read_bytes()


def test_a_pickle_without_torch_names_the_extra(
    copy: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'mt-workbench\[transformers\]'"):
        convert(copy, target)


def test_separate_vocabularies_are_written_apart(copy: Path, target: Path) -> None:
    weights = {name: np.array(array) for name, array in read_weights(copy).items()}
    shared = weights.pop("model.shared.weight")
    weights["model.encoder.embed_tokens.weight"] = shared
    weights["model.decoder.embed_tokens.weight"] = shared[::-1].copy()
    write_weights(copy, weights)
    shutil.copy(copy / "vocab.json", copy / "target_vocab.json")
    convert(copy, target, "float32")
    variables, aliases = read_model(target / "model.bin")
    assert (target / "source_vocabulary.json").is_file()
    assert (target / "target_vocabulary.json").is_file()
    assert aliases["decoder/projection/weight"] == "decoder/embeddings/weight"
    assert "encoder/embeddings_0/weight" in variables


def test_the_first_position_is_all_zeros_and_ones() -> None:
    np.testing.assert_array_equal(sinusoids(4, 6)[0], [0, 0, 0, 1, 1, 1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: (folder / "config.json").unlink(), "config.json is missing"),
        (lambda folder: (folder / "vocab.json").unlink(), "vocab.json is missing"),
        (lambda folder: (folder / "source.spm").unlink(), "source.spm is missing"),
        (lambda folder: (folder / "model.safetensors").unlink(), "model.safetensors or pytorch_model.bin is missing"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"no weights"), "damaged weights"),
        (lambda folder: (folder / "pytorch_model.bin").write_bytes(b"") or (folder / "model.safetensors").unlink(),
         "cannot be read as weights"),
        (lambda folder: (folder / "config.json").write_text("{"), "not valid JSON"),
        (lambda folder: (folder / "config.json").write_text("[]"), "no JSON object"),
        (lambda folder: (folder / "config.json").write_text('{"model_type": "t5"}'), "model_type is 't5'"),
        (lambda folder: (folder / "vocab.json").write_text('{"</s>": 0, "a": 2}'), "ids are not"),
        (lambda folder: (folder / "vocab.json").write_text('{"</s>": 0, "<unk>": 1}'), "has no <pad>"),
        (lambda folder: (folder / "vocab.json").write_text('{"</s>": 0, "<unk>": 1, "<pad>": 2}'), "12001 emb"),
        (lambda folder: change_config(folder, encoder_layers=6), "encoder.layers.5"),
        (lambda folder: change_config(folder, activation_function="tanhshrink"), "activation_function"),
    ],
)  # fmt: skip
def test_a_broken_model_says_what_is_wrong_with_it(
    copy: Path, target: Path, change: Any, message: str
) -> None:
    change(copy)
    with pytest.raises(EngineError, match=message):
        convert(copy, target)


def change_config(folder: Path, **changes: Any) -> None:
    config = json.loads((folder / "config.json").read_text()) | changes
    (folder / "config.json").write_text(json.dumps(config))
