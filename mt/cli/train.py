"""`mt train`: a recipe in, a model with its card out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mt.cli import options, report
from mt.cli.commands import Commands

if TYPE_CHECKING:
    from mt.data import MetricScore

app = Commands()

EXAMPLE = """Examples:

mt train configs/train/starter.toml

mt train configs/train/starter.toml --output runs/second --device cuda:0 --device cuda:1

mt models add runs/starter/model
"""

_SECONDS_BETWEEN_LINES = 30.0


@app.command(epilog=EXAMPLE)
def train(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="Training recipe in TOML.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of the run; default: runs/ and the recipe's name."),
    ] = None,
    device: Annotated[
        list[str] | None,
        typer.Option("--device", help="auto, cpu, cuda:0 ...; once for each worker. Default: the recipe's."),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Instead of the recipe's.")] = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Train a translation model from bitext.

    A run that was interrupted, or killed, goes on where its newest checkpoint is when the same command is called
    again. The folder of the run holds the metrics (metrics.jsonl, metrics.html) and in the end model/.
    """
    from dataclasses import replace

    from mt.train import read_recipe
    from mt.train import train as run

    plan = read_recipe(recipe)
    training = plan.training
    if device:
        training = replace(training, devices=list(device))
    if seed is not None:
        training = replace(training, seed=seed)
    plan = replace(plan, training=training)
    folder = output or Path("runs") / recipe.stem
    try:
        with run_bar(quiet) as bar:
            trained = run(plan, folder, listener=bar)
    except KeyboardInterrupt:
        report.note(f"Interrupted. The same command goes on from the newest checkpoint in {folder}.")
        raise typer.Exit(report.INTERRUPTED) from None
    if as_json:
        report.out_json(trained)
        return
    if trained.stopped and not quiet:
        report.note(f"Stopped early: {trained.stopped}.")
    rows = [(name, *_cells(scores)) for name, scores in trained.tests.items()]
    rows.append(("development set", *_cells(trained.development)))
    report.table(("test set", "BLEU", "chrF2++"), rows, numeric=("BLEU", "chrF2++"))
    report.out(str(trained.model))
    if not quiet:
        report.note(f"Kept: {trained.chosen}. Install it: mt models add {trained.model}")


def _cells(scores: tuple[MetricScore, ...]) -> list[str]:
    return [f"{score.value:.2f}" for score in scores]


class _Lines:
    """Progress as one line of talk now and then, for a stderr that is no terminal."""

    def __init__(self) -> None:
        self._last = monotonic()

    def progress(self, done: float, loss: float, tokens_per_second: float, seconds_left: float) -> None:
        """A line, if the last one is long enough ago."""
        if monotonic() - self._last >= _SECONDS_BETWEEN_LINES:
            self._last = monotonic()
            report.note(
                f"{done:.1%}  loss {loss:.3f}  {tokens_per_second:.0f} tokens/s  "
                f"{seconds_left / 60:.0f} min left"
            )

    def note(self, text: str) -> None:
        """One line of talk."""
        report.note(text)


class _Quiet:
    """Says nothing."""

    def progress(self, done: float, loss: float, tokens_per_second: float, seconds_left: float) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""


class _Bar:
    """A bar with loss, speed and time left."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar
        self._task = bar.add_task("training", total=1.0, state="")

    def progress(self, done: float, loss: float, tokens_per_second: float, seconds_left: float) -> None:
        """Move the bar."""
        minutes, seconds = divmod(int(seconds_left), 60)
        state = f"loss {loss:.3f}  {tokens_per_second:.0f} tokens/s  {minutes}:{seconds:02d} left"
        self._bar.update(self._task, completed=done, state=state)

    def note(self, text: str) -> None:
        """One line of talk above the bar."""
        self._bar.console.print(text)


@contextmanager
def run_bar(quiet: bool) -> Iterator[_Bar | _Lines | _Quiet]:
    """What shows a run's progress on stderr, removed at the end."""
    import sys

    if quiet:
        yield _Quiet()
        return
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[state]}"), TimeElapsedColumn())
    with Progress(*columns, console=report.console(stderr=True), transient=True) as bar:
        yield _Bar(bar)
