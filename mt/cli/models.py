"""`mt models`: add, list, inspect and remove translation models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mt.cli import report
from mt.cli.commands import Commands
from mt.cli.options import Json, Quiet
from mt.engines import install, models
from mt.engines.models import BETTER_MODEL, Model
from mt.engines.replacements import Replacements

app = Commands(
    no_args_is_help=True,
    epilog=f"Example: mt models list; mt models add {BETTER_MODEL}; mt models info starter-nl-en",
)

Name = Annotated[str, typer.Argument(help="Name of an installed model, or `auto` for the best one.")]


@app.command("list", epilog="Example: mt models list --json")
def list_models(as_json: Json = False) -> None:
    """List the installed models, best first: `--model auto` takes the first."""
    found = models.installed()
    if as_json:
        report.out_json([_plain(model) for model in found])
        return
    rows = [
        (m.name, f"{m.source_lang}-{m.target_lang}", _megabytes(m.size), m.quantization, m.bleu, m.licence)
        for m in found
    ]
    report.table(
        ("model", "languages", "size", "weights", "FLORES BLEU", "licence"), rows, ("size", "FLORES BLEU")
    )
    for model in found:
        if model.kind == "damaged":
            report.note(f"{model.name} cannot be used. {model.note}")
    if len(found) == 1:
        from mt.pipeline.opening import model_advice

        report.note(model_advice(found[0].name))


@app.command(epilog="Example: mt models info auto")
def info(name: Name, as_json: Json = False) -> None:
    """Show what is known of a model: languages, size, checksum, licence, measured scores."""
    model, state = models.info(name)
    if as_json:
        report.out_json({**_plain(model), "verified": state})
        return
    for label, value in _facts(model, state):
        report.out(f"{label:<14}{value}")
    if model.scores:
        report.table(
            ("test set", "metric", "value", "measured with"),
            [(score.test_set, score.metric, score.value, score.note) for score in model.scores],
            ("value",),
        )


@app.command(epilog=f"Example: mt models add {BETTER_MODEL}; mt models add ./my-model --name mine")
def add(
    source: Annotated[str, typer.Argument(help="owner/model of the Hugging Face Hub, a folder, or a zip.")],
    name: Annotated[
        str, typer.Option("--name", help="What to call it; default: the last part of SOURCE.")
    ] = "",
    quantization: Annotated[
        str,
        typer.Option(
            "--quantization", help="Stored weights: int8, float32, float16; auto measures which is fastest."
        ),
    ] = "auto",
    source_lang: Annotated[
        str, typer.Option("--source-lang", help="Where the model's files do not tell.")
    ] = "",
    target_lang: Annotated[
        str, typer.Option("--target-lang", help="Where the model's files do not tell.")
    ] = "",
    shortlist: Annotated[
        Path | None,
        typer.Option("--shortlist", metavar="BITEXT", help="Bitext (source TAB target) for faster decoding."),
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Install a model from the Hub, a Hugging Face, CTranslate2 or OPUS-MT folder, or an OPUS-MT zip."""
    with _Stages(quiet) as stages:
        model = install.add(source, name, quantization, source_lang, target_lang, shortlist, stages.show)
    if as_json:
        report.out_json(_plain(model))
        return
    report.out(
        f"{model.name}  {model.source_lang}-{model.target_lang}  {_megabytes(model.size)}  {model.path}"
    )


@app.command(epilog="Example: mt models remove opus-mt-nl-en")
def remove(
    name: Annotated[str, typer.Argument(help="Name of an installed model.")], as_json: Json = False
) -> None:
    """Delete an installed model."""
    model = install.remove(name)
    if as_json:
        report.out_json(_plain(model))
        return
    report.note(f"Removed {model.name} ({_megabytes(model.size)}).")


class _Stages:
    """One progress bar after another, one for each stage of an installation."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._stage = ""
        self._done = 0
        self._bar: report.Progress | None = None

    def show(self, stage: str, done: int, total: int) -> None:
        """Move the bar of a stage to ``done``; bytes count as megabytes."""
        if total > 10_000:
            done, total = done // 1_000_000, max(1, total // 1_000_000)
        if stage != self._stage:
            self.stop()
            self._stage, self._done = stage, 0
            self._bar = report.Progress(stage, total, self._quiet)
        if self._bar is not None:
            self._bar.advance(done - self._done, total)
        self._done = done

    def stop(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def __enter__(self) -> _Stages:
        return self

    def __exit__(self, *problem: object) -> None:
        self.stop()


def _facts(model: Model, state: str) -> list[tuple[str, str]]:
    facts = [
        ("name", model.name),
        ("languages", f"{model.source_lang} to {model.target_lang}"),
        ("folder", str(model.path)),
        ("layout", model.kind),
        ("size", _megabytes(model.size)),
        ("weights", model.quantization),
        ("fastest here", model.compute_type),
        ("sha256", model.sha256),
        ("verified", state),
        ("licence", model.licence or "not stated"),
        ("positions", str(model.positions)),
        ("shortlist", "yes" if model.shortlist else "no"),
        ("replacements", str(len(Replacements.read(model.path).items) or "")),
        ("origin", model.origin),
        ("installed", model.installed_at or "with the program"),
        ("about", model.note),
    ]
    return [(label, value) for label, value in facts if value]


def _plain(model: Model) -> dict[str, Any]:
    return {**models.as_values(model), "path": str(model.path), "bleu": model.bleu}


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


@app.command(epilog="Example: mt models rollback sport-nl-en")
def rollback(name: Annotated[str, typer.Argument(help="Name of a model that `mt adapt` replaced.")]) -> None:
    """Bring back the version of a model that the newest adaptation replaced."""
    from mt.train.versions import rollback as bring_back

    report.out(bring_back(name).name)
