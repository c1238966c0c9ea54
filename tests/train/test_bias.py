"""A bias learned from pairs: it finds what a house writes, changes nothing else, and every front end reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from safetensors.numpy import load_file

from mt import engines
from mt.engines.models import starter as starter_model
from mt.train.bias import BIAS, add_bias, fit_bias
from mt.train.model import load_model
from mt.train.tokenizer import open_pieces


@pytest.fixture
def pairs(lines: list[str]) -> list[tuple[str, str]]:
    """Forty pairs of a house that writes a percent sign before every sentence, and no full stop."""
    split = [line.split("\t") for line in lines[:40]]
    return [(source, f"% {target.rstrip('.')}") for source, target in split]


def test_the_bias_raises_what_is_written_more_and_lowers_what_is_not(
    starter: Path, pairs: list[tuple[str, str]]
) -> None:
    pieces = open_pieces(starter / "source.spm")
    model = load_model(starter, dropout=0.0).eval()
    bias = fit_bias(model, [(pieces.encode(s), pieces.encode(t)) for s, t in pairs], prior=1.0)
    assert bias[pieces.encode("% x")[0]] > 2
    assert bias[pieces.piece_to_id(".")] < -1
    assert float(bias.abs().median()) < 0.5


def test_a_strong_prior_leaves_the_model_as_it_is(starter: Path, pairs: list[tuple[str, str]]) -> None:
    pieces = open_pieces(starter / "source.spm")
    model = load_model(starter, dropout=0.0).eval()
    bias = fit_bias(model, [(pieces.encode(s), pieces.encode(t)) for s, t in pairs], prior=1e6)
    assert float(bias.abs().max()) < 1e-3


def test_only_the_bias_of_the_model_changes_and_both_engines_read_it(
    starter: Path, pairs: list[tuple[str, str]], tmp_path: Path
) -> None:
    add_bias(starter, tmp_path / "new", pairs, starter_model(), prior=0.2)
    first, new = load_file(starter / "model.safetensors"), load_file(tmp_path / "new" / "model.safetensors")
    changed = {name for name in new if name not in first or (new[name] != first[name]).any()}
    assert changed == {BIAS}
    assert not (tmp_path / "new" / "README.md").exists()
    sources = ["De prijs steeg met drie procent.", "Het regent."]
    texts = {
        engine: [
            best[0].text for best in engines.load(tmp_path / "new", engine, "float32", 1).translate(sources)
        ]
        for engine in ("ctranslate2", "transformers")
    }
    assert texts["ctranslate2"] == texts["transformers"]
    before = [best[0].text for best in engines.load(starter, "ctranslate2", "float32", 1).translate(sources)]
    assert all(
        text.count(".") < old.count(".") for text, old in zip(texts["ctranslate2"], before, strict=True)
    )


def test_a_bias_is_added_to_the_one_that_is_there(
    starter: Path, pairs: list[tuple[str, str]], tmp_path: Path
) -> None:
    add_bias(starter, tmp_path / "new", pairs, starter_model(), prior=1.0)
    once = load_file(tmp_path / "new" / "model.safetensors")[BIAS].astype("float32")
    add_bias(tmp_path / "new", tmp_path / "new", pairs, starter_model(), prior=1.0)
    twice = load_file(tmp_path / "new" / "model.safetensors")[BIAS].astype("float32")
    assert abs(twice).sum() > abs(once).sum()
