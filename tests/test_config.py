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


def test_broken_toml_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "mt.toml").write_text("beam_size = \n", encoding="utf-8")
    with pytest.raises(UsageError, match="line 1"):
        config.load(folder=tmp_path)


def test_a_missing_profile_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nergens"):
        config.load(profile=tmp_path / "nergens.toml")
