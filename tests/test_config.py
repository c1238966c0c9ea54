"""Where settings come from and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from mt import config
from mt.errors import UsageError


def test_flag_beats_variable_beats_file_beats_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mt.toml").write_text("beam_size = 2\nthreads = 1\nmodel = 'a'\n", encoding="utf-8")
    monkeypatch.setenv("MT_THREADS", "3")
    monkeypatch.setenv("MT_MODEL", "b")
    settings = config.load({"model": "c", "engine": None}, folder=tmp_path)
    assert (settings["beam_size"], settings["threads"], settings["model"]) == (2, 3, "c")
    origins = {name: value.origin for name, value in settings.items()}
    assert origins["model"] == "flag"
    assert origins["threads"] == "MT_THREADS"
    assert origins["beam_size"].endswith("mt.toml")
    assert origins["engine"] == "default"


def test_an_unknown_name_lists_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "mt.toml").write_text("beam_sise = 2\n", encoding="utf-8")
    with pytest.raises(UsageError, match="beam_size"):
        config.load(folder=tmp_path)


def test_a_value_of_the_wrong_type_names_variable_and_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MT_THREADS", "many")
    with pytest.raises(UsageError, match=r"MT_THREADS: .many..*int"):
        config.load()


def test_a_table_is_read_by_its_names_and_the_folder_adds_to_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own"
    monkeypatch.setenv("MT_HOME", str(own))
    config.user_file().parent.mkdir(parents=True, exist_ok=True)
    config.user_file().write_text('[review.keys]\naccept = "y"\nskip = "k"\n', encoding="utf-8")
    (tmp_path / "mt.toml").write_text('[review]\nmqm = true\nkeys = {skip = "l"}\n', encoding="utf-8")
    settings = config.load(folder=tmp_path)
    assert settings["review.mqm"] is True
    assert settings["review.keys"] == {"accept": "y", "skip": "l"}


def test_truth_values_and_tables_are_read_from_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MT_REVIEW_MQM", "yes")
    monkeypatch.setenv("MT_REVIEW_KEYS", "accept=y search==")
    settings = config.load(folder=tmp_path)
    assert settings["review.mqm"] is True
    assert settings["review.keys"] == {"accept": "y", "search": "="}


@pytest.mark.parametrize("text", ["[review]\nmqm = 'perhaps'", "[review]\nkeys = 'a'", "[review]\nkees = 1"])
def test_what_is_no_truth_value_or_table_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "mt.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"review\.(mqm|ke[ey]s)"):
        config.load(folder=tmp_path)


def test_broken_toml_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "mt.toml").write_text("beam_size = \n", encoding="utf-8")
    with pytest.raises(UsageError, match="line 1"):
        config.load(folder=tmp_path)


def test_a_missing_profile_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nergens"):
        config.load(profile=tmp_path / "nergens.toml")
