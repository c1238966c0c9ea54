"""`mt models` seen from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engines.releases import opus_folder, zipped

ROOT = Path(__file__).parents[2]


def mt(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mt", "models", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ, cwd=ROOT)


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MT_HOME", str(tmp_path / "home"))


def test_the_list_names_the_starters_bleu_and_the_way_to_a_better_model() -> None:
    listed = mt("list")
    assert listed.returncode == 0
    assert "starter-nl-en" in listed.stdout
    assert "BLEU" in listed.stderr
    assert "FLORES-200" in listed.stderr
    assert "mt models add Helsinki-NLP/opus-mt-nl-en" in listed.stderr


def test_the_list_as_json_is_one_line_of_models() -> None:
    [line] = mt("list", "--json").stdout.splitlines()
    [model] = json.loads(line)
    assert (model["name"], model["source_lang"], model["target_lang"]) == ("starter-nl-en", "nl", "en")
    assert model["bleu"] > 0


def test_info_shows_languages_size_checksum_licence_and_scores() -> None:
    shown = mt("info", "auto")
    for word in ("nl to en", "MB", "sha256", "Apache-2.0", "FLORES", "verified      yes"):
        assert word in shown.stdout
    assert json.loads(mt("info", "auto", "--json").stdout)["verified"] == "yes"


def test_a_zip_is_added_listed_used_and_removed(starter: Path, tmp_path: Path) -> None:
    path = zipped(opus_folder(starter, tmp_path / "opus"), tmp_path / "opus-nl-en.zip")
    added = mt("add", str(path), "--quantization", "int8")
    assert (added.returncode, added.stderr) == (0, "")
    assert added.stdout.startswith("opus-nl-en  nl-en")
    assert [model["name"] for model in json.loads(mt("list", "--json").stdout)] == [
        "opus-nl-en",
        "starter-nl-en",
    ]
    assert json.loads(mt("info", "auto", "--json").stdout)["name"] == "opus-nl-en"
    assert mt("remove", "opus-nl-en").returncode == 0
    assert mt("info", "opus-nl-en").returncode == 2


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["remove", "starter-nl-en"], 2, "part of the program"),
        (["remove", "nothing"], 2, "Unknown model"),
        (["info", "nothing"], 2, "Unknown model"),
        (["add", "no/such/path"], 2, "no such file or folder"),
        (["add", "corpora"], 4, "holds no weights"),
        (["add", "README.md"], 4, "no readable zip"),
        (["add", "corpora", "--quantization", "int7"], 2, "Unknown quantization"),
    ],
)
def test_a_wrong_call_says_what_is_wrong_and_exits_with_its_code(
    words: list[str], code: int, message: str
) -> None:
    done = mt(*words)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
