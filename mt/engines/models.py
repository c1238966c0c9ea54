"""The installed models: which there are, where they lie, and what is known of each."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from mt.engines.cards import Score, first_paragraph, read_card, read_languages, read_licence, read_scores
from mt.engines.replacements import FILE as REPLACEMENTS
from mt.engines.storage import models_folder, read_json
from mt.errors import EngineError, unknown_name

METADATA = "mt-model.json"
STARTER = Path(__file__).parent / "data" / "starter-nl-en"
BETTER_MODEL = "Helsinki-NLP/opus-mt-nl-en"
_DEFAULT_POSITIONS = 512


class Model(NamedTuple):
    """One model and what is known of it.

    Attributes:
        name: what ``--model`` takes.
        path: its folder.
        kind: ``starter``, ``huggingface`` or ``ctranslate2``: the layout of the folder; ``damaged`` where what is
            known of it cannot be read.
        source_lang, target_lang: BCP 47, empty where unknown.
        size: of the folder in bytes.
        sha256: of the weights as they came, hexadecimal; with replacements, of both.
        stored_sha256: of the weights as they were converted, empty where they were not.
        licence: SPDX identifier or what the card says, empty where unknown.
        scores: measured values, from the card.
        quantization: number type of the stored weights.
        positions: tokens that the model has positions for, ``</s>`` included.
        installed_at: ISO 8601 in UTC, empty for models that were not installed.
        origin: where it came from.
        note: one paragraph for people.
        language_tokens: every ``>>xxx<<`` in the vocabulary.
        target_token: the one put before every source, or empty.
        compute_type: the fastest one as measured when it was installed, or empty.
        shortlist: whether a lexical shortlist lies beside the weights.
    """

    name: str
    path: Path
    kind: str
    source_lang: str = ""
    target_lang: str = ""
    size: int = 0
    sha256: str = ""
    stored_sha256: str = ""
    licence: str = ""
    scores: tuple[Score, ...] = ()
    quantization: str = ""
    positions: int = _DEFAULT_POSITIONS
    installed_at: str = ""
    origin: str = ""
    note: str = ""
    language_tokens: tuple[str, ...] = ()
    target_token: str = ""
    compute_type: str = ""
    shortlist: bool = False

    @property
    def bleu(self) -> float | None:
        """The best BLEU on FLORES that the card states."""
        values = [s.value for s in self.scores if s.metric == "BLEU" and "flores" in s.test_set.lower()]
        return max(values, default=None)


def installed() -> list[Model]:
    """Every model, best first, the starter last; a damaged one says so in its note."""
    found = [
        _of_metadata_or_damaged(path.parent) for path in sorted(models_folder().glob(f"[!.]*/{METADATA}"))
    ]
    return [*sorted(found, key=_rank, reverse=True), starter()]


def _rank(model: Model) -> tuple[float, str]:
    return (-1.0 if model.bleu is None else model.bleu, model.installed_at)


def starter() -> Model:
    """The model that is shipped in the package."""
    return _of_folder(STARTER)._replace(
        name=STARTER.name, kind="starter", origin="shipped with mt", sha256=""
    )


def info(name: str | Path = "auto") -> tuple[Model, str]:
    """Everything known of a model, its weights read and checked.

    Returns:
        the model, and whether its weights are still those that were installed: ``yes``, ``no`` or
        ``not recorded``.

    Raises:
        UsageError: no such model.
        EngineError: the folder holds no model.
    """
    model = resolve(name)
    stored = sha256_of(weights_file(model.path))
    expected = model.stored_sha256 or _checksum_in(read_card(model.path))
    verified = "not recorded" if not expected else "yes" if stored == expected else "no"
    return model._replace(sha256=model.sha256 or stored), verified


def _checksum_in(card: str) -> str:
    """The checksum that a card states, or empty."""
    found = re.search(r"\b[0-9a-f]{64}\b", card)
    return found[0] if found else ""


def resolve(name: str | Path = "auto", source_lang: str = "nl", target_lang: str = "en") -> Model:
    """The model that a name stands for.

    Args:
        name: an installed model's name, a folder, or ``auto``: the best installed one for the languages.
        source_lang, target_lang: what ``auto`` must translate.

    Raises:
        UsageError: no such model.
        EngineError: the folder holds no model.
    """
    if name == "auto":
        return _best(source_lang, target_lang)
    if name == STARTER.name:
        return starter()
    folder = models_folder() / name
    if Path(name).name == str(name) and (folder / METADATA).is_file():
        return _of_folder(folder)
    if Path(name).is_dir():
        return _of_folder(Path(name))
    for model in installed():
        if model.origin == str(name):
            return model
    error = unknown_name("model", str(name), [model.name for model in installed()])
    error.hint += f" To install it: mt models add {name}" if "/" in str(name) else ""
    raise error


def _best(source_lang: str, target_lang: str) -> Model:
    wanted = (_primary(source_lang), _primary(target_lang))
    for model in installed():
        if (_primary(model.source_lang), _primary(model.target_lang)) == wanted:
            return model
    raise EngineError(
        f"No installed model translates {source_lang} to {target_lang}.",
        "See mt models list and mt models add.",
    )


def _primary(lang: str) -> str:
    """A language code without region and script."""
    return lang.partition("-")[0]


def _of_folder(folder: Path) -> Model:
    """Read a model's folder, with or without our metadata."""
    if (folder / METADATA).is_file():
        return read_installed(folder)
    if (folder / "model.bin").is_file() and (folder / "config.json").is_file():
        return describe(folder, "ctranslate2")
    if (folder / "config.json").is_file():
        return describe(folder, "huggingface")
    raise EngineError(
        f"{folder}: holds no model.",
        "Give a folder in Hugging Face or CTranslate2 layout, or see mt models list.",
    )


