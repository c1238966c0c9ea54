"""A recipe is checked before anything runs."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from mt.errors import UsageError
from mt.train.recipe import parse_recipe, read_recipe

ROOT = Path(__file__).parents[2]


def values(**more: Any) -> dict[str, Any]:
    return {
        "name": "x",
        "data": [{"path": "a.tsv"}],
        "validation": {"path": "b.tsv"},
        "training": {"updates": 5},
        **more,
    }


def test_an_unknown_key_is_refused_with_the_nearest_names() -> None:
    with pytest.raises(UsageError, match="'bach_tokens'") as caught:
        parse_recipe(values(training={"updates": 5, "bach_tokens": 3}))
    assert "batch_tokens" in caught.value.hint
    assert "training" in caught.value.message


def test_an_unknown_key_of_a_bitext_names_the_table() -> None:
    with pytest.raises(UsageError, match="data: Unknown key 'wieght'"):
        parse_recipe(values(data=[{"path": "a.tsv", "wieght": 2.0}]))


def test_a_missing_key_is_named() -> None:
    with pytest.raises(UsageError, match="validation is missing"):
        parse_recipe({"name": "x", "data": [{"path": "a"}]})


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"training": {"updates": "many"}}, "updates: 'many' is no int"),
        ({"training": {"updates": True}}, "updates: True is no int"),
        ({"model": "large"}, "model: 'large' is no table"),
        ({"data": [{"path": 3}]}, "path: 3 is no Path"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(table: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_recipe(values(**table))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"training": {}}, "either updates or hours"),
        ({"training": {"updates": 5, "hours": 1.0}}, "either updates or hours"),
        ({"training": {"updates": 5, "batch_tokens": 100}}, "longest pair"),
        ({"training": {"updates": 5, "phases": [0.5, 0.2]}}, "must ascend"),
        (
            {"training": {"updates": 5, "phases": [0.5]}, "data": [{"path": "a", "weight": [1, 2, 3]}]},
            "1 or 2",
        ),
        ({"model": {"width": 30, "heads": 4}}, "multiple"),
        ({"model": {"dropout": 1.5}}, "dropout"),
        ({"model": {"adapter_rank": 8}}, "needs model.start"),
        ({"data": []}, "at least one bitext"),
        ({"data": [{"path": "a", "weight": -1.0}]}, "negative"),
        ({"data": [{"path": "a", "kind": "lines"}]}, "needs target"),
        ({"data": [{"path": "a", "tag": "<B T>"}]}, "one word"),
    ],
)
def test_a_value_out_of_range_is_refused(table: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_recipe(values(**table))


def test_an_unknown_optimizer_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="Unknown optimizer 'moun'") as caught:
        parse_recipe(values(training={"updates": 5, "optimizer": "moun"}))
    assert "muon" in caught.value.hint


def test_a_single_number_stands_for_a_list_of_one() -> None:
    recipe = parse_recipe(values(data=[{"path": "a", "weight": 2, "weights": {"x*": 0.5}}]))
    assert recipe.data[0].weight == [2.0]
    assert recipe.data[0].weights == {"x*": [0.5]}


def test_a_recipe_that_is_not_there_or_no_toml_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_recipe(tmp_path / "none.toml")
    (tmp_path / "broken.toml").write_text("name = ")
    with pytest.raises(UsageError, match=r"broken\.toml"):
        read_recipe(tmp_path / "broken.toml")


def test_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text(
        'name = "x"\ntraining.updates = 5\nvalidation.path = "/none/b.tsv"\n[[data]]\npath = "/none/a.tsv"\n'
    )
    with pytest.raises(UsageError, match=r"/none/a\.tsv is not there"):
        read_recipe(tmp_path / "r.toml")


@pytest.mark.parametrize(
    "path", sorted((ROOT / "configs" / "train").glob("*.toml")), ids=lambda path: path.name
)
def test_the_recipes_of_the_project_are_valid(path: Path) -> None:
    recipe = parse_recipe(tomllib.loads(path.read_text(encoding="utf-8")), path.name)
    assert recipe.data
