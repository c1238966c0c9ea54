"""The number type that decodes fastest is found by decoding."""

from __future__ import annotations

from pathlib import Path

import pytest

from mt.engines import load, probe
from mt.engines.convert import convert
from mt.engines.install import add
from mt.errors import UsageError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MT_HOME", str(tmp_path / "home"))


def test_every_type_of_the_processor_is_measured(starter: Path, tmp_path: Path) -> None:
    import ctranslate2

    convert(starter, tmp_path)
    chosen, speeds = probe.fastest(tmp_path)
    assert set(speeds) == set(probe.CANDIDATES) & set(ctranslate2.get_supported_compute_types("cpu"))
    assert all(speed > 0 for speed in speeds.values())
    assert chosen in speeds


@pytest.mark.parametrize(
    ("speeds", "chosen"),
    [
        ({"int8": 100, "float32": 40}, "int8"),
        ({"int8": 100, "float32": 110}, "int8"),
        ({"int8": 100, "float32": 200}, "float32"),
        ({"int8": 100, "float32": 120, "bfloat16": 150}, "bfloat16"),
        ({"float32": 100}, "float32"),
        ({}, "int8"),
    ],
)
def test_a_float_type_must_win_clearly(
    starter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, speeds: dict[str, float], chosen: str
) -> None:
    convert(starter, tmp_path)
    measured = iter(speed for speed in speeds.values() for _ in range(3))
    monkeypatch.setattr(probe, "_speed", lambda translator, sources: next(measured))
    monkeypatch.setattr(probe, "CANDIDATES", tuple(speeds))
    monkeypatch.setattr("ctranslate2.get_supported_compute_types", lambda device: set(speeds))
    monkeypatch.setattr("ctranslate2.Translator", lambda *values, **options: None)
    assert probe.fastest(tmp_path)[0] == chosen


@pytest.mark.parametrize(("fastest", "stored"), [("int8", "int8"), ("float32", "float32")])
def test_a_model_is_stored_and_run_in_the_fastest_type(
    starter: Path, home: None, monkeypatch: pytest.MonkeyPatch, fastest: str, stored: str
) -> None:
    monkeypatch.setattr(probe, "fastest", lambda folder: (fastest, {}))
    model = add(starter, name="measured")
    assert (model.quantization, model.compute_type) == (stored, fastest)
    assert load("measured").info.compute_type.startswith(fastest)


def test_a_type_that_the_processor_lacks_is_refused_with_those_it_has(
    home: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ctranslate2.get_supported_compute_types", lambda device: {"int8", "float32"})
    with pytest.raises(UsageError, match=r"no bfloat16.*one of: int8, float32"):
        load(compute_type="bfloat16")
