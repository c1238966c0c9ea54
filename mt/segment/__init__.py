"""Text to segments: where each sentence of a block begins and ends."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Protocol

from mt.errors import UsageError, unknown_name


class Segmenter(Protocol):
    """Finds the sentences of one block of text in one language."""

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Half-open offsets of the sentences in `text`, as :func:`segment` describes them."""
        ...


VERSION = "rules-1"
"""Name of how texts are cut; a change of the rules that moves boundaries gets a new one."""

SEGMENTERS: dict[str, str] = {"rules": "mt.segment.rules:RuleSegmenter"}
"""Name to ``module:class``; the class takes a language code and is a :class:`Segmenter`."""


def segment(text: str, lang: str = "nl", segmenter: str = "rules") -> list[tuple[int, int]]:
    """Sentences of a block of text, as half-open offsets in code points.

    The spans are in order and do not overlap, none begins or ends with white space, and every character that
    is not white space is in exactly one of them. Text without a sentence mark is one sentence; empty or blank
    text has none.

    Args:
        text: plain text of one block: a paragraph, a heading, a list item.
        lang: BCP 47 code. A language without rules of its own gets the rules that hold for all.
        segmenter: name in :data:`SEGMENTERS`.

    Raises:
        UsageError: no segmenter has that name, or `lang` is no language code.
    """
    return load(segmenter, lang.partition("-")[0].lower()).spans(text)


@cache
def load(segmenter: str, lang: str) -> Segmenter:
    """The segmenter of that name for a language, made once.

    Args:
        segmenter: name in :data:`SEGMENTERS`.
        lang: primary language subtag in lower case.

    Raises:
        UsageError: no segmenter has that name, or `lang` is no language code.
    """
    if not (lang.isascii() and lang.isalpha() and 2 <= len(lang) <= 3):
        raise UsageError(
            f"{lang!r} is no language code.", "Give one of two or three letters, such as nl or en."
        )
    if segmenter not in SEGMENTERS:
        raise unknown_name("segmenter", segmenter, SEGMENTERS)
    module, _, name = SEGMENTERS[segmenter].partition(":")
    make: Callable[[str], Segmenter] = getattr(import_module(module), name)
    return make(lang)
