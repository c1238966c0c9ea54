"""What all metrics take from sacrebleu: its tokenisers, its signatures, its arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mt.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def open_bleu(lang: str) -> Any:
    """sacrebleu's BLEU with the tokeniser of a language.

    Args:
        lang: BCP 47; only the primary subtag counts, empty and ``und`` mean 13a.

    Raises:
        UsageError: the tokeniser of that language needs a package that is not installed.
    """
    from sacrebleu.metrics import BLEU

    primary = lang.replace("_", "-").split("-")[0].lower()
    try:
        return BLEU(trg_lang=primary, force=True)
    except (ImportError, RuntimeError) as error:
        raise UsageError(
            f"BLEU's tokeniser for {lang!r} is not installed.", f"pip install 'sacrebleu[{primary}]'"
        ) from error


def metric_signature(metric: Any, references: int, settings: Mapping[str, int | None]) -> str:
    """The signature as sacrebleu writes it.

    Args:
        metric: a sacrebleu metric.
        references: number of reference streams.
        settings: ``bs``, ``ar``: resamples and trials; ``seed``. Resampling without a seed says ``none``.
    """
    metric.num_refs = references
    signature = metric.get_signature()
    for name in ("bs", "ar"):
        if settings.get(name):
            signature.update(name, settings[name])
            signature.update("seed", str(settings.get("seed")).lower())
    return str(signature.format())


def first(function: Callable[[float], float], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """A function of :mod:`math` on every number: numpy's own differ from it in the last bit."""
    return np.fromiter(map(function, values.ravel().tolist()), np.float64, values.size).reshape(values.shape)
