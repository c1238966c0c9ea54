"""`mt score`, `mt gold` and `mt bench` from outside."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from sacrebleu.metrics import BLEU

from tests.evaluate.conftest import Mt


def test_score_prints_a_table_with_signatures_and_warnings_apart(folder: Path, mt: Mt) -> None:
    done = mt("score", "hypotheses.txt", "other.txt", "--ref", "reference.txt", "--samples", "50")
    assert "hypotheses (baseline)" in done.stdout
    assert "BLEU: nrefs:1|bs:50|seed:12345" in done.stdout
    assert "System hypotheses: 1 line is empty" in done.stderr


def test_score_json_has_the_numbers_of_sacrebleu(
    folder: Path, mt: Mt, parallel: dict[str, list[str]]
) -> None:
    done = mt(
        "score",
        "hypotheses.txt",
        "--ref",
        "reference.txt",
        "--ref",
        "reference2.txt",
        "-m",
        "bleu",
        "--json",
        "-q",
    )
    found = json.loads(done.stdout)
    expected = BLEU().corpus_score(parallel["hypotheses"], [parallel["reference"], parallel["reference2"]])
    assert found["scores"][0]["score"] == expected.score
    assert done.stderr == ""


def test_score_reads_stdin(folder: Path, mt: Mt, parallel: dict[str, list[str]]) -> None:
    done = mt(
        "score",
        "-",
        "--ref",
        "reference.txt",
        "--json",
        "-m",
        "ter",
        input="\n".join(parallel["other"]) + "\n",
    )
    assert json.loads(done.stdout)["scores"][0]["system"] == "stdin"


def test_score_writes_markdown_latex_and_html(folder: Path, mt: Mt) -> None:
    files = [
        "hypotheses.txt",
        "other.txt",
        "--ref",
        "reference.txt",
        "--source",
        "reference2.txt",
        "--no-judge",
    ]
    assert mt("score", *files, "--markdown").stdout.startswith("# Scores")
    assert "\\begin{tabular}" in mt("score", *files, "--latex").stdout
    mt("score", *files, "--html", "report.html", "--no-text")
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>")
    assert "bridge" not in html


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["hypotheses.txt"], 2, "nothing to score"),
        (["nothing.txt", "--ref", "reference.txt"], 2, "nothing.txt"),
        (["empty.txt", "--ref", "reference.txt"], 3, "empty.txt is empty"),
        (["binary.txt", "--ref", "reference.txt"], 3, "binary"),
        (["latin.txt", "--ref", "reference.txt"], 3, "line 1: not valid UTF-8"),
        (["one.txt", "--ref", "reference.txt"], 2, "one.txt has 1 segment and reference.txt has 8"),
        (["other.txt", "other.txt", "--ref", "reference.txt"], 2, "2 systems are called 'other'"),
        (["other.txt", "--ref", "reference.txt", "-m", "blue"], 2, "Unknown metric"),
        (["other.txt", "--ref", "reference.txt", "--test", "t"], 2, "Unknown significance test"),
        (["other.txt", "--ref", "reference.txt", "--baseline", "x"], 2, "Unknown baseline"),
        (["other.txt", "--ref", "reference.txt", "--json", "--latex"], 2, "Choose one"),
        (["other.txt", "--ref", "reference.txt", "--html", "no/such/report.html"], 2, "does not exist"),
        (["other.txt", "--ref", "reference.txt", "--target-lang", "ja"], 2, "tokeniser for 'ja'"),
        (["other.txt", "--document", "x", "--ref", "reference.txt"], 2, "exclude each other"),
    ],
)
def test_bad_input_to_score_ends_with_its_code_and_one_message(
    folder: Path, mt: Mt, arguments: list[str], code: int, message: str
) -> None:
    (folder / "empty.txt").touch()
    (folder / "binary.txt").write_bytes(b"\x7fELF\x00\x00")
    (folder / "latin.txt").write_bytes("café\n".encode("latin-1"))
    (folder / "one.txt").write_text("one line")
    done = mt("score", *arguments, code=code)
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_all_empty_hypotheses_and_one_line_files_are_scored_and_told(folder: Path, mt: Mt) -> None:
    (folder / "blank.txt").write_text("\n" * 8)
    (folder / "one.txt").write_text("one line")
    assert (
        "all 8 lines are empty"
        in mt("score", "blank.txt", "--ref", "reference.txt", "--samples", "10").stderr
    )
    done = mt("score", "one.txt", "--ref", "one.txt", "-m", "chrf2", "--json")
    assert json.loads(done.stdout)["scores"][0]["score"] == 100.0
    assert "is the reference itself" in done.stderr


def test_gold_scores_files_and_folders_of_alignments(tmp_path: Path, mt: Mt) -> None:
    for name, ours in (("001", "[0]:[0]\n[1, 2]:[1]\n"), ("002", "[0]:[]\n[]:[0]\n")):
        for folder, beads in (
            ("gold", "[0]:[0]\n" + ("[1, 2]:[1]\n" if name == "001" else "")),
            ("ours", ours),
        ):
            (tmp_path / folder).mkdir(exist_ok=True)
            (tmp_path / folder / f"{name}.beads").write_text(beads)
    (tmp_path / "gold" / "001.nl").write_text("Een tekst.\n")
    table = mt("gold", "alignment", "gold/001.beads", "ours/001.beads").stdout
    assert "vecalign" in table
    assert "1.000" in table
    found = json.loads(mt("gold", "alignment", "gold", "ours", "--json").stdout)
    assert found["documents"] == 2
    assert found["vecalign"]["strict"]["precision"] == pytest.approx(0.5)
    assert found["sentalign"]["strict"] == {
        "precision": 1.0,
        "recall": pytest.approx(2 / 3),
        "f1": pytest.approx(0.8),
    }


def test_gold_scores_word_links_of_xl_wa_and_pharaoh(tmp_path: Path, mt: Mt) -> None:
    (tmp_path / "gold.tsv").write_text("the cat\tde kat\t0-0 1-1\r\n", encoding="utf-8")
    (tmp_path / "ours.txt").write_text("0-0 1-0\n")
    found = json.loads(mt("gold", "links", "gold.tsv", "ours.txt", "--json").stdout)
    assert found == {"sentences": 1, "precision": 0.5, "recall": 0.5, "f1": 0.5, "aer": 0.5}
    (tmp_path / "ours.txt").write_text("0-1 1-0\n")
    (tmp_path / "gold.txt").write_text("1-0 0p1\n")
    swapped = json.loads(mt("gold", "links", "gold.txt", "ours.txt", "--swap", "--json").stdout)
    assert swapped == {"sentences": 1, "precision": 1.0, "recall": 1.0, "f1": 1.0, "aer": 0.0}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["alignment", "gold.txt", "nothing.txt"], 2, "nothing.txt"),
        (["alignment", "gold.txt", "bad.txt"], 3, "bad.txt line 1"),
        (["alignment", "gold.txt", "."], 2, "not both folders"),
        (["alignment", "a", "b"], 2, "no file for '002'"),
        (["alignment", "b", "empty"], 2, "no file for '001'"),
        (["links", "gold.txt", "bad.txt"], 3, "no link"),
        (["links", "links.txt", "links.txt", "--form", "moses"], 2, "Unknown form"),
        (["links", "links.txt", "more.txt"], 2, "1 sentences and the test has 2"),
    ],
)
def test_bad_gold_files_are_told(
    tmp_path: Path, mt: Mt, arguments: list[str], code: int, message: str
) -> None:
    for name, text in {
        "gold.txt": "[0]:[0]\n", "bad.txt": "0:0\n", "links.txt": "0-0\n", "more.txt": "0-0\n0-0\n",
        "a/001.g": "[0]:[0]\n", "a/002.g": "[0]:[0]\n", "b/001.t": "[0]:[0]\n", "empty/x.txt": "text\n",
    }.items():  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    done = mt("gold", *arguments, code=code)
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_bench_runs_the_starter_model_and_prints_quality_speed_memory_and_size(
    tmp_path: Path, mt: Mt, corpora: Path
) -> None:
    (tmp_path / "corpora" / "test").mkdir(parents=True)
    shutil.copy(next((corpora / "test").glob("news*.tsv")), tmp_path / "corpora" / "test")
    done = mt("bench", "--limit", "12", "--threads", "1", "--json", "-q")
    found = json.loads(done.stdout)
    [model] = found["models"]
    assert (found["segments"], model["model"], model["failed"]) == (12, "starter-nl-en", 0)
    assert model["words_per_second"] == pytest.approx(found["words"] / model["seconds"])
    assert model["peak_memory"] > 50e6
    assert model["size"] > 1e6
    assert [score["score"]["metric"] for score in model["scores"]] == ["BLEU", "chrF2++"]
    lower, upper = model["scores"][0]["score"]["interval"]
    assert 0 <= lower < upper <= 100


def test_bench_without_corpora_says_where_they_are(mt: Mt) -> None:
    assert "--corpora" in mt("bench", code=2).stderr


def test_bench_prints_the_others_when_a_model_is_damaged(tmp_path: Path, mt: Mt, starter: Path) -> None:
    (tmp_path / "set.tsv").write_text("Dag.\tDay.\nHet regent.\tIt is raining.\n")
    broken = tmp_path / "broken"
    shutil.copytree(starter, broken)
    weights = next(path for path in broken.iterdir() if path.suffix in {".safetensors", ".bin"})
    weights.write_bytes(b"nothing")
    done = mt("bench", "starter-nl-en", str(broken), "--set", "set.tsv", "--threads", "1", code=4)
    assert "did not run" in done.stdout
    assert "starter-nl-en" in done.stdout
    assert "broken did not run" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "nothing.tsv"], "nothing.tsv"),
        (["--set", "one.tsv"], "one column"),
        (["--set", "."], ""),
        (["nomodel", "--set", "set.tsv"], "Unknown model"),
        (["starter-nl-en", "starter-nl-en", "--set", "set.tsv"], "named twice"),
    ],
)
def test_bad_input_to_bench_is_told(tmp_path: Path, mt: Mt, arguments: list[str], message: str) -> None:
    (tmp_path / "one.tsv").write_text("Dag.\n")
    (tmp_path / "set.tsv").write_text("Dag.\tDay.\n")
    if arguments == ["--set", "."]:
        arguments = ["--set", "empty"]
        (tmp_path / "empty").mkdir()
        message = "holds no .tsv files"
    code = 3 if message == "one column" else 2
    done = mt("bench", *arguments, code=code)
    assert message in done.stderr
    assert "Traceback" not in done.stderr
