"""A whole run: prepare once, train on every device, choose, export, score, write the card."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mt.data import MetricScore
from mt.engines.models import sha256_of
from mt.errors import EngineError, MissingExtraError, UsageError
from mt.train import Trained
from mt.train.bitext import Counts, Example, Quality, clean, ngrams_of, read_bitext, read_pairs
from mt.train.card import Facts, model_card
from mt.train.checkpoint import write_atomically
from mt.train.dataset import body_of, encode, variants
from mt.train.memory import wait_asleep
from mt.train.recipe import Bitext, Recipe, check_paths, check_recipe, parse_recipe
from mt.train.tokenizer import open_pieces, train_pieces

if TYPE_CHECKING:
    from mt.train.parallel import Worker
    from mt.train.trainer import Folder, Listener


def train(recipe: Recipe, folder: Path, quality: Quality | None, listener: Listener | None) -> Trained:
    """See :func:`mt.train.train`."""
    check_recipe(recipe)
    check_paths(recipe)
    _require_torch()
    from mt.train.parallel import find_devices, run_workers
    from mt.train.trainer import Folder

    devices = find_devices(recipe.training.devices)
    files = Folder(folder)
    bodies = named(recipe.data)
    _claim(recipe, folder)
    development = read_pairs(recipe.validation.path, limit=recipe.validation.limit)
    counts = _prepared(recipe, bodies, files, quality, listener)
    try:
        return run_workers(devices, _work, (recipe, bodies, files, development, counts), listener)  # type: ignore[no-any-return]
    except OSError as error:
        raise EngineError(
            f"{error.filename or folder}: cannot be written ({error.strerror or error}).",
            "Free space on the disk; the same command goes on from the newest checkpoint.",
        ) from error


def _require_torch() -> None:
    wait_asleep()
    try:
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("Training", "train") from error


def named(bodies: Sequence[Bitext]) -> list[Bitext]:
    """The bodies with their names filled in.

    Raises:
        UsageError: two have the same name.
    """
    filled = [replace(body, name=body.name or body.path.name.partition(".")[0]) for body in bodies]
    for name, count in Counter(body.name for body in filled).items():
        if count > 1:
            raise UsageError(
                f"{count} bitexts are named {name!r}.", "Give each a name of its own in the recipe."
            )
        if "/" in name or "+" in name:
            raise UsageError(f"The name {name!r} has a / or +.", "Use letters, digits, - and _.")
    return filled


def _claim(recipe: Recipe, folder: Path) -> None:
    """Make the folder the run's own, or find that it is."""
    # A run may go on elsewhere: devices and threads do not make it another one.
    training = replace(recipe.training, devices=[], threads=0)
    own = replace(recipe, training=training)
    text = json.dumps(asdict(own), default=str, indent=1, sort_keys=True)
    note = folder / "recipe.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if note.is_file() and _noted(note) != own:
            raise UsageError(
                f"{folder} holds a run of another recipe.",
                "Choose another folder with --output, or remove it.",
            )
        if not note.is_file():
            if any(folder.iterdir()):
                raise UsageError(
                    f"{folder} is not empty and holds no run.", "Choose another folder with --output."
                )
            note.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror}.", "Choose another folder with --output.") from error


def _noted(note: Path) -> Recipe | None:
    """The recipe that a run was begun with, keys that it did not know yet at their defaults; None if damaged."""
    try:
        return parse_recipe(_without_none(json.loads(note.read_text(encoding="utf-8"))), str(note))
    except (ValueError, UsageError):
        return None


def _without_none(value: Any) -> Any:
    """JSON without the keys that have no value, as TOML writes them."""
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return [_without_none(item) for item in value] if isinstance(value, list) else value


def _prepared(
    recipe: Recipe,
    bodies: Sequence[Bitext],
    files: Folder,
    quality: Quality | None,
    listener: Listener | None,
) -> Counts:
    """Make the encoded bitext and the pieces, or find them made."""
    done = files.path / "data.json"
    if done.is_file():
        values = json.loads(done.read_text(encoding="utf-8"))
        return Counts(values["read"], Counter(values["kept"]), Counter(values["dropped"]))
    if recipe.cleaning.min_quality > 0 and quality is None:
        quality = _own_quality(recipe)
    counts = Counts()
    tests = [*recipe.cleaning.test_sets, *_paths_of_tests(recipe), recipe.validation.path]
    forbidden = ngrams_of(tests if recipe.cleaning.decontaminate else [])
    everything = (example for body in bodies for example in read_bitext(body))
    kept = list(clean(everything, recipe.cleaning, forbidden, quality, counts))
    if listener is not None:
        listener.note(counts.summary() + ".")
    if not kept:
        raise UsageError("No pair is left to train on.", f"{counts.summary()}; see [cleaning] in the recipe.")
    pieces = _pieces(recipe, files, kept)
    rows = [row for body in bodies for row in variants(_of_body(kept, body), body, recipe.training.seed)]
    tags = {body.name: body.tag for body in bodies}
    data = encode(rows, pieces, recipe.cleaning.max_tokens, recipe.training.seed, tags)
    write_atomically(files.data, data.write)
    text = json.dumps({"read": counts.read, "kept": counts.kept, "dropped": counts.dropped})
    write_atomically(done, lambda stream: stream.write(text.encode()))
    return counts


