"""Word links for segments that carry inline markup, so that it ends up around the right words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mt.align import encoder_is_installed, links_from_attention, load_encoder, word_links
from mt.data import Block, Segment
from mt.engines import DecodeOptions, Engine

Links = list[tuple[int, int]]
"""Pairs of white-space token indices, source and target."""


def has_inline(block: Block, segment: Segment) -> bool:
    """Whether markup stands inside the segment, not only around it."""
    return any(segment.start < inline.start < segment.end for inline in block.inline)


class WordLinker:
    """Links the words of pairs by the best means at hand: the model's attention, else the aligner's signals.

    Args:
        engine: the model that wrote the targets, or None where it is not loaded.
        options: its decode options.
    """

    def __init__(self, engine: Engine | None = None, options: DecodeOptions | None = None) -> None:
        self._engine = engine
        self._options = replace(options or DecodeOptions(), return_attention=True)
        self._encoder = load_encoder() if engine is None and encoder_is_installed() else None

    def links(self, pairs: Sequence[tuple[str, str]]) -> list[Links]:
        """Links for each ``(source, target)``; a target that the model does not write is linked without it."""
        found = [self._without_engine(source, target) for source, target in pairs]
        if self._engine is None or not pairs:
            return found
        fitting = [
            i
            for i, (s, _) in enumerate(pairs)
            if len(self._engine.tokens(s)) <= self._engine.info.max_source_tokens
        ]
        written = self._engine.translate([pairs[i][0] for i in fitting], self._options)
        for i, (best, *_) in zip(fitting, written, strict=True):
            source, target = pairs[i]
            if best.text == target and best.attention:
                found[i] = links_from_attention(
                    best.tokens, best.source_tokens, best.attention, source, target
                )
        return found

    def _without_engine(self, source: str, target: str) -> Links:
        return word_links(source.split(), target.split(), encoder=self._encoder)
