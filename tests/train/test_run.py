"""Whole runs of a tiny model: repeatable, restartable, and stopped with a word where they cannot go on."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mt import engines
from mt.errors import EngineError, UsageError
from mt.train import train
from mt.train.bitext import Counts
from mt.train.checkpoint import Checkpoints
from mt.train.journal import plot, read_journal
from mt.train.recipe import Cleaning, Recipe, ScoredSet


class StopAt:
    """A listener that does something once some updates are done."""

    def __init__(self, share: float, act: Callable[[], None]) -> None:
        self._share, self._act = share, act

    def progress(self, done: float, loss: float, tokens_per_second: float, seconds_left: float) -> None:
        if done >= self._share:
            self._act()

    def note(self, text: str) -> None:
        pass


class Killed(BaseException):
    """Ends a run without any clean-up of its own."""


def kill() -> None:
    raise Killed


def weights(folder: Path) -> bytes:
    return (folder / "model" / "model.safetensors").read_bytes()


@pytest.mark.slow
def test_a_resumed_run_equals_the_uninterrupted_one_bit_for_bit(recipe: Recipe, tmp_path: Path) -> None:
    train(recipe, tmp_path / "whole")
    for share in (0.6, 0.9):
        with pytest.raises(Killed):
            train(recipe, tmp_path / "broken", listener=StopAt(share, kill))
    train(recipe, tmp_path / "broken")
    assert weights(tmp_path / "broken") == weights(tmp_path / "whole")
    journals = [read_journal(tmp_path / run / "metrics.jsonl") for run in ("whole", "broken")]
    losses = [[(e["update"], e["loss"]) for e in entries if "loss" in e] for entries in journals]
    assert losses[0] == losses[1] != []


@pytest.mark.slow
def test_a_run_that_was_killed_by_the_system_goes_on(recipe: Recipe, tmp_path: Path) -> None:
    script = (
        "import os, pickle, signal, sys\n"
        "from pathlib import Path\n"
        "from mt.train import train\n"
        "class Now:\n"
        "    def note(self, text): pass\n"
        "    def progress(self, done, *rest):\n"
        "        if done > 0.5: os.kill(os.getpid(), signal.SIGKILL)\n"
        "recipe = pickle.loads(Path(sys.argv[1]).read_bytes())\n"
        "train(recipe, Path(sys.argv[2]), listener=Now())\n"
    )
    import pickle

    (tmp_path / "recipe.pickle").write_bytes(pickle.dumps(recipe))
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "recipe.pickle", tmp_path / "run"],
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    train(recipe, tmp_path / "run")
    train(recipe, tmp_path / "whole")
    assert weights(tmp_path / "run") == weights(tmp_path / "whole")


def test_the_model_is_read_by_the_engine_and_by_transformers_and_has_a_true_card(
    recipe: Recipe, development: Path, tmp_path: Path
) -> None:
    from transformers import MarianMTModel, MarianTokenizer

    trained = train(replace(recipe, tests=[ScoredSet("held out", development)]), tmp_path / "run")
    model = MarianMTModel.from_pretrained(trained.model)
    tokens = MarianTokenizer.from_pretrained(trained.model)(["Hallo daar."], return_tensors="pt")
    assert model.generate(**tokens, max_new_tokens=5).shape[0] == 1
    assert len(engines.load(trained.model, threads=1).translate(["Hallo daar."])) == 1
    card = (trained.model / "README.md").read_text(encoding="utf-8")
    [bleu, chrf] = trained.tests["held out"]
    assert f"| held out (6) | {bleu.value:.2f} | {chrf.value:.2f} |" in card
    assert bleu.signature in card
    assert "CC0-1.0" in card
    assert "120 pairs read" in card
    page = (tmp_path / "run" / "metrics.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "http" not in page
    assert not (tmp_path / "run" / "candidate").exists()


def test_a_finished_run_is_not_trained_again(recipe: Recipe, tmp_path: Path, listener: Any) -> None:
    train(recipe, tmp_path / "run")
    before = weights(tmp_path / "run")
    train(recipe, tmp_path / "run", listener=listener)
    assert listener.losses == []
    assert weights(tmp_path / "run") == before


def test_a_damaged_checkpoint_is_put_aside_and_the_one_before_is_used(
    recipe: Recipe, tmp_path: Path, listener: Any
) -> None:
    with pytest.raises(Killed):
        train(recipe, tmp_path / "run", listener=StopAt(0.6, kill))
    newest = Checkpoints(tmp_path / "run" / "checkpoints").newest()
    assert newest is not None
    newest.write_bytes(newest.read_bytes()[:1000])
    train(recipe, tmp_path / "run", listener=listener)
    assert any("no whole checkpoint" in note for note in listener.notes)
    assert any("Going on from" in note and "000000002" in note for note in listener.notes)


def test_a_loss_that_is_no_number_stops_and_names_the_last_good_checkpoint(
    changed: Callable[..., Recipe], tmp_path: Path
) -> None:
    broken = changed(optimizer="adam", rate=1e30, warmup=0.5, precision="float32", updates=40)
    broken = replace(broken, validation=replace(broken.validation, every=100, checkpoint_every=1))
    with pytest.raises(
        EngineError, match=r"no finite number.*last good checkpoint is .*update-\d+\.pt"
    ) as caught:
        train(broken, tmp_path / "run")
    assert "training.rate" in caught.value.hint


def test_weights_that_an_update_broke_are_never_a_checkpoint(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mt.train.optimizer import Learner

    step, norms = Learner.step, []

    def breaking(learner: Learner, gradients: list[Any], factor: float) -> float:
        norms.append(step(learner, gradients, factor))
        if len(norms) == 4:
            next(iter(learner.weights.values())).data.flatten()[0] = float("inf")
        return norms[-1]

    monkeypatch.setattr(Learner, "step", breaking)
    with pytest.raises(EngineError, match=r"sum of the weights.*update-000000002\.pt"):
        train(recipe, tmp_path / "run")
    assert [path.name for path in (tmp_path / "run" / "checkpoints").iterdir()] == ["update-000000002.pt"]


def test_a_card_that_cannot_be_written_is_told_and_the_run_goes_on_later(
    recipe: Recipe, tmp_path: Path
) -> None:
    card = tmp_path / "run" / "model" / "README.md"
    with pytest.raises(EngineError, match=r"README\.md: cannot be written"):
        train(recipe, tmp_path / "run", listener=StopAt(0.9, lambda: card.mkdir(parents=True, exist_ok=True)))
    card.rmdir()
    train(recipe, tmp_path / "run")
    assert card.is_file()


def test_a_full_disk_stops_and_names_the_last_good_checkpoint(recipe: Recipe, tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        full = StopAt(0.3, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1])))
        with pytest.raises(
            EngineError, match=r"cannot be written.*last good checkpoint is .*update-000000002"
        ):
            train(recipe, tmp_path / "run", listener=full)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert not list((tmp_path / "run" / "checkpoints").glob("*.unfinished"))
    train(recipe, tmp_path / "run")
    assert (tmp_path / "run" / "model" / "model.safetensors").is_file()


def test_the_folder_of_another_recipe_is_refused(
    recipe: Recipe, changed: Callable[..., Recipe], tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        train(recipe, tmp_path / "run", listener=StopAt(0.1, kill))
    with pytest.raises(UsageError, match="another recipe"):
        train(changed(seed=5), tmp_path / "run")


def test_a_run_goes_on_with_recipes_that_meanwhile_know_another_key(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(Killed):
        train(recipe, tmp_path / "run", listener=StopAt(0.6, kill))
    note = tmp_path / "run" / "recipe.json"
    before = json.loads(note.read_text())
    for body in before["data"]:
        del body["tag"]
    note.write_text(json.dumps(before))
    train(recipe, tmp_path / "run")
    assert (tmp_path / "run" / "model" / "model.safetensors").is_file()


def test_a_tagged_body_is_named_in_the_card(recipe: Recipe, tmp_path: Path) -> None:
    [body] = recipe.data
    trained = train(replace(recipe, data=[replace(body, tag="<BT>")]), tmp_path / "run")
    assert "| bitext (sources tagged <BT>) | 120 |" in (trained.model / "README.md").read_text(
        encoding="utf-8"
    )
    pieces = json.loads((trained.model / "vocab.json").read_text(encoding="utf-8"))
    assert "<BT>" in pieces


def test_a_folder_with_other_things_in_it_is_refused(recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds no run"):
        train(recipe, tmp_path / "run")


def test_bitext_of_which_nothing_is_left_is_refused_with_the_reasons(recipe: Recipe, tmp_path: Path) -> None:
    recipe.data[0].path.write_text("een\t\n\ttwo\n" * 60, encoding="utf-8")
    with pytest.raises(UsageError, match="No pair is left") as caught:
        train(recipe, tmp_path / "run")
    assert "120 pairs read, 0 kept" in caught.value.hint


def test_the_projects_own_quality_score_filters_where_the_recipe_asks(
    recipe: Recipe, bitext: Path, tmp_path: Path, listener: Any
) -> None:
    with bitext.open("a", encoding="utf-8") as stream:
        stream.write("De kat slaapt op de bank in de kamer.\t12345 %%% 777 000 !!! 99 a\n")
    strict = replace(recipe, cleaning=Cleaning(max_tokens=100, min_quality=0.3))
    with pytest.raises(Killed):
        train(strict, tmp_path / "run", listener=StopAt(0.1, kill))
    counts = Counts(**json.loads((tmp_path / "run" / "data.json").read_text()))
    assert counts.dropped["low quality"] >= 1


def test_training_stops_when_the_development_set_no_longer_improves(
    recipe: Recipe, changed: Callable[..., Recipe], tmp_path: Path
) -> None:
    still = changed(rate=0.0, matrix_rate=0.0, updates=50)
    still = replace(still, validation=replace(still.validation, every=2, patience=2, average=3))
    trained = train(still, tmp_path / "run")
    assert "did not rise for 2 looks" in trained.stopped
    assert read_journal(tmp_path / "run" / "metrics.jsonl")[-1]["update"] == 6


@pytest.mark.slow
def test_two_workers_train_one_model(changed: Callable[..., Recipe], tmp_path: Path, listener: Any) -> None:
    trained = train(changed(devices=["cpu", "cpu"]), tmp_path / "run", listener=listener)
    assert len(listener.losses) == 8
    assert "2 x" in (trained.model / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_what_ends_one_of_two_workers_is_told(changed: Callable[..., Recipe], tmp_path: Path) -> None:
    broken = changed(
        devices=["cpu", "cpu"], optimizer="adam", rate=1e30, warmup=0.5, precision="float32", updates=40
    )
    with pytest.raises(EngineError, match="no finite number"):
        train(broken, tmp_path / "run")


@pytest.mark.slow
def test_low_rank_adapters_change_the_model_they_are_merged_into(recipe: Recipe, tmp_path: Path) -> None:
    base = train(recipe, tmp_path / "base").model
    lora = replace(
        recipe,
        model=replace(recipe.model, start=base, adapter_rank=4, dropout=0.0),
        training=replace(recipe.training, optimizer="adam", rate=1e-2, updates=20),
    )
    trained = train(lora, tmp_path / "run").model
    from safetensors.numpy import load_file

    old, new = load_file(base / "model.safetensors"), load_file(trained / "model.safetensors")
    assert old.keys() == new.keys()
    assert (old["model.shared.weight"] == new["model.shared.weight"]).all()
    name = "model.encoder.layers.0.self_attn.q_proj.weight"
    assert not (old[name] == new[name]).all()


def test_the_page_of_curves_copes_with_nothing_and_with_one_value() -> None:
    assert "Nothing was measured" in plot([], "run")
    assert "polyline" in plot([{"update": 1, "loss": 2.0}], "run")


def test_the_journal_leaves_out_a_line_that_was_cut_off(tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text('{"update": 1, "loss": 2.0}\n{"update": 2, "lo')
    assert read_journal(tmp_path / "m.jsonl") == [{"update": 1, "loss": 2.0}]
