"""Versions of an installed model."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from mt import engines
from mt.engines.models import resolve
from mt.errors import EngineError, UsageError
from mt.train.versions import replace_model, rollback, training_folder, versions


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MT_HOME", str(tmp_path / "home"))


def variant(starter: Path, folder: Path, number: int) -> Path:
    """The starter with one weight changed, so that its checksum is another."""
    shutil.copytree(starter, folder)
    weights = load_file(folder / "model.safetensors")
    bias = weights["model.encoder.layers.0.fc1.bias"]
    bias[0] += np.float16(number / 8)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return folder


def test_a_new_version_takes_the_place_of_the_old_one_and_rollback_brings_it_back(
    starter: Path, tmp_path: Path
) -> None:
    shas = [replace_model(variant(starter, tmp_path / f"v{i}", i), "sport").sha256 for i in (1, 2, 3)]
    assert len(set(shas)) == 3
    assert [version.current for version in versions("sport")] == [False, False, True]
    assert resolve("sport").sha256 == shas[2]
    assert rollback("sport").sha256 == shas[1]
    assert engines.load("sport", threads=1).translate(["Hallo."])[0][0].text
    assert rollback("sport").sha256 == shas[0]
    assert [version.number for version in versions("sport")] == [1]


def test_rolling_back_the_first_adapted_version_leads_back_to_the_model_before(
    starter: Path, tmp_path: Path
) -> None:
    replace_model(variant(starter, tmp_path / "v1", 1), "sport")
    assert resolve("auto").name == "sport"
    assert rollback("sport").name == "starter-nl-en"
    assert resolve("auto").name == "starter-nl-en"


def test_a_version_after_a_rollback_gets_the_next_number(starter: Path, tmp_path: Path) -> None:
    for number in (1, 2):
        replace_model(variant(starter, tmp_path / f"v{number}", number), "sport")
    rollback("sport")
    newest = replace_model(variant(starter, tmp_path / "v3", 3), "sport")
    assert [version.number for version in versions("sport")] == [1, 2]
    assert resolve("sport").sha256 == newest.sha256


def test_training_goes_on_from_the_weights_of_the_newest_version(starter: Path, tmp_path: Path) -> None:
    trained = variant(starter, tmp_path / "v1", 1)
    model = replace_model(trained, "sport")
    shutil.rmtree(trained)
    assert (training_folder(model) / "model.safetensors").is_file()
    assert (training_folder(resolve("starter-nl-en"))) == starter


def test_a_model_that_cannot_be_installed_leaves_the_one_in_use(starter: Path, tmp_path: Path) -> None:
    first = replace_model(variant(starter, tmp_path / "v1", 1), "sport")
    broken = variant(starter, tmp_path / "v2", 2)
    (broken / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(EngineError):
        replace_model(broken, "sport")
    assert resolve("sport").sha256 == first.sha256
    assert len(versions("sport")) == 1


def test_the_shipped_model_is_never_replaced_and_has_no_earlier_version(starter: Path) -> None:
    with pytest.raises(UsageError, match="part of the program"):
        replace_model(starter, "starter-nl-en")
    with pytest.raises(UsageError, match="no earlier version"):
        rollback("starter-nl-en")


def test_an_unknown_model_cannot_be_rolled_back() -> None:
    with pytest.raises(UsageError, match="Unknown model 'none'"):
        rollback("none")


def test_a_model_without_weights_for_training_says_what_to_give(starter: Path, tmp_path: Path) -> None:
    source = variant(starter, tmp_path / "v1", 1)
    from mt.engines import install

    model = install.add(source, "added")
    shutil.rmtree(source)
    with pytest.raises(UsageError, match="installed for translating only") as caught:
        training_folder(model)
    assert "--base" in caught.value.hint
