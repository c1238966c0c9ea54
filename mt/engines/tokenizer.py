"""Text to the pieces that a Marian model reads, and back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from mt.errors import EngineError

END = "</s>"


class MarianTokenizer:
    """SentencePiece models of the two sides, and the language tokens of a model with several targets.

    Text is only ever text: a literal ``</s>`` in a source is spelled out, never read as the end of it.
    A leading ``>>eng<<`` is a token where the model knows it.

    Args:
        folder: has ``source.spm`` and ``target.spm``.
        language_tokens: every ``>>xxx<<`` in the model's vocabulary.
        target_token: the one to put before a source that has none, or empty.

    Raises:
        EngineError: a file is missing or is no SentencePiece model.
    """

    def __init__(self, folder: Path, language_tokens: Collection[str] = (), target_token: str = "") -> None:
        source, target = folder / "source.spm", folder / "target.spm"
        self._source = _processor(source)
        self._target = self._source if _equal(source, target) else _processor(target)
        self._language_tokens = frozenset(language_tokens)
        self._target_token = target_token

    def encode_sources(self, texts: Sequence[str]) -> list[list[str]]:
        """The pieces of each source, without ``</s>``."""
        split = [self._language(text) for text in texts]
        pieces: list[list[str]] = self._source.encode([rest for _, rest in split], out_type=str)
        return [[token, *row] if token else row for (token, _), row in zip(split, pieces, strict=True)]

    def encode_targets(self, texts: Sequence[str]) -> list[list[str]]:
        """The pieces of each target, without ``</s>``."""
        pieces: list[list[str]] = self._target.encode(list(texts), out_type=str)
        return pieces

    def decode(self, pieces: Sequence[str]) -> str:
        """Target pieces as text."""
        text: str = self._target.decode_pieces(list(pieces))
        return text.strip()

    def _language(self, text: str) -> tuple[str, str]:
        """The language token that a source begins with, or the model's own, and the rest of the text."""
        if (
            text.startswith(">>")
            and (end := text.find("<<")) != -1
            and text[: end + 2] in self._language_tokens
        ):
            return text[: end + 2], text[end + 2 :].lstrip()
        return self._target_token, text


def _equal(one: Path, other: Path) -> bool:
    """Whether two files hold the same: models of one joint vocabulary have the same pieces on both sides."""
    return (
        other.is_file()
        and one.stat().st_size == other.stat().st_size
        and one.read_bytes() == other.read_bytes()
    )


def _processor(path: Path):  # type: ignore[no-untyped-def]
    from sentencepiece import SentencePieceProcessor

    try:
        return SentencePieceProcessor(model_file=str(path))
    except (OSError, RuntimeError) as error:
        raise EngineError(
            f"{path}: cannot be read as a SentencePiece model.", "Install the model again: mt models add."
        ) from error
