"""Which number type decodes fastest on this machine, measured: processors differ more than their names tell."""

from __future__ import annotations

import json
import random
from pathlib import Path
from time import perf_counter
from typing import Any

from mt.engines.tokenizer import END

CANDIDATES = ("int8", "float32", "bfloat16")
_ADVANTAGE = 1.15
"""What a float type must gain over int8, which needs a quarter of the memory, to be taken."""
_SOURCES = 8
_LENGTH = 16
_ROUNDS = 3


def fastest(folder: Path) -> tuple[str, dict[str, float]]:
    """Decode the same made-up sources with every number type that the processor has.

    Args:
        folder: a CTranslate2 folder.

    Returns:
        the type to use, and for each measured type the target tokens per second on one thread, the best of
        three rounds.
    """
    import ctranslate2

    supported = ctranslate2.get_supported_compute_types("cpu")
    vocabulary = next(folder.glob("s*_vocabulary.json"), None)
    if vocabulary is None:
        return "int8", {}
    pieces = sorted(read_pieces(vocabulary))
    sources = [[*random.Random(row).choices(pieces, k=_LENGTH), END] for row in range(_SOURCES)]
    speeds = {}
    for compute_type in CANDIDATES:
        if compute_type in supported:
            translator = ctranslate2.Translator(str(folder), compute_type=compute_type, intra_threads=1)
            speeds[compute_type] = max(_speed(translator, sources) for _ in range(_ROUNDS))
    return _choice(speeds), speeds


def read_pieces(vocabulary: Path) -> list[str]:
    """The tokens of a vocabulary that stand for text."""
    tokens: list[str] = json.loads(vocabulary.read_text(encoding="utf-8"))
    return [token for token in tokens if not token.startswith("<")]


def _speed(translator: Any, sources: list[list[str]]) -> float:
    start = perf_counter()
    translator.translate_batch(sources, beam_size=2, min_decoding_length=_LENGTH, max_decoding_length=_LENGTH)
    return len(sources) * _LENGTH / (perf_counter() - start)


def _choice(speeds: dict[str, float]) -> str:
    best = max(speeds, key=speeds.__getitem__, default="int8")
    return best if speeds.get(best, 0) > _ADVANTAGE * speeds.get("int8", 0) else "int8"
