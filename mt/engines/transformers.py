"""transformers' MarianMTModel in float32: slow, and the measure of the other engines."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mt.data import Hypothesis
from mt.engines import DEFAULTS, DecodeOptions, EngineInfo, TokenScores
from mt.engines.batching import plan
from mt.engines.hub import cached, is_hub_name
from mt.engines.models import METADATA, Model, checksum_of, resolve
from mt.engines.replacements import Replacements
from mt.engines.tokenizer import END
from mt.errors import EngineError, MissingExtraError, UsageError

if TYPE_CHECKING:
    import torch


class TransformersEngine:
    """MarianMTModel and MarianTokenizer as their authors wrote them.

    Args:
        model: in Hugging Face layout.
        threads: of torch; 0 leaves torch's own choice.

    Raises:
        MissingExtraError: torch or transformers is not installed.
        EngineError: the model cannot be loaded.
    """

    def __init__(self, model: Model, threads: int) -> None:
        try:
            import torch
            import transformers
        except ImportError as error:
            raise MissingExtraError("The engine transformers", "transformers") from error
        if threads:
            torch.set_num_threads(threads)
        self._torch = torch
        self._version = transformers.__version__
        self._description = model
        self._sha256 = model.sha256 or checksum_of(model.path)
        self._replacements = Replacements.read(model.path)
        with _quietly(transformers):
            try:
                self._tokenizer: Any = transformers.MarianTokenizer.from_pretrained(
                    str(model.path), local_files_only=True
                )
                self._model: Any = transformers.MarianMTModel.from_pretrained(
                    str(model.path), dtype=torch.float32, attn_implementation="eager", local_files_only=True
                ).eval()
            except (OSError, ValueError, KeyError, RuntimeError) as error:
                raise EngineError(
                    f"{model.path}: transformers cannot load the model: {str(error).splitlines()[0]}",
                    "Give a MarianMT model in Hugging Face layout.",
                ) from error
        self._pad: int = self._model.config.pad_token_id
        self._end: int = self._model.config.eos_token_id

    @property
    def info(self) -> EngineInfo:
        """Which engine and model this is."""
        return EngineInfo(
            engine="transformers",
            version=self._version,
            model=self._description.name,
            model_sha256=self._sha256,
            source_lang=self._description.source_lang,
            target_lang=self._description.target_lang,
            compute_type="float32",
            max_source_tokens=self._description.positions - 1,
        )

    def tokens(self, source: str) -> list[str]:
        """The pieces that the model reads, without ``</s>``."""
        token = self._description.target_token
        if token and not source.startswith(">>"):
            source = f"{token} {source}"
        pieces: list[str] = self._tokenizer.tokenize(source, split_special_tokens=True)
        return pieces

    def translate(self, sources: Sequence[str], options: DecodeOptions = DEFAULTS) -> list[list[Hypothesis]]:
        """The n best hypotheses of every source, in the order given, best first."""
        if options.coverage_penalty:
            raise UsageError(
                "transformers has no coverage_penalty.", "Set it to 0, or take --engine ctranslate2."
            )
        pieces = [self.tokens(source) for source in sources]
        self._check_lengths(pieces, sources)
        results = [[Hypothesis("", 0.0, self.info.label)] for _ in sources]
        filled = [index for index, source in enumerate(sources) if source.strip() and pieces[index]]
        self._decode(filled, pieces, options, results, shortest=0)
        empty = [index for index in filled if not results[index][0].tokens]
        self._decode(empty, pieces, options, results, shortest=1)
        return results

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[TokenScores]:
        """The log-probabilities of given pairs, in the order given."""
        sources = [self.tokens(source) for source, _ in pairs]
        with self._target_side():
            targets = [self._tokenizer.tokenize(target, split_special_tokens=True) for _, target in pairs]
            target_ids = [self._tokenizer.convert_tokens_to_ids(row) for row in targets]
        self._check_lengths(sources, [source for source, _ in pairs])
        self._check_lengths(targets, [target for _, target in pairs])
        scores = []
        for source, target, ids in zip(sources, targets, target_ids, strict=True):
            values, _ = self._force([source], [[*ids, self._end]])
            scores.append(TokenScores((*target, END), tuple(values[0].tolist())))
        return scores

    def _decode(
        self,
        indices: Sequence[int],
        pieces: list[list[str]],
        options: DecodeOptions,
        results: list[list[Hypothesis]],
        shortest: int,
    ) -> None:
        """Decode the sources at ``indices`` and put their hypotheses into ``results``."""
        for batch in plan([len(pieces[index]) + 1 for index in indices], options.batch_tokens):
            rows = [indices[position] for position in batch.indices]
            inputs, mask = self._padded([self._source_ids(pieces[row]) for row in rows])
            limit = options.length_limit(batch.longest, self._description.positions)
            with self._torch.inference_mode():
                outputs = self._model.generate(
                    input_ids=inputs, attention_mask=mask, **self._settings(options, limit, shortest)
                )
            count = options.num_hypotheses
            for position, row in enumerate(rows):
                written = outputs[position * count : (position + 1) * count]
                results[row] = [self._hypothesis(ids, pieces[row], options) for ids in written]

    def _settings(self, options: DecodeOptions, limit: int, shortest: int) -> dict[str, Any]:
        return {
            "max_new_tokens": limit,
            "max_length": None,
            "min_new_tokens": shortest,
            "forced_eos_token_id": None,
            "do_sample": False,
            "num_beams": options.beam_size,
            "num_return_sequences": options.num_hypotheses,
            "length_penalty": options.length_penalty,
            "repetition_penalty": options.repetition_penalty,
            "no_repeat_ngram_size": options.no_repeat_ngram_size,
            "early_stopping": False,
            "suppress_tokens": [self._tokenizer.unk_token_id] if options.suppress_unknown else None,
        }

    def _hypothesis(self, written: torch.Tensor, source: list[str], options: DecodeOptions) -> Hypothesis:
        """Read one output row; its probability is computed again from the tokens."""
        ids = [token for token in written[1:].tolist() if token != self._pad]
        finished = bool(ids) and ids[-1] == self._end
        ids = ids[:-1] if finished else ids
        values, attention = self._force([source], [[*ids, self._end]])
        rows = tuple(tuple(row[: len(source)]) for row in attention[: len(ids)].tolist())
        text: str = self._tokenizer.decode(ids, clean_up_tokenization_spaces=False)
        return Hypothesis(
            text=self._replacements.apply(text),
            log_prob=float(values[0].sum()),
            engine=self.info.label,
            tokens=tuple(self._tokenizer.decoder[token] for token in ids),
            source_tokens=tuple(source),
            attention=rows if options.return_attention else None,
        )

    def _force(self, sources: list[list[str]], targets: list[list[int]]) -> tuple[Any, Any]:
        """Log-probabilities of given target ids, and the attention of the first row.

        Returns:
            log-probabilities of shape (batch, target tokens) and attention of shape (target tokens, source
            tokens + 1), the mean of all heads of the last layer.
        """
        torch = self._torch
        inputs, mask = self._padded([self._source_ids(source) for source in sources])
        wanted, _ = self._padded(targets)
        start = torch.full((len(targets), 1), self._model.config.decoder_start_token_id)
        with torch.inference_mode():
            outputs = self._model(
                input_ids=inputs,
                attention_mask=mask,
                decoder_input_ids=torch.cat([start, wanted[:, :-1]], dim=1),
                output_attentions=True,
            )
            # The padding token is no word of the model, so it takes no part of the probability.
            logits = outputs.logits.index_fill(-1, torch.tensor([self._pad]), float("-inf"))
            values = logits.log_softmax(-1).gather(-1, wanted.unsqueeze(-1)).squeeze(-1)
        return values, outputs.cross_attentions[-1][0].mean(0)

    def _source_ids(self, pieces: list[str]) -> list[int]:
        ids: list[int] = self._tokenizer.convert_tokens_to_ids(pieces)
        return [*ids, self._end]

    def _padded(self, rows: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        width = max(len(row) for row in rows)
        ids = self._torch.tensor([row + [self._pad] * (width - len(row)) for row in rows])
        mask = self._torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
        return ids, mask

    @contextmanager
    def _target_side(self) -> Iterator[None]:
        """Makes the tokenizer read targets."""
        self._tokenizer._switch_to_target_mode()
        try:
            yield
        finally:
            self._tokenizer._switch_to_input_mode()

    def _check_lengths(self, pieces: list[list[str]], texts: Sequence[str]) -> None:
        limit = self._description.positions - 1
        for row, text in zip(pieces, texts, strict=True):
            if len(row) > limit:
                raise EngineError(
                    f"A segment has {len(row)} tokens, the model reads {limit}: {text[:60]}...",
                    "Split it into shorter segments.",
                )


@contextmanager
def _quietly(library: Any) -> Iterator[None]:
    """Loading without the library's bars and advice on stderr."""
    level = library.logging.get_verbosity()
    library.logging.set_verbosity_error()
    library.logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        library.logging.set_verbosity(level)
        library.logging.enable_progress_bar()


def open_engine(model: str | Path, compute_type: str, threads: int) -> TransformersEngine:
    """Resolve the model's Hugging Face folder and load it; see :func:`mt.engines.load`."""
    if compute_type not in ("auto", "float32"):
        raise UsageError(
            f"The engine transformers computes in float32, not {compute_type}.",
            "Leave --compute-type out, or take --engine ctranslate2.",
        )
    return TransformersEngine(_in_hugging_face_layout(resolve(model)), threads)


def _in_hugging_face_layout(model: Model) -> Model:
    """The model itself, or the folder it was converted from where that is still there."""
    if model.kind != "ctranslate2":
        return model
    origin = cached(model.origin) if is_hub_name(model.origin) else Path(model.origin)
    if model.origin and origin and (origin / "vocab.json").is_file() and not (origin / METADATA).is_file():
        return resolve(origin)._replace(name=model.name)
    raise EngineError(
        f"{model.name} is stored for CTranslate2; the engine transformers cannot read it.",
        "Give the Hugging Face folder it came from: --model FOLDER.",
    )
