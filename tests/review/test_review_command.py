"""`mt review` and `mt review stats` as a user calls them, in this process."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
import typer

from mt.cli import report
from mt.cli.review import app
from mt.review import ReviewSession
from mt.store import Order, PairQuery, SavedFilter, Store
from tests.serve.samples import fill, judge

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def location(tmp_path: Path) -> Path:
    """A store with the sample article."""
    path = tmp_path / "store.db"
    with Store.open(path) as store:
        fill(store)
    return path


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str], location: Path) -> Call:
    """Call `mt review` with arguments; gives the exit code, stdout and stderr."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        command = typer.main.get_command(app)
        capfd.readouterr()
        words = [*map(str, arguments), "--store", str(location)]
        code = report.run(lambda: command.main(words, prog_name="mt review", standalone_mode=False))
        return (code, *capfd.readouterr())

    return run


@pytest.fixture
def reviewed(location: Path) -> None:
    """Anna edits, rejects, accepts and dismisses; Bert judges one of the pairs again."""
    with Store.open(location) as store:
        anna = ReviewSession(store, "anna", judge=judge)
        first, second, third = store.search(PairQuery(), Order.WORST, 3)
        anna.dismiss(first.id, first.pair.score.findings[1])
        anna.edit(first.id, 0, "The train to Utrecht leaves at 9.30.")
        anna.reject(second.id, 0, "wrong")
        anna.accept(third.id, 0)
        ReviewSession(store, "bert", judge=judge).reject(third.id, 1, "no")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "needs a terminal"),
        (["stats", "--theme", "blue", "--svg", "x"], "Unknown theme 'blue'"),
        (["--order", "best", "--accept-all"], "Unknown order 'best'"),
        (["--saved", "mine", "--accept-all"], "Unknown saved filter 'mine'"),
        (["--saved", "mine", "--filter", "x", "--accept-all"], "exclude each other"),
        (["--filter", "chekc:number", "--accept-all"], "Did you mean check?"),
        (["--filter", "check:nubmer", "--accept-all"], "Did you mean number or name?"),
        (["--filter", "doc:nergens", "--accept-all"], "nergens"),
        (["nergens", "--accept-all"], "nergens"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(call: Call, arguments: list[str], says: str) -> None:
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert says in err


def test_a_wrong_key_is_told_before_anything_is_opened(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mt.toml").write_text('[review.keys]\naccept = "e"\n', encoding="utf-8")
    code, _, err = call()
    assert code == 2
    assert "gives the key 'e' to accept and to edit" in err


def test_without_the_extra_the_pip_line_is_told(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mt.review.terminal.find_spec", lambda name: None)
    assert importlib.util.find_spec("textual") is not None
    code, _, err = call()
    assert code == 4
    assert "pip install 'mt-workbench[terminal]'" in err


def test_accepting_all_needs_no_terminal_and_says_how_many_it_skipped(call: Call) -> None:
    assert call("treinen", "--accept-all", "--reviewer", "anna") == (
        0,
        "",
        "6 accepted, 1 skipped: 1 with an error.\n",
    )


def test_documents_and_a_saved_filter_narrow_what_is_accepted(call: Call, location: Path) -> None:
    with Store.open(location) as store:
        fill(store, "andere.txt")
        store.save_filter(SavedFilter("good", "score:>0.8", "document", "anna"))
    assert call("andere", "--saved", "good", "--accept-all")[2] == "2 accepted, 0 skipped.\n"
    assert call("--filter", "score:>0.8", "--accept-all")[2] == "2 accepted, 0 skipped.\n"


@pytest.mark.usefixtures("reviewed")
def test_statistics_show_progress_speed_effort_agreement_and_precision(call: Call) -> None:
    code, out, _ = call("stats")
    lines = {line.split()[0]: line.split() for line in reversed(out.splitlines()) if line.strip()}
    assert code == 0
    assert lines["treinen.txt"][1:6] == ["7", "43%", "4", "1", "2"]
    assert lines["anna"][1:4] == ["1", "1", "1"]
    assert lines["bert"][1:4] == ["0", "0", "1"]
    assert "Agreement where two judged the same pair" in out
    assert lines["number"][1:4] == ["1.00", "1", "0"]
    assert lines["time"][1:4] == ["0.00", "0", "1"]


@pytest.mark.usefixtures("reviewed")
def test_statistics_are_printed_as_json_for_chosen_documents(call: Call, location: Path) -> None:
    with Store.open(location) as store:
        fill(store, "andere.txt")
    code, out, _ = call("stats", "treinen", "--json")
    found = json.loads(out)
    assert code == 0
    assert [row["name"] for row in found["progress"]] == ["treinen.txt"]
    assert found["progress"][0]["counts"]["edited"] == 1
    assert {row["name"] for row in found["reviewers"]} == {"anna", "bert"}
    assert found["documents"][0]["signature"]
    code, out, _ = call("stats", "andere", "--json")
    assert json.loads(out)["reviewers"] == []


@pytest.mark.usefixtures("reviewed")
def test_plots_are_written_into_a_folder_or_into_one_file(call: Call, tmp_path: Path) -> None:
    code, _, err = call("stats", "--svg", tmp_path / "plots", "--theme", "dark")
    assert code == 0
    files = sorted((tmp_path / "plots").iterdir())
    assert [file.stem for file in files] == ["checks", "days", "effort", "progress", "speed"]
    assert all(ElementTree.parse(file).getroot().tag.endswith("svg") for file in files)
    assert str(files[0]) in err
    assert call("stats", "--svg", tmp_path / "all.svg")[0] == 0
    root = ElementTree.parse(tmp_path / "all.svg").getroot()
    heights = [int(ElementTree.parse(file).getroot().attrib["height"]) for file in files]
    assert int(root.attrib["height"]) == sum(heights)
    assert "treinen.txt" in (tmp_path / "all.svg").read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_told(call: Call, location: Path) -> None:
    code, _, err = call("stats", "--svg", location / "plots")
    assert code == 2
    assert "Give a file.svg or a folder" in err


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    command = typer.main.get_command(app)
    words = ["--accept-all", "--store", str(tmp_path / "typo.db")]
    assert report.run(lambda: command.main(words, prog_name="mt review", standalone_mode=False)) == 5
    assert "There is no store at" in capfd.readouterr().err
    assert not (tmp_path / "typo.db").exists()


def test_statistics_of_an_empty_store_say_what_to_do(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    Store.open(tmp_path / "empty.db").close()
    command = typer.main.get_command(app)
    words = ["stats", "--store", str(tmp_path / "empty.db")]
    assert report.run(lambda: command.main(words, prog_name="mt review", standalone_mode=False)) == 0
    assert "mt translate FILE" in capfd.readouterr().err
