"""Installing a model from the Hub, a folder or a zip, and removing it."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mt.engines.models import (
    METADATA,
    STARTER,
    Model,
    checksum_of,
    describe,
    installed,
    read_installed,
    sha256_of,
    weights_file,
    write_metadata,
)
from mt.engines.replacements import FILE as REPLACEMENTS
from mt.engines.storage import building, discard, locked, models_folder
from mt.errors import EngineError, UsageError, unknown_name

Progress = Callable[[str, int, int], None]
"""Called with the stage, what is done and the total.

The stages are ``download``, ``unpack``, ``convert``, ``shortlist``, ``measure`` and ``check``; the first two count
bytes.
"""

_KEPT = (
    "README.md", "LICENSE", "LICENCE", "tokenizer_config.json", "source.spm", "target.spm", "vmap.txt", REPLACEMENTS,
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
QUANTIZATIONS = ("auto", "int8", "float32", "float16")
_RESERVED = ("auto", STARTER.name)


def _silent(stage: str, done: int, total: int) -> None:
    """Shows nothing."""


def add(
    source: str | Path,
    name: str = "",
    quantization: str = "auto",
    source_lang: str = "",
    target_lang: str = "",
    shortlist: Path | None = None,
    progress: Progress = _silent,
) -> Model:
    """Install a model: it is there whole at the end, or not at all.

    Args:
        source: ``owner/model`` on the Hub, a folder in Hugging Face, CTranslate2 or OPUS-MT layout, or a zip of one.
        name: what to call it; by default what the source is called.
        quantization: number type of the stored weights: int8, float32, float16, or ``auto``: what was measured
            to decode fastest here, which is int8 nearly everywhere. A CTranslate2 folder keeps its own.
        source_lang, target_lang: where the model's own files do not tell.
        shortlist: a bitext to build a lexical shortlist from, also for a model that is there already; see
            :mod:`mt.engines.shortlist`.
        progress: called as the work goes on.

    Returns:
        the installed model; the one that is there already where the weights are the same.

    Raises:
        UsageError: no such source, an impossible name, or a name that another model has.
        EngineError: the Hub cannot be reached, or the source is broken or no Marian model.
        MissingExtraError: the source needs torch or huggingface_hub.
    """
    name = name or _name_of(source)
    if name in _RESERVED or not _NAME.fullmatch(name):
        raise UsageError(
            f"A model cannot be called {name!r}.", "Give a name of letters, digits, . _ -: --name NAME"
        )
    if quantization not in QUANTIZATIONS:
        raise unknown_name("quantization", quantization, QUANTIZATIONS)
    root = models_folder()
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="mt-model-") as scratch, locked(root / f".{name}.lock"):
            try:
                folder = _fetched(source, Path(scratch), progress)
                plan = _Plan(str(source), name, quantization, (source_lang, target_lang), shortlist, progress)
                return _install(folder, plan)
            finally:
                with suppress(OSError):
                    (root / f".{name}.lock").unlink()
    except OSError as error:
        raise EngineError(
            f"{error.filename or root}: {error.strerror or error}; the model is not installed.",
            "Make room or set MT_HOME to a folder that can be written.",
        ) from error


def remove(name: str) -> Model:
    """Delete an installed model.

    Raises:
        UsageError: no such model, or it is the one that is shipped.
    """
    if name == STARTER.name:
        raise UsageError(f"{name} is part of the program and stays.", "Only added models can be removed.")
    for model in installed():
        if model.name == name:
            discard(model.path)
            return model
    raise unknown_name("model", name, [model.name for model in installed() if model.name != STARTER.name])


def _name_of(source: str | Path) -> str:
    """The last word of a Hub name or path, without ``.zip``."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", Path(source).resolve().name.removesuffix(".zip")).strip("-._")


def _fetched(source: str | Path, scratch: Path, progress: Progress) -> Path:
    """The folder with the model's files, wherever it comes from."""
    path = Path(source)
    if path.is_dir():
        return path
    if path.is_file():
        from mt.engines.archive import unpack

        return unpack(path, scratch, lambda done, total: progress("unpack", done, total))
    from mt.engines.hub import download, is_hub_name

    if is_hub_name(str(source)):
        return download(str(source), lambda done, total: progress("download", done, total))
    raise UsageError(f"{source}: no such file or folder.", "Give owner/model of the Hub, a folder or a zip.")


@dataclass(frozen=True, slots=True)
class _Plan:
    """What was asked of :func:`add`."""

    origin: str
    name: str
    quantization: str
    langs: tuple[str, str]
    bitext: Path | None
    progress: Progress


