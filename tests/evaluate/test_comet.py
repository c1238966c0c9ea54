"""COMET out of process: the protocol, with stand-ins for the environment; no model is loaded here."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import numpy as np
import pytest

from mt.errors import EngineError, UsageError
from mt.evaluate.comet import Comet, CometEnvironment
from mt.pipeline import score
from mt.pipeline.score_inputs import Inputs

MODULE = '''
"""Stands in for the package of that name; a score is the share of words that are in the reference."""
__version__ = "0.test"

def download_model(name):
    if name == "none":
        raise OSError("cannot reach the Hub")
    return name + ".ckpt"

def load_from_checkpoint(path):
    return Model()

class Model:
    def predict(self, pairs, batch_size, gpus, progress_bar):
        print("Some library says hello")
        if pairs[0]["mt"] == "crash":
            raise SystemExit(3)
        return Prediction([self.one(pair) for pair in pairs])

    def one(self, pair):
        words = pair["mt"].split()
        return sum(word in pair["ref"].split() for word in words) / max(1, len(words))

class Prediction:
    def __init__(self, scores):
        self.scores = scores
'''


@pytest.fixture
def stand_in(tmp_path: Path) -> str:
    """An interpreter with a package called `comet`, which is not COMET."""
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "comet.py").write_text(MODULE, encoding="utf-8")
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{tmp_path / "packages"}" exec "{sys.executable}" "$@"\n')
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    return str(python)


def finished(python: str, hypotheses: list[str], **wanted: str) -> dict[str, np.ndarray]:
    comet = Comet(["new"], CometEnvironment(python, **wanted))
    comet.add([hypotheses], [["een", "twee\u2028 drie"]], ["one", "two three"])
    return comet.finish()


def test_the_protocol_with_a_stand_in_brings_scores_back_in_order(stand_in: str) -> None:
    found = finished(stand_in, ["een", "twee vier"])
    assert found["new"].tolist() == [[100.0, 1.0], [50.0, 1.0]]


def test_with_a_stand_in_comet_is_a_metric_like_the_others_with_intervals_and_p_values(
    stand_in: str, parallel: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MT_COMET_PYTHON", stand_in)
    systems = {"old": parallel["hypotheses"], "new": parallel["other"]}
    inputs = Inputs(tuple(systems), list(systems.values()), [parallel["reference"]], parallel["reference2"])
    options = score.ScoreOptions(
        ("bleu", "comet"), samples=50, tests=("bootstrap", "randomisation"), judge=False
    )
    old, new = score.run(inputs, options).comparison.rows["COMET"]
    assert old.score.interval[0] <= old.score.value <= old.score.interval[1]
    assert set(new.p_values) == {"bootstrap", "randomisation"}
    wanted = "nrefs:1|bs:50|ar:10000|seed:12345|model:Unbabel/wmt22-comet-da|version:0.test"
    assert new.score.signature == wanted


def test_no_environment_and_a_wrong_interpreter_say_what_to_type() -> None:
    with pytest.raises(UsageError, match="environment of its own") as error:
        Comet(["new"], CometEnvironment())
    assert "pip install unbabel-comet" in error.value.hint
    with pytest.raises(UsageError, match="no program"):
        Comet(["new"], CometEnvironment("/nowhere/python"))


def test_an_environment_without_comet_says_what_to_install() -> None:
    with pytest.raises(EngineError, match="not installed") as error:
        finished(sys.executable, ["a", "b"])
    assert "pip install unbabel-comet" in error.value.hint


def test_missing_weights_say_how_to_name_a_checkpoint(stand_in: str) -> None:
    with pytest.raises(EngineError, match="weights of none cannot be loaded: OSError: cannot reach") as error:
        finished(stand_in, ["a", "b"], model="none")
    assert "--comet-model" in error.value.hint


def test_a_crash_or_another_program_is_told_with_its_exit_code(stand_in: str) -> None:
    with pytest.raises(EngineError, match="ended with code 3 and without 2 scores"):
        finished(stand_in, ["crash", "b"])
    with pytest.raises(EngineError, match="without 2 scores"):
        finished("true", ["a", "b"])


def test_comet_without_a_source_is_an_error(parallel: dict[str, list[str]], stand_in: str) -> None:
    inputs = Inputs(("new",), [parallel["other"]], [parallel["reference"]])
    with pytest.raises(UsageError, match="reads the source"):
        score.run(inputs, score.ScoreOptions(("comet",), comet=CometEnvironment(stand_in)))
