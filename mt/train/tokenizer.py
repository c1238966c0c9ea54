"""The pieces: one SentencePiece model for both languages, trained or taken over."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mt.errors import EngineError, UsageError

PAD = "<pad>"
END = "</s>"
UNKNOWN = "<unk>"


def train_pieces(
    texts: Iterable[str], size: int, path: Path, threads: int = 2, tags: Sequence[str] = ()
) -> None:
    """Train a unigram model (Kudo 2018) with byte fallback, so that no character is unknown.

    Args:
        texts: of both languages.
        size: number of pieces, 256 of them for bytes.
        path: of the model to write, ``.spm``.
        threads: processor threads.
        tags: each becomes a piece of its own.

    Raises:
        UsageError: the texts are too few for so many pieces.
    """
    import sentencepiece

    prefix = path.with_suffix("")
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts),
            model_prefix=str(prefix),
            vocab_size=size,
            model_type="unigram",
            character_coverage=0.9998,
            byte_fallback=True,
            user_defined_symbols=list(tags),
            bos_id=-1,
            eos_id=0,
            unk_id=1,
            pad_id=-1,
            split_digits=True,
            normalization_rule_name="identity",
            input_sentence_size=600_000,
            shuffle_input_sentence=False,
            num_threads=threads,
            minloglevel=2,
        )
    except RuntimeError as error:
        raise UsageError(
            f"SentencePiece cannot make {size} pieces of this bitext: {str(error).rpartition('] ')[2]}",
            "Set vocabulary.size lower, or give more text.",
        ) from error
    prefix.with_suffix(".model").replace(path)
    prefix.with_suffix(".vocab").unlink(missing_ok=True)


def open_pieces(path: Path) -> Any:
    """A SentencePiece processor.

    Raises:
        EngineError: the file is no SentencePiece model.
    """
    import sentencepiece

    try:
        return sentencepiece.SentencePieceProcessor(model_file=str(path))
    except (OSError, RuntimeError) as error:
        raise EngineError(f"{path}: is no SentencePiece model.", "Give a .spm file, or none.") from error


def write_tokenizer(pieces: Path, folder: Path, source_lang: str, target_lang: str, positions: int) -> None:
    """Write the tokeniser files of a Marian folder: the same model for both sides and a shared vocabulary."""
    processor = open_pieces(pieces)
    size = processor.get_piece_size()
    for name in ("source.spm", "target.spm"):
        if pieces != folder / name:
            shutil.copyfile(pieces, folder / name)
    vocabulary = {processor.id_to_piece(i): i for i in range(size)} | {PAD: size}
    settings = {
        "source_lang": source_lang,
        "target_lang": target_lang,
        "tokenizer_class": "MarianTokenizer",
        "model_max_length": positions,
        "separate_vocabs": False,
    }
    for name, value in (("vocab.json", vocabulary), ("tokenizer_config.json", settings)):
        (folder / name).write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