def _install(source: Path, plan: _Plan) -> Model:
    final = models_folder() / plan.name
    checksum = checksum_of(source, _original_weights(source))
    if (final / METADATA).is_file():
        present = _same_or_error(read_installed(final), checksum)
        return _with_shortlist(present, plan) if plan.bitext else present
    with building(final) as folder:
        kept, compute_type = _made(source, folder, plan)
        described = describe(folder, "ctranslate2", plan.name)
        model = described._replace(
            source_lang=plan.langs[0] or described.source_lang or kept.source_lang,
            target_lang=plan.langs[1] or described.target_lang or kept.target_lang,
            licence=described.licence or kept.licence,
            scores=described.scores or kept.scores,
            note=described.note or kept.note,
            positions=kept.positions,
            quantization=kept.quantization,
            sha256=checksum,
            stored_sha256=sha256_of(folder / "model.bin"),
            compute_type=compute_type,
            origin=plan.origin if _on_the_hub(plan.origin) else str(Path(plan.origin).resolve()),
            installed_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        write_metadata(folder, model)
        with _stage(plan.progress, "check"):
            _check(model)
    return read_installed(final)


def _made(source: Path, folder: Path, plan: _Plan) -> tuple[Model, str]:
    """Convert, and with ``auto`` measure and convert again where int8 is not the fastest.

    Returns:
        what the source tells, and the number type to compute with, empty for that of the weights.
    """
    with _stage(plan.progress, "convert"):
        kept = _converted(source, folder, "int8" if plan.quantization == "auto" else plan.quantization)
    if plan.bitext is not None:
        from mt.engines.shortlist import build

        with _stage(plan.progress, "shortlist"):
            build(folder, plan.bitext)
    if plan.quantization != "auto":
        return kept, ""
    from mt.engines.probe import fastest

    with _stage(plan.progress, "measure"):
        compute_type, _ = fastest(folder)
    if compute_type != "int8" and kept.quantization == "int8":
        kept = _converted(source, folder, "float32")
    return kept, compute_type


@contextmanager
def _stage(progress: Progress, name: str) -> Iterator[None]:
    progress(name, 0, 1)
    yield
    progress(name, 1, 1)


def _on_the_hub(origin: str) -> bool:
    return origin.count("/") == 1 and not Path(origin).exists()


def _same_or_error(present: Model, checksum: str) -> Model:
    if present.sha256 == checksum:
        return present
    raise UsageError(
        f"Another model is called {present.name}.",
        f"Choose --name, or first: mt models remove {present.name}",
    )


def _with_shortlist(present: Model, plan: _Plan) -> Model:
    """Build the shortlist of a model that is installed already, in the place of one that it has."""
    assert plan.bitext is not None
    from mt.engines.shortlist import build

    with _stage(plan.progress, "shortlist"):
        build(present.path, plan.bitext)
    write_metadata(present.path, present._replace(shortlist=True))
    return read_installed(present.path)


def _original_weights(source: Path) -> Path:
    if (source / "decoder.yml").is_file():
        from mt.engines.opus import weights_of

        return weights_of(source)
    return weights_file(source)


def _converted(source: Path, folder: Path, quantization: str) -> Model:
    """Write the model into ``folder`` in CTranslate2 layout, and tell what only the source knows."""
    for name in _KEPT:
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)
    if (source / "decoder.yml").is_file():
        from mt.engines.opus import convert_opus

        return convert_opus(source, folder, quantization)
    if (source / "model.bin").is_file():
        _copy_ctranslate2(source, folder)
        return read_installed(source) if (source / METADATA).is_file() else describe(source, "ctranslate2")
    from mt.engines.convert import convert

    convert(source, folder, quantization)
    return describe(source, "huggingface")._replace(quantization=quantization)


def _copy_ctranslate2(source: Path, folder: Path) -> None:
    for name in ("source.spm", "target.spm"):
        if not (source / name).is_file():
            raise EngineError(
                f"{source}: {name} is missing; CTranslate2 has the weights, not the tokeniser.",
                "Copy source.spm and target.spm of the original model into the folder.",
            )
    files = [*source.glob("*vocabulary.*"), source / "model.bin", source / "config.json"]
    for path in files:
        shutil.copyfile(path, folder / path.name)
    _check_vocabulary(folder)


def _check_vocabulary(folder: Path) -> None:
    """CTranslate2 itself runs a model with the vocabulary of another one, and writes nonsense."""
    from mt.engines.convert import stored_rows

    vocabulary = next(
        (
            folder / name
            for name in ("shared_vocabulary.json", "target_vocabulary.json")
            if (folder / name).is_file()
        ),
        None,
    )
    if vocabulary is None:
        return
    tokens = len(json.loads(vocabulary.read_text(encoding="utf-8")))
    rows = stored_rows(folder / "model.bin", "decoder/embeddings/weight")
    if rows != tokens:
        raise EngineError(
            f"The model has {rows} embeddings, {vocabulary.name} {tokens} tokens.",
            "The files belong to different models; fetch them again.",
        )


def _check(model: Model) -> None:
    """Translate one word, so that a model that cannot work is never installed."""
    from mt.engines.ctranslate2 import CTranslate2Engine

    if not model.source_lang or not model.target_lang:
        raise UsageError(
            f"The languages of {model.name} are not in its files.", "Give --source-lang and --target-lang."
        )
    CTranslate2Engine(model, "default", threads=1).translate(["1"])
