"""An engine without a model: every source comes back between double angle brackets.

    >>> from mt.engines import load
    >>> load(engine="echo").translate(["De kat slaapt."])[0][0].text
    '«De kat slaapt.»'

It is for tests and dry runs where translation is beside the point. A token is a word; each has probability
1/2, so ``log_prob`` follows from the length alone and every further hypothesis costs one token more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from math import log
from pathlib import Path

from mt import __version__
from mt.data import Hypothesis
from mt.engines import DEFAULTS, DecodeOptions, EngineInfo, TokenScores
from mt.errors import EngineError

_TOKEN_LOG_PROB = log(0.5)
_MAX_SOURCE_TOKENS = 511


class EchoEngine:
    """Returns its input, marked; same input, same output."""

    @property
    def info(self) -> EngineInfo:
        """The model is called echo; its checksum is that of its name."""
        return EngineInfo(
            engine="echo",
            version=__version__,
            model="echo",
            model_sha256=hashlib.sha256(b"echo").hexdigest(),
            source_lang="nl",
            target_lang="en",
            compute_type="none",
            max_source_tokens=_MAX_SOURCE_TOKENS,
        )

    def translate(self, sources: Sequence[str], options: DecodeOptions = DEFAULTS) -> list[list[Hypothesis]]:
        """The source in brackets; further hypotheses have further brackets."""
        return [self._hypotheses(source, options) for source in sources]

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[TokenScores]:
        """Probability 1/2 for each word of the target and for ``</s>``."""
        return [
            TokenScores((*target.split(), "</s>"), (_TOKEN_LOG_PROB,) * (len(target.split()) + 1))
            for _, target in pairs
        ]

    def tokens(self, source: str) -> list[str]:
        """Words."""
        return source.split()

    def _hypotheses(self, source: str, options: DecodeOptions) -> list[Hypothesis]:
        words = tuple(source.split())
        if not words:
            return [Hypothesis("", 0.0, self.info.label)]
        if len(words) > _MAX_SOURCE_TOKENS:
            raise EngineError(
                f"A source has {len(words)} tokens, the model reads {_MAX_SOURCE_TOKENS}: {source[:60]}...",
                "Split it into shorter segments.",
            )
        return [self._hypothesis(words, extra, options) for extra in range(options.num_hypotheses)]

    def _hypothesis(self, words: tuple[str, ...], extra: int, options: DecodeOptions) -> Hypothesis:
        text = "«" * (extra + 1) + " ".join(words) + "»" * (extra + 1)
        identity = tuple(
            tuple(float(row == column) for column in range(len(words))) for row in range(len(words))
        )
        return Hypothesis(
            text=text,
            log_prob=_TOKEN_LOG_PROB * (len(words) + 1 + extra),
            engine=self.info.label,
            tokens=tuple(text.split()),
            source_tokens=words,
            attention=identity if options.return_attention else None,
        )


def open_engine(model: str | Path, compute_type: str, threads: int) -> EchoEngine:
    """The echo engine; it has no model, number type or threads to choose."""
    del model, compute_type, threads
    return EchoEngine()