def _own_quality(recipe: Recipe) -> Quality:
    """The project's quality score, by its checks alone."""
    from mt.quality import score

    source, target = recipe.source_lang, recipe.target_lang
    return lambda pairs: [judged.value for judged in score(pairs, source_lang=source, target_lang=target)]


def _paths_of_tests(recipe: Recipe) -> list[Path]:
    return [path for test in recipe.tests for path in (test.path, test.target) if path]


def _of_body(examples: Sequence[Example], body: Bitext) -> list[Example]:
    return [example for example in examples if body_of(example.group) == body.name]


def _pieces(recipe: Recipe, files: Folder, kept: Sequence[Example]) -> Any:
    given = recipe.vocabulary.model
    if recipe.model.start is not None:
        given = recipe.model.start / "source.spm"
        _same_on_both_sides(recipe.model.start)
    if given is not None:
        try:
            shutil.copyfile(given, files.pieces)
        except OSError as error:
            raise EngineError(f"{given}: cannot be copied ({error.strerror}).", "Check the path.") from error
    else:
        texts = (text for example in kept for text in (example.source, example.target))
        tags = sorted({body.tag for body in recipe.data if body.tag})
        train_pieces(texts, recipe.vocabulary.size, files.pieces, max(1, recipe.training.threads), tags)
    return open_pieces(files.pieces)


def _same_on_both_sides(start: Path) -> None:
    """A model with two SentencePiece models or other ids than theirs cannot be trained on here."""
    try:
        sides = [
            hashlib.sha256((start / f"{side}.spm").read_bytes()).digest() for side in ("source", "target")
        ]
    except OSError as error:
        raise EngineError(
            f"{start}: {error.strerror}: source.spm and target.spm.", "Give a whole model."
        ) from error
    if sides[0] != sides[1]:
        raise EngineError(
            f"{start}: has different pieces for source and target.", "Start from a model with shared pieces."
        )


def _work(
    worker: Worker,
    recipe: Recipe,
    bodies: list[Bitext],
    files: Folder,
    development: list[tuple[str, str]],
    counts: Counts,
    listener: Listener | None,
) -> Trained | None:
    """What every worker does; only the first one chooses, exports and scores."""
    from mt.train.export import write_model
    from mt.train.trainer import Trainer

    trainer = Trainer(worker, recipe, bodies, files, development, listener)
    position = trainer.run()
    if worker.rank:
        return None
    chosen, weights, scores = trainer.choose()
    langs = (recipe.source_lang, recipe.target_lang)
    write_model(files.model, trainer.model, weights, files.pieces, langs)
    tests, segments = _score_tests(recipe, files.model)
    file = files.model / "model.safetensors"
    facts = Facts(
        parameters=sum(weight.numel() for weight in weights.values()),
        size=file.stat().st_size,
        sha256=sha256_of(file),
        chosen=chosen,
        updates=position.update,
        tokens=position.tokens,
        hours=position.seconds / 3600,
        device=_device_name(worker),
        development=scores,
        tests=tests,
        segments=segments,
    )
    (files.model / "README.md").write_text(model_card(recipe, bodies, counts, facts), encoding="utf-8")
    shutil.rmtree(files.path / "candidate", ignore_errors=True)
    return Trained(
        files.model, chosen, position.stopped, tuple(scores), {k: tuple(v) for k, v in tests.items()}
    )


def _score_tests(recipe: Recipe, model: Path) -> tuple[dict[str, list[MetricScore]], dict[str, int]]:
    from mt.evaluate import score
    from mt.train.export import translations
    from mt.train.trainer import METRICS

    scores: dict[str, list[MetricScore]] = {}
    segments: dict[str, int] = {}
    for test in recipe.tests:
        pairs = read_pairs(test.path, test.target)
        hypotheses = translations(model, [source for source, _ in pairs], 4, recipe.training.threads)
        scores[test.name] = score(hypotheses, [[target for _, target in pairs]], METRICS)
        segments[test.name] = len(pairs)
    return scores, segments


def _device_name(worker: Worker) -> str:
    import torch

    if worker.device.startswith("cuda"):
        return f"{worker.count} x {torch.cuda.get_device_name(worker.device)}"
    return f"{worker.count} x {torch.get_num_threads()} processor threads"
