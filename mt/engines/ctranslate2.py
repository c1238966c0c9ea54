"""CTranslate2 (Klein et al. 2020): one translator, as many single-threaded replicas as cores."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mt.data import Hypothesis
from mt.engines import COMPUTE_TYPES, DEFAULTS, DecodeOptions, EngineInfo, TokenScores
from mt.engines.batching import plan
from mt.engines.models import Model, resolve
from mt.engines.replacements import Replacements
from mt.engines.storage import read_json
from mt.engines.tokenizer import END, MarianTokenizer
from mt.errors import EngineError, UsageError

if TYPE_CHECKING:
    import ctranslate2


class CTranslate2Engine:
    """A model in CTranslate2 layout, loaded.

    Args:
        model: its folder has the SentencePiece models too.
        compute_type: as CTranslate2 names it; ``default`` keeps the stored one.
        threads: replicas, each on one thread; they share the weights.

    Raises:
        EngineError: the model cannot be loaded.
    """

    def __init__(self, model: Model, compute_type: str, threads: int) -> None:
        library = _library()
        self._model = model
        self._tokenizer = MarianTokenizer(model.path, model.language_tokens, model.target_token)
        self._replacements = Replacements.read(model.path)
        try:
            self._translator: ctranslate2.Translator = library.Translator(
                str(model.path),
                device="cpu",
                compute_type=compute_type,
                inter_threads=threads,
                intra_threads=1,
            )
        except (RuntimeError, ValueError) as error:
            raise EngineError(
                f"{model.path}: CTranslate2 cannot load the model: {error}",
                "Install it again: mt models add. For another number type: --compute-type auto.",
            ) from error
        self._info = EngineInfo(
            engine="ctranslate2",
            version=library.__version__,
            model=model.name,
            model_sha256=model.sha256,
            source_lang=model.source_lang,
            target_lang=model.target_lang,
            compute_type=str(self._translator.compute_type),
            max_source_tokens=model.positions - 1,
        )
        # Models that were converted from Marian get their </s> from CTranslate2; a second one changes every score.
        self._end = () if read_json(model.path / "config.json").get("add_source_eos") else (END,)

        # The first search sets up the library's kernels; its own threads do so while the program goes on.
        self._translator.translate_batch([["▁", END]], asynchronous=True, beam_size=2, max_decoding_length=9)

    @property
    def info(self) -> EngineInfo:
        """Which engine and model this is."""
        return self._info

    def tokens(self, source: str) -> list[str]:
        """The pieces that the model reads, without ``</s>``."""
        return self._tokenizer.encode_sources([source])[0]

    def translate(self, sources: Sequence[str], options: DecodeOptions = DEFAULTS) -> list[list[Hypothesis]]:
        """The n best hypotheses of every source, in the order given, best first."""
        pieces = self._tokenizer.encode_sources(sources)
        self._check_lengths(pieces, sources)
        results = [[Hypothesis("", 0.0, self.info.label)] for _ in sources]
        filled = [index for index, source in enumerate(sources) if source.strip() and pieces[index]]
        bent = self._decode(filled, pieces, options, results, shortest=0)
        empty = [index for index in filled if not results[index][0].tokens]
        self._decode(empty, pieces, options, results, shortest=1)
        self._rescore(filled if options.reshapes else sorted({*bent, *empty}), results)
        return results

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[TokenScores]:
        """The log-probabilities of given pairs, in the order given."""
        sources = self._tokenizer.encode_sources([source for source, _ in pairs])
        targets = self._tokenizer.encode_targets([target for _, target in pairs])
        self._check_lengths(sources, [source for source, _ in pairs])
        self._check_lengths(targets, [target for _, target in pairs])
        return self._score_pieces(sources, targets)

    def _score_pieces(self, sources: list[list[str]], targets: list[list[str]]) -> list[TokenScores]:
        if not sources:
            return []
        results = self._translator.score_batch(
            [[*source, *self._end] for source in sources], targets, max_batch_size=2048, batch_type="tokens",
            max_input_length=0,
        )  # fmt: skip
        return [TokenScores(tuple(result.tokens), tuple(result.log_probs)) for result in results]

    def _decode(
        self,
        indices: Sequence[int],
        pieces: list[list[str]],
        options: DecodeOptions,
        results: list[list[Hypothesis]],
        shortest: int,
    ) -> list[int]:
        """Decode the sources at ``indices`` and put their hypotheses into ``results``.

        Returns:
            the indices where a hypothesis was ended by the limit, so that its score lacks ``</s>``.
        """
        settings = self._settings(options, shortest)
        pending: list[tuple[int, int, Any]] = []
        for batch in plan([len(pieces[index]) + 1 for index in indices], options.batch_tokens):
            rows = [indices[position] for position in batch.indices]
            limit = options.length_limit(batch.longest, self._model.positions)
            answers = self._translator.translate_batch(
                [[*pieces[row], *self._end] for row in rows],
                asynchronous=True,
                max_decoding_length=limit,
                **settings,
            )
            pending += [(row, limit, answer) for row, answer in zip(rows, answers, strict=True)]
        cut = []
        for row, limit, answer in pending:
            results[row] = self._hypotheses(answer.result(), pieces[row], options)
            if any(len(hypothesis.tokens) >= limit for hypothesis in results[row]):
                cut.append(row)
        return cut

    def _settings(self, options: DecodeOptions, shortest: int) -> dict[str, Any]:
        return {
            "beam_size": options.beam_size,
            "num_hypotheses": options.num_hypotheses,
            "length_penalty": options.length_penalty,
            "coverage_penalty": options.coverage_penalty,
            "repetition_penalty": options.repetition_penalty,
            "no_repeat_ngram_size": options.no_repeat_ngram_size,
            "disable_unk": options.suppress_unknown,
            "return_attention": options.return_attention,
            "use_vmap": options.shortlist and self._model.shortlist,
            "return_scores": True,
            "max_input_length": 0,
            "min_decoding_length": shortest,
        }

    def _hypotheses(self, answer: Any, source: list[str], options: DecodeOptions) -> list[Hypothesis]:
        """CTranslate2 ranks by log-probability / length ** penalty; the power is undone here."""
        hypotheses = []
        for rank, tokens in enumerate(answer.hypotheses):
            length = (len(tokens) + 1) ** options.length_penalty
            attention = answer.attention[rank] if options.return_attention else None
            hypotheses.append(
                Hypothesis(
                    text=self._replacements.apply(self._tokenizer.decode(tokens)),
                    log_prob=answer.scores[rank] * length,
                    engine=self.info.label,
                    tokens=tuple(tokens),
                    source_tokens=tuple(source),
                    attention=attention and tuple(tuple(row[: len(source)]) for row in attention),
                )
            )
        return hypotheses

    def _rescore(self, indices: Sequence[int], results: list[list[Hypothesis]]) -> None:
        """Replace log-probabilities that the search bent by those of the model."""
        flat = [(index, rank) for index in indices for rank in range(len(results[index]))]
        scores = self._score_pieces(
            [list(results[index][rank].source_tokens) for index, rank in flat],
            [list(results[index][rank].tokens) for index, rank in flat],
        )
        for (index, rank), score in zip(flat, scores, strict=True):
            results[index][rank] = results[index][rank]._replace(log_prob=score.log_prob)

    def _check_lengths(self, pieces: list[list[str]], texts: Sequence[str]) -> None:
        limit = self._model.positions - 1
        for row, text in zip(pieces, texts, strict=True):
            if len(row) > limit:
                raise EngineError(
                    f"A segment has {len(row)} tokens, the model reads {limit}: {text[:60]}...",
                    "Split it into shorter segments.",
                )


def open_engine(model: str | Path, compute_type: str, threads: int) -> CTranslate2Engine:
    """Resolve, convert where needed, and load; see :func:`mt.engines.load`."""
    found = resolve(model)
    wanted = compute_type if compute_type != "auto" else found.compute_type or "default"
    _check_support(wanted)
    if found.kind != "ctranslate2":
        from mt.engines.cache import converted

        found = converted(found, "int8" if wanted in ("default", "int8") else "float32")
    return CTranslate2Engine(found, wanted, threads or cores())


class _Asyncio(ModuleType):
    """Stands in for asyncio: imported at the first look into it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module("asyncio"), name)


def _library() -> ModuleType:
    """CTranslate2, imported without asyncio, which only its streaming generators use and which takes as long."""
    if "ctranslate2" not in sys.modules and "asyncio" not in sys.modules:
        sys.modules["asyncio"] = _Asyncio("asyncio")
        try:
            return import_module("ctranslate2")
        finally:
            del sys.modules["asyncio"]
    return import_module("ctranslate2")


def _check_support(compute_type: str) -> None:
    supported = _library().get_supported_compute_types("cpu")
    if compute_type != "default" and compute_type not in supported:
        known = ", ".join(name for name in COMPUTE_TYPES if name in supported)
        raise UsageError(
            f"This processor has no {compute_type}.", f"Take --compute-type auto, or one of: {known}."
        )


def cores() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
