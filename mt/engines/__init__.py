"""Source segments to hypotheses: what an engine is, which there are, and how one is opened.

engine = load()                                   # the best installed model, else the shipped starter
[[best], *_] = engine.translate(["De kat slaapt.", "Het regent."])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from mt.data import Hypothesis
from mt.errors import UsageError, unknown_name

ENGINES: dict[str, str] = {
    "ctranslate2": "CTranslate2: fast, int8, without torch",
    "transformers": "transformers' MarianMTModel in float32: the reference, needs [transformers]",
    "echo": "returns the source in brackets: for tests and dry runs",
}
"""Engine name to what it is; the module is ``mt.engines.<name>`` and has ``open_engine``."""

COMPUTE_TYPES = ("auto", "int8", "float32", "bfloat16")
"""Number types of the weights; ``auto`` takes the one that was measured fastest, or int8."""


class EngineInfo(NamedTuple):
    """What is stored with every pair so that it can be made again.

    Attributes:
        engine: name in :data:`ENGINES`.
        version: of the library that runs the model.
        model: name of the model.
        model_sha256: checksum of the weights as they were installed, hexadecimal.
        source_lang, target_lang: BCP 47.
        compute_type: number type of the weights while decoding.
        max_source_tokens: the longest source in pieces, ``</s>`` not counted.
    """

    engine: str
    version: str
    model: str
    model_sha256: str
    source_lang: str
    target_lang: str
    compute_type: str
    max_source_tokens: int

    @property
    def label(self) -> str:
        """Engine and version in one word, as :class:`mt.data.Hypothesis` carries it."""
        return f"{self.engine}-{self.version}"


@dataclass(frozen=True, slots=True)
class DecodeOptions:
    """How hypotheses are searched for.

    Attributes:
        beam_size: hypotheses kept at each step; 1 is greedy. 4 is where BLEU stops growing.
        num_hypotheses: how many come back for a source, best first; at most ``beam_size``.
        length_penalty: hypotheses are ranked by log-probability / length ** length_penalty.
        coverage_penalty: weight of the penalty for source tokens left unread (Wu et al. 2016); 0 is off.
        repetition_penalty: divides the logits of tokens already written (Keskar et al. 2019); 1 is off.
        no_repeat_ngram_size: no n-gram of this size twice; 0 is off, because names do come back.
        max_length_factor, max_length_offset: a hypothesis ends after ``factor * source + offset`` tokens.
            Dutch and English differ by far less than twice; without it a loop runs to the end of the model.
        max_decoding_length: absolute limit in tokens, never above what the model has positions for.
        suppress_unknown: never write the unknown token, as Marian decodes.
        shortlist: write only words that the model's lexical shortlist allows, where it has one.
        return_attention: fill :attr:`mt.data.Hypothesis.attention`.
        batch_tokens: padded source tokens of one batch; 700 to 1100 decode fastest on one core.
    """

    beam_size: int = 4
    num_hypotheses: int = 1
    length_penalty: float = 1.0
    coverage_penalty: float = 0.0
    repetition_penalty: float = 1.0
    no_repeat_ngram_size: int = 0
    max_length_factor: float = 2.0
    max_length_offset: int = 10
    max_decoding_length: int = 512
    suppress_unknown: bool = True
    shortlist: bool = True
    return_attention: bool = False
    batch_tokens: int = 1024

    def __post_init__(self) -> None:
        at_least_one = ("beam_size", "num_hypotheses", "max_decoding_length", "batch_tokens")
        for name in at_least_one:
            if getattr(self, name) < 1:
                raise UsageError(f"{name} is {getattr(self, name)}.", "It must be 1 or more.")
        if self.num_hypotheses > self.beam_size:
            raise UsageError(
                f"num_hypotheses is {self.num_hypotheses} with beam_size {self.beam_size}.",
                "Ask for at most beam_size hypotheses.",
            )
        if self.repetition_penalty <= 0 or self.no_repeat_ngram_size < 0 or self.max_length_factor <= 0:
            raise UsageError(
                "repetition_penalty and max_length_factor must be above 0, no_repeat_ngram_size 0 or more.",
                "Leave them out to take the defaults.",
            )

    def key(self) -> str:
        """The options that can change a hypothesis, as one stable line to store with a pair."""
        return " ".join(
            f"{field.name}={getattr(self, field.name)}"
            for field in fields(self)
            if field.name not in ("return_attention", "batch_tokens")
        )

    def length_limit(self, source_tokens: int, positions: int) -> int:
        """The number of target tokens after which a hypothesis ends.

        Args:
            source_tokens: length of the source in pieces.
            positions: how many the model has.
        """
        relative = int(self.max_length_factor * source_tokens) + self.max_length_offset
        return max(1, min(relative, self.max_decoding_length, positions - 1))

    @property
    def reshapes(self) -> bool:
        """Whether the search ranks by something else than the model's own probabilities."""
        return self.coverage_penalty != 0 or self.repetition_penalty != 1 or self.no_repeat_ngram_size != 0


DEFAULTS = DecodeOptions()
"""What :meth:`Engine.translate` uses where nothing else is asked for."""


class TokenScores(NamedTuple):
    """What a model thinks of a given target.

    Attributes:
        tokens: target pieces, ``</s>`` last.
        log_probs: natural log-probability of each, given the source and the ones before.
    """

    tokens: tuple[str, ...]
    log_probs: tuple[float, ...]

    @property
    def log_prob(self) -> float:
        """Sum over the tokens."""
        return sum(self.log_probs)


@runtime_checkable
class Engine(Protocol):
    """A model that is loaded and ready."""

    @property
    def info(self) -> EngineInfo:
        """Which engine and model this is."""
        ...

    def translate(self, sources: Sequence[str], options: DecodeOptions = DEFAULTS) -> list[list[Hypothesis]]:
        """The n best hypotheses of every source, in the order given, best first.

        An empty or blank source gets one empty hypothesis with log_prob 0. ``log_prob`` is the model's own
        also where the options rank by something else; with a shortlist it is over the allowed pieces.

        Raises:
            EngineError: a source has more tokens than the model reads; nothing was translated then.
        """
        ...

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[TokenScores]:
        """The log-probabilities of given ``(source, target)`` pairs, in the order given.

        Raises:
            EngineError: a source or target has more tokens than the model has positions for.
        """
        ...

    def tokens(self, source: str) -> list[str]:
        """The pieces that the model reads, without ``</s>``."""
        ...


def load(
    model: str | Path = "auto", engine: str = "ctranslate2", compute_type: str = "auto", threads: int = 0
) -> Engine:
    """Open a model.

    Args:
        model: name of an installed model, the folder of one, or ``auto`` for the best installed one.
        engine: name in :data:`ENGINES`.
        compute_type: one of :data:`COMPUTE_TYPES`.
        threads: processor threads; 0 takes all cores.

    Raises:
        UsageError: an unknown engine, model or compute type.
        EngineError: the model cannot be read, or an extra is missing.
    """
    if engine not in ENGINES:
        raise unknown_name("engine", engine, ENGINES)
    if compute_type not in COMPUTE_TYPES:
        raise unknown_name("compute type", compute_type, COMPUTE_TYPES)
    if threads < 0:
        raise UsageError(f"threads is {threads}.", "Give 0 for all cores, or a positive number.")
    opened: Engine = import_module(f"mt.engines.{engine}").open_engine(model, compute_type, threads)
    return opened