def _of_metadata_or_damaged(folder: Path) -> Model:
    try:
        return read_installed(folder)
    except EngineError as error:
        return Model(folder.name, folder, "damaged", note=str(error))


def read_installed(folder: Path) -> Model:
    """What was stored with a model when it was installed or converted.

    Raises:
        EngineError: it cannot be read.
    """
    try:
        values: dict[str, Any] = json.loads((folder / METADATA).read_text(encoding="utf-8"))
        values["name"] = folder.name if folder.parent == models_folder() else values["name"]
        scores = tuple(Score(**score) for score in values.pop("scores", ()))
        tokens = tuple(values.pop("language_tokens", ()))
        return Model(**values, path=folder, scores=scores, language_tokens=tokens)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise EngineError(
            f"{folder / METADATA}: cannot be read ({error}).",
            f"Remove the model: mt models remove {folder.name}",
        ) from error


def as_values(model: Model) -> dict[str, Any]:
    """What is known of a model by name, its scores likewise."""
    return {**model._asdict(), "scores": [score._asdict() for score in model.scores]}


def write_metadata(folder: Path, model: Model) -> None:
    """Store what is known of a model in its folder."""
    plain = as_values(model)
    del plain["path"]
    text = json.dumps(plain, indent=1, ensure_ascii=False) + "\n"
    (folder / METADATA).write_text(text, encoding="utf-8")


def describe(folder: Path, kind: str, name: str = "") -> Model:
    """What a folder's own files say: languages, licence, scores, size, positions, vocabulary.

    The checksum is left empty: it takes reading all weights; see :func:`sha256_of`.
    """
    config = read_json(folder / "config.json")
    settings = folder / "tokenizer_config.json"
    name = name or folder.resolve().name
    source_lang, target_lang = read_languages(name, read_json(settings) if settings.is_file() else None)
    card = read_card(folder)
    tokens = language_tokens(folder)
    return Model(
        name=name,
        path=folder,
        kind=kind,
        source_lang=source_lang,
        target_lang=target_lang,
        size=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
        licence=read_licence(card),
        scores=read_scores(card),
        quantization=str(config.get("dtype") or config.get("torch_dtype") or ""),
        positions=int(config.get("max_position_embeddings") or _DEFAULT_POSITIONS),
        note=first_paragraph(card),
        language_tokens=tokens,
        target_token=_token_for(target_lang, tokens),
        shortlist=(folder / "vmap.txt").is_file(),
    )


def language_tokens(folder: Path) -> tuple[str, ...]:
    """The ``>>xxx<<`` tokens of the source vocabulary, sorted."""
    for name in ("vocab.json", "source_vocabulary.json", "shared_vocabulary.json"):
        if (folder / name).is_file():
            text = (folder / name).read_text(encoding="utf-8")
            # Most vocabularies have none, and reading one takes longer than looking for the marks.
            vocabulary = json.loads(text) if '">>' in text else ()
            return tuple(
                sorted(t for t in vocabulary if t.startswith(">>") and t.endswith("<<") and len(t) > 4)
            )
    return ()


def _token_for(target_lang: str, tokens: tuple[str, ...]) -> str:
    """The token to put before sources: the target's two- or three-letter code, where there is one."""
    codes = {"en": ("eng", "en"), "nl": ("nld", "nl")}.get(target_lang, (target_lang,))
    return next((f">>{code}<<" for code in codes if f">>{code}<<" in tokens), "")


def weights_file(folder: Path) -> Path:
    """The file that holds a model's weights.

    Raises:
        EngineError: there is none.
    """
    for name in ("model.bin", "model.safetensors", "pytorch_model.bin"):
        if (folder / name).is_file():
            return folder / name
    raise EngineError(f"{folder}: holds no weights.", "Give the folder of a whole model.")


def checksum_of(folder: Path, weights: Path | None = None) -> str:
    """The checksum of what a model writes by: its weights, and its replacements where it has any.

    Args:
        folder: of the model.
        weights: its weights; None for those that :func:`weights_file` finds.
    """
    checksum = sha256_of(weights or weights_file(folder))
    if not (folder / REPLACEMENTS).is_file():
        return checksum
    return hashlib.sha256(f"{checksum} {sha256_of(folder / REPLACEMENTS)}".encode()).hexdigest()


def sha256_of(path: Path) -> str:
    """The checksum of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
