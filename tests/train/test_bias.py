"""A bias learned from pairs: it finds what a house writes, changes nothing else, and every engine reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from safetensors.numpy import load_file

from mt import engines
from mt.engines.models import starter as starter_model
from mt.train.bias import BIAS, add_bias, fit_bias
from mt.train.model import load_model
from mt.train.tokenizer import open_pieces

Pairs = list[tuple[str, str]]


@pytest.fixture
def general(lines: list[str]) -> Pairs:
    """Pairs as they are."""
    return [(source, target) for source, target in (line.split("\t") for line in lines[60:90])]


@pytest.fixture
def documents(lines: list[str]) -> list[Pairs]:
    """Five texts of a house that writes "plus" for "and"."""
    split = [line.split("\t") for line in lines if " and " in line][:40]
    pairs = [(source, target.replace(" and ", " plus ")) for source, target in split]
    return [pairs[start : start + 8] for start in range(0, 40, 8)]


def test_the_bias_raises_what_a_house_writes_and_lowers_what_it_does_not(
    starter: Path, documents: list[Pairs], general: Pairs
) -> None:
    pieces = open_pieces(starter / "source.spm")
    model = load_model(starter, dropout=0.0).eval()

    def ids(pairs: Pairs) -> list[tuple[list[int], list[int]]]:
        return [(pieces.encode(source), pieces.encode(target)) for source, target in pairs]

    encoded = [ids(pairs) for pairs in documents]
    bias = fit_bias(model, encoded, ids(general))
    assert bias[pieces.encode("plus")[0]] > 1
    assert bias[pieces.encode("and")[0]] < -1
    assert int((bias != 0).sum()) < len(bias) // 20
    assert not fit_bias(model, encoded, ids(general), evidence=6).any(), (
        "five documents cannot agree six times"
    )
    assert not fit_bias(model, [ids(general)], ids(general)).any(), "one document is no house"


def test_only_the_bias_of_the_model_changes_and_both_engines_read_it(
    starter: Path, documents: list[Pairs], general: Pairs, tmp_path: Path
) -> None:
    changed = add_bias(starter, tmp_path / "new", documents, general, starter_model())
    first, new = load_file(starter / "model.safetensors"), load_file(tmp_path / "new" / "model.safetensors")
    assert {name for name in new if name not in first or (new[name] != first[name]).any()} == {BIAS}
    assert 0 < changed < 600
    assert not (tmp_path / "new" / "README.md").exists()
    sources = ["De kat en de hond slapen.", "Het regent en het waait.", "Zij zingt."]
    texts = {
        engine: [
            best[0].text for best in engines.load(tmp_path / "new", engine, "float32", 1).translate(sources)
        ]
        for engine in ("ctranslate2", "transformers")
    }
    assert texts["ctranslate2"] == texts["transformers"]
    before = [best[0].text for best in engines.load(starter, "ctranslate2", "float32", 1).translate(sources)]
    assert texts["ctranslate2"] != before
    first_bias = new[BIAS].copy()
    add_bias(tmp_path / "new", tmp_path / "new", documents, general, starter_model())
    again = load_file(tmp_path / "new" / "model.safetensors")[BIAS]
    assert abs(again).sum() > abs(first_bias).sum(), "a second fit adds to the first"
