"""OPUS-MT releases: Marian weights (.npz), decoder.yml, vocabularies and SentencePiece models."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

from mt.engines.cards import read_card
from mt.engines.models import Model
from mt.errors import EngineError

_LANGUAGES = re.compile(r"(?im)^\W*(source|target) language\(s\):\s*([a-z]{2,3})\s*$")


def weights_of(folder: Path) -> Path:
    """The file with the weights that decoder.yml names.

    Raises:
        EngineError: decoder.yml or what it names is missing or broken.
    """
    return _files_of(folder)[0]


def convert_opus(source: Path, target: Path, quantization: str) -> Model:
    """Write an OPUS-MT folder in CTranslate2 layout with CTranslate2's converter, which needs no torch.

    Args:
        source: has decoder.yml and what it names.
        target: an existing folder.
        quantization: as CTranslate2 names it.

    Raises:
        EngineError: a file is missing or broken, or the model is none that CTranslate2 can run.
    """
    weights, *vocabularies = _files_of(source)
    for name in ("source.spm", "target.spm"):
        if not (source / name).is_file():
            raise EngineError(
                f"{source}: {name} is missing.", "Only releases with SentencePiece models can be used."
            )
    from ctranslate2.converters import MarianConverter

    converter = MarianConverter(str(weights), [str(path) for path in vocabularies])
    stored = {"int8": "int8_float32"}.get(quantization, quantization)
    try:
        converter.convert(str(target / "converted"), quantization=stored)
    except (ValueError, KeyError, OSError, EOFError, TypeError, AttributeError) as error:
        raise EngineError(
            f"{weights}: CTranslate2 cannot convert the model: {error}",
            "Take a transformer release of OPUS-MT.",
        ) from error
    for path in (target / "converted").iterdir():
        path.replace(target / path.name)
    (target / "converted").rmdir()
    languages = {side.lower(): code for side, code in _LANGUAGES.findall(read_card(source))}
    return Model(
        name=source.name,
        path=target,
        kind="ctranslate2",
        source_lang=languages.get("source", ""),
        target_lang=languages.get("target", ""),
        quantization=quantization,
    )


def _files_of(folder: Path) -> list[Path]:
    """Weights and vocabularies as decoder.yml names them, all inside the folder."""
    yaml: Any = import_module("yaml")

    try:
        settings: Any = yaml.safe_load((folder / "decoder.yml").read_text(encoding="utf-8"))
        names = [settings["models"][0], *settings["vocabs"]]
    except (OSError, yaml.YAMLError, TypeError, KeyError, IndexError, UnicodeDecodeError) as error:
        raise EngineError(
            f"{folder / 'decoder.yml'}: names no models and vocabs.", "Fetch the release again."
        ) from error
    paths = [folder / Path(str(name)).name for name in names]
    for path in paths:
        if not path.is_file():
            raise EngineError(
                f"{folder}: decoder.yml names {path.name}, which is missing.", "Fetch it again."
            )
    return paths
