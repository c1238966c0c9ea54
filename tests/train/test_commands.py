"""`mt train` and `mt adapt` as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from mt.cli import adapt, train
from mt.errors import UsageError

RECIPE = """
name = "tiny-nl-en"
[[data]]
path = "{bitext}"
[validation]
path = "{development}"
every = 4
[cleaning]
max_tokens = 100
[vocabulary]
size = 420
[model]
width = 16
feed_forward = 32
heads = 2
encoder_layers = 1
decoder_layers = 1
[training]
updates = 4
batch_tokens = 800
threads = 1
devices = ["cpu"]
"""


@pytest.fixture
def recipe_file(tmp_path: Path, bitext: Path, development: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(RECIPE.format(bitext=bitext, development=development), encoding="utf-8")
    return path


def call(app: typer.Typer, *words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(
        app, [str(word) for word in words], catch_exceptions=False, standalone_mode=False
    )
    return result.exit_code, result.stdout, result.stderr


def test_training_prints_the_scores_and_the_folder_of_the_model(recipe_file: Path, tmp_path: Path) -> None:
    code, out, err = call(train.app, recipe_file, "--output", tmp_path / "run")
    assert code == 0
    assert "development set" in out
    assert out.splitlines()[-1] == str(tmp_path / "run" / "model")
    assert f"mt models add {tmp_path / 'run' / 'model'}" in err


def test_training_prints_json_and_nothing_else_where_it_is_asked_to(
    recipe_file: Path, tmp_path: Path
) -> None:
    _, out, err = call(train.app, recipe_file, "--output", tmp_path / "run", "--json", "--quiet")
    assert json.loads(out)["model"] == str(tmp_path / "run" / "model")
    assert err == ""


def test_a_gpu_that_is_not_there_is_refused_before_anything_is_read(
    recipe_file: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="cuda:9 is not there"):
        call(train.app, recipe_file, "--output", tmp_path / "run", "--device", "cuda:9")
    assert not (tmp_path / "run").exists()


def test_adapting_an_empty_store_says_how_many_reviews_it_takes(tmp_path: Path, bitext: Path) -> None:
    from mt.store import Store

    Store.open(tmp_path / "s.db").close()
    with pytest.raises(
        UsageError, match="0 accepted or edited pairs are too few to learn from: it takes 100"
    ):
        call(adapt.app, "--store", tmp_path / "s.db", "--replay", bitext, "--model", "starter-nl-en",
             "--output", tmp_path / "run")  # fmt: skip
